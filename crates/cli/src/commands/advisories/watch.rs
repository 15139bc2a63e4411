//! `vouchsafe advisories watch`: addresses asked again and again, until it is stopped.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use clap::Args;

use super::super::Context;
use super::add::check_feed;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Kind, Verdict};

/// Shortest time between two rounds, in seconds: publishers ask for less, not more.
const LEAST: u64 = 60;

/// Take in addresses again and again
///
/// Each round states for each feed whether it answered, so that one that falls silent becomes a finding. Stop it with Ctrl-C or
/// by ending the process; run it as a service beside `vouchsafe serve` with `--server`.
#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// Addresses: NAME=URL, or a URL
    #[arg(long, required = true, num_args = 1.., value_name = "[NAME=]URL")]
    url: Vec<String>,
    /// Time between rounds: 90s, 30m, 6h, 1d
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = seconds)]
    every: u64,
    /// Rounds after which to end [default: never]
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Seconds of a time such as `6h`.
fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || "a number and s, m, h or d, such as 6h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
    if seconds < LEAST { Err(format!("at least {LEAST} s")) } else { Ok(seconds) }
}

/// The name of a feed and its address.
fn named(text: &str) -> (&str, &str) {
    match text.split_once('=') {
        // An address may hold the sign as well, behind its scheme.
        Some((name, url)) if !name.contains("://") => (name, url),
        _ => (text, text),
    }
}

impl WatchArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (stop, stopped) = sync_channel(1);
        let handler = ctrlc::set_handler(move || {
            // A second signal finds the first one waiting.
            let _ = stop.try_send(());
        });
        handler.map_err(|e| Failure::environment("waiting for signals", e))?;
        let mut all_well = true;
        let mut round = 0;
        loop {
            round += 1;
            for url in &self.url {
                let (feed, url) = named(url);
                // The directory is not held between rounds: others write as well.
                let checked =
                    self.author.open(context).and_then(|mut s| check_feed(context, &mut s, feed, url));
                match checked {
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
            if self.rounds.is_some_and(|rounds| round >= rounds) {
                return Ok(if all_well { Verdict::Holds } else { Verdict::DoesNotHold });
            }
            match stopped.recv_timeout(Duration::from_secs(self.every)) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return Ok(Verdict::Holds),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{named, seconds};

    #[test]
    fn times_and_names_are_read() {
        assert_eq!((seconds("90s"), seconds("6h"), seconds("1d")), (Ok(90), Ok(21_600), Ok(86_400)));
        for wrong in ["", "6", "h", "10s", "6w", "99999999999999999999d", "é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(named("osv=https://a/b?c=d"), ("osv", "https://a/b?c=d"));
        assert_eq!(named("https://a/b?c=d"), ("https://a/b?c=d", "https://a/b?c=d"));
    }
}
