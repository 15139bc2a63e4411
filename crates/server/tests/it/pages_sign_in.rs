//! The way in and out: codes, attempts, sessions, foreign forms, and what can be seen without a session.

use std::sync::atomic::Ordering;

use axum::http::{StatusCode, header};
use server::auth::sessions::{IDLE, LIFETIME};
use server::auth::{CODE_LIFETIME, MAX_ATTEMPTS, WINDOW};
use testkit::Fixture;

use crate::pages_kit::Site;

const HERE: &str = "http://log.example";

fn site() -> Site {
    Site::over(Fixture::new().ledger)
}

fn form(code: &str) -> String {
    format!("code={code}&next=%2Flog%2F0%3Fknown%3D1")
}

#[tokio::test]
async fn without_a_session_there_is_only_the_way_in() {
    let site = site();
    for path in ["/", "/log", "/log/0", "/sources", "/sources/ledger:0", "/search?q=1", "/nowhere"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/sign-in"), "{path}");
        assert!(answer.text.is_empty(), "{path}: nothing is shown");
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
    }
    assert_eq!(site.get("/log/0?known=1").await.location(), "/sign-in?next=%2Flog%2F0%3Fknown%3D1");
    assert_eq!(site.get("/sign-in").await.status, StatusCode::OK);
    assert_eq!(site.post("/log", "", HERE).await.status, StatusCode::UNAUTHORIZED);
    let forged = Site { cookie: format!("vouchsafe={}", "0".repeat(64)), ..site };
    assert_eq!(forged.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_code_opens_one_session_and_no_second() {
    let mut site = site();
    let code = site.app.auth.issue_code().expect("a code");
    assert_eq!(
        site.post("/sign-in", &form("00000-00000-00000-00000-000000"), HERE).await.status,
        StatusCode::FORBIDDEN
    );
    let answer = site.post("/sign-in", &form(&code.to_lowercase()), HERE).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/log/0?known=1"));
    let set = answer.headers.get(header::SET_COOKIE).expect("a cookie").to_str().expect("text").to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), "{set}");
    let again = site.post("/sign-in", &form(&code), HERE).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(again.text.contains("was used before") && !again.text.contains(&code), "said, and not repeated");
    site.cookie = set.split(';').next().expect("a pair").into();
    assert_eq!(site.get("/").await.status, StatusCode::OK);
    assert_eq!(site.get("/sign-in?next=//evil.example").await.location(), "/", "no open redirect");
    let out = site.post("/sign-out", "", HERE).await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert_eq!(site.get("/").await.status, StatusCode::SEE_OTHER, "the session ended on the server");
}

#[tokio::test]
async fn codes_and_sessions_end_by_the_clock() {
    let mut site = site();
    let code = site.app.auth.issue_code().expect("a code");
    site.clock.fetch_add(CODE_LIFETIME, Ordering::Relaxed);
    assert_eq!(site.post("/sign-in", &form(&code), HERE).await.status, StatusCode::FORBIDDEN);
    for (step, uses) in [(IDLE, 0), (IDLE / 2, LIFETIME / (IDLE / 2) - 1)] {
        let code = site.app.auth.issue_code().expect("a code");
        let set = site.app.auth.sign_in(&code).expect("signed in");
        site.cookie = set.split(';').next().expect("a pair").into();
        for n in 0..uses {
            site.clock.fetch_add(step, Ordering::Relaxed);
            assert_eq!(site.get("/").await.status, StatusCode::OK, "use {n}");
        }
        site.clock.fetch_add(step, Ordering::Relaxed);
        assert_eq!(site.get("/").await.status, StatusCode::SEE_OTHER, "after {uses} uses {step} s apart");
    }
}

#[tokio::test]
async fn wrong_codes_are_counted_and_lock_out_nobody() {
    let site = site();
    let code = site.app.auth.issue_code().expect("a code");
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(site.post("/sign-in", &form("wrong"), HERE).await.status, StatusCode::FORBIDDEN);
    }
    let refused = site.post("/sign-in", &form("wrong"), HERE).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()), Some("60"));
    assert_eq!(site.post("/sign-in", &form(&code), HERE).await.status, StatusCode::SEE_OTHER);
    site.clock.fetch_add(WINDOW, Ordering::Relaxed);
    assert_eq!(site.post("/sign-in", &form("wrong"), HERE).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let mut site = site();
    let code = site.app.auth.issue_code().expect("a code");
    for origin in ["https://evil.example", "null", "http://log.example.evil.example"] {
        assert_eq!(
            site.post("/sign-in", &form(&code), origin).await.status,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    let set = site.app.auth.sign_in(&code).expect("the code was not spent");
    site.cookie = set.split(';').next().expect("a pair").into();
    assert_eq!(site.post("/sign-out", "", "https://evil.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/").await.status, StatusCode::OK, "still signed in");
    let hostile = site.post("/sign-in", "code=x&next=https%3A%2F%2Fevil.example", HERE).await;
    assert!(!hostile.text.contains("evil.example"));
}
