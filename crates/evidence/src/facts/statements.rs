//! Facts that carry what persons said and signed. 40 to 49.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::source::SourceId;
use crate::statement::Meaning;
use crate::time::Time;
use crate::types::{BlobRef, Bytes, EntryRef};

codes! {
    /// What a negative or positive decision settles.
    Outcome = "outcome" {
        /// Yes: it is reportable, applicable, accepted, affected.
        1 Affirmed = "affirmed",
        /// No: it is not reportable, not applicable, not accepted, not affected.
        2 Denied = "denied",
        /// Not yet: more must be known first.
        3 Deferred = "deferred",
    }
}

structures! {
    /// A person's signature over a statement, both verbatim.
    Signed = "signed" {
        /// The canonical text (see `statement`).
        1 statement: String,
        /// SSHSIG blob over the text, or the CBOR of a WebAuthn assertion over its SHA-256 (see `statement::verify`).
        2 signature: Bytes,
        /// Who signed.
        3 signer: SourceId,
        /// Record of the statement, for looking it up.
        4 record: String,
        /// Revision of the statement, for looking it up.
        5 revision: Hash,
        /// Meaning of the statement, for looking it up.
        6 meaning: Meaning,
    }

    /// A decision that rules ask for, negative ones above all: not reportable, not affected, rule not applicable.
    Decision = "decision" {
        /// The question, a stable code such as `reportable` or `rule-applicable`.
        1 question: String,
        /// What it is about: a record, event, rule, device or release.
        2 subject: String,
        /// The answer.
        3 outcome: Outcome,
        /// Why.
        4 justification: String,
        /// What was looked at.
        5 evidence: Vec<EntryRef>,
        /// When the decision must be looked at again.
        6 review_by: Option<Time>,
        /// The decision that this one replaces.
        7 supersedes: Option<EntryRef>,
    }

    /// An approval made in another tool, with its file. A statement about a signature, never a signature.
    ApprovalImported = "approval-imported" {
        /// Record.
        1 record: String,
        /// Revision.
        2 revision: Hash,
        /// Meaning.
        3 meaning: Meaning,
        /// Name as the other tool prints it; empty where it prints none.
        4 name: String,
        /// Time as the other tool states it, verbatim; empty where it states none.
        5 time: String,
        /// The tool.
        6 tool: String,
        /// The file that shows it.
        7 document: BlobRef,
        /// What the other tool says, with the place in the file.
        8 statement: String,
    }
}
