//! What a verification found, in values and in sentences. Not here: colours and terminals (the command line).

use crate::index::Index;

/// Something that is wrong, and the member it is wrong in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the member; `index.json` where two members contradict each other and it says which is right.
    pub member: String,
    /// What is wrong, in a sentence without its full stop.
    pub what: String,
}

/// What the checkpoint was verified under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whether a policy came from outside.
    pub outside: bool,
    /// The key that signed the checkpoint, if a known one did.
    pub signed_by: Option<String>,
    /// Keys that the package carries itself.
    pub carried: Vec<String>,
    /// Witnesses of the policy that cosigned, with the time by their own clocks.
    pub witnesses: Vec<String>,
}

/// What became of the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentsAgain {
    /// There are none.
    None,
    /// Made again from the evidence, each came out byte for byte the same.
    Same,
    /// They were not made again: why.
    NotMade(String),
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The index, as read.
    pub index: Index,
    /// SHA-256 of the index: the digest of the package.
    pub digest: String,
    /// Everything that is wrong, in the order it was found.
    pub problems: Vec<Problem>,
    /// The checkpoint.
    pub trust: Trust,
    /// Entries that were read and are under the root.
    pub entries: u64,
    /// Signatures of authors that hold.
    pub signatures: u64,
    /// Signatures inside entries that hold: statements of persons, proofs of possession, certificates.
    pub inner: u64,
    /// Statements of persons among them.
    pub statements: u64,
    /// Streams that entries belong to.
    pub streams: u64,
    /// Streams of which the package holds every place up to the last.
    pub whole_streams: u64,
    /// Whether the whole log was replayed as the log took it.
    pub complete: bool,
    /// Blobs that have their digest.
    pub blobs: u64,
    /// Tables whose rows came out the same.
    pub tables: u64,
    /// Figures whose values came out the same.
    pub figures: u64,
    /// What became of the documents.
    pub documents: DocumentsAgain,
    /// Documents with the digest that their list says.
    pub documents_good: u64,
    /// What was not checked, in sentences.
    pub unchecked: Vec<String>,
    /// Another program or version made it, so that tables, figures or documents could not all be judged: the entries hold, what
    /// is said about them may be anything. Nothing signs who made a package.
    pub foreign: bool,
}

impl Report {
    /// Whether everything that was looked at holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether it holds, and all that it says was looked at but what [`Self::unchecked`] names in every package.
    #[must_use]
    pub fn holds_throughout(&self) -> bool {
        self.holds() && !self.foreign
    }
}
