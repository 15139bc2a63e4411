//! The five properties of an entry (invariant 13), each with its evidence: provenance, integrity, non-repudiation,
//! completeness, temporal order. Pages and command line show the same answers.
//!
//! [`Material`] is read from the log; [`five_properties`] judges it against the world. What is not proven is said, never
//! assumed. Not here: how the answers are drawn.

mod judge;
mod material;

use std::fmt;

use evidence::{Hash, SourceId, Time};

pub use judge::{five_properties, flag_text};
pub use material::{Cosigned, Material, Neighbour, TimeStamped, witness_keys};

/// Whether a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The evidence shows that it does.
    Yes,
    /// The evidence at hand does not show it; nothing speaks against it.
    NotProven,
    /// The evidence shows that it does not.
    No,
}

impl Holds {
    /// The word for machines and people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "holds",
            Self::NotProven => "not proven",
            Self::No => "does not hold",
        }
    }
}

/// A piece of a sentence, so that pages can make links of what a terminal prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words.
    Text(String),
    /// An entry, by its index.
    Entry(u64),
    /// A source.
    Source(SourceId),
    /// A digest.
    Digest(Hash),
    /// A moment.
    Time(Time),
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(t) => f.write_str(t),
            Self::Entry(index) => f.write_str(&grouped(*index)),
            Self::Source(id) => write!(f, "{id}"),
            Self::Digest(hash) => write!(f, "{hash}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

/// A property of an entry, and why it holds or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it asks, in a few words.
    pub asks: &'static str,
    /// The verdict.
    pub holds: Holds,
    /// The evidence, in whole sentences.
    pub evidence: Vec<Span>,
}

impl Property {
    /// The evidence as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        self.evidence.iter().map(ToString::to_string).collect()
    }
}

/// A number with its thousands set apart by commas.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_set_apart() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (412_906, "412,906"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(super::grouped(n), text);
        }
    }
}
