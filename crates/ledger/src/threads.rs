//! The threads of a running ledger: sequencer, committer, receipts, guard. They end in this order.

use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::committer;
use crate::error::LedgerError;
use crate::guard::Standing;
use crate::keys::LedgerKeys;
use crate::options::Options;
use crate::sequencer::rolling::Rolling;
use crate::sequencer::{Message, Sequencer};
use crate::shared::Shared;
use crate::snapshot::Snapshots;

/// Place of the guard's thread in the order of their ending.
pub(crate) const GUARD: usize = 3;

pub(crate) fn start(
    shared: &Arc<Shared>,
    keys: LedgerKeys,
    snapshots: Option<Snapshots>,
    options: &Options,
    edge: tlog::tile::Edge,
    rolling: Rolling,
    guard_stop: &Arc<Stop>,
) -> Result<(SyncSender<Message>, Vec<JoinHandle<()>>), LedgerError> {
    let (inbox, messages) = sync_channel(options.queue);
    let (control, results) = channel();
    let (groups, to_commit) = sync_channel(1);
    let (durable, to_acknowledge) = channel();
    let sequencer = Sequencer::new(
        shared.clone(),
        messages,
        results,
        groups,
        keys,
        options.clone(),
        edge,
        rolling,
        snapshots,
        inbox.clone(),
    );
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        let thread = std::thread::Builder::new().name(format!("ledger-{name}")).spawn(work);
        thread.map_err(|e| LedgerError::Thread { name: name.into(), problem: e.to_string() })
    };
    let wake = inbox.clone();
    let (for_commit, for_receipts, for_guard) = (shared.clone(), shared.clone(), shared.clone());
    let (interval, stop) = (options.guard_interval, guard_stop.clone());
    let threads = vec![
        spawn("sequencer", Box::new(move || sequencer.run()))?,
        spawn(
            "committer",
            Box::new(move || committer::commit(&for_commit, &to_commit, &durable, &control, &wake)),
        )?,
        spawn("receipts", Box::new(move || committer::acknowledge(&for_receipts, &to_acknowledge)))?,
        spawn("guard", Box::new(move || keep_guard(&for_guard, interval, &stop)))?,
    ];
    Ok((inbox, threads))
}

/// A flag that ends a wait.
#[derive(Default)]
pub(crate) struct Stop(Mutex<bool>, Condvar);

impl Stop {
    pub(crate) fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.1.notify_all();
    }

    /// Waits for the flag, at most so long, and says whether it is set.
    fn wait(&self, timeout: Duration) -> bool {
        let flag = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (flag, _) =
            self.1.wait_timeout_while(flag, timeout, |set| !*set).unwrap_or_else(PoisonError::into_inner);
        *flag
    }
}

/// Writes the durable head to the guard whenever it has grown, once an interval, and once more at the end. The guard is
/// never ahead of what is durable.
fn keep_guard(shared: &Shared, interval: Duration, stop: &Stop) {
    let mut kept = 0;
    loop {
        let last = stop.wait(interval);
        let durable = shared.durable();
        if durable.edge.size() > kept && shared.standing() == Standing::Writable {
            match shared.guard.store(&durable.checkpoint) {
                Ok(()) => kept = durable.edge.size(),
                Err(e) => tracing::error!(error = %e, "the fork guard was not written"),
            }
        }
        if last {
            return;
        }
    }
}
