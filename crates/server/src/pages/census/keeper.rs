//! Who counts when. Pages ask for a moment and wait a little; a worker counts behind them, one thing after the other, and
//! what is done is kept: the present, and a few past moments and conditions.
//!
//! The worker holds the world for slices of less than a millisecond, is there only while something is to be counted, and
//! ends with the ledger.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use evidence::Time;
use ledger::Ledger;
use world::fleet::Filter;

use super::Census;
use super::follow::advance;

/// A census, perhaps shared with other pages.
pub(in super::super) type Shared = Arc<RwLock<Census>>;

/// How long a page waits for a count of a large fleet.
const WAIT: Duration = Duration::from_millis(25);
/// Devices up to which a page waits until its count is done.
const SMALL: usize = 5_000;
/// How long it waits then at most.
const WAIT_SMALL: Duration = Duration::from_secs(5);
/// Counts besides the present that are kept.
const MAX_KEPT: usize = 8;
/// Devices in them, all together; the last one is kept whatever its size.
const MAX_ROWS: usize = 400_000;
/// Counts that may wait for the worker.
const MAX_WAITING: usize = 16;
/// Seconds of log time for which the count of a condition about single devices serves the present.
const STILL_PRESENT: u64 = 60;

/// What is to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Job {
    /// Everything, as of the durable head.
    Present,
    /// Everything a condition holds for, at two moments; the empty condition holds for everything.
    Then { at: Time, known: u64, filter: String },
}

/// A count that is not done yet.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Counting {
    /// Devices looked at so far.
    pub(in super::super) looked: u64,
    /// Devices there are.
    pub(in super::super) of: u64,
}

#[derive(Default)]
struct Desk {
    present: Option<Shared>,
    /// The one asked for last at the end.
    kept: Vec<(Job, Shared)>,
    waiting: VecDeque<Job>,
    at_work: Option<Job>,
    running: bool,
}

#[derive(Default)]
struct Inner {
    desk: Mutex<Desk>,
    done: Condvar,
    looked: AtomicU64,
}

impl Inner {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps what was counted.
#[derive(Clone, Default)]
pub(in super::super) struct Keeper(Arc<Inner>);

impl Desk {
    fn kept(&mut self, job: &Job) -> Option<Shared> {
        let at = self.kept.iter().position(|(j, _)| j == job)?;
        let found = self.kept.remove(at);
        let shared = found.1.clone();
        self.kept.push(found);
        Some(shared)
    }

    /// The present, as far as it was counted.
    fn counted(&self) -> Option<(Shared, u64)> {
        let shared = self.present.clone()?;
        let known = read(&shared).known();
        Some((shared, known))
    }

    /// A count of a condition that may stand for the present.
    fn recent(&self, wanted: &str, now: Time) -> Option<Shared> {
        let mut newest = self.kept.iter().rev().filter_map(|(job, shared)| match job {
            Job::Then { at, filter, .. } if filter == wanted && now.since(*at) <= STILL_PRESENT => {
                Some((at, shared))
            }
            _ => None,
        });
        newest.next().map(|(_, shared)| shared.clone())
    }

    fn keep(&mut self, job: Job, shared: Shared) {
        self.kept.push((job, shared));
        let rows = |kept: &[(Job, Shared)]| kept.iter().map(|(_, s)| read(s).rows.len()).sum::<usize>();
        while self.kept.len() > MAX_KEPT || (self.kept.len() > 1 && rows(&self.kept) > MAX_ROWS) {
            self.kept.remove(0);
        }
    }
}

/// A census to read.
pub(in super::super) fn read(shared: &Shared) -> std::sync::RwLockReadGuard<'_, Census> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper {
    /// Begins to count the present, so that it is there when a page asks.
    pub(in super::super) fn begin(&self, ledger: &Arc<Ledger>) {
        self.ask(ledger, &mut self.0.desk(), Job::Present);
    }

    /// The fleet at the present of `head` entries, perhaps a little behind them if it cannot be brought up in time.
    pub(in super::super) fn present(&self, ledger: &Arc<Ledger>, head: u64) -> Result<Shared, Counting> {
        let mut desk = self.0.desk();
        let there = |desk: &Desk| desk.counted().filter(|(_, known)| *known >= head);
        if let Some((shared, _)) = there(&desk) {
            return Ok(shared);
        }
        self.ask(ledger, &mut desk, Job::Present);
        let desk = self.wait(ledger, desk, |desk| there(desk).is_some());
        desk.counted().map(|(shared, _)| shared).ok_or_else(|| self.counting(ledger))
    }

    /// The part of the fleet that a condition holds for, at two moments. With `now`, a count of a moment shortly before
    /// will do.
    pub(in super::super) fn then(
        &self,
        ledger: &Arc<Ledger>,
        at: Time,
        known: u64,
        filter: &str,
        now: bool,
    ) -> Result<Shared, Counting> {
        let job = Job::Then { at, known, filter: filter.to_owned() };
        let mut desk = self.0.desk();
        if let Some(shared) = desk.kept(&job) {
            return Ok(shared);
        }
        let at_it = |job: &Job| matches!(job, Job::Then { filter: f, .. } if f == filter);
        let asked = now && desk.at_work.iter().chain(&desk.waiting).any(at_it);
        if !asked {
            self.ask(ledger, &mut desk, job.clone());
        }
        let recent = |desk: &Desk| if now { desk.recent(filter, at) } else { None };
        let is = |desk: &Desk| desk.kept.iter().any(|(j, _)| *j == job);
        let mut desk = self.wait(ledger, desk, |desk| is(desk) || (asked && recent(desk).is_some()));
        let found = desk.kept(&job).or_else(|| recent(&desk));
        drop(desk);
        found.ok_or_else(|| self.counting(ledger))
    }

    fn counting(&self, ledger: &Ledger) -> Counting {
        let of = ledger.read().fleet().len() as u64;
        Counting { looked: self.0.looked.load(Ordering::Relaxed).min(of), of }
    }

    fn wait<'d>(
        &'d self,
        ledger: &Ledger,
        desk: MutexGuard<'d, Desk>,
        there: impl Fn(&Desk) -> bool,
    ) -> MutexGuard<'d, Desk> {
        let wait = if ledger.read().fleet().len() <= SMALL { WAIT_SMALL } else { WAIT };
        let waiting = |desk: &mut Desk| desk.running && !there(desk);
        let waited = self.0.done.wait_timeout_while(desk, wait, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn ask(&self, ledger: &Arc<Ledger>, desk: &mut Desk, job: Job) {
        if desk.waiting.contains(&job) {
            return;
        }
        if job == Job::Present {
            desk.waiting.push_front(job);
        } else {
            if desk.waiting.len() >= MAX_WAITING {
                desk.waiting.pop_back();
            }
            desk.waiting.push_back(job);
        }
        if !desk.running {
            let (inner, ledger) = (self.0.clone(), Arc::downgrade(ledger));
            let worker = std::thread::Builder::new().name("census".into());
            match worker.spawn(move || work(&inner, &ledger)) {
                Ok(_) => desk.running = true,
                Err(e) => tracing::error!(error = %e, "nobody can count the fleet"),
            }
        }
    }
}

/// Says that the worker is gone, however it went.
struct Leaves<'a> {
    inner: &'a Inner,
    /// It said so itself.
    said: bool,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if !self.said {
            let mut desk = self.inner.desk();
            (desk.running, desk.at_work) = (false, None);
        }
        self.inner.done.notify_all();
    }
}

fn work(inner: &Inner, ledger: &Weak<Ledger>) {
    let mut leaves = Leaves { inner, said: false };
    loop {
        let job = {
            let mut desk = inner.desk();
            desk.at_work = desk.waiting.pop_front();
            match desk.at_work.clone() {
                Some(job) => job,
                None => {
                    // Under the same lock under which work is asked for, so that none is left lying.
                    desk.running = false;
                    leaves.said = true;
                    break;
                }
            }
        };
        inner.looked.store(0, Ordering::Relaxed);
        let done = match &job {
            Job::Present => present(inner, ledger),
            Job::Then { at, known, filter } => then(inner, ledger, *at, *known, filter).map(|census| {
                inner.desk().keep(job, Arc::new(RwLock::new(census)));
            }),
        };
        inner.done.notify_all();
        if done.is_none() {
            break;
        }
    }
}

fn then(inner: &Inner, ledger: &Weak<Ledger>, at: Time, known: u64, filter: &str) -> Option<Census> {
    let filter = Filter::parse(filter).ok().filter(|_| !filter.is_empty());
    Census::count(ledger, at, known, filter.as_ref(), |n| inner.looked.store(n, Ordering::Relaxed))
}

fn present(inner: &Inner, ledger: &Weak<Ledger>) -> Option<()> {
    let (at, known) = {
        let ledger = ledger.upgrade()?;
        let known = ledger.tree().size();
        let at = ledger.read().clock().time_of(known.saturating_sub(1));
        (at, known)
    };
    let counted = inner.desk().present.clone();
    if counted.is_some_and(|shared| advance(ledger, &shared, at, known)) {
        return Some(());
    }
    let census = then(inner, ledger, at, known, "")?;
    inner.desk().present = Some(Arc::new(RwLock::new(census)));
    Some(())
}
