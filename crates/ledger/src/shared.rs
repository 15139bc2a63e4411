//! What the ledger's threads share: the world, the durable head, and how to wait for it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tlog::tile::Edge;
use world::World;

use crate::authorise::Authorise;
use crate::error::Rejection;
use crate::guard::Standing;
use crate::ports::{Blobs, Clock, Guard, Log, Vault};
use crate::receipt::{Receipt, Taken};
use crate::seal::Kept;
use crate::tree::TreeView;

/// What became of one entry of a submission.
pub type Outcome = Result<Receipt, Rejection>;
/// Takes what became of a submission, in the order of its entries.
pub type Reply = Box<dyn FnOnce(Vec<Result<Taken, Rejection>>) + Send>;
/// Called with the new size after each commit; must return at once.
pub(crate) type Hook = Box<dyn Fn(u64) + Send + Sync>;

/// The head that is durable.
#[derive(Clone)]
pub(crate) struct Durable {
    pub(crate) edge: Arc<Edge>,
    pub(crate) checkpoint: Arc<str>,
}

pub(crate) struct Shared {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) guard: Arc<dyn Guard>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) authorise: Arc<dyn Authorise>,
    world: RwLock<World>,
    durable: Mutex<Durable>,
    grown: Condvar,
    standing: Mutex<Standing>,
    hooks: RwLock<Vec<Hook>>,
    seals: Mutex<Kept>,
}

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "one place puts the ports together")]
    pub(crate) fn new(
        log: Arc<dyn Log>,
        blobs: Arc<dyn Blobs>,
        vault: Arc<dyn Vault>,
        guard: Arc<dyn Guard>,
        clock: Arc<dyn Clock>,
        authorise: Arc<dyn Authorise>,
        world: World,
        durable: Durable,
        standing: Standing,
    ) -> Self {
        Self {
            log,
            blobs,
            vault,
            guard,
            clock,
            authorise,
            world: RwLock::new(world),
            durable: Mutex::new(durable),
            grown: Condvar::new(),
            standing: Mutex::new(standing),
            hooks: RwLock::new(Vec::new()),
            seals: Mutex::new(Kept::default()),
        }
    }

    // A panic under one of these locks leaves whole values behind: each change is a single assignment, except in the
    // world, whose `apply` does not panic; if it ever did, the sequencer would be gone and nothing more be acknowledged.

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn durable(&self) -> Durable {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn tree(&self) -> TreeView {
        TreeView::new(self.durable().edge, self.log.clone())
    }

    /// Announces a new durable head.
    pub(crate) fn advance(&self, durable: Durable) {
        let size = durable.edge.size();
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = durable;
        self.grown.notify_all();
        for hook in self.hooks.read().unwrap_or_else(PoisonError::into_inner).iter() {
            hook(size);
        }
    }

    /// Waits until the durable size is beyond `size` or the time is over, and says the size.
    pub(crate) fn wait_beyond(&self, size: u64, timeout: Duration) -> u64 {
        let durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let (durable, _) = self
            .grown
            .wait_timeout_while(durable, timeout, |d| d.edge.size() <= size)
            .unwrap_or_else(PoisonError::into_inner);
        durable.edge.size()
    }

    /// The sealed trees that are kept.
    pub(crate) fn seals(&self) -> MutexGuard<'_, Kept> {
        self.seals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_hook(&self, hook: Hook) {
        self.hooks.write().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets where the log stands. Doubt stays until the log is opened again: a store that answers again does not end it.
    pub(crate) fn set_standing(&self, standing: Standing) {
        let mut current = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*current, Standing::ReadOnly(_)) {
            *current = standing;
        }
    }
}
