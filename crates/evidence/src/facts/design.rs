//! Facts of the design history: records, links, results, baselines, commits. 50 to 79.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::source::SourceId;
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

    /// How a commit or tag of Git is signed.
    GitScheme = "git-scheme" {
        /// With an SSH key (SSHSIG, namespace `git`).
        1 Ssh = "ssh",
        /// With OpenPGP.
        2 OpenPgp = "openpgp",
    }

    /// What the one who pushed found of a signature of Git.
    GitVerdict = "git-verdict" {
        /// It verifies, by a key that counts: of a source (SSH), or of the keyring that is named (OpenPGP).
        1 Good = "good",
        /// Its key counts nowhere.
        2 UnknownKey = "unknown-key",
        /// It does not verify, or its key was revoked or had expired.
        3 Bad = "bad",
        /// Nothing was there to check it with.
        4 Unchecked = "unchecked",
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
        /// What the code at this commit says of records: files, marks, names (`records::code::to_canonical`).
        10 code: Option<BlobRef>,
        /// Records that this commit, or one since the last that was pushed, says it implements, in a trailer.
        11 implements: Vec<String>,
        /// Ids of its records that stand in the line from another repository, and were not revised for that reason.
        12 claimed: Vec<String>,
        /// Its signature, if it has one.
        13 signature: Option<Box<GitSignature>>,
        /// A signed commit as Git keeps it, signature included, so that anybody can verify it again.
        14 object: Option<BlobRef>,
    }

    /// The signature of a commit or tag, as the one who pushed it found it.
    GitSignature = "git-signature" {
        /// How it was made.
        1 scheme: GitScheme,
        /// What was found.
        2 verdict: GitVerdict,
        /// The key's fingerprint as `ssh-keygen` or `gpg` prints it; empty where it is not known.
        3 key: String,
        /// Whose key it is, as the source or the keyring says.
        4 name: Option<String>,
        /// The keyring it was checked against (OpenPGP).
        5 keyring: Option<BlobRef>,
        /// The source that has the key (SSH).
        6 signer: Option<SourceId>,
    }

    /// An annotated tag of a product's repository was pushed.
    TagPushed = "tag-pushed" {
        /// Repository.
        1 repository: String,
        /// Name of the tag.
        2 tag: String,
        /// Commit it points at, hexadecimal.
        3 commit: String,
        /// The tag as Git keeps it, message and signature included.
        4 object: BlobRef,
        /// Key that signed it, if one did with SSH and it verified.
        5 signed_by: Option<Hash>,
        /// Its signature, if it has one.
        6 signature: Option<Box<GitSignature>>,
        /// Product.
        7 product: String,
        /// Line.
        8 line: String,
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
        /// What was reviewed: a baseline, or the commit in which the record of the review stands, whose accepted links say
        /// which revisions.
        2 baseline: EntryRef,
        /// What it concluded.
        3 outcome: ReviewOutcome,
        /// Actions, by record.
        4 actions: Vec<String>,
        /// Signatures of the participants.
        5 signatures: Vec<EntryRef>,
        /// Product.
        6 product: String,
        /// Line.
        7 line: String,
        /// Revision of the record.
        8 revision: Hash,
    }

    /// How much of an item its tests ran through.
    CoverageReported = "coverage-reported" {
        /// Item; empty for files of none.
        1 item: String,
        /// Commit.
        2 commit: String,
        /// The report.
        3 report: Interpreted,
        /// Lines that ran.
        4 lines_covered: u64,
        /// Lines in all.
        5 lines: u64,
        /// Product.
        6 product: String,
        /// Line.
        7 line: String,
        /// Artefact that was run, if it is known.
        8 artefact: Option<Hash>,
    }

    /// What static analysis found.
    AnalysisReported = "analysis-reported" {
        /// Item; empty for files of none.
        1 item: String,
        /// Commit.
        2 commit: String,
        /// The report.
        3 report: Interpreted,
        /// Tool and version.
        4 tool: String,
        /// Open findings: those that the tool does not name as suppressed.
        5 findings: u64,
        /// Product.
        6 product: String,
        /// Line.
        7 line: String,
    }
}
