//! When which feed is asked: each at its own interval, sooner again after it failed; and what is remembered of them, across
//! restarts where a file is named.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fetch::Held;
use crate::config::FeedConfig;
use crate::failure::Failure;

/// Shortest time between two rounds, in seconds: publishers ask for less, not more.
const LEAST: u64 = 60;
/// Longest time that an address may put us off, in seconds.
const MOST: u64 = 86_400;
/// Most bytes of a state file.
const MAX_STATE: u64 = 4 << 20;

/// Seconds of a time such as `6h`.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
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

/// A feed with its place in time; times in seconds since 1970.
pub(super) struct Feed {
    pub(super) name: String,
    pub(super) url: String,
    every: u64,
    /// When it is asked next.
    due: u64,
    /// Failures since it last answered.
    misses: u32,
    /// When it was last said that it did not answer, since it last answered.
    said: Option<u64>,
    /// How often it was asked.
    pub(super) asked: u64,
    pub(super) held: Held,
}

impl Feed {
    fn new(name: &str, url: &str, every: u64) -> Self {
        let (name, url) = (name.to_owned(), url.to_owned());
        Self { name, url, every, due: 0, misses: 0, said: None, asked: 0, held: Held::default() }
    }

    /// It answered.
    pub(super) fn answered(&mut self, now: u64) {
        (self.asked, self.misses, self.said) = (self.asked + 1, 0, None);
        self.due = now.saturating_add(self.every);
    }

    /// It did not, and may have said when to come back. The wait doubles from a minute up to its interval.
    pub(super) fn missed(&mut self, now: u64, after: Option<u64>) {
        self.asked += 1;
        let wait = LEAST.saturating_mul(1 << self.misses.min(20)).min(self.every);
        self.misses = self.misses.saturating_add(1);
        self.due = now.saturating_add(wait.max(after.unwrap_or(0).min(MOST)));
    }

    /// Whether the log is told now that it does not answer: once an interval, however often it is tried.
    pub(super) fn to_say(&self, now: u64) -> bool {
        self.said.is_none_or(|said| now.saturating_sub(said) >= self.every)
    }

    /// The log was told.
    pub(super) fn told(&mut self, now: u64) {
        self.said = Some(now);
    }

    /// Seconds until it is asked; a clock that was set back does not put it off beyond its interval.
    pub(super) fn wait(&self, now: u64) -> u64 {
        self.due.saturating_sub(now).min(self.every.max(MOST))
    }
}

/// The feeds of the command line, else those of the configuration.
pub(super) fn feeds(urls: &[String], every: u64, configured: &[FeedConfig]) -> Result<Vec<Feed>, Failure> {
    let doing = "reading the feeds";
    let feeds: Vec<Feed> = if urls.is_empty() {
        let one = |feed: &FeedConfig| {
            let every = feed.every.as_deref().map(seconds).transpose();
            let every = every.map_err(|e| Failure::input(format!("{doing}: `every` of {}", feed.name), e))?;
            Ok(Feed::new(&feed.name, &feed.url, every.unwrap_or(super::watch::EVERY)))
        };
        configured.iter().map(one).collect::<Result<_, Failure>>()?
    } else {
        urls.iter().map(|text| named(text)).map(|(name, url)| Feed::new(name, url, every)).collect()
    };
    if feeds.is_empty() {
        return Err(Failure::input(doing, "there is none").hint(
            "give `--url [NAME=]URL`, or write `[[feed]]` into the configuration (docs/configuration.md)",
        ));
    }
    let mut names: Vec<&str> = feeds.iter().map(|f| f.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two.first() == two.last()) {
        Some(two) => Err(Failure::input(doing, format!("two are called {}", two.first().unwrap_or(&"")))),
        None => Ok(feeds),
    }
}

/// What is remembered of feeds, by their addresses.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
struct State(BTreeMap<String, Held>);

/// Reads what is remembered, if there is a file.
pub(super) fn remember(path: &Path, feeds: &mut [Feed]) -> Result<(), Failure> {
    let doing = format!("reading {}", path.display());
    let length = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Failure::file("reading", path, &e)),
    };
    if length > MAX_STATE {
        return Err(Failure::input(doing, "it is no state of feeds"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file("reading", path, &e))?;
    let State(mut held) = serde_json::from_str(&text)
        .map_err(|e| Failure::input(&doing, e).hint("remove it: everything is then fetched once more"))?;
    for feed in feeds {
        feed.held = held.remove(&feed.url).unwrap_or_default();
    }
    Ok(())
}

/// Writes what is to be remembered, beside the file and then in its place.
pub(super) fn keep(path: &Path, feeds: &[Feed]) -> Result<(), Failure> {
    let state = State(feeds.iter().map(|f| (f.url.clone(), f.held.clone())).collect());
    let text =
        serde_json::to_string_pretty(&state).map_err(|e| Failure::environment("keeping the feeds", e))?;
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).map_err(|e| Failure::file("writing", &beside, &e))?;
    std::fs::rename(&beside, path).map_err(|e| Failure::file("writing", path, &e))
}

#[cfg(test)]
mod tests {
    use super::{Feed, feeds, named, seconds};
    use crate::config::FeedConfig;

    #[test]
    fn times_and_names_are_read() {
        assert_eq!((seconds("90s"), seconds("6h"), seconds("1d")), (Ok(90), Ok(21_600), Ok(86_400)));
        for wrong in ["", "6", "h", "10s", "6w", "99999999999999999999d", "é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(named("osv=https://a/b?c=d"), ("osv", "https://a/b?c=d"));
        assert_eq!(named("https://a/b?c=d"), ("https://a/b?c=d", "https://a/b?c=d"));
    }

    #[test]
    fn a_feed_that_fails_is_asked_sooner_and_told_of_once_an_interval() {
        let mut feed = Feed::new("f", "https://f", 1_000);
        let mut now = 5_000;
        let mut waits = Vec::new();
        let mut told = 0;
        for _ in 0..8 {
            feed.missed(now, None);
            if feed.to_say(now) {
                feed.told(now);
                told += 1;
            }
            waits.push(feed.wait(now));
            now += feed.wait(now);
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_000, 1_000, 1_000]);
        assert_eq!(told, 4, "first, and then once in a thousand seconds");
        feed.answered(now);
        assert_eq!((feed.wait(now), feed.to_say(now)), (1_000, true));
        feed.missed(now, Some(700));
        assert_eq!(feed.wait(now), 700, "it says when to come back");
        feed.missed(now, Some(u64::MAX));
        assert_eq!(feed.wait(now), 86_400, "but not for ever");
        assert_eq!(feed.wait(0), 86_400, "nor does a clock that was set back");
    }

    #[test]
    fn feeds_come_from_the_configuration_unless_they_are_named() {
        let of = |name: &str, every: Option<&str>| FeedConfig {
            name: name.into(),
            url: format!("https://{name}"),
            every: every.map(Into::into),
        };
        let all = feeds(&[], 60, &[of("a", Some("1h")), of("b", None)]).expect("two");
        assert_eq!(
            all.iter().map(|f| (f.name.as_str(), f.every)).collect::<Vec<_>>(),
            [("a", 3_600), ("b", 21_600)]
        );
        let named = feeds(&["c=https://c".into()], 60, &[of("a", None)]).expect("one");
        assert_eq!((named.len(), named[0].name.as_str(), named[0].every), (1, "c", 60));
        assert!(feeds(&[], 60, &[]).is_err());
        assert!(feeds(&[], 60, &[of("a", None), of("a", None)]).is_err());
        assert!(feeds(&[], 60, &[of("a", Some("soon"))]).is_err());
    }
}
