//! Serves a log in memory for a device client in another language: prints the address and the anchor as one line of JSON,
//! enrols the content that comes on standard input as a line of hexadecimal digits, says `enrolled`, and serves until it is
//! ended. Not part of the program.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use evidence::cbor::Reader;
use evidence::facts::fleet::DeviceEnrolled;
use evidence::{Field, SourceKind, Time};
use server::auth::{Auth, Now, OneUseCodes, Random};
use server::{AppState, Settings};
use testkit::{Author, Fixture};

fn wrong(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn enrolment() -> io::Result<DeviceEnrolled> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let digits = line.trim().as_bytes();
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).map_err(wrong)?;
        u8::from_str_radix(text, 16).map_err(wrong)
    };
    let raw = digits.chunks(2).map(byte).collect::<io::Result<Vec<u8>>>()?;
    DeviceEnrolled::read(&mut Reader::new(&raw)).map_err(wrong)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut f = Fixture::new();
    let mut station = Author::new(SourceKind::Station, 50);
    f.enrol(&station, &["station"]);
    let anchor = serde_json::json!({
        "log_key": testkit::keys().checkpoint.verifier().to_string(),
        "generation": 0,
        "recovery_key": hex(&testkit::init().recovery_key.canonical()),
    });
    let ledger = Arc::new(f.ledger);
    let random: Random = Arc::new(|_: &mut [u8]| Err(io::ErrorKind::Unsupported.into()));
    let now: Now = Arc::new(|| Time::EPOCH);
    let auth = Arc::new(Auth::new(OneUseCodes::in_memory(random.clone()), random, now, false));
    let settings = Arc::new(Settings { title: "Devices".into(), stamps: None });
    let app = AppState { ledger: ledger.clone(), settings, auth, populations: None };
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{}", serde_json::json!({ "url": url, "anchor": anchor }));
    tokio::spawn(async move { axum::serve(listener, server::api::router(app)).await });
    let fact = tokio::task::spawn_blocking(enrolment).await.map_err(wrong)??;
    match ledger.submit(vec![station.state(fact)]).pop() {
        Some(Ok(_)) => println!("enrolled"),
        Some(Err(e)) => return Err(wrong(e)),
        None => return Err(wrong("no outcome")),
    }
    io::stdout().flush()?;
    std::future::pending().await
}
