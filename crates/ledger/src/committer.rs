//! The last two steps: make a batch durable, then acknowledge it. One thread each, so that receipts of one batch are made
//! while the next is being written.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender};

use evidence::facts::fleet::Appraised;
use tlog::Hash;
use tlog::tile::Edge;

use crate::error::Rejection;
use crate::ports::{Appended, Batch, StoreError};
use crate::receipt::{Level, Receipt};
use crate::sequencer::Message;
use crate::shared::{Durable, Outcome, Reply, Shared};
use crate::tree::batch_proof;

/// What is known of one entry of a submission before its batch is durable.
pub(crate) enum Slot {
    /// Nothing of it is in the log.
    Done(Rejection),
    /// It is rejected, and an entry of this batch says so: told only once that entry is durable.
    Kept(Rejection),
    /// It will be at this index.
    Waiting { index: u64, entry: Hash, leaf: Hash, repeated: bool, appraised: Option<Arc<Appraised>> },
}

/// A submission that waits for its batch.
pub(crate) struct Pending {
    pub(crate) slots: Vec<Slot>,
    pub(crate) reply: Reply,
}

impl Pending {
    /// Answers every entry that waits with the same rejection, and every one whose own rejection may rest on entries
    /// that did not become durable either.
    pub(crate) fn fail(self, rejection: &Rejection) {
        let outcome = |slot| match slot {
            Slot::Done(own) if own.rests_on_the_log() => Err(rejection.clone()),
            Slot::Done(own) => Err(own),
            Slot::Waiting { .. } | Slot::Kept(_) => Err(rejection.clone()),
        };
        (self.reply)(self.slots.into_iter().map(outcome).collect());
    }
}

/// A batch on its way to the store, with those who wait for it.
pub(crate) struct Group {
    /// `None` when everything that waits is in the log already.
    pub(crate) batch: Option<Batch>,
    /// The tree with this batch.
    pub(crate) edge: Arc<Edge>,
    pub(crate) checkpoint: Arc<str>,
    pub(crate) pending: Vec<Pending>,
}

/// Commits one group after the other until the channel closes.
pub(crate) fn commit(
    shared: &Shared,
    groups: &Receiver<Group>,
    acknowledge: &Sender<Group>,
    control: &Sender<Result<(), StoreError>>,
    inbox: &SyncSender<Message>,
) {
    // Bounded: the sequencer hands over one group at a time and closes the channel when it stops.
    while let Ok(group) = groups.recv() {
        let appended = group.batch.as_ref().map_or(Appended::Committed, |batch| shared.log.append(batch));
        let result = match appended {
            Appended::Committed => {
                if group.batch.is_some() {
                    let (edge, checkpoint) = (group.edge.clone(), group.checkpoint.clone());
                    shared.advance(Durable { edge, checkpoint });
                }
                // If nobody acknowledges any more the process is going down; what is durable stays durable.
                let _ = acknowledge.send(group);
                Ok(())
            }
            Appended::Refused(e) => {
                let rejection = Rejection::Unavailable(e.to_string());
                group.pending.into_iter().for_each(|p| p.fail(&rejection));
                Err(e)
            }
            Appended::Unknown(e) => {
                let rejection = Rejection::OutcomeUnknown(e.to_string());
                group.pending.into_iter().for_each(|p| p.fail(&rejection));
                Err(e)
            }
        };
        if control.send(result).is_err() {
            return;
        }
        // A full inbox needs no waking.
        let _ = inbox.try_send(Message::Wake);
    }
}

/// Makes and delivers receipts until the channel closes.
pub(crate) fn acknowledge(shared: &Shared, groups: &Receiver<Group>) {
    while let Ok(group) = groups.recv() {
        let waiting: Vec<u64> = group.pending.iter().flat_map(|p| &p.slots).filter_map(index).collect();
        let tiles = group.batch.as_ref().map_or(&[][..], |b| &b.tiles);
        let mut proofs = batch_proof(&group.edge, tiles, &*shared.log, &waiting).into_iter();
        for pending in group.pending {
            let outcome = |slot| match slot {
                Slot::Done(rejection) | Slot::Kept(rejection) => Err(rejection),
                Slot::Waiting { index, entry, leaf, repeated, appraised } => {
                    let proof = match proofs.next() {
                        Some(Ok(proof)) => proof,
                        Some(Err(e)) => return Err(Rejection::OutcomeUnknown(e.to_string())),
                        None => return Err(Rejection::OutcomeUnknown("no proof was made".into())),
                    };
                    Ok(Receipt {
                        index,
                        entry,
                        leaf,
                        size: group.edge.size(),
                        checkpoint: group.checkpoint.clone(),
                        proof,
                        level: Level::Durable,
                        repeated,
                        appraised,
                    })
                }
            };
            let outcomes: Vec<Outcome> = pending.slots.into_iter().map(outcome).collect();
            (pending.reply)(outcomes);
        }
    }
}

const fn index(slot: &Slot) -> Option<u64> {
    match slot {
        Slot::Waiting { index, .. } => Some(*index),
        Slot::Done(_) | Slot::Kept(_) => None,
    }
}
