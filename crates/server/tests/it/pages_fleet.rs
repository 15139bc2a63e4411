//! The fleet's pages: numbers equal the lists they lead to, at the present and at past moments; conditions; what is kept up
//! while the log grows.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use axum::http::StatusCode;

use crate::pages_kit::{Answer, Site};

/// The table that a heading names.
fn table<'a>(html: &'a str, heading: &str) -> &'a str {
    let label = format!("aria-labelledby=\"{heading}\"><thead>");
    let squeezed = html.find(&label.replace("><thead>", ">")).expect("a labelled part");
    let from = html[squeezed..].find("<table").map_or(squeezed, |at| squeezed + at);
    let end = html[from..].find("</table>").expect("its end") + from;
    &html[from..end]
}

/// Links with the number they show.
fn numbers(html: &str) -> Vec<(String, u64)> {
    let cells = html.split("<a href=\"").skip(1);
    let one = |cell: &str| {
        let (href, rest) = cell.split_once('"')?;
        let text = rest.split_once('>')?.1.split('<').next()?;
        let n = text.replace(',', "").parse().ok()?;
        Some((href.replace("&#38;", "&").replace("&amp;", "&"), n))
    };
    cells.filter_map(one).collect()
}

/// Devices that a list has, over all its pages.
async fn listed(site: &Site, path: &str) -> u64 {
    let (mut next, mut rows) = (Some(path.to_owned()), 0);
    while let Some(path) = next {
        let page = site.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        if !page.text.contains("id=\"h-devices\"") {
            return rows;
        }
        rows += table(&page.text, "h-devices").matches("class=\"row\"").count() as u64;
        let more = page.text.split("rel=\"next\"").next().filter(|_| page.text.contains("rel=\"next\""));
        next = more.and_then(|t| {
            t.rsplit("href=\"")
                .next()?
                .split('"')
                .next()
                .map(|h| h.replace("&#38;", "&").replace("#devices", ""))
        });
    }
    rows
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn lead(page: &Answer) -> String {
    let text =
        page.text.split("class=\"lead\">").nth(1).and_then(|t| t.split("</p>").next()).unwrap_or_default();
    text.split('<').map(|t| t.split_once('>').map_or(t, |(_, t)| t)).collect()
}

#[tokio::test]
async fn every_number_of_the_fleet_page_is_the_length_of_its_list() {
    let site = Site::told();
    for path in [
        "/fleet",
        "/fleet?known=400",
        "/fleet?grade=attested&where=model+%3D+IP-400",
        "/fleet?where=serial+~+01",
    ] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let mut checked = 0;
        for heading in ["h-release", "h-verdict", "h-known", "h-site"] {
            for (href, n) in numbers(table(&page.text, heading)) {
                assert_eq!(listed(&site, &href).await, n, "{path}: {heading}: {href}");
                checked += 1;
            }
        }
        assert!(checked > 10, "{path}: {checked}");
    }
}

#[tokio::test]
async fn the_fleet_page_says_what_it_counts() {
    let site = Site::told();
    let page = site.get("/fleet").await;
    let said = lead(&page);
    // 12 and 14 enrolled, 7 declared of which one is an enrolled one.
    assert!(said.starts_with("32 devices:"), "{said}");
    assert!(said.contains("25 attested, 2 reported, 5 declared"), "{said}");
    let narrowed = site.get("/fleet?release=pump+firmware+2.1.1").await;
    assert!(lead(&narrowed).starts_with("5 of 32 devices match."), "{}", lead(&narrowed));
    let one = site.get("/fleet?where=serial+%3D+IP4-0100003").await;
    assert!(lead(&one).starts_with("1 of 32 devices matches."), "{}", lead(&one));
    let none = site.get("/fleet?site=site-14&where=site+%3D+site-21").await;
    assert!(lead(&none).starts_with("0 of 32"), "{}", lead(&none));
    assert!(none.text.contains("No device is like that"));
    let then = site.get("/fleet?known=100").await;
    assert!(lead(&then).contains("No device is known"), "{}", lead(&then));
    assert!(then.text.contains("vouchsafe fleet import"), "an empty fleet says what to do");
}

#[tokio::test]
async fn a_bad_condition_shows_the_place_and_what_should_stand_there() {
    let site = Site::told();
    for (condition, mark, place, says) in [
        ("site == x", "<mark>=</mark>", 7, "a value should stand here"),
        ("grade = atested", "<mark>atested</mark>", 9, "is none of its values: declared, reported, attested"),
        ("model = x and", "here</span></mark>", 14, "a field should stand here"),
        ("seen < gestern", "<mark>gestern</mark>", 8, "a moment should stand here"),
        ("<script>", "<mark>&#60;script&#62;</mark>", 1, "a field should stand here"),
        ("(site = ü", "here</span></mark>", 10, "a <code>)</code> is missing"),
    ] {
        let page = site.get(&format!("/fleet?where={}", encoded(condition))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{condition}");
        let shown = page
            .text
            .split("id=\"f-wrong\"")
            .nth(1)
            .expect("the reason")
            .split("</p>")
            .next()
            .expect("its end");
        assert!(shown.contains(mark), "{condition}: {shown}");
        assert!(shown.contains(&format!("At character {place}<")), "{condition}: {shown}");
        assert!(shown.contains(says), "{condition}: {shown}");
        assert!(page.text.contains("aria-invalid"), "the field says so");
    }
    let odd = site.get("/fleet?grade=seen").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert!(odd.text.contains("none of its values"), "{}", odd.text);
    assert_eq!(site.get("/fleet?after=nobody").await.status, StatusCode::BAD_REQUEST);
}

/// Where the row of a list leads whose name is this.
async fn device(site: &Site, name: &str) -> String {
    let found = site.get(&format!("/search?q={name}")).await;
    assert!(found.location().starts_with("/fleet/"), "{name}: {} {}", found.location(), found.text);
    found.location().to_owned()
}

#[tokio::test]
async fn search_finds_devices_releases_and_who_measured_what() {
    let site = Site::told();
    let path = device(&site, "IP4-0100003").await;
    // By UDI as printed, as scanned without what is printed around its parts, by UEID, by the importing system's name.
    assert_eq!(device(&site, &encoded("(01)04012345004007(11)231120(21)IP4-0100003")).await, path);
    assert_eq!(device(&site, "01040123450040071123112021IP40100003").await, path);
    let ueid = path.strip_prefix("/fleet/").expect("an identifier");
    assert_eq!(device(&site, ueid).await, path);
    assert_eq!(device(&site, "ERP-70116").await, "/fleet/asset:ERP-70116");
    assert_eq!(device(&site, "ERP-70117").await, device(&site, "IP4-0100004").await, "one device, two names");
    let release = site.get("/search?q=2.1.1").await;
    assert!(release.location().starts_with("/releases/"), "{}", release.text);
    let digest = tlog::Hash::of(b"pump 2.1.0").to_string();
    let found = site.get(&format!("/search?q={}", &digest[..16])).await;
    assert!(found.text.contains("lists the measurement of pump"), "{}", found.text);
    assert!(found.text.contains("Devices that measure this digest"));
    let altered = tlog::Hash::of(b"pump 2.1.0-patched").to_string();
    let found = site.get(&format!("/search?q={altered}")).await;
    let href =
        found.text.split("href=\"/fleet?where=").nth(1).expect("a list").split('"').next().expect("its end");
    assert_eq!(listed(&site, &format!("/fleet?where={href}")).await, 1);
    assert!(site.get("/search?q=IP4-01000").await.text.contains("14 answers"));
    let then = site.get("/search?q=IP4-0100003&known=300").await;
    assert!(then.text.contains("Nothing is known as"), "not enrolled yet: {}", then.text);
}

#[tokio::test]
async fn a_device_page_says_what_ran_and_how_that_is_known() {
    let site = Site::told();
    let path = device(&site, "IP4-0100000").await;
    let page = site.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(lead(&page).starts_with("It runs pump firmware 2.1.1, attested and fresh."), "{}", lead(&page));
    assert!(lead(&page).contains("One finding is open."), "{}", lead(&page));
    // It was updated, rolled back and updated again.
    let intervals = table(&page.text, "h-iv");
    let ran: Vec<&str> = ["2.1.1", "2.1.0", "2.0.3"].into_iter().filter(|v| intervals.contains(v)).collect();
    assert_eq!(ran.len(), 3, "{intervals}");
    assert!(page.text.contains("an older release than before"), "the rollback was appraised");
    assert!(
        page.text.contains("the evidence was too old to say anything about its present"),
        "late evidence too"
    );
    assert!(page.text.contains("class=\"mark-late\""), "and is drawn as late");
    assert!(page.text.contains("silicon (PUF)") && page.text.contains("site-14"));
    assert!(page.text.contains("#h-proof"), "proofs are linked");
    for (name, says) in [
        ("IP4-0100005", "This device seems to exist twice"),
        ("IP4-0100007", "the release was withdrawn"),
        ("IP4-0100009", "it embeds no beacon"),
        ("IP4-0100010", "It runs firmware that belongs to no release,"),
        ("IP4-0100011", "stored"),
        ("IP4-0100012", "Silence past its deadline"),
        ("IP4-0100003", "The module was exchanged"),
        ("IP4-0100002", "A second enrolment states the same UDI instance"),
        ("ERP-70114", "within the reporting interval"),
        ("ERP-70119", "nobody said what it runs"),
    ] {
        let page = site.get(&device(&site, name).await).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        let text = page.text.split("<main").nth(1).expect("the page");
        assert!(text.contains(says) || lead(&page).starts_with(says), "{name}: {}", lead(&page));
    }
    let never = site.get(&device(&site, "IP4-0100008").await).await;
    assert!(
        lead(&never).starts_with("What it runs is not known: nobody said what it runs."),
        "{}",
        lead(&never)
    );
}

#[tokio::test]
async fn a_device_then_is_what_could_be_known_then() {
    let site = Site::told();
    let path = device(&site, "IP4-0100000").await;
    // While its link was lost: as known then, and as known today.
    let then = site.get(&format!("{path}?at=2023-11-20T12:00:00Z&known=2023-11-20T12:00:00Z")).await;
    let today = site.get(&format!("{path}?at=2023-11-20T12:00:00Z")).await;
    assert!(lead(&then).contains("attested and assumed"), "{}", lead(&then));
    assert!(lead(&today).contains("attested and proven"), "{}", lead(&today));
    assert!(then.text.contains(" data-past") && today.text.contains(" data-past"));
    assert_eq!(site.get(&format!("{path}?known=300")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/fleet/nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/fleet/asset:nothing").await.status, StatusCode::NOT_FOUND);
    let attached = site.get("/fleet/asset:ERP-70117").await;
    assert!(attached.location().starts_with("/fleet/dev:"), "{}", attached.location());
    let known = site.get("/log?fact=DeviceAttached").await;
    let known = table(&known.text, "h-entries").split("href=\"/log/").nth(1).expect("an entry");
    let known = known.split('"').next().expect("its end");
    let before = site.get(&format!("/fleet/asset:ERP-70117?known={known}")).await;
    assert_eq!(before.status, StatusCode::OK, "before it was known to be the enrolled one: {}", before.text);
}

#[tokio::test]
async fn findings_are_counted_and_listed_alike() {
    let site = Site::told();
    for path in ["/findings", "/findings?state=all", "/findings?known=600"] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let mut checked = 0;
        for heading in ["h-kinds", "h-sites"] {
            if !page.text.contains(&format!("<table class=\"t\" aria-labelledby=\"{heading}\""))
                && !page.text.contains(&format!("q3\" aria-labelledby=\"{heading}\""))
            {
                continue;
            }
            for (href, n) in numbers(table(&page.text, heading)) {
                let list = site.get(&href).await;
                assert_eq!(list.status, StatusCode::OK, "{href}");
                let rows = if href.starts_with("/fleet") {
                    listed(&site, &href).await
                } else {
                    table(&list.text, "h-list").matches("class=\"row\"").count() as u64
                };
                assert_eq!(rows, n, "{path}: {href}");
                checked += 1;
            }
        }
        assert!(checked > 2, "{path}: {checked}");
    }
    let page = site.get("/findings").await;
    for name in
        ["Cloned device", "Identity held twice", "Firmware of no release", "Gap in a stream", "Silence"]
    {
        assert!(table(&page.text, "h-list").contains(name), "{name}");
    }
    let closed = site.get("/findings?state=closed").await;
    assert!(closed.text.contains("The module was exchanged"));
    for path in ["/findings?kind=nothing", "/findings?state=lost", "/findings?skip=x"] {
        assert_eq!(site.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let none = site.get("/findings?known=100").await;
    assert!(lead(&none).starts_with("No finding is open."), "{}", lead(&none));
}

#[tokio::test]
async fn a_release_says_who_runs_it() {
    let site = Site::told();
    let all = site.get("/releases").await;
    assert!(lead(&all).starts_with("3 releases of items;"), "{}", lead(&all));
    for (href, n) in numbers(table(&all.text, "h-releases")) {
        if href.starts_with("/fleet") {
            assert_eq!(listed(&site, &href).await, n, "{href}");
        }
    }
    let found = site.get("/search?q=2.1.1").await;
    let page = site.get(found.location()).await;
    assert!(lead(&page).contains("5 devices are known to run it."), "{}", lead(&page));
    for says in
        ["pump-2.1.1.bin", "412,906 bytes", "ANO-003", "cyclonedx 1", "IP-400 7.3", "No person signed it"]
    {
        assert!(page.text.contains(says), "{says}");
    }
    let withdrawn = site.get(site.get("/search?q=2.0.3").await.location()).await;
    assert!(withdrawn.text.contains("It must not be installed any more"));
    assert_eq!(site.get("/releases/0").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/releases/x").await.status, StatusCode::NOT_FOUND);
    let then = site.get("/releases?known=100").await;
    assert!(then.text.contains("class=\"empty\""));
}

/// Numbers of the tables of a fleet page, in order, whatever moments their links carry.
fn figures(page: &Answer) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for heading in ["h-release", "h-verdict", "h-known", "h-site", "h-devices"] {
        if page.text.contains(&format!("id=\"{heading}\"")) {
            let text = table(&page.text, heading);
            let words = text.split('<').filter_map(|t| t.split_once('>').map(|(_, t)| t.trim()));
            out.extend(words.filter(|t| !t.is_empty()).map(str::to_owned));
        }
    }
    out.push(lead(page));
    out
}

#[tokio::test]
async fn what_is_kept_up_equals_what_is_counted_anew() {
    use evidence::facts::fleet::{
        Custody, DeviceDeclared, DeviceEnrolled, DeviceMoved, DeviceReported, KeyOrigin,
    };
    use evidence::facts::fleet::{DeviceAttached, ReportingSet};
    use evidence::{Evidence, Fact, SourceKind};
    use testkit::{Author, Fixture, ORIGIN};

    let mut f = Fixture::new();
    let (mut station, mut person) = (Author::new(SourceKind::Station, 21), Author::person(23));
    f.enrol(&station, &["station"]);
    f.enrol(&person, &["field"]);
    let mut devices: Vec<Author> = (1..=6).map(Author::device).collect();
    let clock = f.clock.clone();
    let mut site = Site::over(f.ledger);
    site.sign_in();
    let submit = |entry: std::sync::Arc<[u8]>| {
        let outcome = site.app.ledger.submit(vec![entry]).pop().expect("an outcome");
        outcome.expect("accepted");
    };
    let mut seed = 7u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("31 bits") % n
    };
    let mut now = testkit::START;
    submit(person.state(ReportingSet { model: None, interval: 7_200, deadline: 30_000 }));
    for n in 0..6u64 {
        let declared = DeviceDeclared {
            asset: format!("A-{n}"),
            udi: None,
            serial: None,
            model: Some("IP-400".into()),
            software: vec![format!("firmware {n}")],
            site: Some(format!("site-{}", n % 3)),
            owner: None,
            custody: None,
            since: evidence::Time::from_seconds(now + 9_000 * n),
            import: None,
        };
        submit(person.state(declared));
    }
    let (mut enrolled, mut differed) = (Vec::new(), std::collections::BTreeSet::new());
    for step in 0..160u64 {
        now += [30, 600, 4_000, 20_000].into_iter().nth(next(4)).expect("one of four");
        clock.set(evidence::Time::from_seconds(now).expect("a time"));
        let n = next(6);
        let asset = format!("A-{n}");
        let device = &mut devices[n];
        let (id, here) = (device.id, enrolled.contains(&n));
        match next(8) {
            _ if !here => {
                let fact = DeviceEnrolled {
                    device: id,
                    key: device.key.clone(),
                    possession: device.possession(ORIGIN, None),
                    udi: None,
                    serial: Some(format!("S-{n}")),
                    model: "IP-400".into(),
                    hardware_version: None,
                    key_origin: KeyOrigin::Tpm,
                    helper: None,
                    report: None,
                    product: "IP-400".into(),
                };
                submit(station.state(fact));
                enrolled.push(n);
            }
            0 => {
                let attached = DeviceAttached { device: id, asset, by: "hand".into() };
                let _ = site.app.ledger.submit(vec![station.sign(station.body(attached)).encode().into()]);
                let world = site.app.ledger.read();
                let head = world.streams().of_source(station.id).next().map(|(_, s)| (s.next, s.last));
                if let Some((sequence, last)) = head {
                    (station.sequence, station.previous) = (sequence, Some(last));
                }
            }
            1 => {
                let custody = Some(if next(2) == 0 { Custody::Stored } else { Custody::InUse });
                let site = Some(format!("site-{}", next(4)));
                let moved =
                    DeviceMoved { device: Some(id), asset: None, site, owner: None, custody, since: None };
                submit(person.state(moved));
            }
            2 => {
                let software = vec![format!("firmware {}", next(3))];
                let reported =
                    DeviceReported { device: None, asset: Some(asset), software, reported_at: None };
                submit(person.state(reported));
            }
            _ => {
                let tree = site.app.ledger.tree();
                device.beacon =
                    Some(evidence::types::Beacon { generation: 0, size: tree.size(), root: tree.root() });
                if next(6) == 0 {
                    device.skip();
                }
                let name = "main".to_owned();
                let digest = tlog::Hash::of(&[u8::try_from(next(3)).expect("small")]);
                let measurements = vec![evidence::body::Measured { name, version: None, digest }];
                submit(device.state(Fact::Attested(Evidence { measurements, ..Evidence::default() })));
            }
        }
        if step % 3 == 0 {
            let kept = site.get("/fleet").await;
            let size = site.app.ledger.tree().size();
            let anew = site.get(&format!("/fleet?known={size}")).await;
            assert_eq!(figures(&kept), figures(&anew), "step {step}");
            let findings = |page: &Answer| {
                numbers(table(&page.text, "h-kinds")).into_iter().map(|(_, n)| n).collect::<Vec<_>>()
            };
            let (kept, anew) =
                (site.get("/findings").await, site.get(&format!("/findings?known={size}")).await);
            assert_eq!(findings(&kept), findings(&anew), "step {step}");
            differed.insert(figures(&site.get("/fleet").await).join(" "));
        }
    }
    assert!(differed.len() > 30, "the story changes: {}", differed.len());
}
