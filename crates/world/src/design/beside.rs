//! What the log holds beside records, links and results: reviews, coverage, analyses, approvals of other tools, tags, and how
//! the signatures of Git stand.

use evidence::facts::design::{
    AnalysisReported, CoverageReported, GitSignature, GitVerdict, ReviewHeld, TagPushed,
};
use evidence::{SourceId, Time};
use tlog::Hash;

use super::key::{self, Family};
use super::view::{DesignView, Held, Imported, Page, held};

/// A review that was held.
pub type Review = Held<ReviewHeld>;
/// A report of coverage.
pub type Covered = Held<CoverageReported>;
/// A report of static analysis.
pub type Analysed = Held<AnalysisReported>;
/// A tag.
pub type Tag = Held<TagPushed>;

/// How the signature of a commit or tag stands. Nobody is believed by the name in a commit: an SSH key counts when a source of
/// this log had it, an OpenPGP key when the keyring that the configuration names has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitStanding {
    /// It is not signed.
    Unsigned,
    /// Verified, by this key.
    Verified {
        /// Whose key.
        name: String,
        /// The source that has it (SSH).
        source: Option<SourceId>,
        /// Fingerprint.
        key: String,
    },
    /// As `Verified`; but the key is in doubt since before it was pushed.
    InDoubt {
        /// Whose key.
        name: String,
        /// Fingerprint.
        key: String,
        /// Since when.
        since: Time,
    },
    /// It verifies, and nobody knows the key.
    UnknownKey {
        /// Fingerprint.
        key: String,
    },
    /// It does not verify.
    Bad,
    /// Nothing was there to verify it with.
    Unchecked,
}

impl GitStanding {
    /// Whether it was verified by a key that counts.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }

    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Verified { .. } => "verified",
            Self::InDoubt { .. } => "in-doubt",
            Self::UnknownKey { .. } => "unknown-key",
            Self::Bad => "bad",
            Self::Unchecked => "unchecked",
        }
    }
}

impl DesignView<'_> {
    /// How a signature of Git stands that was pushed in the entry at `index`.
    #[must_use]
    pub fn git_standing(
        &self,
        index: u64,
        signed_by: Option<&Hash>,
        signature: Option<&GitSignature>,
    ) -> GitStanding {
        let unknown = |key: String| GitStanding::UnknownKey { key };
        let Some(signature) = signature else {
            return signed_by.map_or(GitStanding::Unsigned, |key| unknown(key.to_string()));
        };
        let key = signature.key.clone();
        match (signature.verdict, signed_by) {
            (GitVerdict::Bad, _) => GitStanding::Bad,
            (GitVerdict::Unchecked, _) => GitStanding::Unchecked,
            (GitVerdict::UnknownKey, _) => unknown(key),
            (GitVerdict::Good, None) if signature.keyring.is_some() => {
                GitStanding::Verified { name: signature.name.clone().unwrap_or_default(), source: None, key }
            }
            (GitVerdict::Good, None) => unknown(key),
            // What the one who pushed says of the key's holder counts only if the log agrees.
            (GitVerdict::Good, Some(id)) => {
                let own =
                    signature.signer.and_then(|signer| Some((signer, self.world.sources().get(&signer)?)));
                let period =
                    own.and_then(|(_, source)| source.keys.iter().find(|k| k.id == *id && k.valid_at(index)));
                let (Some((signer, source)), Some(period)) = (own, period) else { return unknown(key) };
                let name = source.name_at(index).to_owned();
                let then = self.world.clock().time_of(index);
                let known = period.until.is_some_and(|until| until < self.known.size());
                match period.doubtful_since.filter(|since| known && *since <= then) {
                    Some(since) => GitStanding::InDoubt { name, key, since },
                    None => GitStanding::Verified { name, source: Some(signer), key },
                }
            }
        }
    }

    /// What was held of a record's reviews, oldest first.
    #[must_use]
    pub fn reviews(&self, product: &str, line: &str, record: &str) -> Vec<Review> {
        self.all(&key::prefix(Family::Review, &[product, line, record])).filter_map(held).collect()
    }

    /// The last statement of each review of a line, by record.
    #[must_use]
    pub fn all_reviews(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<Review> {
        self.page(&key::prefix(Family::Review, &[product, line]), after, limit, true, held)
    }

    /// Reports of coverage of a line, by item, oldest first.
    #[must_use]
    pub fn coverage(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<Covered> {
        self.page(&key::prefix(Family::Coverage, &[product, line]), after, limit, false, held)
    }

    /// Reports of static analysis of a line, by item, oldest first.
    #[must_use]
    pub fn analyses(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<Analysed> {
        self.page(&key::prefix(Family::Analysis, &[product, line]), after, limit, false, held)
    }

    /// The tags of a line, by repository and name, as they point now.
    #[must_use]
    pub fn tags(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<Tag> {
        self.page(&key::prefix(Family::Tag, &[product, line]), after, limit, true, held)
    }

    /// Approvals of a record made in other tools, oldest first. Statements, never signatures.
    #[must_use]
    pub fn imported(&self, record: &str) -> Vec<Imported> {
        self.all(&key::prefix(Family::Imported, &[record])).filter_map(held).collect()
    }

    /// All approvals made in other tools, by record.
    #[must_use]
    pub fn all_imported(&self, after: Option<&[u8]>, limit: usize) -> Page<Imported> {
        self.page(&key::prefix(Family::Imported, &[]), after, limit, false, held)
    }
}
