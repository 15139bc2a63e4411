//! The acts of the story, from the first entry to the last: four simulated months that end at the present.
//!
//! Not here: what the pumps do week by week (`field`), and what the maker does by commands (`maker`).

use std::sync::Arc;
use std::time::Duration;

use evidence::types::Beacon;
use evidence::{SourceKind, Time};
use ledger::ports::FixedClock;
use ledger::{Ledger, Options};
use serde_json::Value;
use tlog::policy::Policy;
use tlog::{Checkpoint, VerifierKey};

use super::cast::Actor;
use super::commands::{Commands, shown};
use super::company::Company;
use super::hosting::Hosting;
use super::security::Counts;
use super::witnesses::Witnesses;
use super::{Stage, must};
use crate::clock;
use crate::commands::log_init::{Making, make};
use crate::failure::Failure;
use crate::text::plural;

/// Seconds of a day and a week.
pub(super) const DAY: u64 = 86_400;
pub(super) const WEEK: u64 = 7 * DAY;
/// Weeks of the story.
pub(super) const WEEKS: u64 = 16;
/// How soon log time follows the clock of the story, and how often that is waited for before something is wrong.
const TICK: Duration = Duration::from_millis(10);
const TICKS: u32 = 1_000;
/// Entries of one submission.
const BATCH: usize = 500;

/// What the rest of the demo rests on.
pub(super) struct Told {
    pub(super) policy: Policy,
    pub(super) attested: u64,
}

/// The ledger while the story runs, and everyone in it.
pub(super) struct Play<'s, 'u> {
    pub(super) stage: &'s mut Stage<'u>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: Arc<FixedClock>,
    pub(super) start: Time,
    pub(super) witnesses: Witnesses,
    pub(super) administrator: Actor,
    pub(super) company: Company,
    pub(super) commands: Commands,
    pub(super) attested: u64,
    /// Devices affected when the advisory came.
    pub(super) first: Counts,
    hosting: Hosting,
}

/// Tells the story.
pub(super) fn tell(stage: &mut Stage<'_>) -> Result<Told, Failure> {
    let mut play = begin(stage)?;
    play.existing_product()?;
    let mut pumps = play.enrol()?;
    play.deploy(&pumps)?;
    play.months(&mut pumps)?;
    play.correction()?;
    play.inspect(&pumps)?;
    play.end()
}

/// Makes the log and enrols who acts.
fn begin<'s, 'u>(stage: &'s mut Stage<'u>) -> Result<Play<'s, 'u>, Failure> {
    stage.step("The log begins")?;
    let end = clock::now();
    let start = Time::from_seconds(end.seconds().saturating_sub((WEEKS + 1) * WEEK)).unwrap_or_default();
    let mut administrator = Actor::new(SourceKind::Person)?;
    let making = Making {
        origin: &stage.origin.clone(),
        administrator_name: "Administrator".into(),
        administrator_key: administrator.key.clone(),
        recovery_key: Actor::new(SourceKind::Person)?.key,
        guard: stage.guard.clone(),
        created: start,
    };
    let made = make(&stage.data, making)?;
    let clock = Arc::new(FixedClock::new(start.plus(60)));
    let ledger = Arc::new(stage.data.ledger(
        clock.clone(),
        // The story's clock jumps: log time follows at once.
        Options { idle_tick: TICK, ..Options::default() },
    )?);
    stage.tell(&format!("{} began at {start}, in {}.", stage.origin, stage.data.root().display()))?;
    let company = Company::found(&stage.beside, &ledger, &mut administrator, clock_now(&clock))?;
    stage.tell(
        "The administrator, whose SSH key signed each enrolment, enrolled an enrolment station, a build pipeline, and by \
         their roles a release engineer, a quality manager, a verification lead, a security engineer and field service.",
    )?;
    let hosting = Hosting::start(&stage.data, ledger.clone())?;
    let commands =
        Commands::new(stage.data.root(), &company.product, hosting.url.clone(), company.token.clone())?;
    stage.tell(&format!(
        "A server answers at {} while the story is told; what the maker does are commands against it.",
        hosting.url
    ))?;
    let key: &VerifierKey = &made.log_key;
    let witnesses = Witnesses::new(key)?;
    Ok(Play {
        stage,
        ledger,
        clock,
        start,
        witnesses,
        administrator,
        company,
        commands,
        attested: 0,
        first: Counts::default(),
        hosting,
    })
}

fn clock_now(clock: &FixedClock) -> Time {
    use ledger::ports::Clock;
    clock.now()
}

impl Play<'_, '_> {
    pub(super) fn now(&self) -> Time {
        clock_now(&self.clock)
    }

    /// Runs a command of the maker, shows it, and reads what it came to. It must end with this status.
    pub(super) fn command(&self, status: i32, arguments: &[&str]) -> Result<Value, Failure> {
        self.stage.check()?;
        self.stage.say(&self.stage.ui.dim(&shown(arguments)))?;
        self.or_stopped(self.commands.ends(status, self.now(), arguments))
    }

    /// Ctrl-C on a terminal ends the command too: then that is what is said, not what the command failed at.
    fn or_stopped(&self, ended: Result<Value, Failure>) -> Result<Value, Failure> {
        if ended.is_err() {
            self.stage.check()?;
        }
        ended
    }

    /// Runs a command that states something, signed by a role, through the server. The options that say so are not shown.
    pub(super) fn state(&self, role: &str, arguments: &[&str]) -> Result<Value, Failure> {
        self.stage.check()?;
        self.stage.say(&self.stage.ui.dim(&shown(arguments)))?;
        let (key, url) = (self.company.key(role), self.commands.url.clone());
        let signed = ["--key", &key, "--server", &url];
        self.or_stopped(self.commands.holds(self.now(), &[arguments, &signed].concat()))
    }

    /// Lets the story's time come, and waits until a durable checkpoint says so: what devices embed from then on is fresh.
    pub(super) fn advance(&self, to: Time) -> Result<(), Failure> {
        self.clock.set(to);
        for _ in 0..TICKS {
            let size = self.beacon()?.size;
            let reached =
                size.checked_sub(1).is_some_and(|last| self.ledger.read().clock().time_of(last) >= to);
            if reached {
                return Ok(());
            }
            std::thread::sleep(TICK);
        }
        must(false, "log time follows the clock")
    }

    /// The newest checkpoint, as devices embed it.
    pub(super) fn beacon(&self) -> Result<Beacon, Failure> {
        let key = {
            let world = self.ledger.read();
            VerifierKey::parse(world.journal().log_key())
        };
        let key = key.map_err(|e| Failure::damaged("reading the log's key", e))?;
        let (checkpoint, _) = Checkpoint::open(self.ledger.checkpoint().as_bytes(), &key)
            .map_err(|e| Failure::damaged("reading the newest checkpoint", e))?;
        Ok(Beacon { generation: 0, size: checkpoint.size, root: checkpoint.root })
    }

    /// Submits entries in batches; each must be taken.
    pub(super) fn submit(&mut self, entries: Vec<Arc<[u8]>>) -> Result<(), Failure> {
        let mut entries = entries;
        while !entries.is_empty() {
            self.stage.check()?;
            let rest = entries.split_off(entries.len().min(BATCH));
            for outcome in self.ledger.submit(entries) {
                outcome?;
            }
            entries = rest;
        }
        Ok(())
    }

    /// The present: a last seal, and both witnesses cosign the newest checkpoint.
    fn end(mut self) -> Result<Told, Failure> {
        self.stage.step("Two witnesses cosign")?;
        self.clock.set(clock::now());
        self.ledger.seal()?;
        let now = self.now();
        let size = self.witnesses.cosign(&self.ledger, now)?;
        must(size == self.ledger.read().size, "the newest checkpoint is cosigned")?;
        let keys = self.stage.data.keys()?;
        must(self.witnesses.refuse_a_fork(&keys.checkpoint)?, "both witnesses refuse a forked log")?;
        self.stage.tell(&format!(
            "Both cosigned the log at {}; each had checked that it extends what it cosigned before. Shown another \
             log of that size, signed by the log's own key, both refused.",
            plural(size, "entry", "entries")
        ))?;
        self.stage.figure("entries", size);
        // The server ends, and the ledger with it.
        self.hosting.end()?;
        Ok(Told { policy: self.witnesses.policy.clone(), attested: self.attested })
    }
}
