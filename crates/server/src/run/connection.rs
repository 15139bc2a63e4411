//! Taking connections and serving each: HTTP/1.1 in the clear, HTTP/1.1 or HTTP/2 under TLS.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::body::Timely;
use super::idle::Activity;
use super::paced::Paced;
use super::{Connections, tls};

/// Largest head of a request, in bytes.
const MAX_HEAD: u32 = 32 << 10;
/// Bytes that one HTTP/1 connection may hold back for reading or writing.
const MAX_BUFFER: usize = 64 << 10;
/// Requests at once on one HTTP/2 connection.
const MAX_HTTP2_STREAMS: u32 = 64;
/// Pause after the system refused a connection, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` turns true, then waits for those open, at most `bounds.drain`.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    bounds: Connections,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(bounds.most));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        // A place first: who finds none waits in the system's queue.
        let place = tokio::select! {
            _ = stop.wait_for(|s| *s) => break,
            place = places.clone().acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            _ = stop.wait_for(|s| *s) => break,
            accepted = listener.accept() => accepted,
        };
        while open.try_join_next().is_some() {}
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                tracing::warn!(error = %e, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let (watcher, tls, router, bounds) =
            (graceful.watcher(), tls.clone(), router.clone(), bounds.clone());
        open.spawn(async move {
            serve(socket, peer, tls, router, &bounds, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    let drained = async {
        graceful.shutdown().await;
        while open.join_next().await.is_some() {}
    };
    if tokio::time::timeout(bounds.drain, drained).await.is_err() {
        tracing::warn!("connections that did not end in time are cut");
    }
    open.shutdown().await;
}

async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    bounds: &Connections,
    watcher: Watcher,
) {
    // Answers are written whole; waiting for more only delays them.
    if let Err(e) = socket.set_nodelay(true) {
        tracing::debug!(error = %e, "no TCP_NODELAY");
    }
    let socket = Paced::new(socket, bounds.answer);
    let Some(acceptor) = tls else {
        return http_1(socket, peer, router, bounds, watcher).await;
    };
    match tokio::time::timeout(bounds.handshake, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => {
            if stream.get_ref().1.alpn_protocol() == Some(tls::HTTP_2) {
                http_2(stream, peer, router, bounds, watcher).await;
            } else {
                http_1(stream, peer, router, bounds, watcher).await;
            }
        }
        Ok(Err(e)) => tracing::debug!(error = %e, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Hands requests to the router: with a deadline for the body, and knowing who is there.
fn service(
    router: Router,
    peer: SocketAddr,
    body: Duration,
) -> impl hyper::service::Service<Request<Incoming>, Response = Response, Error = Infallible, Future = Answer>
{
    hyper::service::service_fn(move |request: Request<Incoming>| -> Answer {
        let mut request = request.map(|b| Body::new(Timely::new(b, body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        Box::pin(router.clone().call(request))
    })
}

async fn http_1<S>(stream: S, peer: SocketAddr, router: Router, bounds: &Connections, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_header_size(MAX_HEAD as usize)
        .max_buf_size(MAX_BUFFER);
    let connection = builder.serve_connection(TokioIo::new(stream), service(router, peer, bounds.body));
    finish(watcher, connection).await;
}

async fn http_2<S>(stream: S, peer: SocketAddr, router: Router, bounds: &Connections, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_HTTP2_STREAMS)
        .max_header_list_size(MAX_HEAD)
        .keep_alive_interval(bounds.head)
        .keep_alive_timeout(bounds.head);
    let activity = Arc::new(Activity::default());
    let (seen, answer) = (activity.clone(), service(router, peer, bounds.body));
    let counted = hyper::service::service_fn(move |request| {
        let (busy, answer) = (seen.begin(), hyper::service::Service::call(&answer, request));
        async move { answer.await.map(|response| busy.with(response)) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), counted);
    tokio::select! {
        () = finish(watcher, connection) => {}
        () = activity.until_idle(bounds.head) => tracing::debug!("an idle connection is ended"),
    }
}

async fn finish<C>(watcher: Watcher, connection: C)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    // Clients vanish; that is their right.
    if let Err(e) = watcher.watch(connection).await {
        tracing::debug!(error = %e, "a connection ended early");
    }
}
