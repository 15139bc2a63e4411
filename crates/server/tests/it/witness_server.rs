//! The witness over HTTP: every status of tlog-witness v1.0.0, and what survives a restart.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use ledger::ports::FixedClock;
use server::run::{Connections, TlsFiles, serve_router};
use server::witness::{Witness, WitnessConfig, WitnessError};
use tlog::tree::{MemoryTree, consistency_proof};
use tlog::witness::{AddCheckpoint, parse_conflict, parse_cosignatures};
use tlog::{Checkpoint, Hash, Note, SigningKey, cosignature, leaf_hash};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::api_house::{Answer, Client, anywhere};

const NOW: u64 = 1_790_000_000;

pub(crate) fn witness_key(seed: u8) -> SigningKey {
    SigningKey::cosigner(&format!("witness.example/w{seed}"), &[seed; 32]).expect("a key")
}

fn log_key(seed: u8) -> SigningKey {
    SigningKey::ed25519("log.example/other", &[seed; 32]).expect("a key")
}

pub(crate) fn open(
    directory: &Path,
    seed: u8,
    logs: Vec<tlog::VerifierKey>,
) -> Result<Arc<Witness>, WitnessError> {
    let clock = Arc::new(FixedClock::new(evidence::Time::from_seconds(NOW).expect("a time")));
    Witness::open(directory, WitnessConfig { keys: vec![witness_key(seed)], logs }, clock)
}

/// A witness that listens.
pub(crate) struct Running {
    runtime: Runtime,
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new(witness: &Arc<Witness>) -> Self {
        Self::with(witness, None)
    }

    pub(crate) fn with(witness: &Arc<Witness>, tls: Option<TlsFiles>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let router = witness.router();
        let served = runtime.spawn(async move {
            let told = |at| bound.send(at).expect("the test waits");
            let ended = async { drop(stopped.await) };
            serve_router(anywhere(), tls.as_ref(), Connections::default(), router, told, ended)
                .await
                .expect("it serves");
        });
        let address = address.recv_timeout(std::time::Duration::from_secs(10)).expect("it listens");
        let client = Client::new(&format!("http://{address}"), None);
        Self { runtime, address, client, stop: Some(stop), served: Some(served) }
    }

    fn add(&self, body: &str) -> Answer {
        self.client.post("/add-checkpoint", &[], body.as_bytes())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served).expect("it ends well");
        }
    }
}

fn tree(n: u64, salt: &str) -> MemoryTree {
    (0..n).map(|i| leaf_hash(format!("{salt}{i}").as_bytes())).collect()
}

fn signed(tree: &MemoryTree, key: &SigningKey) -> Note {
    Note::sign(&Checkpoint::new("log.example/other", tree.size(), tree.root()).to_string(), &[key])
        .expect("signs")
}

fn request(old: u64, tree: &MemoryTree, key: &SigningKey) -> String {
    let proof = if old == 0 || old >= tree.size() {
        Vec::new()
    } else {
        consistency_proof(tree, old, tree.size()).expect("a proof")
    };
    AddCheckpoint::new(old, proof, signed(tree, key)).expect("a request").to_string()
}

#[test]
fn a_log_is_followed_and_every_refusal_has_its_status() {
    let directory = tempfile::tempdir().expect("a directory");
    let logs = || vec![log_key(1).verifier().clone()];
    let running = Running::new(&open(directory.path(), 5, logs()).expect("opens"));
    let path = format!("/{}/checkpoint", Hash::of(b"log.example/other"));
    assert_eq!(running.client.get(&path).status, 404, "nothing cosigned yet");
    let small = tree(10, "a");
    for (old, size) in [(0, 10), (10, 10), (10, 300)] {
        let grown = tree(size, "a");
        let answer = running.add(&request(old, &grown, &log_key(1)));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let lines = parse_cosignatures(&answer.body).expect("cosignatures");
        let note = signed(&grown, &log_key(1));
        assert_eq!(cosignature::verify(&note, &lines[0], witness_key(5).verifier()), Ok(Some(NOW)));
    }
    let is = |body: &str, status: u16, kind: &str| {
        let answer = running.add(body);
        assert_eq!((answer.status, answer.header("content-type")), (status, kind), "{}", answer.text());
        answer
    };
    let text = "text/plain; charset=utf-8";
    let large = tree(400, "a");
    let conflict = is(&request(10, &large, &log_key(1)), 409, "text/x.tlog.size");
    assert_eq!(parse_conflict(&conflict.body), Ok(300));
    is(&request(0, &small, &log_key(1)), 409, "text/x.tlog.size");
    is("old 1\n", 400, text);
    is(&request(500, &large, &log_key(1)), 400, text);
    is(&request(300, &large, &log_key(2)), 403, text);
    is(&request(300, &tree(400, "b"), &log_key(1)), 422, text);
    is(&request(300, &tree(300, "b"), &log_key(1)), 422, text);
    let stranger = SigningKey::ed25519("log.example/unknown", &[1; 32]).expect("a key");
    let unknown =
        Note::sign(&Checkpoint::new("log.example/unknown", 1, leaf_hash(b"x")).to_string(), &[&stranger]);
    let unknown = AddCheckpoint::new(0, Vec::new(), unknown.expect("signs")).expect("a request").to_string();
    is(&unknown, 404, text);
    is(&"x".repeat(2 << 20), 413, text);
    // What it shows is the largest, cosigned, whatever was refused since.
    let shown = running.client.get(&path);
    let note = Note::parse(&shown.body).expect("a note");
    assert_eq!(Checkpoint::parse(note.text()).expect("a checkpoint").size, 300);
    assert!(note.verify([log_key(1).verifier()]).is_ok() && note.verify([witness_key(5).verifier()]).is_ok());
    assert_eq!(running.client.get("/00/checkpoint").status, 404);

    // After a restart it knows what it cosigned; two keys of one log may stand side by side.
    drop(running);
    let both = vec![log_key(1).verifier().clone(), log_key(2).verifier().clone()];
    let running = Running::new(&open(directory.path(), 5, both).expect("opens again"));
    assert_eq!(running.add(&request(10, &large, &log_key(1))).status, 409);
    assert_eq!(running.add(&request(300, &tree(400, "b"), &log_key(1))).status, 422);
    assert_eq!(running.add(&request(300, &large, &log_key(2))).status, 200, "by the rotated key");
}

#[test]
fn a_witness_may_hold_a_key_of_each_type() {
    let directory = tempfile::tempdir().expect("a directory");
    let clock = || Arc::new(FixedClock::new(evidence::Time::from_seconds(NOW).expect("a time")));
    let pq = || SigningKey::ml_dsa_44("witness.example/w5", &[55; 32]).expect("a key");
    let of = |keys| WitnessConfig { keys, logs: vec![log_key(1).verifier().clone()] };
    let witness = Witness::open(directory.path(), of(vec![witness_key(5), pq()]), clock()).expect("opens");
    let running = Running::new(&witness);
    let ten = tree(10, "a");
    let answer = running.add(&request(0, &ten, &log_key(1)));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut note = signed(&ten, &log_key(1));
    for line in parse_cosignatures(&answer.body).expect("cosignatures") {
        note.push(line).expect("room");
    }
    for key in [witness_key(5).verifier(), pq().verifier()] {
        assert_eq!(note.verify([key]).expect("it has cosigned")[0].time, Some(NOW));
    }
    let path = format!("/{}/checkpoint", Hash::of(b"log.example/other"));
    let shown = Note::parse(&running.client.get(&path).body).expect("a note");
    assert_eq!(shown.verify([witness_key(5).verifier(), pq().verifier()]).expect("both").len(), 2);

    // Extension lines are not covered by the one key, so they are refused whole, and nothing is kept.
    let grown = tree(20, "a");
    let extended = Checkpoint {
        extensions: vec!["more".into()],
        ..Checkpoint::new("log.example/other", grown.size(), grown.root())
    };
    let proof = || consistency_proof(&grown, 10, 20).expect("a proof");
    let extended = AddCheckpoint::new(10, proof(), extended.sign(&log_key(1)).expect("signs"));
    let extended = extended.expect("a request").to_string();
    let answer = running.add(&extended);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(running.add(&request(10, &grown, &log_key(1))).status, 200, "10 is still the last size");
    drop((running, witness));

    // Without that key the same line is none of its business; shown with it, the Ed25519 key alone vouches for the text.
    let fresh = tempfile::tempdir().expect("a directory");
    let witness = Witness::open(fresh.path(), of(vec![witness_key(5)]), clock()).expect("opens");
    let running = Running::new(&witness);
    assert_eq!(running.add(&request(0, &ten, &log_key(1))).status, 200);
    assert_eq!(running.add(&extended).status, 200);
    drop((running, witness));
    let witness = Witness::open(fresh.path(), of(vec![witness_key(5), pq()]), clock()).expect("opens");
    let running = Running::new(&witness);
    let shown = running.client.get(&path);
    assert_eq!(shown.status, 200, "{}", shown.text());
    let shown = Note::parse(&shown.body).expect("a note");
    assert!(shown.verify([witness_key(5).verifier()]).is_ok() && shown.verify([pq().verifier()]).is_err());
}

#[test]
fn of_two_forks_at_once_one_is_cosigned() {
    let directory = tempfile::tempdir().expect("a directory");
    let running =
        Running::new(&open(directory.path(), 5, vec![log_key(1).verifier().clone()]).expect("opens"));
    let asks = ["a", "b", "c", "d"].map(|salt| {
        let (client, body) = (running.client.clone(), request(0, &tree(50, salt), &log_key(1)));
        std::thread::spawn(move || client.post("/add-checkpoint", &[], body.as_bytes()).status)
    });
    let mut statuses = asks.map(|ask| ask.join().expect("it ran"));
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[test]
fn what_cannot_be_trusted_is_not_started_with() {
    let directory = tempfile::tempdir().expect("a directory");
    let logs = || vec![log_key(1).verifier().clone()];
    let witness = open(directory.path(), 5, logs()).expect("opens");
    assert!(
        matches!(open(directory.path(), 5, logs()), Err(WitnessError::Directory(_))),
        "one process a directory"
    );
    {
        let running = Running::new(&witness);
        assert_eq!(running.add(&request(0, &tree(10, "a"), &log_key(1))).status, 200);
    }
    drop(witness);
    let other = open(directory.path(), 5, vec![log_key(2).verifier().clone()]);
    assert!(matches!(other, Err(WitnessError::State { .. })), "the old key is gone: it does not begin anew");
    let file = directory.path().join(Hash::of(b"log.example/other").to_string());
    let whole = std::fs::read(&file).expect("reads");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&file, &damaged).expect("writes");
        assert!(matches!(open(directory.path(), 5, logs()), Err(WitnessError::State { .. })), "byte {at}");
    }
    std::fs::write(&file, &whole).expect("writes");
    assert!(open(directory.path(), 5, logs()).is_ok());
    assert!(matches!(
        open(directory.path(), 5, vec![witness_key(1).verifier().clone()]),
        Err(WitnessError::Key(_))
    ));
}
