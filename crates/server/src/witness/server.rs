//! A C2SP witness (tlog-witness v1.0.0): cosigns checkpoints of the logs it is configured for, each consistent with the
//! last, and shows the last of each. What it cosigned is durable before anyone learns of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Segment, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use ledger::ports::Clock;
use tlog::cosignature::Subtree;
use tlog::note::SignatureType;
use tlog::witness::{
    Accepted, AddCheckpoint, Decision, KnownLog, MAX_REQUEST_BYTES, Refusal, WitnessState, decide,
};
use tlog::{Checkpoint, Hash, Note, SigningKey, VerifierKey};

use super::store::Directory;

/// Seconds for which a cosigned checkpoint is shown again without cosigning anew; the specification asks for less than an
/// hour.
const SHOWN: u64 = 60;
const TEXT: &str = "text/plain; charset=utf-8";

/// What a witness is set up with.
pub struct WitnessConfig {
    /// Its keys, of type 0x04 (Ed25519) or 0x06 (ML-DSA-44); each cosigns.
    pub keys: Vec<SigningKey>,
    /// Keys of the logs it follows, named as their origins. After a rotation a log has two; keep the old one until the
    /// witness has cosigned a checkpoint by the new one.
    pub logs: Vec<VerifierKey>,
}

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The directory cannot be used.
    #[error("the directory of the witness: {0}")]
    Directory(std::io::Error),
    /// A key is not for what it is configured for.
    #[error(
        "the key {0} cannot be used: cosigning takes a key of type 0x04 or 0x06, a log's key is not of type 0x04"
    )]
    Key(String),
    /// There is no key to cosign with.
    #[error("a witness needs a key")]
    NoKey,
    /// What was cosigned before cannot be read. To begin anew would be to forget; so it does not start.
    #[error(
        "what was cosigned for {origin} cannot be used: {reason}; restore the file {file}, or the log's former key"
    )]
    State {
        /// The log.
        origin: String,
        /// Its file in the directory.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// The last checkpoint of a log.
#[derive(Default)]
struct Last {
    state: WitnessState,
    /// As its log signed it.
    note: Option<Note>,
    /// The same with cosignatures, and when they were made.
    shown: Option<(u64, String)>,
}

struct Log {
    keys: Vec<VerifierKey>,
    file: String,
    last: Mutex<Last>,
}

/// A running witness.
pub struct Witness {
    keys: Vec<SigningKey>,
    /// By origin.
    logs: BTreeMap<String, Log>,
    directory: Directory,
    clock: Arc<dyn Clock>,
}

impl Witness {
    /// Takes up a witness where it was left.
    ///
    /// # Errors
    /// The directory cannot be used or is in use, a key cannot, or what was cosigned before cannot be read.
    pub fn open(
        directory: &Path,
        config: WitnessConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, WitnessError> {
        if config.keys.is_empty() {
            return Err(WitnessError::NoKey);
        }
        let of = VerifierKey::signature_type;
        let wrong = config.keys.iter().map(SigningKey::verifier).find(|key| !of(key).is_cosignature());
        // A log may sign with a key of type 0x06: its message names the signer, so it cannot pass for a witness's.
        let no_log = |key: &&VerifierKey| of(key) == SignatureType::CosignatureV1 || !key.is_verifiable();
        let wrong = wrong.or_else(|| config.logs.iter().find(no_log));
        if let Some(key) = wrong {
            return Err(WitnessError::Key(key.to_string()));
        }
        let directory = Directory::open(directory).map_err(WitnessError::Directory)?;
        let mut keys: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for key in config.logs {
            keys.entry(key.name().to_owned()).or_default().push(key);
        }
        let logs = keys.into_iter().map(|(origin, keys)| {
            let file = Hash::of(origin.as_bytes()).to_string();
            let last = Mutex::new(restore(&directory, &origin, &file, &keys)?);
            Ok((origin, Log { keys, file, last }))
        });
        let logs = logs.collect::<Result<_, WitnessError>>()?;
        Ok(Arc::new(Self { keys: config.keys, logs, directory, clock }))
    }

    /// The routes: `POST /add-checkpoint`, `GET /{hex SHA-256 of the origin}/checkpoint`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/add-checkpoint", post(add))
            .route("/{origin}/checkpoint", get(show))
            .with_state(self.clone())
    }

    /// Decides about a request, persists what is accepted, and only then cosigns. Blocks on the disk.
    fn add(&self, body: &[u8]) -> Result<String, Refused> {
        let request = AddCheckpoint::parse(body).map_err(|e| Refused::Witness(Refusal::Malformed(e)))?;
        let log = self.logs.get(&request.checkpoint().origin);
        let log = log.ok_or(Refused::Witness(Refusal::UnknownOrigin))?;
        // Held until the new state is durable: no two requests are decided on the same one.
        let mut last = log.last.lock().unwrap_or_else(PoisonError::into_inner);
        match decide(&request, Some(KnownLog { keys: &log.keys, state: last.state })) {
            Decision::Refuse(refusal) => Err(Refused::Witness(refusal)),
            // Before anything is kept: a witness does not remember what it will not cosign with each of its keys.
            Decision::Accept(_)
                if self.keys.iter().any(covers_less) && Subtree::of(request.checkpoint()).is_err() =>
            {
                Err(Refused::Witness(Refusal::Extensions))
            }
            Decision::Accept(accepted) => self.accept(log, &mut last, &request, &accepted),
        }
    }

    fn accept(
        &self,
        log: &Log,
        last: &mut Last,
        request: &AddCheckpoint,
        accepted: &Accepted,
    ) -> Result<String, Refused> {
        let note = signed_by(request.note(), &log.keys);
        self.directory.replace(&log.file, note.to_string().as_bytes()).map_err(Refused::Store)?;
        *last = Last { state: accepted.state, note: Some(note), shown: None };
        let keys: Vec<&SigningKey> = self.keys.iter().collect();
        accepted.cosign(&keys, self.clock.now().seconds()).map_err(Refused::Sign)
    }

    /// The last checkpoint of a log, cosigned less than [`SHOWN`] seconds ago. To cosign it anew says nothing new: it is
    /// still the largest consistent tree seen.
    fn show(&self, origin: &str) -> Option<Result<String, tlog::Error>> {
        let log = self.logs.values().find(|log| log.file == origin)?;
        let mut last = log.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut note = last.note.clone()?;
        let now = self.clock.now().seconds();
        if let Some((time, text)) = &last.shown
            && now.abs_diff(*time) < SHOWN
        {
            return Some(Ok(text.clone()));
        }
        let cosigned = (|| {
            // A checkpoint taken before the witness had such a key may hold more than that key covers.
            let covered = Subtree::of(&Checkpoint::parse(note.text())?).is_ok();
            for key in self.keys.iter().filter(|key| covered || !covers_less(key)) {
                note.push(tlog::cosignature::sign(&note, key, now)?)?;
            }
            Ok(note.to_string())
        })();
        if let Ok(text) = &cosigned {
            last.shown = Some((now, text.clone()));
        }
        Some(cosigned)
    }
}

/// Whether cosignatures by this key leave a part of some checkpoints out (see [`Subtree::of`]).
fn covers_less(key: &SigningKey) -> bool {
    key.verifier().signature_type() == SignatureType::MlDsa44
}

fn restore(
    directory: &Directory,
    origin: &str,
    file: &str,
    keys: &[VerifierKey],
) -> Result<Last, WitnessError> {
    let bad = |reason: String| WitnessError::State { origin: origin.into(), file: file.into(), reason };
    let Some(bytes) = directory.read(file).map_err(|e| bad(e.to_string()))? else {
        return Ok(Last::default());
    };
    let opened = keys.iter().map(|key| Checkpoint::open(&bytes, key)).reduce(Result::or);
    let (checkpoint, note) =
        opened.unwrap_or(Err(tlog::Error::NoKnownSignature)).map_err(|e| bad(e.to_string()))?;
    let state = WitnessState { size: checkpoint.size, root: checkpoint.root };
    Ok(Last { state, note: Some(note), shown: None })
}

/// The note with the log's own signatures alone: what strangers appended is not kept for them.
fn signed_by(note: &Note, keys: &[VerifierKey]) -> Note {
    let lines: String = note
        .signatures()
        .iter()
        .filter(|line| keys.iter().any(|key| key.signed(line)))
        .map(ToString::to_string)
        .collect();
    Note::parse(format!("{}\n{lines}", note.text()).as_bytes()).unwrap_or_else(|_| note.clone())
}

enum Refused {
    Witness(Refusal),
    Store(std::io::Error),
    Sign(tlog::Error),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let fail = |what: &str, e: &dyn std::fmt::Display| {
            tracing::error!(error = %e, "{what}");
            (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, TEXT)], format!("{what}\n"))
                .into_response()
        };
        match self {
            Self::Witness(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
                (status, [(header::CONTENT_TYPE, refusal.content_type())], refusal.body()).into_response()
            }
            Self::Store(e) => fail("the checkpoint could not be kept, so it was not cosigned", &e),
            Self::Sign(e) => fail("the checkpoint could not be cosigned", &e),
        }
    }
}

async fn add(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let body = match whole(body).await {
        Ok(body) => body,
        Err((status, why)) => {
            return (status, [(header::CONTENT_TYPE, TEXT)], format!("{why}\n")).into_response();
        }
    };
    // Verifies signatures and waits for the disk.
    match tokio::task::spawn_blocking(move || witness.add(&body)).await {
        Ok(Ok(lines)) => ([(header::CONTENT_TYPE, TEXT)], lines).into_response(),
        Ok(Err(refused)) => refused.into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a request to the witness failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The body of a request, if it is not larger than any may be.
async fn whole(mut body: Body) -> Result<Vec<u8>, (StatusCode, String)> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| (StatusCode::BAD_REQUEST, e.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MAX_REQUEST_BYTES {
            crate::run::discard(body).await;
            return Err((StatusCode::PAYLOAD_TOO_LARGE, format!("more than {MAX_REQUEST_BYTES} bytes")));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

async fn show(State(witness): State<Arc<Witness>>, Segment(origin): Segment<String>) -> Response {
    let shown = tokio::task::spawn_blocking(move || witness.show(&origin)).await;
    match shown {
        Ok(Some(Ok(note))) => {
            ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "public, max-age=5")], note)
                .into_response()
        }
        Ok(None) => {
            (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, TEXT)], "no such log, or nothing cosigned yet\n")
                .into_response()
        }
        Ok(Some(Err(e))) => Refused::Sign(e).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a request to the witness failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
