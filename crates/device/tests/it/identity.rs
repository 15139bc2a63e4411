//! Layered keys: stable, apart from each other, never printed; enrolment and the PUF.

use device::enrol::{Enrolment, Particulars, ueid_of};
use device::{Identity, Mode, UniqueSecret};
use evidence::facts::fleet::KeyOrigin;
use evidence::keys::Algorithm;
use evidence::proof::attached::Attached;

use crate::bench::layer;

fn identity(n: u8, algorithm: Algorithm) -> Identity {
    Identity::new(&UniqueSecret::new([n; 32].into()), algorithm).expect("a key")
}

#[test]
fn keys_depend_on_everything_that_is_measured_and_on_nothing_else() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let one = identity(1, algorithm);
        let mut ids = vec![one.device().public().id(), identity(2, algorithm).device().public().id()];
        let mut layers = vec![layer(1), layer(2)];
        layers.push(device::Layer { mode: Mode::Debug, ..layer(1) });
        layers.push(device::Layer { configuration: layer(1).code, ..layer(1) });
        ids.extend(layers.iter().map(|l| one.alias(l).expect("a key").public().id()));
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
        let again = identity(1, algorithm);
        assert_eq!(
            again.alias(&layer(1)).expect("a key").public(),
            one.alias(&layer(1)).expect("a key").public()
        );
        assert_eq!(one.device().public().check(), Ok(()));
    }
}

#[test]
fn secrets_are_not_printed() {
    let secret = UniqueSecret::new([0x5a; 32].into());
    let identity = Identity::new(&secret, Algorithm::P256).expect("a key");
    let alias = identity.alias(&layer(1)).expect("a key");
    assert_eq!(format!("{secret:?}"), "UniqueSecret(..)");
    assert_eq!(format!("{alias:?}"), format!("KeyPair({})", alias.public().id()));
    assert_eq!(format!("{identity:?}"), format!("Identity({})", identity.device().public().id()));
}

#[test]
fn enrolment_proves_possession_for_this_log_and_udi() {
    let identity = identity(1, Algorithm::P256);
    let id = ueid_of(identity.device().public());
    let e = Enrolment::new(&identity, "log.example/a", id, Some("(01)04012345004007"), KeyOrigin::File, None);
    let fact = e.into_fact(Particulars {
        product: "pump".into(),
        model: "PX-200".into(),
        serial: None,
        hardware_version: None,
        report: None,
    });
    let holds =
        |origin: &str, udi| Attached::possession(origin, &id, udi).verify(&fact.key, &fact.possession.0);
    assert_eq!(holds("log.example/a", fact.udi.as_deref()), Ok(()));
    assert!(holds("log.example/b", fact.udi.as_deref()).is_err());
    assert!(holds("log.example/a", None).is_err());
}

#[test]
fn a_puf_gives_the_same_identity_at_every_start() {
    use puf::sim::{CellModel, Conditions, SimChip};
    let chip = SimChip::new(7, 8_192, CellModel::CY62256NLL);
    let layout = puf::Layout::spread(65_536, 510, 5).expect("a layout");
    let profile = puf::Profile::new(8, 23, 2, layout, 900).expect("a profile");
    let context = puf::Context::new(b"SN-1", 1).expect("a context");
    let reads: Vec<Vec<u8>> = (0..9).map(|n| chip.read(n, Conditions::NOMINAL)).collect();
    let slices: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
    let (helper, secret) = puf::enrol(&slices, &profile, &context).expect("a good chip");
    let enrolled = Identity::new(&UniqueSecret::from_puf(&secret), Algorithm::P256).expect("a key");
    for nonce in 100..104 {
        let read = chip.read(nonce, Conditions::NOMINAL);
        let secret = puf::reconstruct(&read, &helper, &context).expect("the same chip");
        let again = Identity::new(&UniqueSecret::from_puf(&secret), Algorithm::P256).expect("a key");
        assert_eq!(again.device().public(), enrolled.device().public());
    }
    assert_eq!(Enrolment::helper_digest(&helper).0, helper.digest());
}
