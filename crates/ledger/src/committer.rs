//! The last two steps: make a batch durable, then acknowledge it. One thread each, so that the many receipts of a large batch
//! are made while the next is being written; those of a small one take less time than waking a thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender};

use evidence::facts::fleet::Appraised;
use tlog::Hash;
use tlog::tile::Edge;

use crate::error::Rejection;
use crate::guard::Standing;
use crate::ports::{Appended, Batch, Problem, StoreError};
use crate::receipt::{Level, Receipt, StagedReceipt, Taken};
use crate::sequencer::Message;
use crate::shared::{Durable, Reply, Shared};
use crate::staging::Pieces;
use crate::tree::batch_proof;

/// Most entries of a group that are acknowledged by the thread that made them durable.
const AT_ONCE: usize = 8;

/// What is known of one entry of a submission before its batch is durable.
pub(crate) enum Slot {
    /// Nothing of it is in the log.
    Done(Rejection),
    /// It is rejected, and an entry of this batch says so: told only once that entry is durable.
    Kept(Rejection),
    /// It is staged with this group, or was before.
    Staged(StagedReceipt),
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
            Slot::Waiting { .. } | Slot::Staged(_) | Slot::Kept(_) => Err(rejection.clone()),
        };
        (self.reply)(self.slots.into_iter().map(outcome).collect());
    }
}

/// A batch on its way to the store, with those who wait for it.
pub(crate) struct Group {
    /// `None` when everything that waits is in the log already.
    pub(crate) batch: Option<Batch>,
    /// Evidence to be staged, after the batch: what is staged may follow entries of it.
    pub(crate) pieces: Option<Pieces>,
    /// Staged pieces below this place can be forgotten, after both.
    pub(crate) forget: Option<u64>,
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
        let appended = match in_doubt(shared, &group) {
            Some(doubt) => Appended::Refused(doubt),
            None => group.batch.as_ref().map_or(Appended::Committed, |batch| shared.log.append(batch)),
        };
        if appended == Appended::Committed && group.batch.is_some() {
            let (edge, checkpoint) = (group.edge.clone(), group.checkpoint.clone());
            shared.advance(Durable { edge, checkpoint });
        }
        let done = match appended {
            Appended::Committed => {
                stage(shared, &group).map_or_else(Appended::Unknown, |()| Appended::Committed)
            }
            other => other,
        };
        let mut durable = None;
        let result = match done {
            Appended::Committed => {
                durable = Some(group);
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
        // The sequencer gathers meanwhile.
        if let Some(group) = durable {
            if group.pending.iter().map(|p| p.slots.len()).sum::<usize>() <= AT_ONCE {
                answer(shared, group);
            } else {
                // If nobody acknowledges any more the process is going down; what is durable stays durable.
                let _ = acknowledge.send(group);
            }
        }
    }
}

/// Why nothing may be written any more. Doubt may have come while the group was gathered: its checkpoint was signed then, and
/// has been shown to nobody.
fn in_doubt(shared: &Shared, group: &Group) -> Option<StoreError> {
    match shared.standing() {
        Standing::ReadOnly(doubt) if group.batch.is_some() || group.pieces.is_some() => {
            Some(StoreError::new("committing", Problem::Failed(doubt.to_string())))
        }
        _ => None,
    }
}

/// Stages the pieces of a group, each at the place that was reckoned with.
fn stage(shared: &Shared, group: &Group) -> Result<(), StoreError> {
    if let Some(pieces) = &group.pieces {
        let first = shared.log.stage(&pieces.pieces)?;
        if first != pieces.first {
            let doing = format!("staging {} pieces at {}", pieces.pieces.len(), pieces.first);
            return Err(StoreError::new(doing, Problem::Failed(format!("they are at {first}"))));
        }
    }
    if let Some(below) = group.forget
        && let Err(e) = shared.log.unstage(below)
    {
        // They do no harm, and are forgotten with the next ones.
        tracing::warn!(error = %e, "staged pieces were not forgotten");
    }
    Ok(())
}

/// Makes and delivers receipts until the channel closes.
pub(crate) fn acknowledge(shared: &Shared, groups: &Receiver<Group>) {
    while let Ok(group) = groups.recv() {
        answer(shared, group);
    }
}

/// Makes and delivers the receipts of a group that is durable.
fn answer(shared: &Shared, group: Group) {
    let waiting: Vec<u64> = group.pending.iter().flat_map(|p| &p.slots).filter_map(index).collect();
    let tiles = group.batch.as_ref().map_or(&[][..], |b| &b.tiles);
    let mut proofs = batch_proof(&group.edge, tiles, &*shared.log, &waiting).into_iter();
    for pending in group.pending {
        let outcome = |slot| match slot {
            Slot::Done(rejection) | Slot::Kept(rejection) => Err(rejection),
            Slot::Staged(receipt) => Ok(Taken::Staged(receipt)),
            Slot::Waiting { index, entry, leaf, repeated, appraised } => {
                let proof = match proofs.next() {
                    Some(Ok(proof)) => proof,
                    Some(Err(e)) => return Err(Rejection::OutcomeUnknown(e.to_string())),
                    None => return Err(Rejection::OutcomeUnknown("no proof was made".into())),
                };
                Ok(Taken::Logged(Receipt {
                    index,
                    entry,
                    leaf,
                    size: group.edge.size(),
                    checkpoint: group.checkpoint.clone(),
                    proof,
                    level: Level::Durable,
                    repeated,
                    appraised,
                }))
            }
        };
        let outcomes: Vec<Result<Taken, Rejection>> = pending.slots.into_iter().map(outcome).collect();
        (pending.reply)(outcomes);
    }
}

const fn index(slot: &Slot) -> Option<u64> {
    match slot {
        Slot::Waiting { index, .. } => Some(*index),
        Slot::Done(_) | Slot::Kept(_) | Slot::Staged(_) => None,
    }
}
