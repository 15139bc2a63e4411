//! The two moments of a question: *at*, when it was so, and *known*, what the log held.

use evidence::Time;
use serde_json::{Value, json};
use world::clock::Clock;

/// The two moments, resolved against a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// When it was so; never after the log time of what is known.
    pub at: Time,
    /// Entries known.
    pub known: u64,
    /// Log time of the last of them.
    pub time: Time,
    /// The moment that was asked for, where that lies after what is known.
    pub asked: Option<Time>,
}

/// A moment that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMoment {
    /// `at` is no time.
    #[error("`at` is a time such as 2026-11-20T12:00:00Z, not `{0}`")]
    At(String),
    /// `known` is neither a size nor a time.
    #[error("`known` is a log size or a time such as 2026-11-20T12:00:00Z, not `{0}`")]
    Known(String),
    /// The log never had this size, or had no entry yet at this time.
    #[error("the log has {size} entries; `known` asks for {asked}")]
    OutOfRange {
        /// What was asked for.
        asked: u64,
        /// Entries there are.
        size: u64,
    },
}

impl Moments {
    /// Resolves what was asked for: `known` is a log size or a time, else everything there is (`size` entries); `at` is a
    /// time, else the log time of what is known. Nobody knows what comes after that: a later `at` is answered for it.
    ///
    /// # Errors
    /// What was asked for is no moment, or one that the log has not reached.
    pub fn resolve(
        clock: &Clock,
        size: u64,
        at: Option<&str>,
        known: Option<&str>,
    ) -> Result<Self, BadMoment> {
        let known = match known {
            None => size,
            Some(text) => match text.parse::<Time>() {
                Ok(time) => clock.size_at(time, size).min(size),
                Err(_) => number(text).ok_or_else(|| BadMoment::Known(text.into()))?,
            },
        };
        if known == 0 || known > size {
            return Err(BadMoment::OutOfRange { asked: known, size });
        }
        let time = clock.time_of(known - 1);
        let asked =
            at.map(|text| text.parse::<Time>().map_err(|_| BadMoment::At(text.into()))).transpose()?;
        let at = asked.map_or(time, |asked| asked.min(time));
        Ok(Self { at, known, time, asked: asked.filter(|asked| *asked > time) })
    }

    /// `{"size", "time"}` of what is known.
    #[must_use]
    pub fn known_json(&self) -> Value {
        json!({ "size": self.known, "time": self.time.to_string() })
    }

    /// Puts `at` and `known` before the members of an answer.
    #[must_use]
    pub fn answer(&self, members: Value) -> Value {
        let mut whole = json!({ "at": self.at.to_string(), "known": self.known_json() });
        if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
            whole.extend(members);
        }
        whole
    }
}

/// A decimal number without sign and leading zeros.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
