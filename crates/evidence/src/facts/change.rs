//! Facts of change control, training and suppliers. 150 to 169. Used from the second round on.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::facts::statements::Outcome;
use crate::source::SourceId;
use crate::time::Time;
use crate::types::EntryRef;

structures! {
    /// Someone asks for a change (ISO 13485, 7.3.9; IEC 62304, 6.2 and 8.2).
    ChangeRequested = "change-requested" {
        /// Identifier of the change.
        1 change: String,
        /// Product.
        2 product: String,
        /// Title.
        3 title: String,
        /// What prompted it: complaints, anomalies, advisories, by identifier.
        4 prompted_by: Vec<String>,
        /// Records it would touch.
        5 records: Vec<String>,
    }

    /// What a change would do: to safety, performance, regulation.
    ChangeAssessed = "change-assessed" {
        /// The change.
        1 change: String,
        /// Effect on risk.
        2 risk: String,
        /// Effect on regulatory status, by market.
        3 regulatory: Vec<String>,
        /// Whether it is significant.
        4 significant: bool,
        /// What must be verified again.
        5 verification: String,
    }

    /// A change may go on or not.
    ChangeDecided = "change-decided" {
        /// The change.
        1 change: String,
        /// The answer.
        2 outcome: Outcome,
        /// Signatures over it.
        3 signatures: Vec<EntryRef>,
    }

    /// A change was carried out.
    ChangeImplemented = "change-implemented" {
        /// The change.
        1 change: String,
        /// Commits, hexadecimal.
        2 commits: Vec<String>,
    }

    /// A change was verified.
    ChangeVerified = "change-verified" {
        /// The change.
        1 change: String,
        /// Results it rests on.
        2 results: Vec<EntryRef>,
    }

    /// A change is over.
    ChangeClosed = "change-closed" {
        /// The change.
        1 change: String,
        /// Release that brings it, if one does.
        2 release: Option<EntryRef>,
    }

    /// A controlled document takes force (ISO 13485, 4.2.4).
    DocumentIssued = "document-issued" {
        /// Record of the document.
        1 record: String,
        /// Revision.
        2 revision: Hash,
        /// From when on.
        3 effective: Time,
        /// Roles that must be trained on it.
        4 roles: Vec<String>,
    }

    /// Someone must learn something (ISO 13485, 6.2).
    TrainingAssigned = "training-assigned" {
        /// Who.
        1 person: SourceId,
        /// Record of the document or course.
        2 record: String,
        /// Revision.
        3 revision: Hash,
        /// By when.
        4 due: Time,
    }

    /// Someone learned something, and it was checked.
    TrainingCompleted = "training-completed" {
        /// Who.
        1 person: SourceId,
        /// Record of the document or course.
        2 record: String,
        /// Revision.
        3 revision: Hash,
        /// How effectiveness was checked.
        4 effectiveness: String,
        /// Who checked.
        5 assessor: Option<SourceId>,
    }

    /// A supplier was evaluated (ISO 13485, 7.4.1).
    SupplierEvaluated = "supplier-evaluated" {
        /// Record of the supplier.
        1 record: String,
        /// Revision.
        2 revision: Hash,
        /// The answer.
        3 outcome: Outcome,
        /// When it must be looked at again.
        4 review_by: Option<Time>,
    }
}
