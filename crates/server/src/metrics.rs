//! What the server counts, in the text format of Prometheus (version 0.0.4). Label sets are bounded: codes are constants
//! of this program, witnesses those of the policy, feeds a bounded number.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ledger::{Receipt, Rejection, Standing, Taken};

use crate::feeds::Feed;
use crate::witness::WitnessStatus;

/// Upper bounds of the buckets of the latency of submissions, in microseconds, and as Prometheus writes them.
const BUCKETS: [(u64, &str); 13] = [
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// How long something takes: for metrics, and for pacing requests to others. Nothing that enters the log depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "measures durations for metrics and pacing; nothing that enters the log depends on it"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the start.
    #[must_use]
    pub fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// How an entry that was taken counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was taken before.
    Repeated,
    /// It will be rolled up.
    Staged,
    /// It is in the log.
    Logged,
}

/// What an entry that was taken is answered with.
pub trait Counted {
    /// How it counts.
    fn counted(&self) -> How;
}

impl Counted for Receipt {
    fn counted(&self) -> How {
        if self.repeated { How::Repeated } else { How::Logged }
    }
}

impl Counted for Taken {
    fn counted(&self) -> How {
        match self {
            Self::Logged(receipt) => receipt.counted(),
            Self::Staged(staged) if staged.repeated => How::Repeated,
            Self::Staged(_) => How::Staged,
        }
    }
}

/// The counters. All rise; none is ever reset.
#[derive(Debug, Default)]
pub struct Metrics {
    entries: AtomicU64,
    repeated: AtomicU64,
    staged: AtomicU64,
    batches: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
    submissions: AtomicU64,
    micros: AtomicU64,
    answers: [AtomicU64; 5],
    rejections: Mutex<BTreeMap<&'static str, u64>>,
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Metrics {
    /// A batch is durable.
    pub fn committed(&self) {
        add(&self.batches, 1);
    }

    /// A request was answered.
    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self.answers.get(class) {
            add(counter, 1);
        }
    }

    /// A submission has its outcomes.
    pub fn submitted<T: Counted>(&self, outcomes: &[Result<T, Rejection>], took: &Stopwatch) {
        let micros = took.micros();
        add(&self.submissions, 1);
        add(&self.micros, micros);
        if let Some(at) = BUCKETS.iter().position(|(bound, _)| micros <= *bound)
            && let Some(bucket) = self.buckets.get(at)
        {
            add(bucket, 1);
        }
        for outcome in outcomes {
            match outcome {
                Ok(taken) => match taken.counted() {
                    How::Repeated => add(&self.repeated, 1),
                    How::Staged => add(&self.staged, 1),
                    How::Logged => add(&self.entries, 1),
                },
                Err(rejection) => {
                    let mut all = self.rejections.lock().unwrap_or_else(PoisonError::into_inner);
                    *all.entry(rejection.code()).or_default() += 1;
                }
            }
        }
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub(crate) fn text(
        &self,
        size: u64,
        standing: &Standing,
        witnesses: Option<&[WitnessStatus]>,
        feeds: &[Feed],
    ) -> String {
        let mut out = Text(String::with_capacity(4_096));
        out.head("vouchsafe_entries_total", "counter", "Entries accepted over the API.");
        out.line("vouchsafe_entries_total", "", get(&self.entries));
        out.head("vouchsafe_entries_repeated_total", "counter", "Entries that were in the log already.");
        out.line("vouchsafe_entries_repeated_total", "", get(&self.repeated));
        out.head("vouchsafe_evidence_staged_total", "counter", "Evidence staged because it changes nothing.");
        out.line("vouchsafe_evidence_staged_total", "", get(&self.staged));
        out.head("vouchsafe_batches_total", "counter", "Batches made durable since the start.");
        out.line("vouchsafe_batches_total", "", get(&self.batches));
        out.head("vouchsafe_durable_size", "gauge", "Durable entries of the log.");
        out.line("vouchsafe_durable_size", "", size);
        self.latency(&mut out);
        out.head("vouchsafe_rejections_total", "counter", "Entries not accepted, by code.");
        for (code, n) in self.rejections.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            out.line("vouchsafe_rejections_total", &format!("{{code=\"{code}\"}}"), *n);
        }
        out.head("vouchsafe_http_responses_total", "counter", "Answers of the API, by class of status.");
        for (class, counter) in (1u8..).zip(&self.answers) {
            out.line("vouchsafe_http_responses_total", &format!("{{class=\"{class}xx\"}}"), get(counter));
        }
        out.head(
            "vouchsafe_standing",
            "gauge",
            "Whether the ledger takes entries: 1 for the state that holds.",
        );
        let now = match standing {
            Standing::Writable => "writable",
            Standing::ReadOnly(_) => "read_only",
            Standing::Rebuilding(_) => "rebuilding",
        };
        for state in ["writable", "read_only", "rebuilding"] {
            out.line("vouchsafe_standing", &format!("{{state=\"{state}\"}}"), u64::from(state == now));
        }
        if let Some(witnesses) = witnesses {
            out.witnesses(size, witnesses);
        }
        out.feeds(feeds);
        out.0
    }

    fn latency(&self, out: &mut Text) {
        let name = "vouchsafe_submission_seconds";
        out.head(name, "histogram", "Time from a submission's request to its durable outcome.");
        let mut total = 0;
        for ((_, bound), bucket) in BUCKETS.iter().zip(&self.buckets) {
            total += get(bucket);
            out.line("vouchsafe_submission_seconds_bucket", &format!("{{le=\"{bound}\"}}"), total);
        }
        let count = get(&self.submissions);
        out.line("vouchsafe_submission_seconds_bucket", "{le=\"+Inf\"}", count.max(total));
        let micros = get(&self.micros);
        let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        out.line("vouchsafe_submission_seconds_sum", "", seconds);
        out.line("vouchsafe_submission_seconds_count", "", count.max(total));
    }
}

struct Text(String);

impl Text {
    // Writing to a String cannot fail.
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn feeds(&mut self, all: &[Feed]) {
        let (stale, answered) = ("vouchsafe_feed_stale", "vouchsafe_feed_answered_timestamp_seconds");
        self.head(stale, "gauge", "Whether a feed of advisories is stale, by log time.");
        for f in all {
            self.line(stale, &label("feed", &f.name), u64::from(f.stale.is_some()));
        }
        self.head(answered, "gauge", "When a feed of advisories answered last; 0 if it never did.");
        for f in all {
            self.line(answered, &label("feed", &f.name), f.answered.map_or(0, evidence::Time::seconds));
        }
    }

    fn witnesses(&mut self, size: u64, all: &[WitnessStatus]) {
        self.head("vouchsafe_witness_lag", "gauge", "Durable entries that a witness has not cosigned yet.");
        for w in all {
            self.line("vouchsafe_witness_lag", &label("witness", &w.name), size.saturating_sub(w.size));
        }
        self.head(
            "vouchsafe_witness_failures_total",
            "counter",
            "Requests to a witness that brought no cosignature.",
        );
        for w in all {
            self.line("vouchsafe_witness_failures_total", &label("witness", &w.name), w.failures);
        }
    }
}

fn label(name: &str, value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{escaped}\"}}")
}
