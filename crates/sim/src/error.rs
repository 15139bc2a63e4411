//! The crate's errors: a plan that cannot be carried out, and simulated hardware that does not do what real one would.

/// Why a fleet cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The plan asks for something that cannot be.
    #[error("the plan does not hold: {0}")]
    Plan(&'static str),
    /// No chip that was tried fits the profile.
    #[error("no simulated chip for device {number} can be enrolled: {why}")]
    Silicon {
        /// Number of the device.
        number: u64,
        /// What the last one was refused for.
        why: puf::Error,
    },
    /// A device does not start any more, with power and after several tries.
    #[error("device {number} does not start: {why}")]
    Start {
        /// Number of the device.
        number: u64,
        /// The last reason.
        why: String,
    },
}
