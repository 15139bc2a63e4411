//! The real binary, in temporary directories.
