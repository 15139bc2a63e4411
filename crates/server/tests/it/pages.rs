//! Every page over a varied log: it renders, escapes, answers as of its moments, links its numbers, and carries its headers.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use axum::http::{StatusCode, header};
use testkit::Fixture;

use crate::pages_kit::{Answer, Site};
use crate::story::HOSTILE;

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; script-src 'self'; \
                   connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

fn assert_headers(answer: &Answer, path: &str) {
    let header = |name: &str| answer.headers.get(name).map_or("", |v| v.to_str().expect("text")).to_owned();
    assert_eq!(header("content-security-policy"), CSP, "{path}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(header("referrer-policy"), "same-origin", "{path}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
    assert!(!header("cache-control").is_empty(), "{path}");
}

/// Values of an attribute, wherever it occurs.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn every_entry_and_source_has_a_page_and_every_link_leads_somewhere() {
    let site = Site::told();
    let size = site.app.ledger.read().size;
    let mut paths: Vec<String> = [
        "/",
        "/fleet",
        "/findings?state=all",
        "/releases",
        "/records",
        "/trace",
        "/gaps",
        "/log",
        "/sources",
        "/search?q=pump",
        "/search",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend((0..size).map(|n| format!("/log/{n}")));
    paths.extend(site.app.ledger.read().sources().iter_from(None).map(|(id, _)| format!("/sources/{id}")));
    let mut links = std::collections::BTreeSet::new();
    for path in &paths {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_headers(&answer, path);
        assert!(!answer.text.contains("<script>"), "{path}: a name became a tag");
        assert!(attributes(&answer.text, "style").is_empty(), "{path}: styles stand in the sheet");
        links.extend(
            attributes(&answer.text, "href")
                .into_iter()
                .map(|h| h.replace("&#38;", "&").replace("&amp;", "&")),
        );
    }
    assert!(links.len() > 500, "{}", links.len());
    // Links to other moments may lead to before the thing itself; they are tested below.
    let elsewhere = |l: &&String| l.starts_with('/') && !paths.contains(l) && !l.contains("known=");
    for link in links.iter().filter(elsewhere) {
        let answer = site.get(link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn names_are_text() {
    let site = Site::told();
    let answer = site.get("/sources?kind=service").await;
    assert!(!answer.text.contains(HOSTILE));
    assert!(answer.text.contains("&#60;script&#62;") || answer.text.contains("&lt;script&gt;"));
    let answer = site.get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!answer.text.contains("<script>alert"), "what was searched for is text too");
}

#[tokio::test]
async fn pages_answer_as_of_their_moments_and_keep_them() {
    let site = Site::told();
    let then = site.get("/?known=120").await;
    assert!(then.text.contains("The log held 120 entries"), "{}", then.text);
    assert!(then.text.contains(" data-past"));
    let root = site.app.ledger.tree().root_at(120).expect("a root").to_string();
    assert!(then.text.contains(&root), "the root of then");
    let inside = attributes(&then.text, "href")
        .into_iter()
        .filter(|h| h.starts_with('/') && !h.starts_with("/static/"));
    let strays: Vec<&str> = inside.filter(|h| !h.contains("known=")).collect();
    assert_eq!(strays, ["/", "/"], "only the two ways back leave the moment");
    // A key that was revoked later was valid then, and a name given later is not yet known.
    let id = site
        .app
        .ledger
        .read()
        .sources()
        .iter_from(None)
        .map(|(id, _)| id.to_string())
        .find(|id| id.starts_with("ci:"));
    let id = id.expect("a CI job");
    let (now, then) =
        (site.get(&format!("/sources/{id}")).await, site.get(&format!("/sources/{id}?known=120")).await);
    assert!(now.text.contains("second key") && now.text.contains("rotated"));
    assert!(!then.text.contains("second key") && !then.text.contains("rotated"));
    // Both ways of naming what was known, and valid time.
    let present = site.get("/log").await;
    assert!(!present.text.contains(" data-past"));
    let at = site.get("/log?at=2023-11-14T22:30:00Z").await;
    assert!(at.text.contains(" data-past"));
    assert!(at.text.contains("at=2023-11-14T22%3A30%3A00Z"), "kept in links");
    let time = site.get("/log?known=2023-11-14+22:30").await;
    assert!(
        time.text.contains("&#38;known=") || time.text.contains("?known="),
        "a time is resolved to a size"
    );
}

#[tokio::test]
async fn moments_ahead_and_nonsense_are_clear_errors() {
    let site = Site::told();
    for (path, status, says) in [
        ("/?known=999999", StatusCode::BAD_REQUEST, "999,999 entries lie ahead"),
        ("/?known=2999-01-01", StatusCode::BAD_REQUEST, "lie ahead"),
        ("/?at=2999-01-01", StatusCode::BAD_REQUEST, "lie ahead"),
        ("/?known=yesterday", StatusCode::BAD_REQUEST, "no moment"),
        ("/?at=5", StatusCode::BAD_REQUEST, "no moment"),
        ("/?known=0", StatusCode::BAD_REQUEST, "before the first entry"),
        ("/?known=1999-01-01", StatusCode::BAD_REQUEST, "before the first entry"),
        ("/log/999999", StatusCode::NOT_FOUND, "There is no entry 999999"),
        ("/log/-1", StatusCode::NOT_FOUND, "There is no entry -1"),
        ("/log/119?known=100", StatusCode::NOT_FOUND, "There is no entry 119"),
        ("/log?fact=Nothing", StatusCode::BAD_REQUEST, "no fact of the catalogue"),
        ("/log?source=nobody", StatusCode::BAD_REQUEST, "not the identifier"),
        ("/sources/nobody", StatusCode::NOT_FOUND, "not enrolled"),
        ("/sources?kind=robot", StatusCode::BAD_REQUEST, "no kind of source"),
        ("/nowhere", StatusCode::NOT_FOUND, "There is no page at /nowhere"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text.contains(says), "{path}: {}", answer.text);
        assert!(answer.text.contains("class=\"bar\""), "{path}: in the shell");
        assert_headers(&answer, path);
    }
}

#[tokio::test]
async fn a_list_has_as_many_rows_as_its_number_says() {
    let site = Site::told();
    for fact in ["Tick", "Attested", "DeviceEnrolled", "Quarantined", "ResultReported"] {
        let (mut next, mut rows, mut first) = (Some(format!("/log?fact={fact}")), 0, String::new());
        while let Some(path) = next {
            let answer = site.get(&path).await;
            rows += answer.text.matches("<a class=\"row\"").count();
            if first.is_empty() {
                first.clone_from(&answer.text);
            }
            let older =
                answer.text.split("rel=\"next\"").next().filter(|_| answer.text.contains("rel=\"next\""));
            next = older.and_then(|t| attributes(t, "href").last().map(|h| h.replace("&#38;", "&")));
        }
        let noun = if rows == 1 { "entry" } else { "entries" };
        assert!(first.contains(&format!("{rows} {noun} stating {fact}")), "{fact}: {rows} rows");
    }
}

#[tokio::test]
async fn an_entry_shows_its_properties_and_its_proof_leads_to_the_root() {
    let site = Site::told();
    let attested = site.get("/log?fact=Attested").await;
    let href =
        attributes(&attested.text, "href").into_iter().find(|h| h.starts_with("/log/")).expect("a row");
    let page = site.get(href).await;
    for name in ["Provenance", "Integrity", "Non-repudiation", "Completeness", "Temporal order"] {
        assert!(page.text.contains(&format!("<h3>{name}</h3>")), "{name}");
    }
    assert!(
        page.text.contains("4 of 5 hold")
            && page.text.contains("no cosigned or time-stamped checkpoint at hand holds it")
    );
    assert!(page.text.contains(&site.app.ledger.tree().root().to_string()));
    assert!(page.text.contains("equals the root"));
    // The fork, the gap and the revoked key are said on the entries they touch.
    let fork = site.get("/log?fact=Equivocated").await;
    assert!(fork.text.contains("that claim place"));
    let voided = site.get("/search?q=site-15").await;
    assert_eq!(voided.status, StatusCode::OK);
}

#[tokio::test]
async fn search_goes_to_the_one_answer_and_lists_several() {
    let site = Site::told();
    let hash = site.app.ledger.entry(7).expect("an entry").0.hash().to_string();
    for (q, to) in
        [("7", "/log/7"), (hash.as_str(), "/log/7"), (&hash[..12], "/log/7"), ("tick", "/log?fact=Tick")]
    {
        assert_eq!(site.get(&format!("/search?q={q}")).await.location(), to, "{q}");
    }
    assert_eq!(site.get("/search?q=7&known=100").await.location(), "/log/7?known=100", "the moment is kept");
    let person = site.get("/search?q=quality+engineer").await;
    assert!(person.location().starts_with("/sources/person:"), "{}", person.location());
    let several = site.get("/search?q=IP4-000000").await;
    assert!(several.text.contains("9 answers"), "{}", several.text);
    let none = site.get("/search?q=nothing+like+this").await;
    assert!(none.text.contains("Nothing is known as"));
}

#[tokio::test]
async fn a_log_that_takes_no_entries_raises_the_banner() {
    let f = Fixture::new();
    let doubt = tlog::Checkpoint::new(testkit::ORIGIN, 9_999, tlog::Hash([9; 32]));
    f.ledger.seen_elsewhere(&doubt, "a witness");
    let mut site = Site::over(f.ledger);
    site.sign_in();
    for path in ["/", "/log", "/nowhere"] {
        let answer = site.get(path).await;
        assert!(
            answer.text.contains("class=\"alarm\"") && answer.text.contains("No entries are taken"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn static_files_may_be_kept_for_ever_and_are_named_by_their_content() {
    let site = Site::told();
    let page = site.get("/").await;
    let files: Vec<&str> = [attributes(&page.text, "href"), attributes(&page.text, "src")].concat();
    let files: Vec<&str> = files.into_iter().filter(|h| h.starts_with("/static/")).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let answer = site.get(file).await;
        assert_eq!(answer.status, StatusCode::OK);
        let cache = answer.headers.get(header::CACHE_CONTROL).and_then(|v| v.to_str().ok());
        assert_eq!(cache, Some("public, max-age=31536000, immutable"), "{file}");
        let digits = tlog::Hash::of(answer.text.as_bytes()).to_string();
        assert!(file.contains(&digits[..16]), "{file}");
    }
    assert_eq!(site.get("/static/style.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_log_has_pages_too_and_says_what_to_do() {
    let mut site = Site::over(Fixture::new().ledger);
    site.sign_in();
    for path in ["/", "/fleet", "/findings", "/releases", "/log", "/log/0", "/sources", "/search"] {
        assert_eq!(site.get(path).await.status, StatusCode::OK, "{path}");
    }
    let first = site.get("/log/0").await;
    assert!(first.text.contains("which is the root of a log of one entry"), "{}", first.text);
    let none = site.get("/log?fact=Attested").await;
    assert!(none.text.contains("class=\"empty\"") && none.text.contains("show all entries"));
    assert!(site.get("/sources?kind=dev").await.text.contains("vouchsafe source enrol"));
}

#[tokio::test]
async fn a_simulated_log_says_so_on_every_page() {
    use ledger::ports::{FixedClock, Guard, Log, MemoryBlobs, MemoryGuard, MemoryLog, MemoryVault};
    let keys = || ledger::LedgerKeys::from_seeds("simulated.log.example", &[1; 32], &[2; 32]).expect("keys");
    let (log, guard): (Arc<dyn Log>, Arc<dyn Guard>) =
        (Arc::new(MemoryLog::default()), Arc::new(MemoryGuard::default()));
    let init = ledger::Init { clock: evidence::facts::log::Clock::Simulated, ..testkit::init() };
    init.run(&*log, &*guard, &keys()).expect("a new log");
    let parts = ledger::Parts {
        log,
        blobs: Arc::new(MemoryBlobs::default()),
        vault: Arc::new(MemoryVault::default()),
        guard,
        clock: Arc::new(FixedClock::new(evidence::Time::from_seconds(testkit::START).expect("a time"))),
        authorise: Arc::new(ledger::authorise::Roles),
        keys: keys(),
        snapshots: None,
    };
    let mut site = Site::over(ledger::Ledger::open(parts, ledger::Options::default()).expect("opens"));
    site.sign_in();
    for path in ["/", "/fleet", "/findings", "/releases", "/log", "/log/0", "/sources", "/nowhere"] {
        let answer = site.get(path).await;
        assert!(answer.text.contains("Simulated log: no time in it is a real time"), "{path}");
        assert!(answer.text.contains("data-s=\"simulated\""), "{path}");
    }
    assert!(!Site::told().get("/").await.text.contains("Simulated"));
}

#[tokio::test]
async fn pages_keep_up_with_a_log_that_grows() {
    let mut f = Fixture::new();
    let mut ci = testkit::Author::new(evidence::SourceKind::Ci, 40);
    f.enrol(&ci, &["ci", "engineer"]);
    let mut site = Site::over(f.ledger);
    site.sign_in();
    let ledger = site.app.ledger.clone();
    let retired = |n: u64| evidence::facts::design::RecordRetired {
        record: format!("SRS-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: tlog::Hash([0; 32]),
    };
    let entries: Vec<_> = (0..400).map(|n| ci.state(retired(n))).collect();
    let writer = std::thread::spawn(move || {
        for one in entries {
            ledger.submit(vec![one]).pop().expect("an outcome").expect("accepted");
        }
    });
    let mut seen = 0;
    while !writer.is_finished() {
        for path in ["/", "/fleet", "/log?fact=RecordRetired", "/releases", "/sources"] {
            let answer = site.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            // What a page says is durable by the time it is said.
            let strip = answer.text.split("class=\"entry\">, ").nth(1).expect("a size");
            let size: u64 =
                strip.split(' ').next().expect("a number").replace(',', "").parse().expect("a number");
            assert!(size >= seen && size <= site.app.ledger.read().size, "{path}: {size} after {seen}");
            seen = size;
        }
    }
    writer.join().expect("it finished");
    assert!(site.get("/log?fact=RecordRetired").await.text.contains("400 entries stating RecordRetired"));
}

#[tokio::test]
async fn the_as_of_form_sent_as_it_stands_changes_nothing() {
    let site = Site::told();
    let size = site.app.ledger.read().size;
    // The form groups its digits.
    let (head, sent_head) =
        (format!("/log?known={size}"), format!("/log?at=&known={}", ledger::properties::grouped(size)));
    for (path, sent, past) in [
        ("/log", "/log?at=&known=", false),
        (&*head, &*sent_head, false),
        ("/log?known=120&at=2023-11-14T22:30:07Z", "/log?at=2023-11-14T22:30:07&known=120", true),
    ] {
        let (shown, again) = (site.get(path).await, site.get(sent).await);
        let form = shown.text.split("id=\"asof\"").nth(1).expect("the form");
        let value = |name: &str| {
            let field = form.split(&format!("name=\"{name}\"")).nth(1).expect("a field");
            attributes(field, "value").first().map_or("", |v| v).to_owned()
        };
        assert_eq!(format!("/log?at={}&known={}", value("at"), value("known")), sent);
        assert_eq!(again.text.contains(" data-past"), past, "{sent}");
        let rows = |a: &Answer| a.text.matches("<a class=\"row\"").count();
        assert_eq!(rows(&shown), rows(&again), "{sent}");
    }
}
