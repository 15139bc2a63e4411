//! Serves the pages over a log in memory with a few hundred varied entries, for the browser tests. Prints the address and a
//! sign-in code as one line of JSON, and serves until it is ended. Not part of the program.

use std::net::SocketAddr;
use std::sync::Arc;

use evidence::Time;
use server::auth::{Auth, OneUseCodes};
use server::{AppState, Settings};

#[path = "../tests/it/story.rs"]
mod story;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let fixture = story::tell();
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
    let line = serde_json::json!({ "url": format!("http://{}", listener.local_addr()?), "codes": codes });
    println!("{line}");
    axum::serve(listener, server::api::router(app.clone()).merge(server::pages::router(app))).await
}
