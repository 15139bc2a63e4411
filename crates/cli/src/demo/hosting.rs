//! The server of the story: over the simulated log, on a loopback port of its own, while the story is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use ledger::Ledger;
use server::run::{self, Bound, Config, ServeError, Services};
use server::{AppState, Settings};
use tokio::sync::oneshot;

use crate::data::DataDir;
use crate::failure::Failure;
use crate::serve::{auth, failed, runtime};

/// A running server; it ends when this value does.
pub(super) struct Hosting {
    pub(super) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Hosting {
    /// Serves the ledger. The ledger goes on when the server has ended only if someone else holds it open.
    pub(super) fn start(data: &DataDir, ledger: Arc<Ledger>) -> Result<Self, Failure> {
        let app = AppState {
            populations: Some(crate::serve::populations(&ledger)?),
            ledger,
            settings: Arc::new(Settings { title: data.config()?.title, stamps: Some(data.stamps()) }),
            auth: Arc::new(auth(data, false)?),
        };
        let services = Services { pages: server::pages::router(app.clone()), app, witnesses: None };
        let config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = mpsc::channel();
        let runtime = runtime()?;
        let serving = move || {
            let tell = move |at: Bound| {
                // Nobody listens any more when the story has failed in between.
                let _ = bound.send(at.http);
            };
            let ended = async {
                // A sender that is gone means the same as one that has spoken.
                let _ = stopped.await;
            };
            runtime.block_on(run::serve(config, services, tell, ended))
        };
        let thread = std::thread::Builder::new().name("story-server".into()).spawn(serving);
        let thread = thread.map_err(|e| Failure::environment("starting the server", e))?;
        let Ok(at) = address.recv() else {
            let ended = thread.join();
            return Err(match ended {
                Ok(Err(error)) => failed(&error),
                _ => Failure::environment("starting the server", "it ended at once"),
            });
        };
        Ok(Self { url: format!("http://{at}"), stop: Some(stop), thread: Some(thread) })
    }

    /// Ends the server; what is in flight is answered first.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        self.finish().map_err(|e| failed(&e))
    }

    fn finish(&mut self) -> Result<(), ServeError> {
        drop(self.stop.take());
        self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap_or(Ok(())))
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        // Told already when the story ended well.
        let _ = self.finish();
    }
}
