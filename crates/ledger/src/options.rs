//! Bounds of the write path, with defaults that fit one machine.

use std::time::Duration;

/// Seconds of log time after which a server rolls up evidence that changes nothing: a quarter of an hour.
pub const ROLL_EVERY: u64 = 900;

/// Bounds of the write path.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most entries of one submission.
    pub submission_entries: usize,
    /// Most bytes of one submission.
    pub submission_bytes: usize,
    /// Entries at which a batch is full.
    pub batch_entries: usize,
    /// Bytes at which a batch is full.
    pub batch_bytes: usize,
    /// Submissions that may wait for the sequencer; more are refused.
    pub queue: usize,
    /// Silence after which the ledger ticks by itself.
    pub idle_tick: Duration,
    /// How far the guard may lie behind.
    pub guard_interval: Duration,
    /// Threads that verify signatures of one submission.
    pub verifiers: usize,
    /// Seconds of log time after which evidence that changes nothing is rolled up; 0 to log each piece singly.
    /// A server's is [`ROLL_EVERY`].
    pub roll_every: u64,
    /// Seconds of log time for which rolled-up evidence is held besides.
    pub roll_keep: u64,
    /// Seconds of log time after which states are sealed, when something has happened.
    pub seal_every: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            submission_entries: 1_000,
            submission_bytes: 4 << 20,
            batch_entries: 4_096,
            batch_bytes: 16 << 20,
            queue: 1_024,
            idle_tick: Duration::from_secs(60),
            guard_interval: Duration::from_secs(1),
            verifiers: std::thread::available_parallelism().map_or(1, |n| n.get().min(16)),
            roll_every: 0,
            roll_keep: 4 * 3_600,
            seal_every: 3_600,
        }
    }
}
