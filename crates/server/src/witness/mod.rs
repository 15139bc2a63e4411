//! Witnessing, both sides.
