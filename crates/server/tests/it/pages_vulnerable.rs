//! Vulnerabilities over time, as pages: the list at past moments, metrics by product and period, what a new advisory changes,
//! and the proofs of a device.
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use crate::pages_kit::Site;
use crate::story::vulnerable::one_more;

async fn ok(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    assert!(!answer.text.contains(" style=\""), "{path}");
    answer.text
}

fn size(site: &Site) -> u64 {
    site.app.ledger.read().size
}

/// Rows of the table below a heading.
fn rows(page: &str, heading: &str) -> usize {
    let mark = format!("aria-labelledby=\"{heading}\"");
    let part = page.split("<section").find(|part| part.contains(&mark)).expect("a table");
    part.matches("<tr><th scope=\"row\"").count()
}

#[tokio::test]
async fn the_list_of_vulnerabilities_is_answered_for_the_past_too() {
    let (site, populations) = Site::told_whole();
    let now = ok(&site, "/vulnerabilities").await;
    for id in ["CVE-2023-45853", "CVE-2025-27809", "CVE-2023-3635", "CVE-2020-22283"] {
        assert!(now.contains(id), "{id}");
    }
    assert!(now.contains("not affected by vex"), "a person decided");
    // As known at the head, the past list is the present one.
    let pinned = ok(&site, &format!("/vulnerabilities?known={}", size(&site))).await;
    let table = |page: &str| {
        page.split("<tbody>").nth(1).expect("rows").split("</tbody>").next().expect("their end").to_owned()
    };
    let same = |page: &str| {
        table(page)
            .replace(&format!("&#38;known={}", size(&site)), "")
            .replace(&format!("?known={}", size(&site)), "")
    };
    assert_eq!(same(&pinned), table(&now));
    let before = ok(&site, "/vulnerabilities?known=1600").await;
    assert!(before.contains("class=\"empty\"") && !before.contains("CVE-"), "{before}");
    assert_eq!(site.get("/vulnerabilities?release=7").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/vulnerabilities?show=all").await.status, StatusCode::BAD_REQUEST);
    populations.stop();
}

#[tokio::test]
async fn metrics_are_by_product_and_period_and_their_numbers_lead_to_lists() {
    let (site, populations) = Site::told_whole();
    let page = ok(&site, "/vulnerability-metrics").await;
    assert!(page.contains("3 of 3 vulnerabilities"), "{page}");
    assert!(page.contains("<strong>1</strong> patch is on every device"), "{page}");
    assert_eq!((rows(&page, "h-product"), rows(&page, "h-quarter"), rows(&page, "h-courses")), (2, 1, 3));
    assert!(page.contains("<svg class=\"pic lanes\"") && page.contains("CVE-2023-3635"), "a picture");
    for (query, n) in [
        ("product=WG-10", 1),
        ("product=IP-400", 2),
        ("show=implemented", 1),
        ("show=waiting", 2),
        ("show=unpatched", 0),
        ("from=2023-11-19&until=2023-11-20", 3),
    ] {
        let part = ok(&site, &format!("/vulnerability-metrics?{query}")).await;
        let listed = if n == 0 {
            part.matches("No vulnerability is of this kind").count() - 2
        } else {
            rows(&part, "h-courses")
        };
        assert_eq!(listed, n, "{query}: {part}");
    }
    let none = ok(&site, "/vulnerability-metrics?until=2023-11-01").await;
    assert!(none.contains("No vulnerability</strong> that affects a release was identified"));
    // Before the patch of the gateway was made, as known then.
    let then = ok(&site, "/vulnerability-metrics?known=2023-11-20T12:00:00Z").await;
    assert!(then.contains("0 of 3 vulnerabilities"), "{then}");
    for bad in ["from=yesterday", "show=some"] {
        assert_eq!(
            site.get(&format!("/vulnerability-metrics?{bad}")).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    populations.stop();
}

#[tokio::test]
async fn a_trend_is_drawn_for_the_past_as_it_was_known_then() {
    let (site, populations) = Site::told_whole();
    let now = ok(&site, "/vulnerabilities/CVE-2023-3635").await;
    assert!(now.contains("id=\"h-tr\"") && now.contains("corrected: 3"), "{now}");
    let then = ok(&site, "/vulnerabilities/CVE-2023-3635?known=2023-11-21T12:00:00Z").await;
    assert!(
        then.contains("id=\"h-tr\"")
            && then.contains("corrected: 0")
            && then.contains("3 devices are affected."),
        "{then}"
    );
    populations.stop();
}

#[tokio::test]
async fn a_new_advisory_is_on_the_next_page() {
    let (site, populations) = Site::told_whole();
    assert!(!ok(&site, "/vulnerabilities").await.contains("CVE-2099-0001"));
    one_more(&site.app.ledger);
    let head = size(&site);
    assert!(populations.wait_beyond(head - 1, Duration::from_secs(60)) >= head);
    for path in ["/vulnerabilities", "/vulnerability-metrics", "/"] {
        assert!(ok(&site, path).await.contains("CVE-2099-0001"), "{path}");
    }
    populations.stop();
}

#[tokio::test]
async fn a_devices_proofs_are_worked_out_and_verify() {
    let (site, populations) = Site::told_whole();
    let devices = ok(&site, "/fleet?where=serial+%3D+IP4-0100000").await;
    let path =
        devices.split("href=\"/fleet/dev").nth(1).expect("a device").split('"').next().expect("an address");
    let path = format!("/fleet/dev{path}");
    let device = ok(&site, &path).await;
    assert!(device.contains(&format!("{path}/proof#h-current")), "the device's page leads there");
    let page = ok(&site, &format!("{path}/proof")).await;
    assert!(rows(&page, "h-included") >= 3, "{page}");
    assert!(page.contains("verified just now") && !page.contains("does not hold"));
    assert!(page.contains("That nothing else was said of it is shown by a seal."), "{page}");
    assert!(page.contains("Nothing but the seal itself came after it."), "{page}");
    assert!(page.contains("equals the root"));
    let root = page
        .split("Root that the log states: <code class=\"dg\">")
        .nth(1)
        .expect("a root")
        .get(..64)
        .expect("64 digits")
        .to_owned();
    let stated = {
        let world = site.app.ledger.read();
        let seal = world.journal().seals().last().cloned().expect("a seal");
        seal.sealed.concerns.iter().find(|c| c.concern == "fleet").expect("the fleet").root.to_string()
    };
    assert_eq!(root, stated);
    let file = ok(&site, &format!("{path}/proof.json")).await;
    let file: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(file["proof"]["format"], "vouchsafe-answer-proof@v1");
    assert_eq!(file["proof"]["current"].as_array().map(Vec::len), Some(1));
    assert!(file["proof"]["entries"].as_array().is_some_and(|all| all.len() >= 3));
    // Who is not there is shown not to be; so is who was not there yet.
    let nobody = testkit::Author::device(9_999).id;
    let absent = ok(&site, &format!("/fleet/{nobody}/proof")).await;
    assert!(absent.contains("stand side by side") && absent.contains("verified just now"), "{absent}");
    assert_eq!(site.get(&format!("/fleet/{nobody}/proof.json")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/fleet/nonsense/proof").await.status, StatusCode::NOT_FOUND);
    // Some entries after a seal that has it, and before the next.
    let between = {
        let world = site.app.ledger.read();
        let seals: Vec<u64> = world.journal().seals().iter().map(|seal| seal.index).collect();
        let late = |pair: &&[u64]| pair[0] > 1_650 && pair[1] > pair[0] + 8;
        seals.windows(2).find(late).expect("seals some entries apart")[0] + 6
    };
    let between = ok(&site, &format!("{path}/proof?known={between}")).await;
    assert!(between.contains("from there by a replay only."), "{between}");
    // Both moments: before the first seal nothing but a replay shows it.
    let then = ok(&site, &format!("{path}?at=2023-11-20T12:00:00Z&known=2023-11-21T12:00:00Z")).await;
    assert!(then.contains("data-past"));
    populations.stop();
}
