//! The follower: keeps catalogue, knowledge and present fleet up with the log on a thread of its own, and answers from
//! them. Its applied index says how far it is; nothing it does holds the world for longer than a few devices take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use evidence::Time;
use formats::matching::Verdict;
use ledger::Ledger;
use ledger::follow::Follower;
use world::fleet::{Stand, Subject};

use super::answer::{Answer, Question, releases, sites};
use super::ask;
use super::catalogue::Catalogue;
use super::error::PopulationError;
use super::findings::{Findings, word};
use super::knowledge::Knowledge;
use super::listing::concerned;
use super::outcome::{Exposure, Group, Outcome, Tally};
use super::present::{Present, Seen, Whole};
use super::survey::{Wanted, survey};
use super::timeline::{Timeline, samples};
use super::touch::Touched;

/// How long the thread waits for entries before it looks whether it should end.
const IDLE: Duration = Duration::from_millis(500);
/// Devices looked at while the world is held once.
const PIECE: usize = 128;
/// Devices that change place at once, while no answer is given.
const BATCH: usize = 8_192;
/// Findings kept at hand; then all are forgotten.
const FINDINGS: usize = 512;
/// Seconds of log time for which a timeline is kept.
const TIMELINE_KEPT: u64 = 3_600;
/// How long a question waits for entries that are durable but not applied yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the follower has made of the log.
#[derive(Default)]
struct Inner {
    catalogue: Catalogue,
    knowledge: Arc<Knowledge>,
    present: Present,
    at: Time,
    applied: u64,
    /// Every device stands where it does at `applied`: false while more than a batch of them changes place.
    exact: bool,
}

impl Inner {
    /// Whether a question is about the present that is kept.
    fn is_of(&self, question: &Question) -> bool {
        let at = question.at.is_none_or(|at| at == self.at);
        at && question.known.is_none_or(|known| known == self.applied) && self.exact
    }
}

/// Called after each step with the applied index.
type Hook = Box<dyn Fn(u64) + Send + Sync>;

/// Populations of a running ledger.
pub struct Populations {
    ledger: Arc<Ledger>,
    inner: RwLock<Inner>,
    findings: Mutex<(u64, BTreeMap<String, Arc<Findings>>)>,
    listing: Mutex<(u64, Arc<Vec<Arc<Findings>>>)>,
    timeline: Mutex<Option<(Arc<Knowledge>, Arc<Timeline>)>>,
    grown: (Mutex<u64>, Condvar),
    hooks: Mutex<Vec<Hook>>,
    stopping: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A list of all devices with some verdicts, as it was at one moment.
pub struct List {
    /// When it was so.
    pub at: Time,
    /// Entries known.
    pub size: u64,
    /// The devices.
    pub devices: Whole,
    /// Their classes: how they stand and what holds for them.
    pub classes: Vec<(Group, Outcome)>,
    /// Names of sites by their numbers.
    pub sites: BTreeMap<u32, String>,
    /// What the documents say.
    pub findings: Arc<Findings>,
    /// What is known.
    pub known: Arc<Knowledge>,
}

/// Every device with some verdicts at two moments, by identifier.
pub struct Every {
    /// When it was so.
    pub at: Time,
    /// What was known.
    pub known: Arc<Knowledge>,
    /// What the documents say.
    pub findings: Arc<Findings>,
    /// The devices with what holds for them.
    pub devices: Vec<(Subject, Outcome)>,
}

impl Populations {
    /// Starts to follow a ledger.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(ledger: Arc<Ledger>) -> std::io::Result<Arc<Self>> {
        let this = Arc::new(Self {
            ledger,
            inner: RwLock::default(),
            findings: Mutex::default(),
            listing: Mutex::default(),
            timeline: Mutex::default(),
            grown: (Mutex::new(0), Condvar::new()),
            hooks: Mutex::default(),
            stopping: AtomicBool::new(false),
            thread: Mutex::default(),
        });
        let worker = this.clone();
        let thread = std::thread::Builder::new().name("populations".into()).spawn(move || worker.run())?;
        *this.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(this)
    }

    /// Ends the thread. Answers are given on, as of where it stopped.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the follower of populations had failed");
        }
    }

    /// Number of entries that answers rest on.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.read().applied
    }

    /// Calls `hook` after each step with the number of entries applied.
    pub fn on_step(&self, hook: Hook) {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    /// Waits until more than `index` entries are applied, at most for `timeout`; says how many are.
    pub fn wait_beyond(&self, index: u64, timeout: Duration) -> u64 {
        let applied = self.grown.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.grown.1.wait_timeout_while(applied, timeout, |applied| *applied <= index);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a question: the present from what is kept, any past by looking at every device.
    ///
    /// # Errors
    /// Nothing known speaks of what is asked, or it is no package URL.
    pub fn ask(&self, question: &Question) -> Result<Answer, PopulationError> {
        let inner = self.up_to(question);
        if inner.is_of(question) {
            let findings = self.findings(&inner, question)?;
            return Ok(self.present(&inner, findings, question));
        }
        let (known, findings) = self.then(&inner, question)?;
        drop(inner);
        // The catalogue only grows, and the findings are made: the long walk needs no more of it than the end.
        // What is told of components is kept with the findings: the walk, which has no components, gets its own.
        let walked = Arc::new((*findings).clone());
        let mut answer = ask::answer(&*self.ledger, &Catalogue::default(), known, walked, question);
        answer.findings = findings;
        let inner = self.read();
        (answer.releases, answer.others) =
            releases(&inner.catalogue, &answer.known, &answer.findings, &answer.tally);
        Ok(answer)
    }

    /// Every device that an answer to the question would list, page after page; its place and length are not looked at.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn every(&self, question: &Question) -> Result<Every, PopulationError> {
        let inner = self.up_to(question);
        if inner.is_of(question) {
            let findings = self.findings(&inner, question)?;
            let outcomes = outcomes(&inner, &findings);
            let wanted: Vec<bool> = outcomes.iter().map(|o| question.list.contains(&o.verdict)).collect();
            let listed = inner.present.list(&wanted, None, usize::MAX).into_iter();
            let devices = listed.filter_map(|l| Some((l.subject.clone(), *outcomes.get(l.class)?))).collect();
            return Ok(Every { at: inner.at, known: inner.knowledge.clone(), findings, devices });
        }
        let (known, findings) = self.then(&inner, question)?;
        drop(inner);
        let at = question.at.or(known.time).unwrap_or(Time::EPOCH);
        let wanted = Wanted { verdicts: &question.list, after: None, limit: usize::MAX };
        let mut devices = Vec::new();
        survey(&*self.ledger, at, &findings, &known, &wanted, &mut |subject, _, outcome, _| {
            devices.push((subject.clone(), outcome));
        });
        Ok(Every { at, known, findings, devices })
    }

    /// What is kept, once it is up with what the question says was known.
    fn up_to(&self, question: &Question) -> RwLockReadGuard<'_, Inner> {
        if let Some(known) = question.known
            && self.applied() < known
        {
            self.wait_beyond(known.saturating_sub(1), PATIENCE);
        }
        self.read()
    }

    /// What was known at the moments of a question, and what it says.
    fn then(
        &self,
        inner: &Inner,
        question: &Question,
    ) -> Result<(Arc<Knowledge>, Arc<Findings>), PopulationError> {
        match question.known {
            Some(size) if size != inner.applied => {
                let known = Arc::new(Knowledge::of(&self.ledger.read(), size));
                let found = ask::findings(&inner.catalogue, &known, &**self.ledger.blobs(), question)?;
                Ok((known, Arc::new(found)))
            }
            _ => Ok((inner.knowledge.clone(), self.findings(inner, question)?)),
        }
    }

    fn present(&self, inner: &Inner, findings: Arc<Findings>, question: &Question) -> Answer {
        let known = inner.knowledge.clone();
        let outcomes: Vec<Outcome> = outcomes(inner, &findings);
        let tally = Tally::with(inner.present.groups().zip(outcomes.iter().copied()));
        let wanted: Vec<bool> = outcomes.iter().map(|o| question.list.contains(&o.verdict)).collect();
        let limit = question.limit.saturating_add(1);
        let listed = inner.present.list(&wanted, question.after.as_ref(), limit);
        let listed = listed.into_iter().filter_map(|l| Some((l.subject.clone(), *outcomes.get(l.class)?)));
        let (devices, next) =
            ask::page(&*self.ledger, inner.at, inner.applied, listed.collect(), question.limit);
        let (releases, others) = releases(&inner.catalogue, &known, &findings, &tally);
        let names = sites(&self.ledger.read(), &tally);
        let list = question.list.clone();
        Answer { at: inner.at, known, findings, tally, sites: names, releases, others, list, devices, next }
    }

    /// Every device with some verdicts, now.
    ///
    /// # Errors
    /// Nothing known speaks of what is asked, or it is no package URL.
    pub fn list(&self, asked: &str, verdicts: &[Verdict]) -> Result<List, PopulationError> {
        let inner = self.read();
        let findings = self.findings(&inner, &Question::now(asked))?;
        let outcomes = outcomes(&inner, &findings);
        let wanted: Vec<bool> = outcomes.iter().map(|o| verdicts.contains(&o.verdict)).collect();
        let devices = inner.present.whole(&wanted);
        let classes: Vec<(Group, Outcome)> = inner.present.groups().cloned().zip(outcomes).collect();
        let world = self.ledger.read();
        let numbers: BTreeSet<u32> =
            classes.iter().flat_map(|(g, _)| g.sites.keys().copied().flatten()).collect();
        let name = |site: u32| (site, world.fleet().text_of(site).unwrap_or_default().to_owned());
        let sites = numbers.into_iter().map(name).collect();
        let known = inner.knowledge.clone();
        Ok(List { at: inner.at, size: inner.applied, devices, classes, sites, findings, known })
    }

    /// Findings by what is known now; kept until something else is known.
    fn findings(&self, inner: &Inner, question: &Question) -> Result<Arc<Findings>, PopulationError> {
        let since = inner.knowledge.since;
        {
            let kept = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = kept.1.get(&question.asked).filter(|_| kept.0 == since) {
                return Ok(found.clone());
            }
        }
        let found = ask::findings(&inner.catalogue, &inner.knowledge, &**self.ledger.blobs(), question)?;
        let found = Arc::new(found);
        let mut kept = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != since || kept.1.len() >= FINDINGS {
            *kept = (since, BTreeMap::new());
        }
        kept.1.insert(question.asked.clone(), found.clone());
        Ok(found)
    }

    /// Every vulnerability that concerns a release, by what is known now; kept until something else is known.
    #[must_use]
    pub fn concerned(&self) -> (Arc<Knowledge>, Arc<Vec<Arc<Findings>>>) {
        let inner = self.read();
        let known = inner.knowledge.clone();
        let mut kept = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != known.since {
            let found = concerned(&inner.catalogue, &known, &**self.ledger.blobs());
            *kept = (known.since, Arc::new(found.into_iter().map(Arc::new).collect()));
        }
        (known, kept.1.clone())
    }

    /// Counts for some findings, now, and when that is.
    #[must_use]
    pub fn tallies(&self, findings: &[Arc<Findings>]) -> (Time, u64, Vec<Tally>) {
        let inner = self.read();
        let count = |f: &Arc<Findings>| Tally::of(f, &inner.knowledge, inner.present.groups());
        (inner.at, inner.applied, findings.iter().map(count).collect())
    }

    /// How many devices any of some vulnerabilities concerns, now, and as of how many entries.
    #[must_use]
    pub fn exposure(&self, findings: &[Arc<Findings>]) -> (u64, Exposure) {
        let inner = self.read();
        (inner.applied, Exposure::of(findings, &inner.knowledge, inner.present.groups()))
    }

    /// Number of devices, and of subjects that are none at present.
    #[must_use]
    pub fn devices(&self) -> usize {
        self.read().present.len()
    }

    /// Lends what was read of documents.
    pub(super) fn with_catalogue<T>(&self, question: impl FnOnce(&Catalogue) -> T) -> T {
        question(&self.read().catalogue)
    }

    /// The fleet over time as known now. It is kept for an hour of log time: a trend that is a little old says so itself.
    #[must_use]
    pub fn timeline(&self, from: Time) -> (Arc<Knowledge>, Arc<Timeline>) {
        let known = self.read().knowledge.clone();
        let until = known.time.unwrap_or(Time::EPOCH);
        let mut kept = self.timeline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, timeline)) = &*kept
            && until.since(known.time.unwrap_or(Time::EPOCH)) < TIMELINE_KEPT
            && known.releases.len() == self.read().knowledge.releases.len()
        {
            return (known.clone(), timeline.clone());
        }
        let timeline = Arc::new(Timeline::of(&*self.ledger, &known, samples(from, until)));
        *kept = Some((known.clone(), timeline.clone()));
        (known, timeline)
    }

    /// The ledger that is followed.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    fn stopped(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn run(&self) {
        let size = self.ledger.read().size;
        let every = Touched::everything();
        self.step(size, &every);
        tracing::info!(
            applied = size,
            devices = self.read().present.len(),
            "populations are up with the log"
        );
        let mut follower = Follower::new(self.ledger.clone(), size);
        while !self.stopped() {
            match follower.next(IDLE) {
                Ok(entries) if entries.is_empty() => {}
                Ok(entries) => {
                    let mut touched = Touched::default();
                    for (_, entry) in &entries {
                        touched.by(entry, &self.ledger);
                    }
                    self.step(follower.applied(), &touched);
                }
                Err(e) => {
                    tracing::error!(error = %e, "populations cannot follow the log; trying again");
                    std::thread::sleep(IDLE);
                }
            }
        }
    }

    /// Takes in what the entries up to `size` touched.
    fn step(&self, size: u64, touched: &Touched) {
        let at = {
            let world = self.ledger.read();
            size.checked_sub(1).map_or(Time::EPOCH, |last| world.clock().time_of(last))
        };
        if touched.documents {
            self.load(size);
        }
        let knowledge = touched.knowledge.then(|| Arc::new(Knowledge::of(&self.ledger.read(), size)));
        let mut subjects: BTreeSet<Subject> = touched.subjects.clone();
        if touched.releases {
            self.resolve(at, size, &mut subjects);
        }
        let (mut all, mut after) = (touched.all, None);
        loop {
            let mut seen = Vec::new();
            if all {
                after = self.look_at_all(at, size, after, &mut seen);
                all = after.is_some();
            } else {
                self.look_at(at, size, &mut subjects, &mut seen);
            }
            let last = !all && subjects.is_empty();
            let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
            seen.into_iter().for_each(|seen| inner.present.put(seen));
            // Whose turn has come is looked at last: its next turn lies beyond this moment.
            if last {
                subjects.extend(inner.present.due(at, BATCH));
            }
            let done = last && subjects.is_empty();
            inner.exact = done;
            if done {
                inner.present.settle();
                (inner.at, inner.applied) = (at, size);
                match knowledge {
                    Some(knowledge) => inner.knowledge = knowledge,
                    // Whoever holds an answer keeps what it was made from.
                    None => {
                        let known = Arc::make_mut(&mut inner.knowledge);
                        (known.size, known.time) = (size, Some(at));
                    }
                }
                drop(inner);
                self.tell(size);
                return;
            }
            drop(inner);
            if self.stopped() {
                return;
            }
        }
    }

    fn load(&self, size: u64) {
        let news = self.read().catalogue.news(&self.ledger.read(), size);
        for doc in news {
            let loaded = doc.read(&**self.ledger.blobs());
            self.inner.write().unwrap_or_else(PoisonError::into_inner).catalogue.add(loaded);
            if self.stopped() {
                return;
            }
        }
        self.inner.write().unwrap_or_else(PoisonError::into_inner).catalogue.complete(size);
    }

    /// Works out anew what each class of devices runs. The world is never held while the inner state is waited for.
    fn resolve(&self, at: Time, size: u64, subjects: &mut BTreeSet<Subject>) {
        let stands: Vec<Stand> = self.read().present.groups().map(|group| group.stand.clone()).collect();
        let mut found = Vec::with_capacity(stands.len());
        for piece in stands.chunks(PIECE) {
            let world = self.ledger.read();
            let view = world.fleet_at(at, size);
            found.extend(piece.iter().map(|stand| (view.runs(stand), view.unmatched(stand))));
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.exact = false;
        subjects.extend(inner.present.resolve(found));
    }

    /// Looks at a batch of devices and takes them off.
    fn look_at(&self, at: Time, size: u64, subjects: &mut BTreeSet<Subject>, seen: &mut Vec<Seen>) {
        while !subjects.is_empty() && seen.len() < BATCH {
            let world = self.ledger.read();
            let view = world.fleet_at(at, size);
            for _ in 0..PIECE {
                let Some(subject) = subjects.pop_first() else { break };
                seen.push(Seen::of(&view, subject));
            }
        }
    }

    fn look_at_all(
        &self,
        at: Time,
        size: u64,
        mut after: Option<Subject>,
        seen: &mut Vec<Seen>,
    ) -> Option<Subject> {
        while seen.len() < BATCH && !self.stopped() {
            let world = self.ledger.read();
            let view = world.fleet_at(at, size);
            let piece = view.subjects(after.as_ref(), PIECE);
            let last = piece.len() < PIECE;
            after = piece.last().cloned().or(after);
            seen.extend(piece.into_iter().map(|subject| Seen::of(&view, subject)));
            if last {
                return None;
            }
        }
        after
    }

    fn tell(&self, applied: u64) {
        *self.grown.0.lock().unwrap_or_else(PoisonError::into_inner) = applied;
        self.grown.1.notify_all();
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|hook| hook(applied));
    }
}

impl List {
    /// The word for a verdict.
    #[must_use]
    pub fn word(&self, verdict: Verdict) -> &'static str {
        word(self.findings.about, verdict)
    }
}

fn outcomes(inner: &Inner, findings: &Findings) -> Vec<Outcome> {
    let groups = inner.present.groups();
    groups.map(|group| Outcome::of(findings, &inner.knowledge, &group.stand, &group.runs)).collect()
}
