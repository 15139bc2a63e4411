//! How long pages take over a large fleet. By hand, optimised:
//! `CARGO_PROFILE_DEV_OPT_LEVEL=2 cargo test -p vouchsafe-server --test it pages_scale -- --ignored --nocapture`,
//! with `PAGES_DEVICES=100000`.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::body::Measured;
use evidence::facts::fleet::{Custody, DeviceEnrolled, DeviceMoved, KeyOrigin, ReportingSet};
use evidence::facts::release::ReleaseMade;
use evidence::types::{Beacon, NamedDigest};
use evidence::{Evidence, Fact, SourceKind, Time};
use testkit::{Author, Fixture, ORIGIN, START};

use views::population::Populations;

use crate::pages_kit::Site;
use crate::story::vulnerable::{feed, libraries, one_more};

const BATCH: usize = 1_000;
const SITES: u64 = 1_200;
const RELEASES: u64 = 8;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

struct Many {
    f: Fixture,
    waiting: Vec<Arc<[u8]>>,
}

impl Many {
    fn say(&mut self, entry: Arc<[u8]>) {
        self.waiting.push(entry);
        if self.waiting.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        for outcome in self.f.ledger.submit(std::mem::take(&mut self.waiting)) {
            outcome.expect("accepted");
        }
    }
}

fn digest(n: u64) -> tlog::Hash {
    tlog::Hash::of(&n.to_be_bytes())
}

fn attested(release: u64) -> Fact {
    let measured =
        |name: &str, n: u64| Measured { name: name.into(), version: None, digest: digest(release * 10 + n) };
    let measurements = vec![measured("boot", 0), measured("main", 1)];
    Fact::Attested(Evidence { measurements, ..Evidence::default() })
}

fn told(devices: u64) -> (Fixture, Vec<Author>) {
    let mut f = Fixture::new();
    let (mut station, mut person) = (Author::new(SourceKind::Station, 21), Author::person(23));
    let mut ci = Author::new(SourceKind::Ci, 24);
    f.enrol(&station, &["station"]);
    f.enrol(&person, &["field"]);
    f.enrol(&ci, &["ci"]);
    f.enrol(&feed(), &["security"]);
    let mut many = Many { f, waiting: Vec::new() };
    many.say(person.state(ReportingSet { model: None, interval: 86_400, deadline: 3 * 86_400 }));
    for n in 0..RELEASES {
        let named = |name: &str, k: u64| NamedDigest { name: name.into(), digest: digest(n * 10 + k) };
        let made = ReleaseMade {
            product: "IP-400".into(),
            item: "firmware".into(),
            line: "2.x".into(),
            version: format!("2.{n}.0"),
            baseline: None,
            commit: None,
            artefacts: Vec::new(),
            // The last release has no bill of materials, so that something is undetermined.
            sboms: (n + 1 < RELEASES).then(|| libraries(&many.f.ledger, "1", "3.9.0")).into_iter().collect(),
            measurements: vec![named("boot", 0), named("main", 1)],
            verified: Vec::new(),
            anomalies: Vec::new(),
            signatures: Vec::new(),
        };
        many.say(ci.state(made));
    }
    many.flush();
    one_more(&many.f.ledger);
    let mut all: Vec<Author> = (1..=devices).map(Author::device).collect();
    for (n, device) in (0..).zip(&all) {
        let udi = format!("(01)04012345004007(21)S-{n:07}");
        let enrolled = DeviceEnrolled {
            device: device.id,
            key: device.key.clone(),
            possession: device.possession(ORIGIN, Some(&udi)),
            udi: Some(udi),
            serial: Some(format!("S-{n:07}")),
            model: if n % 3 == 0 { "IP-410" } else { "IP-400" }.into(),
            hardware_version: Some("C".into()),
            key_origin: KeyOrigin::Puf,
            helper: None,
            report: None,
            product: "IP-400".into(),
        };
        many.say(station.state(enrolled));
        let site = Some(format!("site-{:04}", n % SITES));
        let custody = Some(if n % 17 == 0 { Custody::Stored } else { Custody::InUse });
        many.say(person.state(DeviceMoved {
            device: Some(device.id),
            asset: None,
            site,
            owner: None,
            custody,
            since: None,
        }));
    }
    many.flush();
    for day in 1..=4u64 {
        many.f.at(day * 86_400);
        let tree = many.f.ledger.tree();
        let beacon = Beacon { generation: 0, size: tree.size(), root: tree.root() };
        for (n, device) in (0..).zip(&mut all) {
            // One in fifty is not heard after the first day, one in ninety skips a place.
            if day == 1 || n % 50 != 0 {
                device.beacon = Some(beacon.clone());
                if n % 90 == 3 && day == 2 {
                    device.skip();
                }
                many.say(device.state(attested((n + day / 3) % RELEASES)));
            }
        }
        many.flush();
    }
    (many.f, all)
}

fn said(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |per_mille: usize| times.get((times.len() - 1) * per_mille / 1_000).copied().unwrap_or_default();
    println!("{what:58} p50 {:8.2?}  p99 {:8.2?}  max {:8.2?}", at(500), at(990), at(1_000));
}

#[tokio::test]
#[ignore = "takes minutes; a measurement"]
async fn pages_over_a_large_fleet() {
    let devices: u64 = std::env::var("PAGES_DEVICES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let began = now();
    let (f, mut all) = told(devices);
    println!("{devices} devices, {} entries, told in {:.1?}", f.ledger.read().size, began.elapsed());
    let clock = f.clock.clone();
    let mut site = Site::over(f.ledger);
    let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
    let began = now();
    let size = site.app.ledger.read().size;
    assert!(populations.wait_beyond(size - 1, Duration::from_secs(600)) >= size);
    println!("populations are up after {:.2?}", began.elapsed());
    site.app.populations = Some(populations.clone());
    site.router = server::pages::router(site.app.clone());
    site.sign_in();
    let began = now();
    let mut waits = Vec::new();
    // While it is being counted, the write path must not stall.
    let mut stalls = Vec::new();
    loop {
        let asked = now();
        let page = site.get("/fleet").await;
        waits.push(asked.elapsed());
        if !page.text.contains("data-counting") {
            break;
        }
        let device = &mut all[usize::try_from(devices).expect("few") / 2];
        let asked = now();
        site.app.ledger.submit(vec![device.state(attested(1))]).pop().expect("one").expect("accepted");
        stalls.push(asked.elapsed());
    }
    println!("first count after {:.2?}", began.elapsed());
    said("/fleet while it is counted", waits);
    if !stalls.is_empty() {
        said("one entry acknowledged meanwhile", stalls);
    }
    let whole = all[usize::try_from(devices).expect("few") / 3].id;
    let half = all[usize::try_from(devices).expect("few") / 2].id;
    let head = site.app.ledger.read().size;
    let paths = [
        "/fleet".to_owned(),
        "/fleet?site=site-0007".into(),
        "/fleet?verdict=warning&grade=attested".into(),
        "/fleet?where=version%3Afirmware+%3C+2.5.0+and+not+silent+%3D+yes&model=IP-400".into(),
        format!("/fleet?after={half}"),
        "/fleet?where=serial+~+00123".into(),
        format!("/fleet?known={}", head / 2),
        format!("/fleet/{whole}"),
        "/findings".into(),
        "/findings?kind=silence&skip=600".into(),
        "/releases".into(),
        "/".into(),
        format!("/?known={}", head / 2),
        "/vulnerabilities".into(),
        format!("/vulnerabilities?known={}", head / 2),
        "/vulnerabilities/CVE-2099-0001".into(),
        "/vulnerability-metrics".into(),
        "/search?q=S-0012345".into(),
    ];
    for path in &paths {
        let mut first = Vec::new();
        loop {
            let asked = now();
            let page = site.get(path).await;
            first.push(asked.elapsed());
            if !page.text.contains("data-counting") {
                break;
            }
        }
        let n = first.len();
        let mut times = Vec::new();
        for _ in 0..100 {
            let asked = now();
            let page = site.get(path).await;
            times.push(asked.elapsed());
            assert!(page.status.is_success() || page.status.is_redirection(), "{path}");
        }
        let longest = first.iter().max().copied().unwrap_or_default();
        said(&format!("{path:.40} ({n} first, longest {longest:.0?})"), times);
    }
    // The present goes on: a few entries between each two pages, time too.
    let (mut times, mut behind) = (Vec::new(), 0);
    let mut seconds = 5 * 86_400;
    for round in 0..100 {
        seconds += 2;
        clock.set(Time::from_seconds(START + seconds).expect("a time"));
        let entries: Vec<_> =
            all.iter_mut().skip(round * 20).take(20).map(|d| d.state(attested(2))).collect();
        site.app.ledger.submit(entries).into_iter().for_each(|o| assert!(o.is_ok()));
        let asked = now();
        let page = site.get("/fleet").await;
        times.push(asked.elapsed());
        behind += u32::from(page.text.contains("newer are being counted"));
    }
    said(&format!("/fleet after 20 entries and 2 s each ({behind} of 100 behind)"), times);
    populations.stop();
}
