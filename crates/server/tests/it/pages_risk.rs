//! The risk matrix, what stands around a record, and the rules in force, as pages.
use axum::http::StatusCode;

use crate::pages_kit::Site;

const OF: &str = "of=Infusion%20Pump%20IP-2%2C%202.x";

async fn ok(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    assert!(!answer.text.contains(" style=\""), "{path}");
    answer.text
}

/// Cells of a matrix that lead somewhere: address and number.
fn cells(page: &str, heading: &str) -> Vec<(String, usize)> {
    let mark = format!("aria-labelledby=\"{heading}\"");
    let part = page.split("<section").find(|part| part.contains(&mark)).expect("a matrix");
    let one = |rest: &str| {
        let href = rest.split_once("<a href=\"")?.1.split_once('"')?.0;
        let n = rest.split_once("<b>")?.1.split_once("</b>")?.0;
        Some((href.replace("&#38;", "&").replace("&amp;", "&"), n.parse().ok()?))
    };
    part.split("<td data-r=").skip(1).filter_map(|cell| one(cell.split("</td>").next()?)).collect()
}

fn listed(page: &str) -> usize {
    let list = page.split("id=\"risks\"").nth(1).expect("a list");
    list.matches("<tr><th scope=\"row\"").count()
}

#[tokio::test]
async fn each_cell_of_both_matrices_leads_to_its_risks() {
    let (site, populations) = Site::told_whole();
    let page = ok(&site, &format!("/risk?{OF}")).await;
    assert!(page.contains("0 of 9 risks are acceptable after control"), "{page}");
    assert!(page.contains("The criteria of the overall residual risk are met."));
    assert!(
        page.contains("DOC-002 version 3") && page.contains("Risk management report"),
        "policy and conclusion"
    );
    for heading in ["h-before", "h-after"] {
        let cells = cells(&page, heading);
        assert_eq!(cells.iter().map(|(_, n)| n).sum::<usize>(), 9, "{heading}: every risk has a place");
        for (href, n) in cells {
            let list = ok(&site, &href).await;
            assert_eq!(listed(&list), n, "{href}");
            assert_eq!(list.matches("aria-current=\"true\"").count(), 1, "{href}: the cell is marked");
        }
    }
    let reduce = ok(&site, &format!("/risk?{OF}&when=residual&region=reduce")).await;
    assert_eq!(listed(&reduce), 9);
    let open = ok(&site, &format!("/risk?{OF}&unverified=yes")).await;
    assert!(listed(&open) == 1 && open.contains("effectiveness open"), "{open}");
    let none = ok(&site, &format!("/risk?{OF}&region=unknown")).await;
    assert!(listed(&none) == 0 && none.contains("Show all risks"));
    for bad in ["when=later", "region=green"] {
        assert_eq!(site.get(&format!("/risk?{OF}&{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    populations.stop();
}

#[tokio::test]
async fn the_matrix_is_another_before_a_risk_was_estimated_anew() {
    let (site, populations) = Site::told_whole();
    let revised = {
        let world = site.app.ledger.read();
        let view = world.design_at(evidence::Time::MAX, world.size);
        view.record("Infusion Pump IP-2", "2.x", "RISK-003").expect("there").index
    };
    let then = ok(&site, &format!("/risk?{OF}&known={revised}")).await;
    assert!(then.contains("The criteria of the overall residual risk are not met."), "{then}");
    assert!(then.contains("when=residual&#38;severity=S4&#38;probability=occasional"), "{then}");
    let now = ok(&site, &format!("/risk?{OF}")).await;
    assert!(!now.contains("severity=S4&#38;probability=occasional"));
    let bare = ok(&site, "/risk?of=Ward%20pump%2C%20main").await;
    assert!(bare.contains("No record of kind <code>risk</code> was known"));
    assert!(ok(&site, "/risk?known=5").await.contains("vouchsafe push"));
    populations.stop();
}

#[tokio::test]
async fn what_stands_around_a_record_is_drawn_and_listed() {
    let (site, populations) = Site::told_whole();
    let page = ok(&site, &format!("/records/RISK-003?{OF}")).await;
    let part = page.split("id=\"h-around\"").nth(1).expect("a picture");
    let part = part.split("</section>").next().expect("its end");
    for id in ["SEQ-003", "HARM-002", "HS-002", "RCM-004", "SWR-003", "TC-032"] {
        assert!(
            part.split("</svg>").next().expect("the picture").contains(&format!(">{id}</text>")),
            "{id} is drawn"
        );
    }
    let lines = part.matches("<line class=\"wire").count();
    assert_eq!(part.matches("<tr><th scope=\"row\"").count(), lines, "each line stands in the table");
    assert!(lines >= 6, "{lines}");
    let ward = "of=Ward%20pump%2C%20main";
    let suspect = ok(&site, &format!("/records/SWR-001?{ward}")).await;
    assert!(suspect.contains("class=\"wire doubt\""), "a suspect link is drawn as one");
    let lonely = ok(&site, &format!("/records/SYS-003?{ward}")).await;
    assert!(!lonely.contains("h-around"), "nothing stands around it");
    populations.stop();
}

#[tokio::test]
async fn rules_in_force_say_how_they_fared() {
    let (site, populations) = Site::told_whole();
    let all = ok(&site, &format!("/rules?{OF}")).await;
    let family = ok(&site, &format!("/rules?{OF}&family=iso14971")).await;
    assert!(all.contains("iso13485") && family.contains("14971-7.2-effectiveness"), "{family}");
    assert!(!family.contains("62304-5.7.4"), "only what the family asks for");
    let failing = ok(&site, &format!("/rules?{OF}&family=iso14971&show=failing")).await;
    assert_eq!(failing.matches("<tr><th scope=\"row\"").count(), 1);
    for bad in ["family=iso9001", "show=some"] {
        assert_eq!(site.get(&format!("/rules?{OF}&{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    populations.stop();
}

#[tokio::test]
async fn programs_are_told_the_same_matrix() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let mut f = crate::story::tell_whole();
    crate::api_house::issue(&mut f, "a token of the test", &["read"], 86_400 * 60);
    let site = Site::over(f.ledger);
    let path = "/api/v1/risk?product=Infusion%20Pump%20IP-2&line=2.x";
    let request = axum::http::Request::get(path).header("authorization", "Bearer a token of the test");
    let router = server::api::router(site.app.clone());
    let answer = router.oneshot(request.body(axum::body::Body::empty()).expect("a request")).await;
    let answer = answer.expect("infallible");
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.into_body().collect().await.expect("read").to_bytes();
    let risks: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(risks["overall"]["criteria-met"], true);
    assert_eq!(risks["overall"]["regions"]["reduce"]["count"], 9);
    assert_eq!((risks["line"].as_str(), risks["risks"].as_array().map(Vec::len)), (Some("2.x"), Some(9)));
    assert!(risks["known"]["size"].as_u64().is_some_and(|size| size > 2_000) && risks["at"].is_string());
}
