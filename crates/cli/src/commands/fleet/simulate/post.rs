//! What the simulated gateways say over HTTP: freshness fetched, batches posted, a busy server waited for. Bounded connections;
//! the same bytes again until they are answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use device::wire::{Answer, MAX_FRESHNESS};
use indicatif::ProgressBar;
use sim::Batch;
use sim::random::Random;

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::text;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Times that a batch is sent.
const TRIES: u64 = 60;
/// Longest wait that a server is believed, in seconds.
const MAX_WAIT: u64 = 120;
/// Most bytes of the answer to a batch: a receipt for each piece.
const MAX_ANSWER: u64 = 64 << 20;

/// The server's address for devices.
pub(super) struct Post {
    base: String,
    agent: ureq::Agent,
    connections: usize,
}

/// What was counted on the way.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Batches that were answered.
    pub(super) batches: u64,
    /// Pieces in them.
    pub(super) pieces: u64,
    /// Bytes in them.
    pub(super) bytes: u64,
    /// Times that the server had no place, and times that nobody answered.
    pub(super) busy: u64,
    pub(super) silence: u64,
    /// Microseconds from sending a batch to its answer, of those that were answered.
    pub(super) micros: Vec<u64>,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.batches += other.batches;
        self.pieces += other.pieces;
        self.bytes += other.bytes;
        self.busy += other.busy;
        self.silence += other.silence;
        self.micros.extend(other.micros);
    }

    /// The time within which so many of a hundred answers came, in milliseconds.
    pub(super) fn within(&mut self, percent: usize) -> Option<f64> {
        self.micros.sort_unstable();
        let at = (self.micros.len() * percent).div_ceil(100).saturating_sub(1);
        let micros = u32::try_from(*self.micros.get(at)?).unwrap_or(u32::MAX);
        Some(f64::from(micros) / 1e3)
    }
}

/// The batches of one site, which are sent in their order.
type Site = Vec<Batch>;
/// What became of one batch: its answers in order.
pub(super) type Answered = (Batch, Vec<Answer>);

impl Post {
    pub(super) fn new(base: &str, connections: usize) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .build();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            agent: ureq::Agent::new_with_config(config),
            connections,
        }
    }

    /// The freshness statement, as devices check it.
    pub(super) fn freshness(&self) -> Result<Vec<u8>, Failure> {
        let url = format!("{}/device/v1/freshness", self.base);
        let doing = format!("asking {url}");
        let mut answer = self.agent.get(&url).call().map_err(|e| Failure::environment(&doing, e))?;
        if !answer.status().is_success() {
            return Err(Failure::environment(&doing, answer.status()));
        }
        let body = answer.body_mut().with_config().limit(MAX_FRESHNESS as u64).read_to_vec();
        body.map_err(|e| Failure::environment(&doing, e))
    }

    /// Sends everything: the batches of a site one after the other, sites at the same time. Gives the answers in the order
    /// of the batches.
    pub(super) fn send(
        &self,
        batches: Vec<Batch>,
        figures: &mut Figures,
        bar: &ProgressBar,
    ) -> Result<Vec<Answered>, Failure> {
        let mut sites: Vec<Site> = Vec::new();
        for batch in batches {
            match sites.last_mut().filter(|s| s.last().is_some_and(|b| b.site == batch.site)) {
                Some(site) => site.push(batch),
                None => sites.push(vec![batch]),
            }
        }
        let todo: Vec<Mutex<Site>> = sites.into_iter().map(Mutex::new).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let (mut done, mut figures) = (Vec::new(), Figures::default());
            while let Some(site) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                let site = std::mem::take(&mut *site.lock().unwrap_or_else(PoisonError::into_inner));
                for batch in site {
                    let answers = self.one(&batch, &mut figures)?;
                    bar.inc(batch.pieces.len() as u64);
                    done.push((batch, answers));
                }
            }
            Ok((done, figures))
        };
        let workers = self.connections.min(todo.len());
        let parts: Vec<Result<(Vec<Answered>, Figures), Failure>> = thread::scope(|scope| {
            let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let lost = |_| Err(Failure::environment("sending evidence", "a thread failed"));
            handles.into_iter().map(|h| h.join().unwrap_or_else(lost)).collect()
        });
        let mut all = Vec::new();
        for part in parts {
            let (done, counted) = part?;
            figures.add(counted);
            all.extend(done);
        }
        // Each site's are in order already; sites come as they were done.
        all.sort_by_key(|(batch, _)| batch.site);
        Ok(all)
    }

    /// Sends one batch until it is answered.
    fn one(&self, batch: &Batch, figures: &mut Figures) -> Result<Vec<Answer>, Failure> {
        let url = format!("{}/device/v1/evidence", self.base);
        let (doing, body) = (format!("sending evidence to {url}"), batch.body());
        let mut random = Random::of(&[batch.site as u64, body.len() as u64]);
        let mut last = String::new();
        for _ in 0..TRIES {
            let watch = Stopwatch::start();
            let sent = self.agent.post(&url).header("content-type", "application/cbor-seq").send(&body);
            let wait = match sent {
                Ok(mut answer) if answer.status().is_success() => {
                    let raw = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
                    let raw = raw.map_err(|e| Failure::environment(&doing, e))?;
                    let answers = answers(&doing, &raw)?;
                    figures.batches += 1;
                    figures.pieces += batch.pieces.len() as u64;
                    figures.bytes += body.len() as u64;
                    figures.micros.push(u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX));
                    return Ok(answers);
                }
                Ok(answer) if matches!(answer.status().as_u16(), 429 | 503) => {
                    figures.busy += 1;
                    last = answer.status().to_string();
                    let stated = answer.headers().get("retry-after");
                    stated.and_then(|v| v.to_str().ok()?.trim().parse::<u64>().ok())
                }
                Ok(mut answer) if answer.status().is_client_error() => {
                    let said = answer.body_mut().with_config().limit(64 << 10).read_to_string();
                    let said = text::printable(&said.unwrap_or_default(), 600);
                    return Err(Failure::input(doing, format!("{}: {said}", answer.status())));
                }
                Ok(answer) => {
                    figures.silence += 1;
                    last = answer.status().to_string();
                    None
                }
                Err(e) => {
                    figures.silence += 1;
                    last = e.to_string();
                    None
                }
            };
            // After that time, at random within as much again: then not everybody comes back at once.
            let millis = wait.unwrap_or(1).clamp(1, MAX_WAIT) * 1_000;
            thread::sleep(Duration::from_millis(millis + random.below(millis)));
        }
        Err(Failure::environment(doing, format!("{TRIES} times in vain, the last time {last}")))
    }
}

fn answers(doing: &str, mut raw: &[u8]) -> Result<Vec<Answer>, Failure> {
    let mut out = Vec::new();
    while !raw.is_empty() {
        let (answer, rest) = Answer::decode(raw).map_err(|e| Failure::environment(doing, e))?;
        out.push(answer);
        raw = rest;
    }
    Ok(out)
}
