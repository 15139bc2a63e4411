//! Conditions over devices, as people write them after `--where`. `docs/concepts/fleet.md` has the grammar.
//!
//! Not here: which devices there are (`population`), and every name a field can have (`fields`).

mod fields;
mod parse;
#[cfg(test)]
mod tests;

use super::state::DeviceState;
use crate::release::version;
use fields::Field;

/// Longest condition, in bytes.
pub const MAX_FILTER: usize = 4_096;
/// Deepest nesting of parentheses and `not`.
pub const MAX_FILTER_DEPTH: usize = 32;
/// Most comparisons in one condition.
pub const MAX_FILTER_TERMS: usize = 256;

/// A condition that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {reason}")]
pub struct FilterError {
    /// Where, in bytes from the beginning.
    pub at: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// A condition over the state of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    root: Node,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare { field: Field, op: Op, value: String },
    In { field: Field, values: Vec<String> },
    Known { field: Field, known: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
}

impl Filter {
    /// The condition that holds for every device.
    #[must_use]
    pub const fn all() -> Self {
        Self { root: Node::All(Vec::new()) }
    }

    /// Reads a condition. An empty one holds for every device.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(|root| Self { root })
    }

    /// Whether it asks for what devices of one kind, place and state need not have in common: who one is (`device`,
    /// `asset`, `udi`, `serial`, `owner`), what exactly it measured (`component`, `digest`), when it was seen. Without that,
    /// it holds for all of them or for none.
    #[must_use]
    pub fn individual(&self) -> bool {
        self.root.individual()
    }

    /// Who it can hold for at most, where it says who that is.
    pub(super) fn only(&self) -> Option<Only<'_>> {
        self.root.only()
    }

    /// Whether it holds for a device; `silent` says whether that device is silent past its deadline.
    #[must_use]
    pub fn holds(&self, state: &DeviceState<'_>, silent: &dyn Fn() -> bool) -> bool {
        self.root.holds(state, silent)
    }
}

/// Whom a condition names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Only<'a> {
    /// A device with this UEID.
    Device(&'a str),
    /// A device that the importing system calls so.
    Asset(&'a str),
    /// A device with this serial number or UDI.
    Called(&'a str),
}

impl Node {
    fn only(&self) -> Option<Only<'_>> {
        match self {
            Self::All(nodes) => nodes.iter().find_map(Self::only),
            Self::Compare { field: Field::Device, op: Op::Equal, value } => Some(Only::Device(value)),
            Self::Compare { field: Field::Asset, op: Op::Equal, value } => Some(Only::Asset(value)),
            Self::Compare { field: Field::Serial | Field::Udi, op: Op::Equal, value } => {
                Some(Only::Called(value))
            }
            _ => None,
        }
    }

    fn individual(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::individual),
            Self::Not(node) => node.individual(),
            Self::Compare { field, .. } | Self::In { field, .. } | Self::Known { field, .. } => {
                field.individual()
            }
        }
    }

    fn holds(&self, state: &DeviceState<'_>, silent: &dyn Fn() -> bool) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|n| n.holds(state, silent)),
            Self::Any(nodes) => nodes.iter().any(|n| n.holds(state, silent)),
            Self::Not(node) => !node.holds(state, silent),
            Self::Compare { field, op: Op::NotEqual, value } => {
                // Holds where something is known and none of it is the value.
                let (mut any, mut equal) = (false, false);
                field.each(state, silent, &mut |v| {
                    any = true;
                    equal |= v == value;
                });
                any && !equal
            }
            Self::Compare { field, op, value } => {
                let mut holds = false;
                field.each(state, silent, &mut |v| holds |= op.holds(*field == Field::Seen, v, value));
                holds
            }
            Self::In { field, values } => {
                let mut holds = false;
                field.each(state, silent, &mut |v| holds |= values.iter().any(|value| value == v));
                holds
            }
            Self::Known { field, known } => {
                let mut any = false;
                field.each(state, silent, &mut |_| any = true);
                any == *known
            }
        }
    }
}

impl Op {
    /// Versions and everything else compare by runs of digits and characters; moments by their text, which sorts by time.
    fn holds(self, moment: bool, a: &str, b: &str) -> bool {
        let order = || if moment { a.cmp(b) } else { version::compare(a, b) };
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => order().is_lt(),
            Self::AtMost => order().is_le(),
            Self::Greater => order().is_gt(),
            Self::AtLeast => order().is_ge(),
            Self::Contains => a.to_ascii_lowercase().contains(&b.to_ascii_lowercase()),
        }
    }
}
