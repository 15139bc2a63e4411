//! What an entry refers to outside the world, looked at before it is taken: the tree whose root it embeds, and blobs.

use std::sync::PoisonError;

use evidence::types::Beacon;
use evidence::{Body, Fact};
use world::Refusal;

use super::Ledger;
use crate::error::Rejection;

/// Most roots of beacons remembered.
const BEACONS: usize = 4_096;

impl Ledger {
    /// What an entry refers to outside the world: the tree and the blobs.
    pub(super) fn check_body(&self, body: &Body) -> Result<(), Rejection> {
        if let Some(beacon) = &body.beacon {
            self.check_beacon(beacon)?;
        }
        self.check_blobs(&body.fact)
    }

    /// Blobs are durable before the commit that names them. Only the loss of one may be stated without it.
    fn check_blobs(&self, fact: &Fact) -> Result<(), Rejection> {
        if matches!(fact, Fact::BlobLost(_)) {
            return Ok(());
        }
        let mut named = Vec::new();
        fact.blobs(&mut |blob| named.push(blob.digest));
        for digest in named {
            match self.shared.blobs.has(&digest) {
                Ok(true) => {}
                Ok(false) => return Err(Rejection::MissingBlob(digest)),
                Err(e) => return Err(Rejection::Unavailable(e.to_string())),
            }
        }
        Ok(())
    }

    /// The root of a beacon must be the log's own at that size, and the size a durable one.
    fn check_beacon(&self, beacon: &Beacon) -> Result<(), Rejection> {
        let shared_tree = {
            let held = {
                let world = self.shared.world();
                if beacon.generation > world.journal().generation() {
                    return Ok(());
                }
                let recoveries = world.journal().recoveries();
                // Trees of earlier generations agree with this one up to what was kept of them.
                let next = recoveries.iter().find(|(_, r)| r.generation > beacon.generation);
                next.map_or(u64::MAX, |(_, r)| r.held)
            };
            (beacon.size <= held).then(|| self.shared.tree())
        };
        let Some(tree) = shared_tree else { return Ok(()) };
        if beacon.size > tree.size() {
            // Nobody was shown a checkpoint that is not durable, so this is none of ours, even if the log is about to
            // reach its size.
            let Beacon { generation, size, .. } = *beacon;
            return Err(Rejection::Refused(Refusal::FutureBeacon { generation, size }));
        }
        let mut known = self.beacons.lock().unwrap_or_else(PoisonError::into_inner);
        let root = match known.get(&beacon.size) {
            Some(root) => *root,
            None => {
                let root = tree.root_at(beacon.size).map_err(|e| Rejection::Unavailable(e.to_string()))?;
                while known.len() >= BEACONS {
                    known.pop_first();
                }
                known.insert(beacon.size, root);
                root
            }
        };
        if root == beacon.root {
            Ok(())
        } else {
            Err(Rejection::ForeignBeacon { size: beacon.size, root: beacon.root })
        }
    }
}
