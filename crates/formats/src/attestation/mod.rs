//! Attestation of others: tokens of Arm's Platform Security Architecture (RFC 9783) in, attestation results (EAR) in and out.
//!
//! Not here: our own devices' evidence (`evidence`, `device`), appraisal (`world`), and whose key verifies a token: a token
//! read here says what it says, and what its signature is over.

pub mod ear;
pub mod psa;
