//! The expressions of rules, compiled, and what each depends on. Evaluation lives in `engine::eval`.

use super::{KindId, LinkId};
use crate::risk::{Region, When};

/// A set of software safety classes A, B, C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassSet(pub u8);

/// A software safety class; a higher number asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No injury or damage to health is possible.
    A,
    /// Injury is possible, but not serious.
    B,
    /// Death or serious injury is possible; also what counts until a class is assigned.
    C,
}

impl Class {
    /// From its letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "A" => Some(Self::A),
            "B" => Some(Self::B),
            "C" => Some(Self::C),
            _ => None,
        }
    }

    /// Its letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
        }
    }
}

impl ClassSet {
    /// All three.
    pub const ALL: Self = Self(7);

    /// From letters such as `BC`.
    #[must_use]
    pub fn parse(letters: &str) -> Option<Self> {
        let mut set = 0_u8;
        for letter in letters.chars() {
            set |= 1 << Class::parse(letter.encode_utf8(&mut [0; 4]))? as u8;
        }
        (set != 0).then_some(Self(set))
    }

    /// Whether the class is in it.
    #[must_use]
    pub fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u8) != 0
    }

    /// Its letters in order.
    #[must_use]
    pub fn letters(self) -> String {
        [Class::A, Class::B, Class::C].into_iter().filter(|c| self.has(*c)).map(Class::letter).collect()
    }
}

/// One step along a link: to its targets, or back to its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The type of link.
    pub link: LinkId,
    /// Whether from target to source.
    pub back: bool,
}

/// A moment in the life of a record that order rules compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its present revision came to be.
    Specified,
    /// Its present revision was approved (first approval).
    Approved,
    /// The first code that implements it came to be.
    Implemented,
    /// Its present revision was first run with a current result.
    Run,
}

/// Which latest current result is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultIs {
    /// It passed.
    Passed,
    /// It failed or broke.
    Failed,
    /// There is one.
    Any,
}

/// What a result must say beside its outcome (IEC 62304 5.7.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultHas {
    /// The commit it ran on.
    Commit,
    /// The version of the software.
    Version,
    /// Hardware and software configuration of the test.
    Configuration,
    /// Tools used.
    Tools,
    /// When.
    Date,
    /// Who or what executed it.
    Executor,
}

/// What must hold, of one record.
#[derive(Debug, Clone)]
pub enum Expr {
    /// At least one.
    Any(Vec<Expr>),
    /// All.
    All(Vec<Expr>),
    /// Not.
    Not(Box<Expr>),
    /// A field has a value, among `is` if given, and all of `contains`.
    Field {
        /// Which.
        name: Box<str>,
        /// One of these, when any are given.
        is: Vec<Box<str>>,
        /// All of these.
        contains: Vec<Box<str>>,
    },
    /// Records at the end of links.
    Walk {
        /// The alternatives of each step.
        steps: Vec<Step>,
        /// Kinds looked for; empty: any.
        to: Vec<KindId>,
        /// Whether to go on.
        transitive: bool,
        /// All, instead of one.
        every: bool,
        /// What must hold of them.
        having: Option<Box<Expr>>,
    },
    /// Each value occurs in a field of the records of a walk, or in a field of this one.
    EachOf {
        /// The field of the records found.
        field: Box<str>,
        /// Values to be found.
        values: Vec<Box<str>>,
        /// Field of this record that may name values instead.
        or_field: Option<Box<str>>,
        /// The walk; transitive.
        steps: Vec<Step>,
        /// Kinds looked at.
        to: Vec<KindId>,
    },
    /// The latest current result.
    Result(ResultIs),
    /// The latest result says these.
    ResultHas(Vec<ResultHas>),
    /// The field has the same value at the end of these links, wherever it has one there.
    Same {
        /// Which.
        field: Box<str>,
        /// One step; alternatives.
        steps: Vec<Step>,
    },
    /// Two fields of the record have the same value; one that is missing does not.
    Equal {
        /// Which.
        field: Box<str>,
        /// The other.
        other: Box<str>,
    },
    /// The risk has a region by the policy, one of these when any are given.
    Region {
        /// Before or after control.
        when: When,
        /// Regions asked for.
        is: Vec<Region>,
    },
    /// What the record says of acceptability agrees with the policy.
    RiskAgrees(When),
    /// The estimate is on the scales of the policy; holds without one.
    RiskScale,
    /// The present revision is approved.
    Approved,
    /// All links accepted against the present revisions.
    Accepted,
    /// Class lower than the highest at the end of these links.
    ClassBelow(Vec<Step>),
    /// Event order between the records at the end of a walk and this one.
    Order {
        /// The walk; empty: this record itself.
        steps: Vec<Step>,
        /// The event that has to come first, there.
        earlier: Event,
        /// The event that has to come after, here.
        later: Event,
    },
}

/// What the answer of a rule depends on: which links, how far, and which facts beside records. A change at a record
/// can only matter to subjects that reach it along `steps` within `radius`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Steps taken, sorted.
    pub steps: Vec<Step>,
    /// How many; `None`: any number.
    pub radius: Option<u16>,
    /// Whether test results matter.
    pub results: bool,
    /// Whether approvals and other events matter.
    pub events: bool,
    /// Whether stamps of links matter (and with them the revisions of link targets).
    pub stamps: bool,
}

impl Footprint {
    /// Computes the footprint of a rule from its condition and demand.
    #[must_use]
    pub fn of(when: Option<&Expr>, must: &Expr) -> Self {
        let mut footprint = Self { radius: Some(0), ..Self::default() };
        for expr in when.into_iter().chain([must]) {
            let reach = footprint.add(expr);
            footprint.radius = match (footprint.radius, reach) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            };
        }
        footprint.steps.sort_unstable();
        footprint.steps.dedup();
        footprint
    }

    /// Adds an expression; returns how far it looks.
    fn add(&mut self, expr: &Expr) -> Option<u16> {
        match expr {
            Expr::Any(parts) | Expr::All(parts) => {
                // No short cut: every part has to leave its steps.
                let mut furthest = Some(0);
                for part in parts {
                    let reach = self.add(part);
                    furthest = furthest.zip(reach).map(|(a, b): (u16, u16)| a.max(b));
                }
                furthest
            }
            Expr::Not(part) => self.add(part),
            Expr::Field { .. }
            | Expr::Equal { .. }
            | Expr::Region { .. }
            | Expr::RiskAgrees(_)
            | Expr::RiskScale => Some(0),
            Expr::Walk { steps, transitive, having, .. } => {
                self.steps.extend_from_slice(steps);
                let beyond = having.as_deref().map_or(Some(0), |having| self.add(having));
                if *transitive { None } else { beyond?.checked_add(1) }
            }
            Expr::EachOf { steps, .. } => {
                self.steps.extend_from_slice(steps);
                None
            }
            // A result is stale when what its case verifies changed: one link further than the case itself.
            Expr::Result(_) | Expr::ResultHas(_) => {
                self.results = true;
                Some(1)
            }
            Expr::Approved => {
                self.events = true;
                Some(0)
            }
            Expr::Accepted => {
                self.stamps = true;
                Some(1)
            }
            Expr::ClassBelow(steps) | Expr::Same { steps, .. } => {
                self.steps.extend_from_slice(steps);
                Some(1)
            }
            Expr::Order { steps, earlier, later } => {
                self.events = true;
                self.results |= *earlier == Event::Run || *later == Event::Run;
                self.steps.extend_from_slice(steps);
                Some(2)
            }
        }
    }
}
