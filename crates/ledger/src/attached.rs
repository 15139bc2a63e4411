//! Signatures inside facts: possession of a key, a stream's next key, a person's statement, a recovery. Verified where the
//! entry's own proof is, and again by the audit.

use evidence::proof::BadProof;
use evidence::proof::attached::Attached;
use evidence::{Entry, Fact, PublicKey, SourceId, statement};
use world::World;

use crate::error::Rejection;

/// One signature inside a fact, with everything needed to verify it without the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Over an array that names its purpose.
    Attached { over: Attached, key: PublicKey, signature: Vec<u8> },
    /// Over one of these arrays.
    AnyOf { overs: Vec<Attached>, key: PublicKey, signature: Vec<u8> },
    /// Over a person's statement, under one of the keys the person has.
    Statement { keys: Vec<PublicKey>, text: String, signature: Vec<u8> },
}

impl Check {
    pub(crate) fn run(&self) -> Result<(), BadProof> {
        match self {
            Self::Attached { over, key, signature } => over.verify(key, signature),
            Self::AnyOf { overs, key, signature } => {
                let mut last = BadProof::OtherKey;
                for over in overs {
                    match over.verify(key, signature) {
                        Ok(()) => return Ok(()),
                        Err(e) => last = e,
                    }
                }
                Err(last)
            }
            Self::Statement { keys, text, signature } => {
                let mut last = BadProof::OtherKey;
                for key in keys {
                    match statement::verify(key, text, signature) {
                        Ok(_) => return Ok(()),
                        Err(e) => last = e,
                    }
                }
                Err(last)
            }
        }
    }
}

/// The signatures inside an entry's fact, as the world at its index says they must be.
pub(crate) fn checks(world: &World, entry: &Entry) -> Result<Vec<Check>, Rejection> {
    let body = entry.body();
    let origin = world.journal().origin();
    let possession =
        |source: &SourceId, udi: Option<&str>, key: &PublicKey, signature: &[u8]| Check::Attached {
            over: Attached::possession(origin, source, udi),
            key: key.clone(),
            signature: signature.to_vec(),
        };
    Ok(match &body.fact {
        Fact::SourceEnrolled(f) => {
            f.possession.iter().map(|p| possession(&f.source, None, &f.key, &p.0)).collect()
        }
        Fact::KeyRotated(f) => {
            f.possession.iter().map(|p| possession(&f.source, None, &f.new, &p.0)).collect()
        }
        Fact::DeviceEnrolled(f) => vec![possession(&f.device, f.udi.as_deref(), &f.key, &f.possession.0)],
        Fact::DeviceReenrolled(f) => vec![possession(&f.device, None, &f.key, &f.possession.0)],
        Fact::StreamKeyChanged(f) => {
            let source = world.sources().get(&body.source);
            let standing = source.and_then(|s| s.keys_at(world.size()).last());
            let standing = standing.ok_or(Rejection::Refused(world::Refusal::UnknownKey(body.source)))?;
            // A device may have made it for the origin of a predecessor, whose entries this log keeps.
            let journal = world.journal();
            let recovered = journal.recoveries().iter().rev().map(|(_, r)| r.origin.as_str());
            let origins = recovered.chain(journal.genesis().map(|g| g.origin.as_str()));
            let over =
                |origin| Attached::stream_key(origin, &body.source, body.stream, body.sequence, &f.key);
            let overs = origins.map(over).collect();
            vec![Check::AnyOf { overs, key: standing.key.clone(), signature: f.certificate.0.clone() }]
        }
        Fact::Signed(f) => {
            let signer = world.sources().get(&f.signer);
            let signer = signer.ok_or(Rejection::Refused(world::Refusal::UnknownSource(f.signer)))?;
            let keys = signer.keys_at(world.size()).map(|k| k.key.clone()).collect();
            vec![Check::Statement { keys, text: f.statement.clone(), signature: f.signature.0.clone() }]
        }
        Fact::Recovered(f) => {
            let genesis = world.journal().genesis();
            let key = genesis.map(|g| g.recovery_key.clone());
            let key = key.ok_or(Rejection::Unavailable("the log has no first entry".into()))?;
            vec![Check::Attached { over: Attached::recovery(f), key, signature: f.signature.0.clone() }]
        }
        _ => Vec::new(),
    })
}
