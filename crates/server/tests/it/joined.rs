//! Pages and interface on one address, as `serve` joins them: each answers for its own paths.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::pages_kit::Site;

fn joined(mut site: Site) -> Site {
    site.router = server::api::router(site.app.clone()).merge(server::pages::router(site.app.clone()));
    site
}

#[tokio::test]
async fn pages_and_the_log_share_an_address_without_getting_in_each_others_way() {
    let site = joined(Site::told());
    let checkpoint = site.get("/log/checkpoint").await;
    assert_eq!(checkpoint.status, StatusCode::OK);
    assert!(checkpoint.text.contains("log.example/test"), "{}", checkpoint.text);
    for page in ["/", "/log", "/log/0", "/sources"] {
        let answer = site.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(answer.text.contains("<!doctype html>"), "{page}");
    }
    assert!(
        !site.get("/log/tile/0/x").await.text.contains("<!doctype html>"),
        "a tile path is the interface's"
    );
    assert_eq!(site.get("/api/v1/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn events_open_to_a_session_and_to_nobody_without_one() {
    let mut site = joined(Site::told());
    let follow = |cookie: &str| {
        let request =
            Request::get("/api/v1/events?from=0").header(header::COOKIE, cookie).body(Body::empty());
        request.expect("a request")
    };
    use tower::ServiceExt as _;
    let open = site.router.clone().oneshot(follow(&site.cookie)).await.expect("infallible");
    assert_eq!(open.status(), StatusCode::OK);
    assert_eq!(
        open.headers().get(header::CONTENT_TYPE).map(axum::http::HeaderValue::as_bytes),
        Some(&b"text/event-stream"[..])
    );
    let cookie = std::mem::take(&mut site.cookie);
    assert_eq!(site.ask(follow("")).await.status, StatusCode::UNAUTHORIZED);
    // A session opens events and nothing else of the interface.
    let entry = Request::get("/api/v1/entries/0").header(header::COOKIE, &cookie).body(Body::empty());
    assert_eq!(site.ask(entry.expect("a request")).await.status, StatusCode::UNAUTHORIZED);
}
