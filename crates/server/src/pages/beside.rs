//! What takes longer than a page may: worked out beside it, by one thread at a time, and kept for those who ask next. A page
//! waits a little and else says that it is being worked out; live.js asks again.
//!
//! Derived, in memory, and lost with the process. Not here: the census, which is kept up with the log (`census`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a page waits for what concerns a small log.
pub(super) const SMALL: Duration = Duration::from_secs(10);
/// How long it waits else.
pub(super) const LARGE: Duration = Duration::from_millis(25);

struct Desk<K, V> {
    /// The one asked for last stands last.
    kept: Vec<(K, Arc<V>)>,
    working: bool,
}

/// Values by what they depend on: the last few that were asked for.
pub(super) struct Beside<K, V> {
    most: usize,
    desk: Arc<(Mutex<Desk<K, V>>, Condvar)>,
}

fn lock<K, V>(desk: &Mutex<Desk<K, V>>) -> MutexGuard<'_, Desk<K, V>> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Desk<K, V>
where
    K: PartialEq,
{
    fn find(&mut self, key: &K) -> Option<Arc<V>> {
        let at = self.kept.iter().position(|(have, _)| have == key)?;
        let found = self.kept.remove(at);
        let value = found.1.clone();
        self.kept.push(found);
        Some(value)
    }
}

impl<K, V> Beside<K, V>
where
    K: PartialEq + Clone + Send + 'static,
    V: Send + Sync + 'static,
{
    /// Keeps at most `most` values.
    pub(super) fn new(most: usize) -> Self {
        let desk = Desk { kept: Vec::with_capacity(most), working: false };
        Self { most: most.max(1), desk: Arc::new((Mutex::new(desk), Condvar::new())) }
    }

    /// The value of a key: a kept one, or what `work` gives within `patience`. `None`: it is being worked out, or something
    /// else is and this comes after it, when it is asked for again.
    pub(super) fn get(
        &self,
        key: &K,
        patience: Duration,
        work: impl FnOnce() -> V + Send + 'static,
    ) -> Option<Arc<V>> {
        let (mutex, done) = &*self.desk;
        let mut desk = lock(mutex);
        if let Some(value) = desk.find(key) {
            return Some(value);
        }
        if desk.working {
            let waited = done.wait_timeout_while(desk, patience, |desk| desk.working);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
            if let Some(value) = desk.find(key) {
                return Some(value);
            }
            if desk.working {
                return None;
            }
        }
        desk.working = true;
        drop(desk);
        self.begin(key.clone(), work);
        let waited = done.wait_timeout_while(lock(mutex), patience, |desk| desk.working);
        waited.unwrap_or_else(PoisonError::into_inner).0.find(key)
    }

    /// The value that was asked for or worked out last, whatever it depends on.
    pub(super) fn last(&self) -> Option<Arc<V>> {
        lock(&self.desk.0).kept.last().map(|(_, value)| value.clone())
    }

    fn begin(&self, key: K, work: impl FnOnce() -> V + Send + 'static) {
        let (desk, most) = (self.desk.clone(), self.most);
        let job = move || {
            let value = catch_unwind(AssertUnwindSafe(work));
            let mut kept = lock(&desk.0);
            kept.working = false;
            match value {
                Ok(value) => {
                    if kept.kept.len() >= most {
                        kept.kept.remove(0);
                    }
                    kept.kept.push((key, Arc::new(value)));
                }
                Err(_) => tracing::error!("what a page asks for could not be worked out"),
            }
            desk.1.notify_all();
        };
        if let Err(e) = std::thread::Builder::new().name("beside pages".into()).spawn(job) {
            tracing::error!(error = %e, "no thread for what a page asks for");
            lock(&self.desk.0).working = false;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Worked out once, kept, forgotten in turn; slow or failing work harms nobody.
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use super::{Beside, SMALL};

    #[test]
    fn a_value_is_worked_out_once_and_the_oldest_is_forgotten() {
        let beside = Beside::<u64, u64>::new(2);
        let worked = Arc::new(AtomicU64::new(0));
        let get = |key: u64| {
            let worked = worked.clone();
            let value = beside.get(&key, SMALL, move || {
                worked.fetch_add(1, Ordering::SeqCst);
                key * 10
            });
            value.map(|v| *v)
        };
        assert_eq!([get(1), get(2), get(1), get(3), get(1)], [10, 20, 10, 30, 10].map(Some));
        assert_eq!(worked.load(Ordering::SeqCst), 3);
        assert_eq!(get(2), Some(20), "it was forgotten and comes again");
        assert_eq!(worked.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn who_is_not_patient_is_told_so_and_finds_it_later() {
        let beside = Beside::<u64, u64>::new(2);
        let (go, wait) = mpsc::channel::<()>();
        let slow = move || {
            let _ = wait.recv();
            7
        };
        assert!(beside.get(&1, Duration::from_millis(1), slow).is_none());
        assert!(beside.get(&2, Duration::from_millis(1), || 8).is_none(), "one at a time");
        assert!(beside.last().is_none());
        drop(go);
        assert_eq!(beside.get(&1, SMALL, || 0).map(|v| *v), Some(7));
        assert_eq!(beside.last().map(|v| *v), Some(7), "an older one serves who cannot wait");
        assert_eq!(beside.get(&2, SMALL, || 8).map(|v| *v), Some(8));
    }

    #[test]
    fn work_that_fails_leaves_the_place_free() {
        let beside = Beside::<u64, u64>::new(2);
        assert!(beside.get(&1, SMALL, || std::panic::resume_unwind(Box::new(()))).is_none());
        assert_eq!(beside.get(&1, SMALL, || 3).map(|v| *v), Some(3));
    }
}
