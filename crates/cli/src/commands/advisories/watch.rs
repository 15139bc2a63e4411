//! `vouchsafe advisories watch`: addresses asked again and again, until it is stopped. A process of its own, because it signs:
//! the server holds the key of nobody (docs/trust.md).

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use clap::Args;

use super::super::Context;
use super::add::{check_feed, say_missed};
use super::fetch::{Fetching, MAX_BYTES, Missed};
use super::report::Outcome;
use super::schedule::{Feed, feeds, keep, remember, seconds};
use crate::author::AuthorArgs;
use crate::clock;
use crate::failure::{Failure, Kind, Verdict};

/// Seconds between rounds unless it is said.
pub(super) const EVERY: u64 = 6 * 3_600;

/// Take in addresses again and again
///
/// Asks the feeds that `--url` names, else those of `[[feed]]` in the configuration, each at its interval; one that fails is tried
/// again after a minute, then two, and so on. What did not change is not fetched again (ETag, Last-Modified). The log says of each
/// feed whether it answered, so that one that falls silent becomes a finding. Stop it with Ctrl-C or by ending the process; run it
/// as a service beside `vouchsafe serve` with `--server`.
#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// Addresses: NAME=URL, or a URL [default: the feeds of the configuration]
    #[arg(long, num_args = 1.., value_name = "[NAME=]URL")]
    url: Vec<String>,
    /// Time between rounds: 90s, 30m, 6h, 1d
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = seconds)]
    every: u64,
    /// Rounds after which to end [default: never]
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    /// File in which to remember what was fetched last, so that a restart fetches only what changed
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Certificates of the authorities to trust, in PEM form, instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Most bytes of an answer
    #[arg(long, value_name = "N", default_value_t = MAX_BYTES)]
    max_bytes: u64,
    #[command(flatten)]
    author: AuthorArgs,
}

impl WatchArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let configured = if self.url.is_empty() { context.data.config()?.feed } else { Vec::new() };
        let mut feeds = feeds(&self.url, self.every, &configured)?;
        if let Some(state) = &self.state {
            remember(state, &mut feeds)?;
        }
        let how = Fetching::new(self.ca.as_deref(), self.max_bytes)?;
        let (stop, stopped) = sync_channel(1);
        let stopping = how.stop();
        let handler = ctrlc::set_handler(move || {
            stopping.store(true, Ordering::Relaxed);
            // A second signal finds the first one waiting.
            let _ = stop.try_send(());
        });
        handler.map_err(|e| Failure::environment("waiting for signals", e))?;
        let mut all_well = true;
        loop {
            for feed in &mut feeds {
                if feed.wait(clock::now().seconds()) > 0 && self.rounds.is_none() {
                    continue;
                }
                if how.stop().load(Ordering::Relaxed) {
                    return Ok(Verdict::Holds);
                }
                match self.ask(context, feed, &how) {
                    Ok(outcome) => {
                        all_well &= outcome.refused.is_empty();
                        outcome.tell(context)?;
                    }
                    Err(failure) if failure.kind == Kind::Environment => {
                        all_well = false;
                        context.ui.failed(&failure);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            if let Some(state) = &self.state {
                keep(state, &feeds)?;
            }
            if self.rounds.is_some_and(|rounds| feeds.iter().all(|f| f.asked >= rounds)) {
                return Ok(if all_well { Verdict::Holds } else { Verdict::DoesNotHold });
            }
            let now = clock::now().seconds();
            let wait = feeds.iter().map(|f| f.wait(now)).min().unwrap_or(self.every);
            match stopped.recv_timeout(Duration::from_secs(wait)) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return Ok(Verdict::Holds),
            }
        }
    }

    /// Asks a feed and says in the log what came of it. The directory is not held between rounds: others write as well.
    fn ask(&self, context: &Context, feed: &mut Feed, how: &Fetching) -> Result<Outcome, Failure> {
        let opened = self.author.open(context).map_err(Missed::from);
        let asked = opened.and_then(|mut session| {
            let asked = check_feed(context, &mut session, &feed.name, &feed.url, &mut feed.held, how);
            let now = clock::now().seconds();
            if asked.is_err() && feed.to_say(now) && !how.stop().load(Ordering::Relaxed) {
                say_missed(&mut session, &feed.name)?;
                feed.told(now);
            }
            asked
        });
        let now = clock::now().seconds();
        match asked {
            Ok(outcome) => {
                feed.answered(now);
                Ok(outcome)
            }
            Err(Missed { failure, after }) => {
                feed.missed(now, after);
                Err(failure)
            }
        }
    }
}
