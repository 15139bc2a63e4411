//! Integration tests of the entry format.
