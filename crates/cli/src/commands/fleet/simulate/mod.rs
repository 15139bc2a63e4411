//! `vouchsafe fleet simulate`: a simulated fleet reports to a running server.
//!
//! The devices are `sim`'s: real device code. Here: what the log is asked, HTTP (`post`), and the report.

mod compare;
mod log;
mod post;
mod report;

use std::thread::sleep;
use std::time::Duration;

use clap::{Args, ValueEnum};
use evidence::Fact;
use indicatif::ProgressBar;
use sim::{Faults, Fleet, Plan, Silicon};

use super::super::Context;
use super::place::encoded;
use crate::author::AuthorArgs;
use crate::clock::{self, Stopwatch};
use crate::failure::{Failure, Verdict};
use crate::session::Session;
use crate::text;
use post::{Figures, Post};
use report::Report;

/// Facts that a session holds at once.
const FACTS: usize = 5_000;
/// Rounds after which something that still waits will never be answered.
const DRAINS: u32 = 200;
/// Time in which log time moves on, so that what is said last is said after everything else.
const TICK: Duration = Duration::from_millis(2_500);
/// Most connections.
const MAX_CONNECTIONS: u16 = 512;

/// How much goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Amount {
    /// Nothing
    None,
    /// As in a fleet that is looked after
    #[default]
    Few,
    /// Far more than any fleet has
    Many,
}

/// Where the devices' secrets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// A simulated noisy SRAM, enrolled by the real sketch; keys are derived again at each start
    #[default]
    Sram,
    /// A file, as it were: faster
    File,
}

/// Let a simulated fleet report to a running server
///
/// Enrols new devices as a station and lets them run real device code over simulated silicon, flash, clocks and links: they
/// restart, lose power in the middle of writes, are updated and rolled back; gateways repeat, mix and keep what they relay;
/// stores are set back, devices copied, firmware modified; bits flip and strangers sign. At the end every device attests once
/// more, and what the server says of each is compared with what is true. Exit status 1 says that it was not, of a device that
/// says what it measures. The same seed makes the same devices; what they say depends on the log they talk to.
///
/// Takes the role `station`, and a token with the scope `read`. Refuses a log that may be real: one whose origin is neither
/// `simulated.…` nor below `.example`, `.test`, `.invalid` or `localhost`.
#[derive(Args, Debug)]
pub(crate) struct SimulateArgs {
    /// Devices
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=sim::plan::MAX_DEVICES))]
    devices: u64,
    /// Sites, each with a gateway
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sites: u32,
    /// Rounds, in each of which every device attests once
    #[arg(long, value_name = "N", default_value_t = 10)]
    rounds: u64,
    /// Seconds between rounds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pause: u64,
    /// Everything comes from it; one that was used on this log makes devices that are enrolled already [default: another one
    /// each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How much goes wrong
    #[arg(long, value_enum, default_value_t)]
    faults: Amount,
    /// How often one thing goes wrong, in thousandths; give it once for each: link-loss, duplicate, reorder, hold, reboot,
    /// power-loss, short-off, update, rollback, clock-step, set-back, replay, corrupt, forge, copy, modify, lie
    #[arg(long, value_name = "NAME=PERMILLE")]
    fault: Vec<String>,
    /// Item whose releases the devices run, oldest first [default: that of the log's newest release; without one, firmware that
    /// nobody released]
    #[arg(long, value_name = "ITEM", conflicts_with = "unreleased")]
    releases: Option<String>,
    /// Run firmware that nobody released
    #[arg(long)]
    unreleased: bool,
    /// Model of the devices
    #[arg(long, value_name = "TEXT", default_value = "IP-2W")]
    model: String,
    /// Where the devices' secrets come from
    #[arg(long, value_enum, default_value_t)]
    silicon: Secrets,
    /// State also at which site each device is; takes the role `field` besides
    #[arg(long)]
    place: bool,
    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_CONNECTIONS)))]
    connections: u16,
    /// Most pieces of evidence in one request
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=999))]
    batch: u16,
    /// Put simulated devices into a log that may be real, from which nothing can be removed again
    #[arg(long)]
    into_a_real_log: bool,
    #[command(flatten)]
    author: AuthorArgs,
}

/// A simulation under way.
struct Running<'a> {
    fleet: Fleet,
    post: Post,
    figures: Figures,
    context: &'a Context,
}

/// One of the ways in which a round goes.
type Step = fn(&mut Fleet, evidence::Time, &[u8]) -> Result<Vec<sim::Batch>, sim::Error>;

impl SimulateArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = "simulating a fleet";
        let mut session = self.author.open(context)?;
        let Some(remote) = session.remote() else {
            return Err(Failure::input(doing, "there is no server to report to")
                .hint("start one with `vouchsafe serve` and give its address: --server URL"));
        };
        let genesis = log::genesis(&session)?;
        if !log::is_for_play(&genesis.origin) && !self.into_a_real_log {
            let origin = text::printable(&genesis.origin, 200);
            return Err(Failure::input(doing, format!("{origin} may be the log of real devices")).hint(
                "make a log with `vouchsafe log init --simulated`; a log keeps what it took for ever",
            ));
        }
        let mut plan = self.plan()?;
        if !self.unreleased && !log::releases(remote, self.releases.as_deref(), &mut plan)? {
            context.ui.note(
                "The log has no release that says what devices measure: they run firmware nobody released.",
            );
        }
        let post = Post::new(remote.base(), usize::from(self.connections));
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let bar = context.ui.progress("Making devices", self.devices);
        let fleet = Fleet::new(plan, log::anchor(&genesis), threads, |n| bar.inc(n)).map_err(failed)?;
        bar.finish_and_clear();
        // Enrolled twice, they would all be set aside, each by an entry.
        let first = fleet.truths().first().map(|truth| truth.device.to_string()).unwrap_or_default();
        if remote.get(&format!("/api/v1/devices/{}", encoded(&first))).is_ok() {
            let problem =
                format!("seed {} was used on this log: its devices are enrolled", fleet.plan().seed);
            return Err(Failure::input(doing, problem).hint("give another seed, or none"));
        }
        let mut running = Running { fleet, post, figures: Figures::default(), context };
        running.enrol(&mut session, self.place)?;
        let watch = Stopwatch::start();
        running.rounds(self.rounds, self.pause)?;
        let seconds = watch.elapsed().as_secs_f64();
        let Some(remote) = session.remote() else { return Err(Failure::input(doing, "there is no server")) };
        let compared = compare::compare(remote, &running.fleet)?;
        let verdict = if compare::holds(&compared) { Verdict::Holds } else { Verdict::DoesNotHold };
        let Running { fleet, figures, .. } = running;
        Report { fleet: &fleet, rounds: self.rounds, figures, compared, seconds }.print(context)?;
        Ok(verdict)
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let doing = "reading the options";
        let seed = self.seed.map_or_else(clock::random_number, Ok)?;
        let sites = usize::try_from(u64::from(self.sites).min(self.devices)).unwrap_or(1);
        let mut faults = match self.faults {
            Amount::None => Faults::NONE,
            Amount::Few => Faults::FEW,
            Amount::Many => Faults::MANY,
        };
        for one in &self.fault {
            let said = one.split_once('=').and_then(|(name, n)| Some((name, n.parse().ok()?)));
            if !said.is_some_and(|(name, permille)| faults.set(name, permille)) {
                let problem =
                    format!("`{}` is no fault with 0 to 1000 thousandths", text::printable(one, 100));
                return Err(Failure::input(doing, problem).hint(Faults::NAMES.join(", ")));
            }
        }
        Ok(Plan {
            faults,
            silicon: match self.silicon {
                Secrets::Sram => Silicon::Sram,
                Secrets::File => Silicon::File,
            },
            model: self.model.clone(),
            batch: self.batch.into(),
            ..Plan::new(seed, self.devices, sites)
        })
    }
}

fn failed(error: sim::Error) -> Failure {
    match error {
        sim::Error::Plan(_) => Failure::input("simulating a fleet", error),
        _ => Failure::environment("simulating a fleet", error),
    }
}

fn state(
    session: &mut Session,
    facts: impl IntoIterator<Item = impl Into<Fact>>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let mut facts = facts.into_iter().map(Into::into).peekable();
    while facts.peek().is_some() {
        session.say_all(facts.by_ref().take(FACTS).collect(), |n| bar.inc(n))?;
    }
    Ok(())
}

impl Running<'_> {
    fn enrol(&mut self, session: &mut Session, place: bool) -> Result<(), Failure> {
        let ui = &self.context.ui;
        let bar = ui.progress("Enrolling devices", self.fleet.plan().devices);
        state(session, self.fleet.enrolments(), &bar)?;
        bar.finish_and_clear();
        if place {
            let bar = ui.progress("Stating where they are", self.fleet.plan().devices);
            state(session, self.fleet.placements(), &bar)?;
            bar.finish_and_clear();
        }
        Ok(())
    }

    fn rounds(&mut self, rounds: u64, pause: u64) -> Result<(), Failure> {
        let bar = self.context.ui.progress("Evidence", rounds * self.fleet.plan().devices);
        for n in 0..rounds {
            if n > 0 {
                sleep(Duration::from_secs(pause));
            }
            self.step(Fleet::round, &bar)?;
        }
        self.drain(&bar)?;
        // What every device says last is said in another second of log time than what it said before.
        sleep(TICK);
        self.step(Fleet::calm, &bar)?;
        self.drain(&bar)?;
        bar.finish_and_clear();
        Ok(())
    }

    fn step(&mut self, how: Step, bar: &ProgressBar) -> Result<(), Failure> {
        let freshness = self.post.freshness()?;
        let batches = how(&mut self.fleet, clock::now(), &freshness).map_err(failed)?;
        for (batch, answers) in self.post.send(batches, &mut self.figures, bar)? {
            self.fleet.answered(&batch, &answers);
        }
        Ok(())
    }

    fn drain(&mut self, bar: &ProgressBar) -> Result<(), Failure> {
        for _ in 0..DRAINS {
            if self.fleet.is_idle() {
                return Ok(());
            }
            self.step(Fleet::drain, bar)?;
        }
        let tally: Vec<String> = self
            .fleet
            .tally()
            .iter()
            .map(|((kind, word), n)| format!("{} {word}: {n}", kind.word()))
            .collect();
        Err(Failure::environment("delivering what devices stored", "some of it is never answered for good")
            .hint(format!("answers so far: {}", tally.join(", "))))
    }
}
