//! Records, trace and gaps as pages: what they say of the story, at two moments, and what they do with nonsense.
use axum::http::StatusCode;
use testkit::Fixture;

use crate::pages_kit::Site;

const OF: &str = "of=Ward%20pump%2C%20main";

async fn page(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    assert!(!answer.text.contains("<script>alert"), "{path}: a title became a tag");
    assert!(!answer.text.contains(" style=\""), "{path}");
    answer.text
}

/// The words of a page, without its tags.
fn words(html: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            c if !in_tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn records_are_listed_by_kind_and_state() {
    let site = Site::told();
    let all = words(&page(&site, &format!("/records?{OF}")).await);
    assert!(all.contains("9 records of Ward pump, line main"), "{all}");
    assert!(all.contains("1 on suspect links"), "SWR-001 rests on what changed: {all}");
    assert!(!all.contains("SWR-003"), "it was retired");
    let lead = page(&site, &format!("/records?{OF}")).await;
    assert!(
        lead.contains("show=suspect&#38;of=Ward") || lead.contains("show=suspect&amp;of=Ward"),
        "a number leads to its list"
    );
    let needs = words(&page(&site, &format!("/records?{OF}&kind=user-need")).await);
    assert!(needs.contains("UN-001") && !needs.contains("SYS-001 ") && needs.contains("2 of 9"), "{needs}");
    let approved = words(&page(&site, &format!("/records?{OF}&show=approved")).await);
    assert!(approved.contains("Quality engineer") && approved.contains("1 of 9"), "{approved}");
    let suspect = words(&page(&site, &format!("/records?{OF}&show=suspect")).await);
    assert!(suspect.contains("SWR-001") && suspect.contains("1 of 9"), "{suspect}");
    let none = page(&site, &format!("/records?{OF}&find=nothing+like+this")).await;
    assert!(none.contains("No record is like that"));
    // The other line of the story has no configuration: what the log holds is listed all the same.
    let bare = words(&page(&site, "/records").await);
    assert!(
        bare.contains("The rules cannot be asked")
            && bare.contains("SRS-001")
            && bare.contains("not evaluated")
    );
    for bad in ["kind=nonsense", "show=nonsense", "of=Nobody"] {
        let answer = site.get(&format!("/records?{OF}&{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn one_record_shows_links_results_signatures_and_history() {
    let site = Site::told();
    let need = words(&page(&site, &format!("/records/UN-001?{OF}")).await);
    for said in [
        "1 signature approves this revision",
        "Quality engineer : approve, this revision",
        "In daylight too.",
        "SYS-001",
        "accepted",
    ] {
        assert!(need.contains(said), "{said}: {need}");
    }
    let swr = words(&page(&site, &format!("/records/SWR-001?{OF}")).await);
    assert!(swr.contains("suspect") && swr.contains("No signature approves this revision"), "{swr}");
    let case = words(&page(&site, &format!("/records/TC-002?{OF}")).await);
    assert!(case.contains("Results 1") && case.contains("fail"), "{case}");
    let other = words(&page(&site, &format!("/records/UN-002?{OF}")).await);
    assert!(
        other.contains("A statement, no signature") && other.contains("Head of &#60;b&#62;quality")
            || other.contains("&lt;b&gt;quality"),
        "{other}"
    );
    let gone = words(&page(&site, &format!("/records/SWR-003?{OF}")).await);
    assert!(
        gone.contains("it counts no longer since") && gone.contains("counts no longer , entry"),
        "{gone}"
    );
    for missing in ["/records/SWR-999", "/records/%3Cscript%3E"] {
        let answer = site.get(&format!("{missing}?{OF}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{missing}");
        assert!(!answer.text.contains("<script>"));
    }
    page(&site, "/records/SRS-001").await;
}

#[tokio::test]
async fn the_trace_shows_holes_suspects_and_failures() {
    let site = Site::told();
    let html = page(
        &site,
        &format!("/trace?{OF}&rows=system-requirement&column1=software-requirement&column2=test-case"),
    )
    .await;
    let said = words(&html);
    assert!(
        said.contains("0 of 3 system-requirement records reach software-requirement, test-case"),
        "{said}"
    );
    assert!(html.contains("class=\"has-gap\""), "SYS-003 reaches nothing");
    assert!(html.contains("has-sus") && html.contains("has-fail"));
    assert!(
        html.contains("<svg class=\"graph\"") && html.matches("<path ").count() >= 3,
        "lines between columns"
    );
    assert!(said.contains("no software-requirement"));
    assert!(said.contains("SWR-001: SYS-001 changed; TC-001: stale; TC-002: fail"), "{said}");
    let usual = page(&site, &format!("/trace?{OF}")).await;
    assert!(usual.contains("user-need") && usual.contains("test-case"));
    for bad in ["rows=nonsense&column1=test-case", "rows=test-case&column1=%3Cb%3E"] {
        let answer = site.get(&format!("/trace?{OF}&{bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert!(page(&site, &format!("/trace?{OF}&rows=user-need")).await.contains("Choose two kinds"));
}

#[tokio::test]
async fn gaps_stand_by_rule_and_by_clause() {
    let site = Site::told();
    let rules = page(&site, &format!("/gaps?{OF}")).await;
    let said = words(&rules);
    assert!(said.contains("failing gaps at stage verification"), "{said}");
    assert!(said.contains("suspect") && said.contains("13485-7.3.3-approved"), "{said}");
    let clauses = words(&page(&site, &format!("/gaps?{OF}&by=clause")).await);
    assert!(clauses.contains("7.3.3"), "{clauses}");
    let one = words(&page(&site, &format!("/gaps?{OF}&group=13485-7.3.3-approved")).await);
    assert!(
        one.contains("All groups")
            && !one.contains("UN-001 changed")
            && one.contains("UN-002 is not approved"),
        "{one}"
    );
    page(&site, &format!("/gaps?{OF}&show=all")).await;
    assert!(
        page(&site, &format!("/gaps?{OF}&show=justified")).await.contains("There is no gap of this kind")
    );
    for bad in ["by=colour", "show=none"] {
        assert_eq!(site.get(&format!("/gaps?{OF}&{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert!(page(&site, "/gaps").await.contains("The rules cannot be asked"));
}

#[tokio::test]
async fn the_past_is_another_page_and_before_the_first_push_there_is_a_word_what_to_do() {
    let site = Site::told();
    let changed = {
        let world = site.app.ledger.read();
        let view = world.design_at(evidence::Time::MAX, world.size);
        view.record("Ward pump", "main", "SYS-001").expect("there").index
    };
    let then = words(&page(&site, &format!("/records/SWR-001?{OF}&known={changed}")).await);
    let now = words(&page(&site, &format!("/records/SWR-001?{OF}")).await);
    assert!(now.contains("suspect") != then.contains("suspect"), "{then}");
    for path in ["/records", "/trace", "/gaps"] {
        let early = page(&site, &format!("{path}?known=5")).await;
        assert!(early.contains("<code>vouchsafe push</code>"), "{path}");
    }
    let mut fresh = Site::over(Fixture::new().ledger);
    fresh.sign_in();
    assert!(page(&fresh, "/records").await.contains("No record</strong> was pushed"));
    assert_eq!(fresh.get("/records/UN-001").await.status, StatusCode::NOT_FOUND);
}
