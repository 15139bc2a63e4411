//! The server as a process runs it: listeners, TLS, bounds on connections and time, and an end that loses nothing.
//!
//! Stopping: no more connections are taken, event streams end, requests in flight are finished for a bounded time, then
//! the ledger commits what it has and ends. What was acknowledged is durable already; what was not is safe to send again.
//!
//! Not here: what is served (`api`, `pages`), and where configuration comes from (the command line).

mod body;
mod connection;
mod idle;
mod paced;
mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use body::BodyLate;
pub(crate) use body::discard;

use crate::AppState;
use crate::api::{Api, Limits};
use crate::witness::Witnesses;

/// Where the server listens, and its bounds.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the server; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Address of the metrics, which need no authorisation: keep it inside.
    pub metrics: Option<SocketAddr>,
    /// Certificate and key, if the server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Bounds of connections.
    pub connections: Connections,
    /// Bounds of the API.
    pub limits: Limits,
}

impl Config {
    /// Everything by default but the address.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            metrics: None,
            tls: None,
            connections: Connections::default(),
            limits: Limits::default(),
        }
    }
}

/// PEM files.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its root.
    pub certificates: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Bounds of connections.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Connections at once; more wait in the system's queue.
    pub most: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for the head of a request, and for the next one on an open connection.
    pub head: Duration,
    /// Time for the body of a request.
    pub body: Duration,
    /// Time for which an answer may stand still because nobody reads it.
    pub answer: Duration,
    /// Time for requests in flight once the server stops.
    pub drain: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: 1_024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// What is served.
pub struct Services {
    /// The ledger and the settings.
    pub app: AppState,
    /// The pages for people; an empty router for none.
    pub pages: Router,
    /// The client that asks witnesses to cosign, if there is a policy.
    pub witnesses: Option<Arc<Witnesses>>,
}

/// Addresses that the system gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The server's.
    pub http: SocketAddr,
    /// The metrics'.
    pub metrics: Option<SocketAddr>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error(
        "listening at {address}: {error}; choose another address with --listen, or stop what listens there"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("reading {}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Serves until `shutdown` is ready, then ends as the module says. `bound` learns the addresses before the first request.
///
/// # Errors
/// An address cannot be listened at, or the TLS files cannot be used.
pub async fn serve(
    config: Config,
    services: Services,
    bound: impl FnOnce(Bound),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let listener = listen(config.listen).await?;
    let metrics_listener = match config.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let addresses = Bound {
        http: address(&listener, config.listen),
        metrics: metrics_listener
            .as_ref()
            .zip(config.metrics)
            .map(|(listener, asked)| address(listener, asked)),
    };
    let Services { app, pages, witnesses } = services;
    let (ledger, populations) = (app.ledger.clone(), app.populations.clone());
    let api = Api::new(app, config.limits, witnesses.clone());
    let stop = watch::Sender::new(false);
    let main = connection::accept(
        listener,
        tls,
        api.router().merge(pages),
        config.connections.clone(),
        stop.subscribe(),
    );
    let main = tokio::spawn(main);
    let metrics = metrics_listener.map(|listener| {
        let router = metrics_router(api.clone());
        let connections = Connections { most: 16, drain: Duration::ZERO, ..config.connections.clone() };
        tokio::spawn(connection::accept(listener, None, router, connections, stop.subscribe()))
    });
    bound(addresses);
    shutdown.await;
    tracing::info!("stopping: no more connections are taken");
    api.stop();
    stop.send_replace(true);
    for task in [Some(main), metrics].into_iter().flatten() {
        // A panic of the accept loop must not keep the ledger from ending well.
        if let Err(e) = task.await {
            tracing::error!(error = %e, "a listener had failed");
        }
    }
    let ended = tokio::task::spawn_blocking(move || {
        if let Some(populations) = populations {
            populations.stop();
        }
        // The ledger first: a witness may take its time to answer.
        ledger.stop();
        if let Some(witnesses) = witnesses {
            witnesses.stop();
        }
    });
    if let Err(e) = ended.await {
        tracing::error!(error = %e, "the ledger did not end well");
    }
    Ok(())
}

/// Serves routes that need no ledger, such as a witness's, until `shutdown` is ready; requests in flight are finished.
///
/// # Errors
/// As [`serve`].
pub async fn serve_router(
    listen_at: SocketAddr,
    tls: Option<&TlsFiles>,
    connections: Connections,
    router: Router,
    bound: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let tls = tls.map(tls::acceptor).transpose()?;
    let listener = listen(listen_at).await?;
    let at = address(&listener, listen_at);
    let stop = watch::Sender::new(false);
    let task = tokio::spawn(connection::accept(listener, tls, router, connections, stop.subscribe()));
    bound(at);
    shutdown.await;
    stop.send_replace(true);
    if let Err(e) = task.await {
        tracing::error!(error = %e, "the listener had failed");
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|error| ServeError::Listen { address, error })
}

fn address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

fn metrics_router(api: Arc<Api>) -> Router {
    let text = move || {
        let text = api.metrics_text();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text) }
    };
    Router::new().route("/metrics", get(text))
}
