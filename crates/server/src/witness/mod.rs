//! Witnessing, both sides (C2SP tlog-witness v1.0.0): [`Witnesses`] asks the witnesses of a policy to cosign this log's
//! checkpoints, [`Witness`] cosigns those of others.
//!
//! Not here: the decision about a request and the formats (`tlog::witness`), listeners (`run`).

mod board;
mod client;
pub(crate) mod exchange;
mod server;
mod store;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ledger::Ledger;
use ledger::ports::{Head, StoreError};
use tlog::policy::Policy;
use tokio::sync::watch;

use board::Board;
pub use server::{Witness, WitnessConfig, WitnessError};

/// How witnesses are asked.
#[derive(Clone, Debug)]
pub struct WitnessOptions {
    /// Time for one request.
    pub timeout: Duration,
    /// Least time from one checkpoint that witnesses are asked about to the next.
    pub interval: Duration,
    /// Time after which a checkpoint without quorum gives way to a newer one.
    pub round: Duration,
    /// First pause after a failure; it doubles with each further one.
    pub pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// Roots for `https://` in PEM form; the system's if `None`.
    pub roots: Option<Vec<u8>>,
}

impl Default for WitnessOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            interval: Duration::from_secs(1),
            round: Duration::from_secs(15),
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            roots: None,
        }
    }
}

/// What is known of one witness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessStatus {
    /// Its name in the policy.
    pub name: String,
    /// Where it is asked.
    pub url: Option<String>,
    /// Size of the largest checkpoint it cosigned, as far as this process knows.
    pub size: u64,
    /// When, by its own clock, in POSIX seconds; a cosignature of type ML-DSA-44 may state none.
    pub time: Option<u64>,
    /// Requests that brought no cosignature.
    pub failures: u64,
    /// Why the last one did not; `None` after a success.
    pub error: Option<String>,
}

/// Why the client cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store does not tell what was cosigned before.
    #[error(transparent)]
    Store(StoreError),
    /// The given roots are no certificates.
    #[error("the roots for witnesses: {0}")]
    Roots(String),
    /// The system gives no thread.
    #[error("starting the thread of a witness: {0}")]
    Thread(std::io::Error),
}

/// The client: one thread a witness, one request in flight each, all asked about the same checkpoint so that their
/// cosignatures meet. Never on the way of an acknowledgement.
pub struct Witnesses {
    board: Arc<Board>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Witnesses {
    /// Starts asking the witnesses that the policy gives a URL.
    ///
    /// # Errors
    /// The store cannot be read, the roots cannot be used, or there are no threads.
    pub fn start(
        ledger: Arc<Ledger>,
        policy: Policy,
        options: WitnessOptions,
    ) -> Result<Arc<Self>, StartError> {
        let agent = exchange::Exchange::new(&options).map_err(StartError::Roots)?;
        let board = Arc::new(Board::new(ledger, policy, options).map_err(StartError::Store)?);
        let mut threads = Vec::new();
        for (at, url) in board.reachable() {
            let (board, agent) = (board.clone(), agent.clone());
            let thread = std::thread::Builder::new()
                .name(format!("witness-{at}"))
                .spawn(move || client::run(&board, at, &url, &agent));
            threads.push(thread.map_err(StartError::Thread)?);
        }
        Ok(Arc::new(Self { board, threads: Mutex::new(threads) }))
    }

    /// Whether the policy asks for cosignatures at all.
    #[must_use]
    pub fn wanted(&self) -> bool {
        self.board.wanted()
    }

    /// The largest checkpoint with the cosignatures that the policy asks for.
    #[must_use]
    pub fn cosigned(&self) -> Option<Head> {
        self.board.cosigned()
    }

    /// The size of that checkpoint, as it grows; 0 while there is none.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.board.watch()
    }

    /// What is known of each witness, in the policy's order.
    #[must_use]
    pub fn status(&self) -> Vec<WitnessStatus> {
        self.board.status()
    }

    /// Ends the threads; waits for requests in flight.
    pub fn stop(&self) {
        self.board.stop();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("the thread of a witness had panicked");
            }
        }
    }
}

impl Drop for Witnesses {
    fn drop(&mut self) {
        self.stop();
    }
}
