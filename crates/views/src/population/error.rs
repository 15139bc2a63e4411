//! What can go wrong while populations are worked out.

/// Why a question about populations has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// Nothing that is known speaks of it.
    #[error("no advisory, statement or decision known then speaks of {name:?}")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// It looks like a package URL but is none.
    #[error("{text:?} is not a package URL: {reason}")]
    BadPurl {
        /// What was asked for.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The place to go on from is none.
    #[error("{text:?} is no place in the list: take `next` of the page before")]
    BadCursor {
        /// What was asked for.
        text: String,
    },
}
