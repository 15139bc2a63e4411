//! Foreign formats in and out. What is foreign stops here: inside there is one SBOM, one advisory, one test result.
//! Not here: anything about devices, records or the log; nothing here does network or file access of its own.

pub mod junit;
pub mod sbom;
mod source;
