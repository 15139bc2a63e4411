//! Ingest over plain HTTP: the server runs as a process of its own, so that its processor time is told apart from the
//! clients', and is asked for it by `/proc`. Not here: the load itself (`load`), ingest without HTTP (`ingest`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use evidence::Time;
use server::auth::{Auth, OneUseCodes};
use server::run::{Config, Services, serve};
use server::{AppState, Settings as Named};

use crate::load::{Place, devices, presigned};
use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

/// The word by which this program is asked to be the server.
pub(crate) const SERVE: &str = "--serve";
/// Entries of a batch, as the mark says.
const BATCH: usize = 100;
/// Connections at once.
const CLIENTS: usize = 4;

/// Serves a log until its standard input ends.
pub(crate) fn be_the_server(root: PathBuf) {
    let place = Place::at(root);
    let ledger = Arc::new(place.open());
    let random: server::auth::Random = Arc::new(|bytes: &mut [u8]| {
        bytes.fill(7);
        Ok(())
    });
    let codes = OneUseCodes::in_memory(random.clone());
    let auth = Arc::new(Auth::new(codes, random, Arc::new(|| Time::EPOCH), false));
    let app = AppState {
        ledger,
        settings: Arc::new(Named { title: "bench".into(), stamps: None }),
        auth,
        populations: None,
    };
    let services = Services { pages: server::pages::router(app.clone()), app, witnesses: None };
    let bound = |bound: server::run::Bound| {
        println!("{}", bound.http);
        std::io::stdout().flush().unwrap();
    };
    let ended = async {
        let read = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]).unwrap_or(0));
        assert!(read.await.is_ok());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    runtime.block_on(serve(config, services, bound, ended)).unwrap();
}

/// The server in a process of its own; ends with this value.
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(root: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command.arg(SERVE).arg(root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { stdin: child.stdin.take(), child, address: line.trim().parse().unwrap() }
    }

    /// Seconds of processor time it has used.
    pub(crate) fn processor(&self) -> f64 {
        machine::processor_of(&self.child.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// One connection that is kept open.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a request and reads the body of its answer, which must be a 200.
    fn ask(&mut self, head: &str, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        let mut request =
            format!("{head}\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        request.extend(body);
        self.0.get_mut().write_all(&request).unwrap();
        let (mut line, mut length, mut first) = (String::new(), 0, true);
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let text = line.trim_end().to_ascii_lowercase();
            if std::mem::take(&mut first) {
                assert!(text.starts_with("http/1.1 200"), "{text}");
            }
            if let Some(value) = text.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if text.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).unwrap();
        answer
    }

    fn submit(&mut self, batch: &[Arc<[u8]>]) {
        let body: Vec<u8> = batch.iter().flat_map(|entry| entry.iter().copied()).collect();
        let head =
            "POST /api/v1/entries HTTP/1.1\r\ncontent-type: application/cbor-seq\r\naccept: application/cbor";
        self.ask(head, &body);
    }

    /// Durable entries of the log.
    fn size(&mut self) -> u64 {
        let answer = String::from_utf8(self.ask("GET /healthz HTTP/1.1", &[])).unwrap();
        let (_, after) = answer.split_once("\"size\":").unwrap();
        after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    }
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = Place::make(&settings.directory, "http");
    let mut all = devices(&place.open(), 400);
    let share = all.len() / CLIENTS;
    let each = if settings.quick { 4_000 } else { 10_000 };
    let server = Server::start(place.root());
    let (mut used, mut spent, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.runs {
        let clients: Vec<_> = all.chunks_mut(share).map(|own| presigned(own, each)).collect();
        let n = (each * clients.len()) as f64;
        let before = Client::connect(server.address).size();
        floors.push(machine::verify_strict());
        let (processor, start) = (server.processor(), Instant::now());
        std::thread::scope(|scope| {
            for entries in &clients {
                let mut client = Client::connect(server.address);
                scope.spawn(move || entries.chunks(BATCH).for_each(|batch| client.submit(batch)));
            }
        });
        used.push((server.processor() - processor) * 1e6 / n);
        assert!(Client::connect(server.address).size() - before >= n as u64, "each item was taken");
        spent.push(start.elapsed().as_secs_f64() * 1e6 / n);
        floors.push(machine::verify_strict());
    }
    let (used, spent, floor) = (median(used), median(spent), median(floors));
    drop(server);
    place.remove();
    table.add(Row {
        what: format!(
            "ingest over HTTP, batches of {BATCH}, {CLIENTS} clients: server's processor an attestation"
        ),
        measured: format!("{used:.1} µs ({} /s)", count(1e6 / spent)),
        floor: format!("{floor:.1} µs `verify_strict`"),
        ratio: format!("{:.2}", used / floor),
        mark: "<= 2".into(),
        holds: Some(used <= 2.0 * floor),
    });
}
