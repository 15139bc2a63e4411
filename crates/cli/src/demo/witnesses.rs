//! Two witnesses in this process: each remembers the last tree it cosigned and refuses any that does not extend it.

use evidence::Time;
use ledger::Ledger;
use tlog::policy::{Policy, Threshold};
use tlog::witness::{AddCheckpoint, Decision, KnownLog, WitnessState, decide, parse_cosignatures};
use tlog::{Checkpoint, Note, SigningKey, VerifierKey};

use crate::clock::random;
use crate::failure::Failure;

/// A witness.
pub(super) struct Witness {
    key: SigningKey,
    state: WitnessState,
}

/// Both witnesses, and the policy that asks for both.
pub(super) struct Witnesses {
    pub(super) all: Vec<Witness>,
    pub(super) policy: Policy,
}

const DOING: &str = "asking the witnesses to cosign";

fn failed(e: impl std::fmt::Display) -> Failure {
    Failure::damaged(DOING, e)
}

impl Witnesses {
    /// Two witnesses that know the log by its key.
    pub(super) fn new(log: &VerifierKey) -> Result<Self, Failure> {
        let mut policy = Policy::new();
        policy.add_log(log.clone(), None).map_err(failed)?;
        let mut all = Vec::new();
        for name in ["north", "south"] {
            let key = SigningKey::cosigner(&format!("witness.example/{name}"), &random()?).map_err(failed)?;
            policy.add_witness(name.as_bytes(), key.verifier().clone(), None).map_err(failed)?;
            all.push(Witness { key, state: WitnessState::default() });
        }
        policy.add_group(b"both", Threshold::All, &[b"north", b"south"]).map_err(failed)?;
        policy.set_quorum(b"both").map_err(failed)?;
        Ok(Self { all, policy })
    }

    /// Has the durable checkpoint cosigned by both and keeps it in the log.
    pub(super) fn cosign(&mut self, ledger: &Ledger, time: Time) -> Result<u64, Failure> {
        let text = ledger.checkpoint();
        let mut note = Note::parse(text.as_bytes()).map_err(failed)?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(failed)?;
        let tree = ledger.tree();
        let log: Vec<VerifierKey> = self.policy.logs().iter().map(|l| l.key.clone()).collect();
        for witness in &mut self.all {
            let old = witness.state.size;
            let proof = if old == 0 || old == checkpoint.size {
                Vec::new()
            } else {
                tree.consistency(old, checkpoint.size)?
            };
            let bare = Note::parse(text.as_bytes()).map_err(failed)?;
            let request = AddCheckpoint::new(old, proof, bare).map_err(failed)?;
            let request = AddCheckpoint::parse(request.to_string().as_bytes()).map_err(failed)?;
            let known = KnownLog { keys: &log, state: witness.state };
            let accepted = match decide(&request, Some(known)) {
                Decision::Accept(accepted) => accepted,
                Decision::Refuse(refusal) => return Err(failed(refusal)),
            };
            witness.state = accepted.state;
            let answer = accepted.cosign(&[&witness.key], time.seconds()).map_err(failed)?;
            for line in parse_cosignatures(answer.as_bytes()).map_err(failed)? {
                note.push(line).map_err(failed)?;
            }
        }
        self.policy.verify(&note).map_err(failed)?;
        ledger.log().put_cosigned(checkpoint.size, &note.to_string())?;
        Ok(checkpoint.size)
    }

    /// Whether both refuse a tree of the same size with another root, signed by the log's own key.
    pub(super) fn refuse_a_fork(&self, log_key: &SigningKey) -> Result<bool, Failure> {
        let log = [log_key.verifier().clone()];
        let mut refused = true;
        for witness in &self.all {
            let forked = Checkpoint::new(log_key.name(), witness.state.size, tlog::Hash([0x5a; 32]));
            let note = forked.sign(log_key).map_err(failed)?;
            let request = AddCheckpoint::new(witness.state.size, Vec::new(), note).map_err(failed)?;
            let known = KnownLog { keys: &log, state: witness.state };
            refused &= matches!(decide(&request, Some(known)), Decision::Refuse(_));
        }
        Ok(refused)
    }
}
