//! The thread of one witness: asks, learns from conflicts, rests after failures.

use tlog::note::Signature;
use tlog::witness::{AddCheckpoint, parse_conflict, parse_cosignatures};
use tlog::{Checkpoint, Hash, VerifierKey, cosignature};

use super::board::{Board, Target};
use super::exchange::{Answer, Exchange};

/// Requests for one checkpoint: the first, and again after each conflict.
const ATTEMPTS: usize = 3;
/// Longest piece of a witness's own words that is passed on.
const WORDS: usize = 160;

/// Runs until the board ends.
pub(super) fn run(board: &Board, at: usize, url: &str, exchange: &Exchange) {
    let Some(witness) = board.witness(at) else { return };
    let (name, key) = (witness.name.to_string(), &witness.key);
    // What it cosigned last is asked by asking it: a conflict states the size.
    let mut known = 0;
    let mut pause = board.options.pause;
    while let Some(target) = board.next(at) {
        let talk = Talk { board, name: &name, key, url, exchange };
        match talk.ask(&target, &mut known) {
            Ok((line, time)) => {
                pause = board.options.pause;
                board.came(at, &target, line, time);
            }
            Err(why) => {
                board.failed(at, &target, why);
                board.rest(pause);
                pause = (pause * 2).min(board.options.longest_pause);
            }
        }
    }
}

struct Talk<'a> {
    board: &'a Board,
    name: &'a str,
    key: &'a VerifierKey,
    url: &'a str,
    exchange: &'a Exchange,
}

impl Talk<'_> {
    fn ask(&self, target: &Target, known: &mut u64) -> Result<(Signature, Option<u64>), String> {
        for _ in 0..ATTEMPTS {
            if *known > target.size {
                // Only once: the next attempt begins with what the witness says then.
                let size = std::mem::take(known);
                return Err(self.ahead(size));
            }
            let answer = self.post(target, *known)?;
            match answer.status {
                200 => {
                    let found = self.cosignature(target, &answer)?;
                    *known = target.size;
                    return Ok(found);
                }
                409 => {
                    let size = parse_conflict(&answer.body).map_err(|e| format!("its answer 409: {e}"))?;
                    if size == *known {
                        return Err(format!(
                            "it says that it cosigned {size}, and refuses a proof from there"
                        ));
                    }
                    *known = size;
                }
                422 => {
                    self.compare();
                    return Err(format!("it refuses the proof from {known}: {}", words(&answer.body)));
                }
                status => return Err(format!("it answers {status}: {}", words(&answer.body))),
            }
        }
        Err("its last size changes faster than it can be asked".into())
    }

    fn post(&self, target: &Target, known: u64) -> Result<Answer, String> {
        let proof = if known == 0 || known == target.size {
            Vec::new()
        } else {
            self.board.ledger.tree().consistency(known, target.size).map_err(|e| e.to_string())?
        };
        let request = AddCheckpoint::new(known, proof, target.note.clone()).map_err(|e| e.to_string())?;
        self.exchange.post(&format!("{}/add-checkpoint", self.url), &request.to_string())
    }

    /// The cosignature by the key that the policy names; others are ignored.
    fn cosignature(&self, target: &Target, answer: &Answer) -> Result<(Signature, Option<u64>), String> {
        let lines = parse_cosignatures(&answer.body).map_err(|e| e.to_string())?;
        let found = lines.into_iter().find_map(|line| {
            let time = cosignature::verify(&target.note, &line, self.key).ok()?;
            Some((line, time))
        });
        found.ok_or_else(|| "its answer has no cosignature by the key that the policy names".into())
    }

    /// The witness says that it cosigned more than it is asked about.
    fn ahead(&self, size: u64) -> String {
        let durable = self.board.ledger.tree().size();
        if size <= durable {
            return format!("it has cosigned {size} already; it is asked about the next checkpoint");
        }
        let seen = self.compare();
        let shown = if seen { "and shows it" } else { "but does not show it" };
        format!("it says that it cosigned {size} entries {shown}; this log has {durable}")
    }

    /// Fetches what the witness cosigned last. If this log signed it and cannot extend it, the log goes read-only; says
    /// whether it could be compared.
    fn compare(&self) -> bool {
        let ledger = &self.board.ledger;
        let (origin, keys) = {
            let reading = ledger.read();
            let keys: Vec<String> = reading.journal().log_keys().map(|(_, key)| key.to_owned()).collect();
            (reading.journal().origin().to_owned(), keys)
        };
        let path = format!("{}/{}/checkpoint", self.url, Hash::of(origin.as_bytes()));
        let answer = match self.exchange.get(&path) {
            Ok(answer) if answer.status == 200 => answer,
            Ok(answer) => {
                tracing::warn!(
                    witness = self.name,
                    status = answer.status,
                    "it does not show its checkpoint"
                );
                return false;
            }
            Err(e) => {
                tracing::warn!(witness = self.name, reason = %e, "it does not show its checkpoint");
                return false;
            }
        };
        let keys = keys.iter().filter_map(|key| VerifierKey::parse(key).ok());
        let seen = keys.map(|key| Checkpoint::open(&answer.body, &key)).find_map(Result::ok);
        let Some((checkpoint, _)) = seen else {
            tracing::warn!(witness = self.name, "it shows a checkpoint that this log did not sign");
            return false;
        };
        ledger.seen_elsewhere(&checkpoint, self.name);
        true
    }
}

/// The beginning of an answer, fit for a log line.
fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars()
        .take(WORDS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}
