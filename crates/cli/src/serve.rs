//! Running the server in this process: the runtime, the signals that end it, the one-use code for the first sign-in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ledger::{Ledger, Options, Standing};
use server::auth::{Auth, Now, OneUseCodes, Random};
use server::run::{self, Config, ServeError, Services, TlsFiles};
use server::witness::{WitnessOptions, Witnesses};
use server::{AppState, Settings};
use tlog::policy::Policy;
use views::population::Populations;

use crate::clock::{self, SystemClock};
use crate::data::DataDir;
use crate::failure::Failure;
use crate::ui::Ui;

/// What is served and where.
pub(crate) struct Serving {
    pub(crate) listen: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) witnesses: Option<Policy>,
    /// Evidence that changes nothing is rolled up.
    pub(crate) roll_up: bool,
}

/// Randomness for codes and sessions.
fn random() -> Random {
    Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other))
}

/// Where one-use codes are kept, as hashes, so that another process can issue them.
fn codes_directory(data: &DataDir) -> PathBuf {
    data.root().join("sign-in")
}

/// Sign-in and sessions over the codes of a data directory.
pub(crate) fn auth(data: &DataDir, secure: bool) -> Result<Auth, Failure> {
    let codes = OneUseCodes::in_directory(&codes_directory(data), random());
    let codes = codes.map_err(|e| Failure::file("making the directory", &codes_directory(data), &e))?;
    let now: Now = Arc::new(clock::now);
    Ok(Auth::new(codes, random(), now, secure))
}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn serve(ui: &Ui, data: &DataDir, serving: Serving) -> Result<(), Failure> {
    let title = data.config()?.title;
    let options =
        Options { roll_every: if serving.roll_up { ledger::ROLL_EVERY } else { 0 }, ..Options::default() };
    let ledger = Arc::new(data.ledger(Arc::new(SystemClock), options)?);
    if let standing @ (Standing::ReadOnly(_) | Standing::Rebuilding(_)) = ledger.standing() {
        ui.note(format!("The log is {standing}"));
    }
    let secure = serving.tls.is_some();
    let auth = auth(data, secure)?;
    let code = auth.issue_code().map_err(|e| Failure::environment("making a sign-in code", e))?;
    let app = AppState {
        ledger: ledger.clone(),
        settings: Arc::new(Settings { title, stamps: Some(data.stamps()) }),
        auth: Arc::new(auth),
        populations: Some(populations(&ledger)?),
    };
    let witnesses = serving.witnesses.map(|policy| start(ledger, policy)).transpose()?;
    let services = Services { pages: server::pages::router(app.clone()), app, witnesses };
    let config = Config { metrics: serving.metrics, tls: serving.tls, ..Config::new(serving.listen) };
    let scheme = if secure { "https" } else { "http" };
    let bound = |bound: run::Bound| {
        ui.note(format!("Serving {scheme}://{}", bound.http));
        if let Some(metrics) = bound.metrics {
            ui.note(format!("Metrics http://{metrics}/metrics"));
        }
        if ui.is_terminal() {
            ui.note(format!(
                "Sign in with the code {code} within ten minutes; `vouchsafe sign-in` makes another."
            ));
        } else {
            ui.note("Sign in with a code from `vouchsafe sign-in`, on a terminal.");
        }
        ui.note("Ctrl-C ends it; what was acknowledged is durable.");
    };
    runtime()?.block_on(run::serve(config, services, bound, ended())).map_err(|e| failed(&e))
}

fn start(ledger: Arc<Ledger>, policy: Policy) -> Result<Arc<Witnesses>, Failure> {
    Witnesses::start(ledger, policy, WitnessOptions::default())
        .map_err(|e| Failure::environment("starting to ask the witnesses", e))
}

/// A follower that knows who is affected by what; the server ends it.
pub(crate) fn populations(ledger: &Arc<Ledger>) -> Result<Arc<Populations>, Failure> {
    Populations::start(ledger.clone()).map_err(|e| Failure::environment("starting to follow populations", e))
}

/// The runtime of the server.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Failure::environment("starting the server's threads", e))
}

/// Ready when the process is asked to end.
pub(crate) async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            let mut terminated = std::pin::pin!(terminate.recv());
            let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
            std::future::poll_fn(|context| {
                if terminated.as_mut().poll(context).is_ready()
                    || interrupted.as_mut().poll(context).is_ready()
                {
                    return std::task::Poll::Ready(());
                }
                std::task::Poll::Pending
            })
            .await;
            return;
        }
    }
    // Without signals the server runs until it is killed; the log survives that too.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A failure of the server.
pub(crate) fn failed(error: &ServeError) -> Failure {
    match error {
        ServeError::Tls { .. } => Failure::input("serving", error),
        _ => Failure::environment("serving", error),
    }
}
