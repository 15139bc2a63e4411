//! What a record set knows beside records: test results, approvals and moments in the life of revisions. They come
//! from files, CI or the world; who vouches for them is not decided here.

use crate::code::Verb;
use crate::digest::Digest;
use crate::set::{Node, RecordSet};

/// A place in time. Only comparisons count; the unit is the source's (seconds, log index, place in Git history).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Greater is later.
    pub order: u64,
    /// Whether it is only claimed (Git ancestry), not proven by the log.
    pub claimed: bool,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Ran and met its criteria.
    Passed,
    /// Ran and did not.
    Failed,
    /// Could not be run to its end.
    Error,
    /// Was not run.
    Skipped,
}

impl Outcome {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }

    /// How bad it is: of several tests of one case the worst counts.
    #[must_use]
    pub fn badness(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Skipped => 1,
            Self::Failed => 2,
            Self::Error => 3,
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Passed, Self::Failed, Self::Error, Self::Skipped]
            .into_iter()
            .find(|outcome| outcome.name() == text)
    }
}

/// A revision something is bound to, with the digest over the fields that matter for suspicion: a change of other
/// fields leaves what is bound to it current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The revision.
    pub revision: Digest,
    /// Digest over the fields that its kind names, as of then.
    pub matter: Digest,
}

/// One result of one test case (IEC 62304 5.7.5 a-g). Empty texts are unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Id of the test case.
    pub case: Box<str>,
    /// How it ended.
    pub outcome: Outcome,
    /// When, for ordering.
    pub at: Option<Moment>,
    /// When it entered the history, for rules of order: the commit it ran on, or its entry in the log.
    pub entered: Option<Moment>,
    /// When, as printed (RFC 3339).
    pub date: Box<str>,
    /// Commit it ran on.
    pub commit: Box<str>,
    /// Digest of the artefact under test.
    pub artefact: Box<str>,
    /// Version of the software under test.
    pub version: Box<str>,
    /// Hardware and software configuration of the test.
    pub configuration: Box<str>,
    /// Tools used.
    pub tools: Box<str>,
    /// Person or job that executed it.
    pub executor: Box<str>,
    /// Where it was read, for people: a file name, a run record's id.
    pub source: Box<str>,
    /// Revision of the test case that was run; without it the result is stale.
    pub case_revision: Option<Bound>,
    /// Revisions of the records the case verified then.
    pub verified: Vec<(Box<str>, Bound)>,
    /// Digests of the code marked with the case and with these records then, by id; `None` when the code was not looked
    /// at.
    pub code: Option<Vec<(Box<str>, Digest)>>,
}

impl TestResult {
    /// A result that knows nothing but case and outcome.
    #[must_use]
    pub fn new(case: &str, outcome: Outcome) -> Self {
        let none = || Box::from("");
        Self {
            case: case.into(),
            outcome,
            at: None,
            entered: None,
            date: none(),
            commit: none(),
            artefact: none(),
            version: none(),
            configuration: none(),
            tools: none(),
            executor: none(),
            source: none(),
            case_revision: None,
            verified: Vec::new(),
            code: None,
        }
    }

    /// Binds the result of a run at hand to the revisions at hand: of its case and of all the case verifies. Results
    /// from earlier commits must be bound to the set of that commit instead.
    pub fn bind(&mut self, set: &RecordSet) {
        let Some(case) = set.node(&self.case) else { return };
        self.case_revision = set.bound(case);
        self.verified = set
            .verified_by(case)
            .filter_map(|target| Some((set.id(target).into(), set.bound(target)?)))
            .collect();
        self.code = marked_code(set, case);
    }
}

/// The code a result hangs on: marked to be the case, or to implement what the case verifies. None when the product does
/// not say where its code is.
pub(crate) fn marked_code(set: &RecordSet, case: Node) -> Option<Vec<(Box<str>, Digest)>> {
    let code = set.code()?;
    let verified = set.verified_by(case).map(|target| (target, Verb::Implements));
    let all = std::iter::once((case, Verb::Verifies)).chain(verified);
    Some(
        all.filter_map(|(node, verb)| Some((set.id(node).into(), code.digest(set.id(node), verb)?)))
            .collect(),
    )
}

/// What a signature or approval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Wrote it.
    Author,
    /// Reviewed it.
    Review,
    /// Approves it.
    Approve,
    /// Rejects it.
    Reject,
}

/// A signed statement about one revision of a record (21 CFR 11.50: name, time, meaning).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The record.
    pub record: Box<str>,
    /// The revision signed.
    pub revision: Digest,
    /// What the signature means.
    pub meaning: Meaning,
    /// Printed name.
    pub name: Box<str>,
    /// When.
    pub at: Moment,
}

/// What happened to a record, for order rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// This revision came to be.
    Specified(Digest),
    /// Code that implements it came to be.
    Implemented,
}
