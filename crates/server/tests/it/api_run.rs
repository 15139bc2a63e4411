//! Limits of connections and requests, TLS, and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use evidence::SourceKind;
use server::run::{Config, Connections, ServeError, TlsFiles, serve_router};
use testkit::{Author, Fixture};

use crate::api_house::{Client, House, READ, anywhere, pushed};
use crate::api_store::Troubled;

#[test]
fn a_stop_under_load_loses_nothing_acknowledged() {
    let mut f = Fixture::new();
    let authors: Vec<Author> = (30..36).map(|seed| Author::new(SourceKind::Ci, seed)).collect();
    authors.iter().for_each(|a| f.enrol(a, &["ci"]));
    let mut house = House::with(f, |_| {}, |_| None);
    let clients = authors.into_iter().map(|mut author| {
        let client = house.client.clone();
        std::thread::spawn(move || {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                let raw = author.state(pushed(n));
                let sent =
                    client.try_post("/api/v1/entries", &[("content-type", "application/cbor-seq")], &raw);
                match sent {
                    Ok(answer) if answer.status == 200 => {
                        acknowledged
                            .push((answer.json()["items"][0]["index"].as_u64().expect("an index"), raw));
                    }
                    Ok(answer) => {
                        assert_eq!(answer.status, 503, "{}", answer.text());
                        break;
                    }
                    Err(_) => break,
                }
            }
            acknowledged
        })
    });
    let clients: Vec<_> = clients.collect();
    std::thread::sleep(Duration::from_millis(700));
    house.stop();
    let acknowledged: Vec<_> = clients.into_iter().flat_map(|c| c.join().expect("it ran")).collect();
    assert!(acknowledged.len() > 50, "there was load: {}", acknowledged.len());
    let stored = house.log.read(0, usize::MAX, usize::MAX).expect("reads");
    for (index, raw) in acknowledged {
        assert_eq!(stored.get(usize::try_from(index).expect("small")), Some(&raw), "acknowledged at {index}");
    }
}

#[test]
fn a_request_in_flight_is_finished_when_the_server_stops() {
    let store = Arc::new(Troubled::default());
    let mut house = House::with(Fixture::on(store.clone()), |_| {}, |_| None);
    let entry = house.ci.state(pushed(1));
    store.gate(true);
    let client = house.client.clone();
    let waiting = std::thread::spawn(move || client.submit(&[entry]));
    while !store.is_waiting() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let address = house.bound.http;
    let opener = std::thread::spawn(move || {
        // Only once the server takes no more connections does the store go on.
        while TcpStream::connect(address).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
        store.gate(false);
    });
    house.stop();
    opener.join().expect("it ran");
    let answer = waiting.join().expect("it ran");
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (200, Some(1)));
}

fn raw(house: &House, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(house.bound.http).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    stream.write_all(text.as_bytes()).expect("writes");
    stream
}

fn until_closed(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let ended = stream.read_to_end(&mut text);
    assert!(ended.is_ok(), "{ended:?} after {}", String::from_utf8_lossy(&text));
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn heads_that_do_not_arrive_are_not_waited_for() {
    let house = House::with(Fixture::new(), |c| c.connections.head = Duration::from_millis(300), |_| None);
    for beginning in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let text = until_closed(raw(&house, beginning));
        assert!(!text.contains("200 OK"), "{text}");
    }
    // Also between two requests.
    let text = until_closed(raw(&house, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
}

#[test]
fn bodies_that_do_not_arrive_are_not_waited_for() {
    let house = House::with(Fixture::new(), |c| c.connections.body = Duration::from_millis(300), |_| None);
    let head = "POST /api/v1/entries HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor-seq\r\nContent-Length: 9\r\n";
    let text = until_closed(raw(&house, &format!("{head}Connection: close\r\n\r\nabc")));
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("\"code\":\"timeout\""), "{text}");
    // A stated length beyond the limit is refused before anything of it is read.
    let head = head.replace("Length: 9", "Length: 99999999");
    let text = until_closed(raw(&house, &format!("{head}Connection: close\r\n\r\n")));
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
    // A head beyond the limit too.
    let text = until_closed(raw(&house, &format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(40_000))));
    assert!(text.starts_with("HTTP/1.1 431"), "{text}");
}

#[test]
fn connections_are_bounded_in_number() {
    let house = House::with(Fixture::new(), |c| c.connections.most = 2, |_| None);
    let (first, second) = (raw(&house, "GET"), raw(&house, "GET"));
    let mut third = raw(&house, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    third.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    assert!(third.read(&mut [0; 1]).is_err(), "it waits");
    drop(first);
    third.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    assert!(until_closed(third).starts_with("HTTP/1.1 200"));
    drop(second);
}

#[test]
fn more_submissions_than_can_be_served_are_told_to_come_back() {
    let store = Arc::new(Troubled::default());
    let mut house = House::with(Fixture::on(store.clone()), |c| c.limits.submissions = 1, |_| None);
    let (first, second) = (house.ci.state(pushed(1)), house.ci.state(pushed(2)));
    store.gate(true);
    let client = house.client.clone();
    let entry = first.clone();
    let waiting = std::thread::spawn(move || client.submit(&[entry]));
    let busy = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        // Not an entry, so that nothing of it can get in while the first is not there yet.
        let answer = house.client.submit(&[Arc::from(&[0u8][..])]);
        (answer.status == 503).then_some(answer)
    });
    let busy = busy.expect("the first holds the only place");
    busy.is_problem(503, "busy");
    assert_eq!(busy.header("retry-after"), "1");
    assert_eq!(house.client.get("/healthz").status, 200, "others are served meanwhile");
    store.gate(false);
    assert_eq!(waiting.join().expect("it ran").status, 200);
    assert_eq!(house.client.submit(&[second]).status, 200);
}

pub(crate) fn certificate(directory: &std::path::Path) -> (TlsFiles, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into(), "localhost".into()])
        .expect("a certificate");
    let files = TlsFiles { certificates: directory.join("cert.pem"), key: directory.join("key.pem") };
    std::fs::write(&files.certificates, made.cert.pem()).expect("writes");
    std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("writes");
    (files, made.cert.der().to_vec())
}

#[test]
fn the_server_speaks_tls_with_given_certificates() {
    let directory = tempfile::tempdir().expect("a directory");
    let (files, der) = certificate(directory.path());
    let mut house = House::with(Fixture::new(), |c| c.tls = Some(files), |_| None);
    let client = Client::new(&format!("https://{}", house.bound.http), Some(&der));
    assert_eq!(client.get("/healthz").status, 200);
    let entry = house.ci.state(pushed(1));
    assert_eq!(client.submit(&[entry]).status, 200);
    let plain = Client::new(&format!("http://{}", house.bound.http), None);
    assert!(plain.try_post("/healthz", &[], b"").is_err(), "nothing is served in the clear");
}

/// A connection that negotiated HTTP/2 and has sent nothing yet.
async fn negotiate(
    address: std::net::SocketAddr,
    root: &[u8],
) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types};
    let mut roots = RootCertStore::empty();
    roots.add(pki_types::CertificateDer::from(root.to_vec())).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = tokio::net::TcpStream::connect(address).await.expect("connects");
    let name = pki_types::ServerName::try_from("localhost").expect("a name");
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    stream
}

#[test]
fn http_2_is_spoken_under_tls_and_idle_connections_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let (files, der) = certificate(directory.path());
    let configure = |c: &mut Config| {
        c.tls = Some(files);
        c.connections.head = Duration::from_millis(400);
        c.limits.keep_alive = Duration::from_millis(50);
    };
    let house = House::with(Fixture::new(), configure, |_| None);
    let address = house.bound.http;
    let talk = async move {
        // One that never says anything, not even the preface.
        let mut silent = negotiate(address, &der).await;
        let io = hyper_util::rt::TokioIo::new(negotiate(address, &der).await);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(executor, io).await.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        let request = |path: &str| {
            let request = hyper::Request::get(format!("https://localhost{path}"));
            request.header("authorization", format!("Bearer {READ}")).body(String::new()).expect("a request")
        };
        let response = sender.send_request(request("/healthz")).await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.version()), (200, hyper::Version::HTTP_2));
        // An open event stream is not idle.
        let mut events = sender.send_request(request("/api/v1/events")).await.expect("an answer").into_body();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert!(!connection.is_finished());
        assert!(http_body_util::BodyExt::frame(&mut events).await.is_some_and(|f| f.is_ok()));
        drop(events);
        drop(connection.await.expect("it ends though the client still holds it"));
        let mut rest = Vec::new();
        drop(tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut rest).await);
    };
    let patience = Duration::from_secs(8);
    house.runtime.block_on(async { tokio::time::timeout(patience, talk).await }).expect("both end");
}

#[test]
fn what_cannot_be_served_is_said_at_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let (files, _) = certificate(directory.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let attempt = |at, files: Option<TlsFiles>| {
        let told = |_| panic!("it must not listen");
        let routes = axum::Router::new();
        runtime.block_on(serve_router(at, files.as_ref(), Connections::default(), routes, told, async {}))
    };
    std::fs::write(directory.path().join("empty.pem"), "").expect("writes");
    let broken = [
        TlsFiles { certificates: directory.path().join("none.pem"), ..files.clone() },
        TlsFiles { certificates: directory.path().join("empty.pem"), ..files.clone() },
        TlsFiles { key: files.certificates.clone(), ..files.clone() },
    ];
    for files in broken {
        let error = attempt(anywhere(), Some(files)).expect_err("it cannot");
        assert!(matches!(error, ServeError::Tls { .. }), "{error}");
        assert!(error.to_string().contains(".pem"), "{error}");
    }
    let taken = std::net::TcpListener::bind(anywhere()).expect("binds");
    let error = attempt(taken.local_addr().expect("an address"), None).expect_err("it is taken");
    assert!(matches!(error, ServeError::Listen { .. }) && error.to_string().contains("--listen"), "{error}");
    assert_eq!(Config::new(anywhere()).connections.most, 1_024);
}
