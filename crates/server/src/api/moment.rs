//! Every answer says at which moment it was so and what was known then: `at`, and `known` with the log's size and time.

use evidence::Time;
use ledger::Reading;
use serde_json::{Value, json};

use super::problem::{Code, Problem};

/// What is known: the first `size` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Entries known.
    pub(super) size: u64,
    /// Log time of the last of them.
    pub(super) time: Time,
}

impl Known {
    /// Everything durable.
    #[must_use]
    pub(super) fn now(reading: &Reading<'_>) -> Self {
        Self::of(reading, reading.size)
    }

    /// The first `size` entries.
    #[must_use]
    pub(super) fn of(reading: &Reading<'_>, size: u64) -> Self {
        Self { size, time: reading.clock().time_of(size.saturating_sub(1)) }
    }

    /// What a request asks for: a size, an RFC 3339 time, or nothing, which is now.
    ///
    /// # Errors
    /// Neither a size nor a time, or a size that the log has not reached.
    pub(super) fn asked(reading: &Reading<'_>, asked: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = asked else { return Ok(Self::now(reading)) };
        let size = match text.parse::<Time>() {
            Ok(time) => reading.clock().size_at(time, reading.size).min(reading.size),
            Err(_) => number(text).ok_or_else(|| {
                Problem::bad("`known` is a log size or a time such as 2026-11-20T12:00:00Z")
            })?,
        };
        if size == 0 || size > reading.size {
            let detail = format!("the log has {} entries; `known` asks for {size}", reading.size);
            return Err(Problem::new(Code::OutOfRange, detail));
        }
        Ok(Self::of(reading, size))
    }

    /// Puts `at` and `known` before the members of an answer.
    #[must_use]
    pub(super) fn answer(self, members: Value) -> Value {
        let mut whole = json!({
            "at": self.time.to_string(),
            "known": { "size": self.size, "time": self.time.to_string() },
        });
        if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
            whole.extend(members);
        }
        whole
    }
}

/// A decimal number without sign and leading zeros.
#[must_use]
pub(super) fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
