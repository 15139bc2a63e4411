//! A running server for tests: its own runtime, port 0, a plain client, and an author who may state things.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use evidence::facts::design::CommitPushed;
use evidence::facts::sources::TokenIssued;
use evidence::{SourceKind, Time};
use ledger::Ledger;
use ledger::ports::{FixedClock, Log};
use serde_json::Value;
use server::run::{Bound, Config, Services, serve};
use server::witness::Witnesses;
use server::{AppState, Settings};
use testkit::{Author, Fixture};
use tlog::Hash;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A token that reads, and one that uploads.
pub(crate) const READ: &str = "token-that-reads";
pub(crate) const WRITE: &str = "token-that-writes";

/// A server and what the tests need around it.
pub(crate) struct House {
    pub(crate) runtime: Runtime,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) admin: Author,
    pub(crate) ci: Author,
    pub(crate) bound: Bound,
    pub(crate) client: Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

pub(crate) fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn pushed(n: u64) -> CommitPushed {
    CommitPushed {
        repository: "r".into(),
        commit: format!("{n:040x}"),
        parents: Vec::new(),
        authored: Time::EPOCH,
        signed_by: None,
        lock: None,
        configuration: None,
        product: "p".into(),
        line: "m".into(),
        code: None,
        implements: vec![],
        claimed: vec![],
        signature: None,
        object: None,
    }
}

pub(crate) fn issue(f: &mut Fixture, token: &str, scopes: &[&str], expires: u64) {
    let fact = TokenIssued {
        source: f.admin.id,
        token: Hash::of(token.as_bytes()),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        expires: Time::from_seconds(testkit::START + expires).expect("a time"),
        label: "test".into(),
    };
    let entry = f.admin.state(fact);
    f.submit(entry).expect("an administrator may issue tokens");
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Fixture::new(), |_| {}, |_| None)
    }

    /// A server over a ledger, with a configuration and witnesses of the test's choosing.
    pub(crate) fn with(
        mut f: Fixture,
        configure: impl FnOnce(&mut Config),
        witnesses: impl FnOnce(&Arc<Ledger>) -> Option<Arc<Witnesses>>,
    ) -> Self {
        let ci = Author::new(SourceKind::Ci, 20);
        f.enrol(&ci, &["ci"]);
        issue(&mut f, READ, &["read"], 86_400);
        issue(&mut f, WRITE, &["write"], 86_400);
        let Fixture { ledger, clock, log, admin, .. } = f;
        let ledger = Arc::new(ledger);
        let mut config = Config::new(anywhere());
        config.metrics = Some(anywhere());
        config.connections.drain = Duration::from_secs(5);
        configure(&mut config);
        let tls = config.tls.is_some();
        let settings = Arc::new(Settings { title: "Test".into(), stamps: None });
        let services = Services {
            app: AppState { ledger: ledger.clone(), settings, auth: Arc::new(nobody()), populations: None },
            pages: Router::new(),
            witnesses: witnesses(&ledger),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build();
        let runtime = runtime.expect("a runtime");
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let served = runtime.spawn(async move {
            let told = |b| bound.send(b).expect("the test waits for it");
            serve(config, services, told, async { drop(stopped.await) }).await.expect("it serves");
        });
        let bound: Bound = address.recv_timeout(Duration::from_secs(10)).expect("it listens");
        let scheme = if tls { "https" } else { "http" };
        let client = Client::new(&format!("{scheme}://{}", bound.http), None);
        Self { runtime, ledger, log, clock, admin, ci, bound, client, stop: Some(stop), served: Some(served) }
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served).expect("it ends well");
        }
    }

    /// States `n` facts and submits them in as few requests as the server takes.
    pub(crate) fn fill(&mut self, n: u64) {
        let from = self.ci.sequence;
        let entries: Vec<Arc<[u8]>> = (from..from + n).map(|i| self.ci.state(pushed(i))).collect();
        for chunk in entries.chunks(1_000) {
            let outcomes = self.ledger.submit(chunk.to_vec());
            assert!(outcomes.iter().all(Result::is_ok), "{:?}", outcomes.iter().find(|o| o.is_err()));
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.ledger.read().size
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A problem document with this status and code, and with a hint.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&Value::from(code), &Value::from(status)));
        assert!(problem["hint"].as_str().is_some_and(|h| !h.is_empty()), "{problem}");
        assert!(!self.header("x-request-id").is_empty());
    }
}

/// A plain HTTP client.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    pub(crate) fn new(base: &str, root: Option<&[u8]>) -> Self {
        let tls = ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(
                tokio_rustls::rustls::crypto::ring::default_provider(),
            ))
            .root_certs(ureq::tls::RootCerts::Specific(Arc::new(
                root.map(|der| ureq::tls::Certificate::from_der(der).to_owned()).into_iter().collect(),
            )))
            .build();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .proxy(None)
            .tls_config(tls)
            .build();
        Self { agent: config.new_agent(), base: base.to_owned() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// With a token that reads.
    pub(crate) fn read(&self, path: &str) -> Answer {
        self.get_with(path, &[("authorization", &format!("Bearer {READ}"))])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(self.agent.get(self.url(path)), |r, (k, v)| r.header(*k, *v));
        answer(request.call().expect("an answer"))
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_post(path, headers, body).expect("an answer")
    }

    pub(crate) fn try_post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let request = headers.iter().fold(self.agent.post(self.url(path)), |r, (k, v)| r.header(*k, *v));
        request.send(body).map(answer)
    }

    pub(crate) fn put(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let request = headers.iter().fold(self.agent.put(self.url(path)), |r, (k, v)| r.header(*k, *v));
        answer(request.send(body).expect("an answer"))
    }

    /// Submits a sequence of entries.
    pub(crate) fn submit(&self, entries: &[Arc<[u8]>]) -> Answer {
        self.post("/api/v1/entries", &[("content-type", "application/cbor-seq")], &entries.concat())
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().expect("a body");
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

impl Client {
    /// Whether an event stream opens; it is closed at once.
    pub(crate) fn try_stream(&self) -> bool {
        let request =
            self.agent.get(self.url("/api/v1/events")).header("authorization", format!("Bearer {READ}"));
        request.call().expect("an answer").status() == 200
    }
}

/// Sign-in that nobody uses here.
fn nobody() -> server::auth::Auth {
    let random: server::auth::Random = Arc::new(|_: &mut [u8]| Err(std::io::ErrorKind::Unsupported.into()));
    let now: server::auth::Now = Arc::new(|| Time::EPOCH);
    server::auth::Auth::new(server::auth::OneUseCodes::in_memory(random.clone()), random, now, false)
}
