//! Advisories, components, releases and devices joined: who is affected, who is not and why, and who nobody can tell.
//! `docs/concepts/vulnerabilities.md` says the same in words.
//!
//! | file | what |
//! |---|---|
//! | `parts`, `documents`, `catalogue` | what was read: components and who carries them, advisories and statements; grows only |
//! | `knowledge` | what counts at a log size |
//! | `judge`, `decided`, `carried`, `findings` | from a name to a verdict on every release, with every step |
//! | `outcome`, `present`, `survey`, `past` | from releases to devices: kept for now, walked over for any past |
//! | `timeline`, `listing` | the fleet over time; every vulnerability of a release, and metrics |
//! | `ask`, `answer`, `json` | a question, its answer, and the answer for programs |
//! | `follow`, `touch` | the follower that keeps all this up with the log |
//!
//! Not here: what devices run (`world::fleet`), what documents mean (`formats`), how it is served.

mod answer;
mod ask;
mod carried;
mod catalogue;
mod decided;
mod documents;
mod error;
mod findings;
mod follow;
pub mod json;
mod judge;
mod knowledge;
mod listing;
mod outcome;
mod parts;
mod past;
mod present;
mod survey;
mod timeline;
mod touch;

pub use answer::{
    Answer, ComponentAnswer, Device, MAX_PAGE, MAX_PLAIN, MAX_RELEASES, Question, ReleaseAnswer,
};
pub use ask::{answer, findings};
pub use catalogue::{Catalogue, Doc, Loaded};
pub use documents::{Documents, Listing, Listings, Notice, Unreadable};
pub use error::PopulationError;
pub use formats::matching::Verdict;

pub use findings::{About, Exploited, Findings, Judged, PartFinding, ReleaseFinding, VERDICTS, word};
pub use follow::{Every, List, Populations};
pub use knowledge::{Decision, DocumentState, Knowledge, Release, VEX_TRUST, Vex};
pub use listing::{Course, Metrics, concerned, courses, metrics};
pub use outcome::{Exposure, Group, Outcome, Tally};
pub use parts::{Bill, MAX_PATH, MAX_PATHS, Part, Parts};
pub use past::Past;
pub use present::{Listed, Present, Seen, Whole};
pub use survey::{Lender, Wanted, survey};
pub use timeline::{MAX_SAMPLES, Point, Timeline, samples};
