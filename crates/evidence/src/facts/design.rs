//! Facts of the design history: records, links, results, baselines, commits. 50 to 79.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::time::Time;
use crate::types::{BlobRef, EntryRef, Interpreted};

codes! {
    /// How a test ended.
    Verdict = "verdict" {
        /// It passed.
        1 Passed = "passed",
        /// It failed.
        2 Failed = "failed",
        /// It did not run.
        3 Skipped = "skipped",
        /// It could not be carried out.
        4 Error = "error",
    }

    /// What a review concluded.
    ReviewOutcome = "review-outcome" {
        /// Go on.
        1 Accepted = "accepted",
        /// Go on once the actions are done.
        2 AcceptedWithActions = "accepted-with-actions",
        /// Come back.
        3 Rejected = "rejected",
    }
}

structures! {
    /// A revision of a record counts from here on, in one line.
    RecordRevised = "record-revised" {
        /// Identifier of the record.
        1 record: String,
        /// Kind of the record.
        2 kind: String,
        /// Product.
        3 product: String,
        /// Line: a maintained branch.
        4 line: String,
        /// Item it belongs to, if it belongs to one.
        5 item: Option<String>,
        /// Content hash over the normal form.
        6 revision: Hash,
        /// The normal form.
        7 content: BlobRef,
        /// Revision before, in this line.
        8 supersedes: Option<Hash>,
        /// Entry of the commit it stands in, if its home is Git.
        9 commit: Option<EntryRef>,
        /// Path in the repository.
        10 path: Option<String>,
        /// The change is editorial, as signed in this entry.
        11 editorial: Option<EntryRef>,
    }

    /// A record counts no longer in one line.
    RecordRetired = "record-retired" {
        /// Identifier of the record.
        1 record: String,
        /// Product.
        2 product: String,
        /// Line.
        3 line: String,
        /// Its last revision.
        4 revision: Hash,
    }

    /// A link was accepted against revisions of both ends.
    LinkAccepted = "link-accepted" {
        /// Record the link stands in.
        1 from: String,
        /// Its revision.
        2 from_revision: Hash,
        /// Type of the link.
        3 link: String,
        /// Record it points at.
        4 to: String,
        /// The revision it was accepted against.
        5 to_revision: Hash,
        /// Product.
        6 product: String,
        /// Line.
        7 line: String,
    }

    /// A link is gone.
    LinkWithdrawn = "link-withdrawn" {
        /// Record the link stood in.
        1 from: String,
        /// Type of the link.
        2 link: String,
        /// Record it pointed at.
        3 to: String,
        /// Product.
        4 product: String,
        /// Line.
        5 line: String,
    }

    /// A test case ended so, on this commit and artefact.
    ResultReported = "result-reported" {
        /// Record of the test case, or the name that no record claims.
        1 test: String,
        /// Revision of the test case it was run against, if known.
        2 test_revision: Option<Hash>,
        /// How it ended.
        3 verdict: Verdict,
        /// Commit.
        4 commit: Option<String>,
        /// Artefact under test.
        5 artefact: Option<Hash>,
        /// The report it was read from.
        6 report: Option<Interpreted>,
        /// When it ran, as the report says.
        7 ran_at: Option<Time>,
        /// Where it ran: unit, equipment, environment.
        8 environment: Option<String>,
        /// Actual result, for manual tests.
        9 actual: Option<String>,
        /// Duration in milliseconds.
        10 duration_ms: Option<u64>,
        /// Product.
        11 product: String,
        /// Line.
        12 line: String,
    }

    /// A set of revisions under a name.
    BaselineMade = "baseline-made" {
        /// Name.
        1 name: String,
        /// Product.
        2 product: String,
        /// Line.
        3 line: String,
        /// Log size whose records are meant.
        4 size: u64,
        /// RFC 9162 tree hash over `[record, revision]` of every record in deterministic CBOR, in the order of the records.
        5 root: Hash,
        /// Number of records.
        6 records: u64,
    }

    /// A commit of a product's repository was pushed.
    CommitPushed = "commit-pushed" {
        /// Repository, as the configuration names it.
        1 repository: String,
        /// Commit, hexadecimal.
        2 commit: String,
        /// Parents, hexadecimal.
        3 parents: Vec<String>,
        /// Author's time as Git has it; claimed, not proven.
        4 authored: Time,
        /// Key that signed the commit, if one did and it verified.
        5 signed_by: Option<Hash>,
        /// `vouchsafe.lock` at this commit.
        6 lock: Option<BlobRef>,
        /// Product.
        7 product: String,
        /// Line.
        8 line: String,
        /// `vouchsafe.toml` at this commit: the rules in force.
        9 configuration: Option<BlobRef>,
    }

    /// An outside document was read.
    DocumentInterpreted = "document-interpreted" {
        /// The document and how it was read.
        1 document: Interpreted,
        /// What it is, such as `junit`, `reqif`.
        2 format: String,
        /// Where it came from.
        3 origin: String,
    }

    /// A design review took place (ISO 13485, 7.3.5).
    ReviewHeld = "review-held" {
        /// Record of the review.
        1 record: String,
        /// Baseline reviewed.
        2 baseline: EntryRef,
        /// What it concluded.
        3 outcome: ReviewOutcome,
        /// Actions, by record.
        4 actions: Vec<String>,
        /// Signatures of the participants.
        5 signatures: Vec<EntryRef>,
    }

    /// How much of an item its tests ran through.
    CoverageReported = "coverage-reported" {
        /// Item.
        1 item: String,
        /// Commit.
        2 commit: String,
        /// The report.
        3 report: Interpreted,
        /// Lines that ran.
        4 lines_covered: u64,
        /// Lines in all.
        5 lines: u64,
    }

    /// What static analysis found.
    AnalysisReported = "analysis-reported" {
        /// Item.
        1 item: String,
        /// Commit.
        2 commit: String,
        /// The report.
        3 report: Interpreted,
        /// Tool and version.
        4 tool: String,
        /// Findings in all.
        5 findings: u64,
    }
}
