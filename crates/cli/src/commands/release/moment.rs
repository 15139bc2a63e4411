//! The two moments of a question: when it was so, and what was known.

use clap::Args;
use evidence::Time;
use serde_json::{Value, json};
use world::World;
use world::release::Known;

use crate::failure::Failure;

/// When, and known when.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct MomentArgs {
    /// As it was at this time, such as 2026-11-20T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// As it was known at this time, or at this log size [default: now]
    #[arg(long, value_name = "TIME|SIZE")]
    known: Option<String>,
}

/// Both moments, settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// When.
    pub(crate) at: Time,
    /// Entries that were there by then.
    pub(crate) until: u64,
    /// Entries that are known.
    pub(crate) size: u64,
    /// Log time of the last of them.
    pub(crate) time: Time,
}

impl MomentArgs {
    /// The moments in a world. Without `--at` it is the log time of what is known.
    pub(crate) fn settle(&self, world: &World) -> Result<Moment, Failure> {
        let size = match self.known.as_deref() {
            None => world.size(),
            Some(text) => match (text.parse::<Time>(), text.parse::<u64>()) {
                (Ok(time), _) => world.clock().size_at(time, world.size()),
                (_, Ok(size)) => size,
                _ => {
                    return Err(Failure::input(
                        "reading `--known`",
                        format!("`{text}` is neither a log size nor a time such as 2026-11-20T12:00:00Z"),
                    ));
                }
            },
        };
        if size == 0 || size > world.size() {
            let problem = format!("the log has {} entries; `--known` asks for {size}", world.size());
            return Err(Failure::input("reading `--known`", problem));
        }
        let time = world.clock().time_of(size - 1);
        let at = self.at.unwrap_or(time);
        Ok(Moment { at, until: world.clock().size_at(at, size).min(size), size, time })
    }
}

impl Moment {
    /// What was known.
    pub(crate) fn known<'w>(&self, world: &'w World) -> Known<'w> {
        Known::new(self.size, world.journal())
    }

    /// The members that every answer carries, before its own.
    pub(crate) fn answer(&self, members: Value) -> Value {
        let mut whole = json!({
            "at": self.at.to_string(),
            "known": { "size": self.size, "time": self.time.to_string() },
        });
        if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
            whole.extend(members);
        }
        whole
    }
}
