//! Integration tests of the ledger: the write path, its refusals, and what happens when the store fails.

mod attached;
mod recovery;
mod refusals;
mod seals;
mod write_path;
