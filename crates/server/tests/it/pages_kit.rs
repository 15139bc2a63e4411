//! A router over the story, someone signed in, and how to ask it.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use evidence::Time;
use http_body_util::BodyExt;
use server::auth::{Auth, Now, OneUseCodes, Random};
use server::{AppState, Settings};
use tower::ServiceExt;
use views::population::Populations;

/// A server, its clock, and a session.
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) app: AppState,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) cookie: String,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().expect("text"))
    }
}

pub(crate) fn random() -> Random {
    let n = AtomicU8::new(1);
    Arc::new(move |out: &mut [u8]| {
        out.fill(n.fetch_add(1, Ordering::Relaxed));
        Ok(())
    })
}

impl Site {
    /// A server over a ledger, with nobody signed in.
    pub(crate) fn over(ledger: ledger::Ledger) -> Self {
        let clock = Arc::new(AtomicU64::new(1_000_000));
        let hands = clock.clone();
        let now: Now = Arc::new(move || Time::from_seconds(hands.load(Ordering::Relaxed)).expect("a time"));
        let auth = Auth::new(OneUseCodes::in_memory(random()), random(), now, false);
        let settings = Arc::new(Settings { title: "IP-400 family".into(), stamps: None });
        let app = AppState { ledger: Arc::new(ledger), settings, auth: Arc::new(auth), populations: None };
        Self { router: server::pages::router(app.clone()), app, clock, cookie: String::new() }
    }

    /// A server over the story, with someone signed in.
    pub(crate) fn told() -> Self {
        let mut site = Self::over(crate::story::tell().ledger);
        site.sign_in();
        site
    }

    /// A server over the whole story, with a follower that is up with the log and someone signed in.
    pub(crate) fn told_whole() -> (Self, Arc<Populations>) {
        let mut site = Self::over(crate::story::tell_whole().ledger);
        let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
        let size = site.app.ledger.read().size;
        assert!(populations.wait_beyond(size - 1, Duration::from_secs(60)) >= size);
        site.app.populations = Some(populations.clone());
        site.router = server::pages::router(site.app.clone());
        site.sign_in();
        (site, populations)
    }

    /// Signs in with a new code.
    pub(crate) fn sign_in(&mut self) {
        let code = self.app.auth.issue_code().expect("a code");
        let set = self.app.auth.sign_in(&code).expect("signed in");
        self.cookie = set.split(';').next().expect("a pair").to_owned();
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("read").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty());
        self.ask(request.expect("a request")).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str, origin: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "log.example")
            .header(header::ORIGIN, origin)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.ask(request.expect("a request")).await
    }
}
