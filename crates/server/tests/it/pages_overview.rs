//! The overview: each number leads to a list that is as long, at both moments, and empty places say what to do.
use axum::http::StatusCode;
use testkit::Fixture;

use crate::pages_kit::Site;

/// What stands between two texts, after a place.
fn between<'t>(text: &'t str, after: &str, from: &str, to: &str) -> &'t str {
    let rest = text.split_once(after).unwrap_or_else(|| panic!("{after} in {text}")).1;
    let rest = rest.split_once(from).unwrap_or_else(|| panic!("{from} after {after}")).1;
    rest.split_once(to).expect("an end").0
}

fn plain(href: &str) -> String {
    href.replace("&#38;", "&").replace("&amp;", "&")
}

async fn ok(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.text
}

/// The part of a page that a heading names.
fn section<'t>(page: &'t str, heading: &str) -> &'t str {
    let mark = format!("aria-labelledby=\"{heading}\"");
    page.split("<section").find(|part| part.contains(&mark)).unwrap_or_else(|| panic!("{heading}"))
}

/// Links in a part of a page: address and text.
fn links(part: &str) -> Vec<(String, String)> {
    let one = |rest: &str| {
        let (href, rest) = rest.split_once('"')?;
        let text = rest.split_once('>')?.1.split_once("</a>")?.0;
        Some((plain(href), text.to_owned()))
    };
    part.split("<a href=\"").skip(1).filter_map(one).collect()
}

#[tokio::test]
async fn rules_and_gaps_of_each_family_are_as_many_as_their_lists() {
    let (site, populations) = Site::told_whole();
    let page = ok(&site, "/").await;
    assert!(page.contains("Infusion Pump IP-2, 2.x is not ready:"), "{page}");
    let ready = section(&page, "h-ready");
    for name in ["ISO 13485", "IEC 62304", "ISO 14971", "Cybersecurity", "21 CFR Part 11", "All rules"] {
        assert!(ready.contains(name), "{name}");
    }
    let (mut rules, mut gaps) = (0, 0);
    for (href, text) in links(ready) {
        let Ok(n) = text.replace(',', "").parse::<usize>() else { continue };
        let list = ok(&site, &href).await;
        if href.starts_with("/rules") {
            assert_eq!(list.matches("<tr><th scope=\"row\"").count(), n, "{href}");
            rules += 1;
        } else {
            assert!(href.starts_with("/gaps"), "{href}");
            let groups = list
                .split("<section")
                .filter(|part| part.contains("<h2"))
                .map(|part| between(part, "<h2", "class=\"n\">", "<"));
            let listed: usize = groups.map(|n| n.replace(',', "").parse::<usize>().expect("a number")).sum();
            assert_eq!(listed, n, "{href}");
            gaps += 1;
        }
    }
    assert!(rules >= 10 && gaps >= 3, "{rules} and {gaps} numbers were followed");
    populations.stop();
}

#[tokio::test]
async fn gaps_by_severity_and_vulnerabilities_are_as_many_as_their_lists() {
    let (site, populations) = Site::told_whole();
    let page = ok(&site, "/").await;
    let mut followed = 0;
    for (href, text) in links(section(&page, "h-gaps")) {
        let Ok(n) = text.replace(',', "").parse::<usize>() else { continue };
        let list = ok(&site, &href).await;
        let groups = list
            .split("<section")
            .filter(|part| part.contains("<h2"))
            .map(|part| between(part, "<h2", "class=\"n\">", "<"));
        let listed: usize = groups.map(|n| n.replace(',', "").parse::<usize>().expect("a number")).sum();
        assert_eq!(listed, n, "{href}");
        followed += 1;
    }
    assert!(followed >= 3, "{followed}");
    let figure = |label: &str| between(&page, label, "<b>", "</b>").parse::<usize>().expect("a number");
    let hit = ok(&site, "/vulnerabilities?show=affected").await;
    assert_eq!(hit.matches("<a class=\"row\"").count(), figure("\"affected\">Vulnerabilities"));
    assert_eq!(
        figure("\"affected\">Vulnerabilities"),
        2,
        "of the three that affect a release one is corrected everywhere"
    );
    let open = ok(&site, "/vulnerabilities?show=undetermined").await;
    assert_eq!(open.matches("<a class=\"row\"").count(), figure("\"undetermined\">Undetermined"));
    let releases = section(&page, "h-made");
    let newest = links(releases);
    let (href, n) =
        newest.iter().find(|(href, _)| href.contains("release=")).expect("a release with open ones");
    let list = ok(&site, href).await;
    assert_eq!(list.matches("<a class=\"row\"").count().to_string(), *n, "{href}");
    populations.stop();
}

#[tokio::test]
async fn both_moments_are_kept_and_another_line_can_be_asked_for() {
    let (site, populations) = Site::told_whole();
    let size = site.app.ledger.read().size;
    let then = ok(&site, &format!("/?known={}", size - 400)).await;
    let inside = links(&then).into_iter().filter(|(href, _)| href.starts_with('/'));
    let strays: Vec<String> = inside.map(|(href, _)| href).filter(|href| !href.contains("known=")).collect();
    assert!(strays.iter().all(|href| href == "/"), "{strays:?}");
    assert!(!then.contains("data-counting"), "a small log is worked out at once");
    assert!(then.contains("CVE-2023-45853"), "the past has its vulnerabilities too");
    let early = ok(&site, "/?known=1600").await;
    assert!(!early.contains("CVE-2023-45853") && early.contains("No open vulnerability concerns a release"));
    let other = ok(&site, "/?of=Ward%20pump%2C%20main").await;
    assert!(other.contains("Ward pump, main is not ready:"), "{other}");
    assert!(other.contains("of=Ward%20pump%2C%20main"), "its numbers lead to its own lists");
    let bare = ok(&site, "/?of=IP-400%2C%202.x").await;
    assert!(bare.contains("The rules cannot be asked"));
    assert_eq!(site.get("/?of=nothing").await.status, StatusCode::BAD_REQUEST);
    populations.stop();
}

#[tokio::test]
async fn an_empty_log_says_what_to_do() {
    let mut site = Site::over(Fixture::new().ledger);
    site.sign_in();
    let page = ok(&site, "/").await;
    for what in [
        "vouchsafe push",
        "vouchsafe release make",
        "vouchsafe fleet import",
        "Nothing is known of a product yet.",
    ] {
        assert!(page.contains(what), "{what}: {page}");
    }
    assert!(!page.contains("data-counting"), "nothing is being waited for");
    for path in ["/risk", "/rules", "/vulnerability-metrics", "/vulnerabilities"] {
        assert!(ok(&site, path).await.contains("class=\"empty\""), "{path}");
    }
}

#[tokio::test]
async fn records_and_vulnerabilities_are_found_by_what_they_are_called() {
    let (site, populations) = Site::told_whole();
    let goes = |q: &'static str| {
        let site = &site;
        async move { site.get(&format!("/search?q={q}")).await.location().to_owned() }
    };
    let record = "/records/RISK-003?of=Infusion%20Pump%20IP-2%2C%202.x";
    assert_eq!(goes("RISK-003").await, record);
    assert_eq!(goes("risk-003").await, record, "as people type it");
    assert_eq!(goes("cve-2023-45853").await, "/vulnerabilities/CVE-2023-45853");
    assert_eq!(goes("risk-003&known=2180").await, format!("{record}&known=2180"), "the moment is kept");
    let several = ok(&site, "/search?q=CVE-2023").await;
    assert!(several.contains("CVE-2023-45853") && several.contains("CVE-2023-3635"), "{several}");
    populations.stop();
}

/// What the README shows is taken by `tests/browser/run.sh --readme`.
#[test]
fn the_picture_of_the_readme_is_there_and_small() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).expect("a README");
    assert!(readme.contains("(docs/images/overview.png)"), "the README shows it");
    let picture =
        std::fs::read(format!("{root}/docs/images/overview.png")).expect("tests/browser/run.sh --readme");
    assert!(picture.len() < 300_000, "{} bytes", picture.len());
    let number = |at: usize| {
        let bytes = picture.get(at..at + 4).and_then(|b| b.try_into().ok()).expect("a header");
        u32::from_be_bytes(bytes)
    };
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((number(16), number(20)), (1_280, 1_100), "width and height");
}
