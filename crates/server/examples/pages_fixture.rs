//! Serves the pages over a log in memory with varied entries, for the browser tests. Prints the address, sign-in codes and
//! the identifier of a device that is not there as one line of JSON, and serves until it is ended. A line `advisory` on
//! standard input takes in one more advisory. With `--plain` the story has no vulnerabilities. Not part of the program.

use std::net::SocketAddr;
use std::sync::Arc;

use evidence::Time;
use server::auth::{Auth, OneUseCodes};
use server::{AppState, Settings};

#[path = "../tests/it/story.rs"]
mod story;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let plain = std::env::args().any(|arg| arg == "--plain");
    let fixture = if plain { story::tell() } else { story::tell_whole() };
    let random: server::auth::Random = Arc::new(|out| {
        use std::io::Read;
        std::fs::File::open("/dev/urandom")?.read_exact(out)
    });
    let now: server::auth::Now = Arc::new(|| Time::from_seconds(testkit::START).unwrap_or_default());
    let auth = Auth::new(OneUseCodes::in_memory(random.clone()), random, now, false);
    let codes = [auth.issue_code()?, auth.issue_code()?];
    let app = AppState {
        populations: None,
        ledger: Arc::new(fixture.ledger),
        settings: Arc::new(Settings { title: "IP-400 family".into(), stamps: None }),
        auth: Arc::new(auth),
    };
    let app = AppState { populations: views::population::Populations::start(app.ledger.clone()).ok(), ..app };
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let nobody = testkit::Author::device(9_999).id.to_string();
    let url = format!("http://{}", listener.local_addr()?);
    let line = serde_json::json!({ "url": url, "codes": codes, "nobody": nobody });
    println!("{line}");
    let ledger = app.ledger.clone();
    std::thread::spawn(move || {
        use std::io::BufRead;
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if line == "advisory" {
                story::vulnerable::one_more(&ledger);
            }
        }
    });
    axum::serve(listener, server::api::router(app.clone()).merge(server::pages::router(app))).await
}
