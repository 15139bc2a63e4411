//! The two moments of a page: when it was so (`at`, a time) and what was known (`known`, a log size or a time).
//!
//! The facts that today's pages show begin at the log time of their entry, so both moments cut the log: a page shows what
//! the first `upto` entries amount to. Facts with a validity of their own will cut by `at` themselves.

use std::sync::Arc;
use std::time::Duration;

use evidence::Time;
use ledger::properties::grouped;
use tlog::Hash;
use world::World;

use super::Ask;
use super::error::PageError;
use super::markup::{moment, percent};

/// How long a page waits until what it read is durable.
const DURABLE_WAIT: Duration = Duration::from_secs(5);

/// Where a page stands in time.
pub(super) struct View<'a> {
    ask: &'a Ask,
    /// Valid time as it was asked for.
    pub(super) at: Option<Time>,
    /// Log size as it was asked for.
    pub(super) pinned: Option<u64>,
    /// Entries that were known.
    pub(super) known: u64,
    /// Entries that were known and had come by `at`.
    pub(super) upto: u64,
    /// Durable entries now.
    pub(super) head: u64,
    /// Log time of the known entries.
    pub(super) known_time: Time,
    /// Root of the known entries.
    pub(super) root: Hash,
}

impl<'a> View<'a> {
    /// Reads the moments of a request. A moment that lies ahead is an error: nobody can know it.
    pub(super) fn open(ask: &'a Ask) -> Result<Self, PageError> {
        let ledger = &ask.pages.app.ledger;
        let mut view = Self::present(ask);
        if let Some(text) = ask.param("known") {
            view.known = known(ask, text, view.head)?;
            view.pinned = Some(view.known);
        }
        view.upto = view.known;
        if let Some(text) = ask.param("at") {
            let at = time(text).ok_or_else(|| PageError::bad_moment("at", text))?;
            let (now, size) = {
                let world = ledger.read();
                (world.now(), world.clock().size_at(at, view.head))
            };
            if at > now.max(ledger.now()) {
                return Err(PageError::ahead(&format!("{} UTC", moment(at)), now, view.head));
            }
            view.at = Some(at);
            view.upto = size.min(view.known);
        }
        view.known_time = ledger.read().clock().time_of(view.known.saturating_sub(1));
        if view.known != view.head {
            view.root = ledger.tree().root_at(view.known).map_err(PageError::ledger)?;
        }
        Ok(view)
    }

    /// The present, whatever the request says.
    pub(super) fn present(ask: &'a Ask) -> Self {
        let ledger = &ask.pages.app.ledger;
        let tree = ledger.tree();
        let (head, root) = (tree.size(), tree.root());
        let known_time = ledger.read().clock().time_of(head.saturating_sub(1));
        Self { ask, at: None, pinned: None, known: head, upto: head, head, known_time, root }
    }

    /// Whether either moment is not the present.
    pub(super) fn past(&self) -> bool {
        self.known < self.head || self.upto < self.known
    }

    /// Asks the world as it is now. What it answers must be capped at [`Self::upto`] or `known` by the question: indices
    /// from there on are not to be spoken of. The world is held for the time of the call only.
    pub(super) fn capped<T>(&self, question: impl FnOnce(&World) -> T) -> T {
        question(&self.ask.pages.app.ledger.read())
    }

    /// Asks the world of exactly `upto` entries: at present the live one, otherwise one that is replayed. At present the
    /// view moves to the size that was read, and waits until that is durable: no answer leaves before (invariant 1).
    pub(super) fn exact<T>(&mut self, mut question: impl FnMut(&World) -> T) -> Result<T, PageError> {
        let ledger = &self.ask.pages.app.ledger;
        if !self.past() {
            let world = ledger.read();
            if world.size() == self.upto {
                return Ok(question(&world));
            }
        }
        if self.past() || self.pinned.is_some() || self.at.is_some() {
            let world: Arc<World> = self.ask.pages.replays.world_at(ledger, self.upto)?;
            return Ok(question(&world));
        }
        let (answer, size, now) = {
            let world = ledger.read();
            (question(&world), world.size(), world.now())
        };
        if size > self.head {
            if ledger.wait_beyond(size - 1, DURABLE_WAIT) < size {
                return Err(PageError::not_durable());
            }
            let tree = ledger.tree();
            self.root = tree.root_at(size).map_err(PageError::ledger)?;
            (self.known, self.upto, self.head, self.known_time) = (size, size, size, now);
        }
        Ok(answer)
    }

    /// The valid time of the page: as asked for, else the log time of what was known.
    pub(super) fn moment(&self) -> Time {
        self.at.unwrap_or(self.known_time)
    }

    /// Whether no moment was asked for: the page is of the present.
    pub(super) fn present_asked(&self) -> bool {
        self.at.is_none() && self.pinned.is_none()
    }

    /// Moves a page of the present to what was counted: durable entries, perhaps a few less than there are. The page then
    /// is one of that moment, and new entries are announced from there.
    pub(super) fn settle(&mut self, known: u64) -> Result<(), PageError> {
        if self.present_asked() && known < self.head {
            let ledger = &self.ask.pages.app.ledger;
            self.root = ledger.tree().root_at(known).map_err(PageError::ledger)?;
            self.known_time = ledger.read().clock().time_of(known.saturating_sub(1));
            (self.known, self.upto, self.head) = (known, known, known);
        }
        Ok(())
    }

    /// The moments as they are kept in every link: empty, or `at=…&known=…`.
    pub(super) fn query(&self) -> String {
        let at = self.at.map(|t| format!("at={}", percent(&t.to_string())));
        let known = self.pinned.map(|n| format!("known={n}"));
        [at, known].into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    /// A path of this server with the moments of this page.
    pub(super) fn to(&self, path: &str) -> String {
        match (self.query().as_str(), path.contains('?')) {
            ("", _) => path.to_owned(),
            (query, true) => format!("{path}&{query}"),
            (query, false) => format!("{path}?{query}"),
        }
    }
}

fn known(ask: &Ask, text: &str, head: u64) -> Result<u64, PageError> {
    let plain = text.replace([',', '\u{2009}', '_'], "");
    let ledger = &ask.pages.app.ledger;
    let size = if let Ok(size) = plain.parse::<u64>() {
        if size > head {
            let now = ledger.read().now();
            return Err(PageError::ahead(&format!("{} entries", grouped(size)), now, head));
        }
        size
    } else {
        let at = time(text).ok_or_else(|| PageError::bad_moment("known", text))?;
        let (now, size) = {
            let world = ledger.read();
            (world.now(), world.clock().size_at(at, head))
        };
        if at > now.max(ledger.now()) {
            return Err(PageError::ahead(&format!("{} UTC", moment(at)), now, head));
        }
        size.min(head)
    };
    if size == 0 { Err(PageError::before_the_log(text)) } else { Ok(size) }
}

/// A time as people and browsers write it: RFC 3339 in UTC, or shorter, with a blank for the `T`, without seconds or zone;
/// a day alone is its beginning.
pub(super) fn time(text: &str) -> Option<Time> {
    let text =
        text.trim().trim_end_matches("UTC").trim_end().trim_end_matches(['Z', 'z']).replacen(' ', "T", 1);
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => return None,
    };
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_read_as_people_and_browsers_write_them() {
        let full = "2024-11-18T06:00:00Z".parse().ok();
        for text in [
            "2024-11-18T06:00:00Z",
            "2024-11-18T06:00",
            "2024-11-18 06:00",
            "2024-11-18 06:00:00 UTC",
            " 2024-11-18T06:00Z",
        ] {
            assert_eq!(time(text), full, "{text}");
        }
        assert_eq!(time("2024-11-18"), "2024-11-18T00:00:00Z".parse().ok());
        for text in ["", "yesterday", "2024-11-18T06", "2024-02-30", "2024-11-18T06:00:00+01:00", "ääääääää"]
        {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
