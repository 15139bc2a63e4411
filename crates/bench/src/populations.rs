//! From an advisory to its devices: 1,000,000 devices, 2,000 releases, 20,000 components and every advisory of the shared data,
//! against the same question in plain SQL on SQLite.
//!
//! Entries are well formed and in order but carry signatures of zeros, as in `big`: loading does not look at them. Components
//! bear the names that the advisories speak of, in versions around their bounds; the rest are fillers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::facts::fleet::DeviceDeclared;
use evidence::facts::release::ReleaseMade;
use evidence::facts::sources::SourceEnrolled;
use evidence::facts::vulnerability::AdvisoryTaken;
use evidence::types::{BlobRef, Interpreted};
use evidence::{Entry, Fact};
use formats::advisory::{Extent, read, to_canonical};
use formats::sbom::{Component, Sbom, to_canonical as sbom_canonical};
use ledger::Options;
use ledger::ports::{Appended, Batch, Log, MemoryGuard, MemoryLog};
use testkit::{Author, Fixture, ORIGIN, init, keys};
use tlog::tile::Edge;
use tlog::{Checkpoint, Hash, leaf_hash};
use views::population::{Populations, Question, Verdict};

use crate::Settings;
use crate::machine::resident;
use crate::table::{Row, Table, count, part};

const RELEASES: usize = 2_000;
const COMPONENTS: usize = 20_000;
const OF_A_RELEASE: usize = 300;
const BATCH: usize = 4_096;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// Writes entries through the port.
struct Writer {
    log: Arc<MemoryLog>,
    edge: Edge,
    author: Author,
    entries: Vec<Arc<[u8]>>,
}

impl Writer {
    fn say(&mut self, fact: impl Into<Fact>) {
        let author = &mut self.author;
        let entry = Entry::sign_cose(author.body(fact), &author.key, |_| [0; 64]).unwrap();
        author.sequence += 1;
        author.previous = Some(entry.hash());
        self.entries.push(entry.encode().into());
        if self.entries.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let (first, mut tiles) = (self.edge.size(), Vec::new());
        let entries = std::mem::take(&mut self.entries);
        entries.iter().for_each(|e| self.edge.append(leaf_hash(e), &mut tiles));
        let note =
            Checkpoint::new(ORIGIN, self.edge.size(), self.edge.root()).sign(&keys().checkpoint).unwrap();
        let batch = Batch { first, entries, tiles, checkpoint: note.to_string().into() };
        assert_eq!(self.log.append(&batch), Appended::Committed);
    }
}

struct Documents {
    blobs: Vec<Vec<u8>>,
}

impl Documents {
    fn keep(&mut self, bytes: Vec<u8>) -> Interpreted {
        let blob = BlobRef {
            digest: Hash::of(&bytes),
            length: bytes.len() as u64,
            media_type: "application/json".into(),
        };
        self.blobs.push(bytes);
        Interpreted { raw: blob.clone(), parser: "bench".into(), parser_version: 1, normalised: blob }
    }
}

/// Every advisory of the shared data, and the packages that they speak of with versions around their bounds.
fn advisories(documents: &mut Documents) -> (Vec<AdvisoryTaken>, Vec<Component>) {
    let (mut facts, mut components) = (Vec::new(), BTreeMap::new());
    for set in ["rustsec-osv", "oss-fuzz-osv", "openssl-cve5", "cisa-csaf-medical"] {
        let Some(folder) = testkit::shared_data(&format!("vuln/{set}")) else { continue };
        let mut open = vec![folder];
        let mut files = Vec::new();
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { open.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        for path in files {
            let Ok(contents) = read(&std::fs::read(&path).unwrap()) else { continue };
            let Some(first) = contents.advisories.first() else { continue };
            for affected in contents.advisories.iter().flat_map(|a| &a.affected) {
                let c = &affected.coordinates;
                let Some(name) = c.name.clone().or_else(|| c.product.clone()) else { continue };
                let cargo = c.ecosystem.as_deref() == Some("crates.io");
                let bounds = affected.rules.iter().filter_map(|rule| match &rule.extent {
                    Extent::Range(vers) => Some(vers.constraints().iter().map(|c| c.version.clone())),
                    _ => None,
                });
                for version in bounds.flatten().chain(["1.0.0".to_owned(), "0.1.0".to_owned()]) {
                    let purl = if cargo { format!("pkg:cargo/{name}@{version}") } else { String::new() };
                    let component = Component {
                        name: name.as_str().into(),
                        version: Some(version.as_str().into()),
                        purls: (!purl.is_empty()).then(|| purl.as_str().into()).into_iter().collect(),
                        ..Component::default()
                    };
                    components.insert((name.clone(), version.clone()), component);
                }
            }
            let advisory = first.document.clone().unwrap_or_else(|| first.id.clone());
            let document = documents.keep(to_canonical(&contents).unwrap());
            let origin = set.to_owned();
            facts.push(AdvisoryTaken {
                advisory,
                document,
                origin,
                modified: None,
                withdrawn: None,
                supersedes: None,
            });
        }
    }
    (facts, components.into_values().collect())
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let devices = if settings.quick { 200_000 } else { 1_000_000 };
    let mut numbers = Numbers(7);
    let mut documents = Documents { blobs: Vec::new() };
    let (mut taken, mut components) = advisories(&mut documents);
    let real = components.len().min(COMPONENTS / 2);
    components.truncate(real);
    for n in real..COMPONENTS {
        let name = format!("filler-{}", n / 4);
        components.push(Component {
            name: name.as_str().into(),
            version: Some(format!("{}.{}.0", n % 4, n % 7).as_str().into()),
            purls: vec![format!("pkg:generic/{name}@{}.{}.0", n % 4, n % 7).as_str().into()],
            ..Component::default()
        });
    }
    let new = taken.pop().unwrap();
    let log = Arc::new(MemoryLog::default());
    let guard = Arc::new(MemoryGuard::default());
    init().run(&*log, &*guard, &keys()).unwrap();
    let fixture = Fixture::open(log.clone(), guard.clone(), Options::default()).unwrap();
    let mut fixture = fixture;
    let author = Author::new(evidence::SourceKind::Ci, 50);
    let enrolment = SourceEnrolled {
        source: author.id,
        key: author.key.clone(),
        name: "bench".into(),
        roles: vec!["ci".into()],
        possession: Some(author.possession(ORIGIN, None)),
    };
    let entry = fixture.admin.state(enrolment);
    fixture.submit(entry).unwrap();
    fixture.ledger.stop();
    drop(fixture);
    let edge = ledger::load(&*log, None).unwrap().edge;
    let mut writer = Writer { log: log.clone(), edge, author, entries: Vec::new() };
    taken.into_iter().for_each(|fact| writer.say(fact));
    let mut made: Vec<Vec<usize>> = Vec::new();
    let mut sbom_bytes = 0;
    for version in 0..RELEASES {
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        while chosen.len() < OF_A_RELEASE {
            chosen.insert(numbers.below(COMPONENTS));
        }
        let sbom =
            Sbom { components: chosen.iter().map(|n| components[*n].clone()).collect(), ..Sbom::default() };
        let bytes = sbom_canonical(&sbom);
        sbom_bytes += bytes.len();
        writer.say(ReleaseMade {
            product: "pump".into(),
            item: "firmware".into(),
            line: "main".into(),
            version: version.to_string(),
            baseline: None,
            commit: None,
            artefacts: vec![],
            sboms: vec![documents.keep(bytes)],
            measurements: vec![],
            verified: vec![],
            anomalies: vec![],
            signatures: vec![],
        });
        made.push(chosen.into_iter().collect());
    }
    let mut runs = Vec::with_capacity(devices);
    for n in 0..devices {
        let release = numbers.below(RELEASES);
        runs.push(release);
        writer.say(DeviceDeclared {
            asset: format!("A{n:07}"),
            udi: None,
            serial: None,
            model: None,
            software: vec![format!("firmware {release}")],
            site: Some(format!("site {}", release % 200)),
            owner: None,
            custody: None,
            since: None,
            import: None,
        });
    }
    writer.flush();
    let fixture = Fixture::open(log, guard, Options::default()).unwrap();
    for bytes in &documents.blobs {
        fixture.ledger.blobs().put(bytes).unwrap();
    }
    drop(documents);
    let ledger = Arc::new(fixture.ledger);
    let before = resident();
    let began = Instant::now();
    let populations = Populations::start(ledger.clone()).unwrap();
    let size = ledger.read().size;
    populations.wait_beyond(size - 1, Duration::from_secs(1_200));
    let started = began.elapsed().as_secs_f64();
    let memory = resident() - before;
    let line = |what: String, measured: String, floor: &str, ratio: String, mark: &str, holds| Row {
        what,
        measured,
        floor: floor.into(),
        ratio,
        mark: mark.into(),
        holds,
    };
    let of = format!("{} devices, {RELEASES} releases, {COMPONENTS} components", count(devices as f64));
    let mark = |holds: bool| if settings.quick { None } else { Some(holds) };
    table.add(line(
        format!("populations: begin, {of}, {} of bills", count(sbom_bytes as f64)),
        format!("{started:.1} s, {:.0} MB ({:.0} B a device)", memory / 1e6, memory / devices as f64),
        "-",
        "-".into(),
        "-",
        None,
    ));
    let names: Vec<String> = {
        let world = ledger.read();
        let all = world.vulnerabilities().advisories_taken(0..size);
        all.map(|a| a.fact.advisory.clone()).collect()
    };
    let (mut cold, mut warm, mut most, mut affected) =
        (Vec::new(), Vec::new(), (0, String::new()), BTreeMap::new());
    // The slowest second ask, and how much it is about: where to look when the mark is missed.
    let mut slowest = (0.0, String::new());
    for name in &names {
        let question = Question::now(name);
        let began = Instant::now();
        let Ok(answer) = populations.ask(&question) else { continue };
        cold.push(began.elapsed().as_secs_f64() * 1e3);
        let count = answer.count();
        if count > most.0 {
            most = (count, name.clone());
        }
        let releases = answer.findings.releases.iter().filter(|(_, r)| r.verdict == Verdict::Affected);
        let releases: Vec<String> =
            releases.map(|(r, _)| answer.known.releases[r].version.to_string()).collect();
        affected.insert(name.clone(), (count, releases));
        let began = Instant::now();
        populations.ask(&question).unwrap();
        let again = began.elapsed().as_secs_f64() * 1e3;
        if again > slowest.0 {
            let concerned = answer.findings.releases.len();
            let components = answer.releases.iter().map(|r| r.components.len()).sum::<usize>();
            slowest = (again, format!("{name}: {concerned} releases concerned, {components} components told"));
        }
        warm.push(again);
    }
    eprintln!("slowest second ask: {:.2} ms, {}", slowest.0, slowest.1);
    let (sql, sql_count) = sqlite(&made, &runs, &affected);
    for (what, figures) in [("first time", &mut cold), ("asked again", &mut warm)] {
        let (p50, p99) = (part(figures, 0.5), part(figures, 0.99));
        table.add(line(
            format!("populations: count, verdicts and first page of {} advisories, {what}", figures.len()),
            format!("p50 {p50:.2} ms, p99 {p99:.2} ms"),
            &format!("SQLite, count and first page: p50 {:.2} ms, p99 {:.2} ms", sql.0, sql.1),
            format!("{:.2}", p99 / sql.1),
            "p99 < 10 ms",
            mark(p99 < 10.0),
        ));
    }
    assert_eq!(sql_count, affected.values().map(|(n, _)| *n).sum::<u64>(), "SQLite counts the same devices");
    let began = Instant::now();
    let list = populations
        .list(&most.1, &[Verdict::Affected, Verdict::Undetermined, Verdict::NotAffected, Verdict::Fixed])
        .unwrap();
    let mut bytes = 0;
    server::api::affected::lines(&list, false, |piece| {
        bytes += piece.len();
        true
    });
    let took = began.elapsed().as_secs_f64();
    let rate = bytes as f64 / 1e6 / took;
    table.add(line(
        format!("populations: full list of {} devices as JSON lines", count(list.devices.len() as f64)),
        format!("{rate:.0} MB/s ({took:.2} s)"),
        "-",
        "-".into(),
        ">= 200 MB/s",
        mark(rate >= 200.0),
    ));
    let name = new.advisory.clone();
    let (sender, steps) = std::sync::mpsc::channel();
    populations.on_step(Box::new(move |applied| {
        let _ = sender.send(applied);
    }));
    // By hand of the same author: its stream goes on where the written entries ended.
    let mut author = writer.author;
    let entry = author.sign(author.body(new));
    author.sequence += 1;
    let outcome = ledger.submit(vec![entry.encode().into()]).pop().unwrap().unwrap();
    let began = Instant::now();
    while steps.recv_timeout(Duration::from_secs(60)).unwrap() <= outcome.index {}
    let answer = populations.ask(&Question::now(&name)).unwrap();
    let visible = began.elapsed().as_secs_f64();
    assert!(answer.known.size > outcome.index);
    table.add(line(
        "populations: an advisory committed until it is answered for".into(),
        format!("{:.0} ms", visible * 1e3),
        "-",
        "-".into(),
        "< 1 s",
        mark(visible < 1.0),
    ));
    populations.stop();
    ledger.stop();
}

/// The same counts in plain SQL: which devices run a release that carries an affected component.
fn sqlite(
    made: &[Vec<usize>],
    runs: &[usize],
    affected: &BTreeMap<String, (u64, Vec<String>)>,
) -> ((f64, f64), u64) {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE TABLE device(id INTEGER PRIMARY KEY, release INTEGER) STRICT;
         CREATE TABLE carries(component INTEGER, release INTEGER, PRIMARY KEY(component, release)) STRICT, WITHOUT ROWID;
         CREATE TABLE affects(advisory TEXT, release INTEGER, PRIMARY KEY(advisory, release)) STRICT, WITHOUT ROWID;",
    )
    .unwrap();
    let all = db.transaction().unwrap();
    for (release, components) in made.iter().enumerate() {
        let mut insert = all.prepare_cached("INSERT INTO carries VALUES(?, ?)").unwrap();
        for component in components {
            insert.execute((*component as i64, release as i64)).unwrap();
        }
    }
    for (id, release) in runs.iter().enumerate() {
        all.prepare_cached("INSERT INTO device VALUES(?, ?)")
            .unwrap()
            .execute((id as i64, *release as i64))
            .unwrap();
    }
    // Which releases are affected is given to it: matching versions is not for SQL to do.
    for (advisory, (_, releases)) in affected {
        for release in releases {
            let mut insert = all.prepare_cached("INSERT INTO affects VALUES(?, ?)").unwrap();
            insert.execute((advisory, release.parse::<i64>().unwrap())).unwrap();
        }
    }
    all.execute_batch("CREATE INDEX device_release ON device(release); ANALYZE;").unwrap();
    all.commit().unwrap();
    let (mut figures, mut sum) = (Vec::new(), 0);
    for advisory in affected.keys() {
        let began = Instant::now();
        let mut ask = db
            .prepare_cached("SELECT count(*) FROM affects JOIN device USING(release) WHERE advisory = ?")
            .unwrap();
        let n: i64 = ask.query_row([advisory], |row| row.get(0)).unwrap();
        let mut page = db
            .prepare_cached(
                "SELECT id FROM affects JOIN device USING(release) WHERE advisory = ? ORDER BY id LIMIT 50",
            )
            .unwrap();
        let ids = page.query_map([advisory], |row| row.get::<_, i64>(0)).unwrap().count();
        assert!(ids as i64 <= n);
        figures.push(began.elapsed().as_secs_f64() * 1e3);
        sum += n as u64;
    }
    ((part(&mut figures, 0.5), part(&mut figures, 0.99)), sum)
}
