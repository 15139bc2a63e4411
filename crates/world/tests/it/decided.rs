//! What the world accepts about devices and releases, and what it refuses or sets aside.

use evidence::facts::fleet::{DeviceAttached, DeviceEnrolled};
use evidence::facts::log::{Clock, Genesis, QuarantineCause};
use evidence::facts::release::ReleaseWithdrawn;
use evidence::types::EntryRef;
use evidence::{Body, Fact, Hash, PublicKey, SourceId, SourceKind};
use world::{Refusal, Verdict};

use crate::story::{Story, device, enrolment, entry, key, t};

/// A story whose administrator can speak: stream 2, place 0.
fn begun() -> (Story, SourceId) {
    let mut s = Story::new();
    let administrator = SourceId::derive(SourceKind::Person, &key(90)).expect("a person");
    s.say(Genesis {
        origin: "log.example/test".into(),
        log_key: String::new(),
        recovery_key: key(91),
        clock: Clock::System,
        ledger_key: key(92),
        administrator,
        administrator_key: key(90),
        administrator_name: "Administrator".into(),
        created: t(0),
        tick_bound: 1_000,
        salt: Hash([0; 32]),
    });
    (s, administrator)
}

fn verdict(s: &Story, who: SourceId, fact: impl Into<Fact>) -> Verdict {
    let body = Body {
        source: who,
        stream: 2,
        sequence: 0,
        previous: None,
        time: None,
        beacon: None,
        reason: None,
        on_behalf_of: None,
        fact: fact.into(),
    };
    let entry = entry(body);
    s.world.decide(&entry, &entry.hash(), &key(90).id())
}

/// An enrolment with a key that somebody could hold.
fn usable(n: u8) -> DeviceEnrolled {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[n; 32]);
    let key = PublicKey::ed25519(secret.verifying_key().to_bytes());
    DeviceEnrolled { key, ..enrolment(n.into()) }
}

#[test]
fn an_identity_that_is_held_is_set_aside() {
    let (mut s, admin) = begun();
    assert_eq!(verdict(&s, admin, usable(1)), Verdict::Accept);
    s.say(usable(1));
    let clash = Verdict::Quarantine(QuarantineCause::IdentityClash);
    assert_eq!(verdict(&s, admin, usable(1)), clash);
    let mut other = usable(2);
    assert_eq!(verdict(&s, admin, other.clone()), Verdict::Accept);
    other.udi = usable(1).udi;
    assert_eq!(verdict(&s, admin, other.clone()), clash);
    other = usable(2);
    other.key = usable(1).key;
    assert_eq!(verdict(&s, admin, other), clash);
}

#[test]
fn a_device_is_attached_once() {
    let (mut s, admin) = begun();
    let attach = |n, asset: &str| DeviceAttached { device: device(n), asset: asset.into(), by: "udi".into() };
    let refused =
        |v: Verdict| matches!(v, Verdict::Refuse(Refusal::Precondition(_) | Refusal::UnknownSource(_)));
    assert!(refused(verdict(&s, admin, attach(1, "A"))), "no such device");
    s.enrol(1);
    assert!(refused(verdict(&s, admin, attach(1, "A"))), "no such asset");
    s.declared("A", &[], None, None);
    s.declared("B", &[], None, None);
    s.enrol(2);
    assert_eq!(verdict(&s, admin, attach(1, "A")), Verdict::Accept);
    s.attach(1, "A");
    assert!(refused(verdict(&s, admin, attach(1, "B"))));
    assert!(refused(verdict(&s, admin, attach(2, "A"))));
    assert_eq!(verdict(&s, admin, attach(2, "B")), Verdict::Accept);
}

#[test]
fn only_a_release_is_withdrawn() {
    let (mut s, admin) = begun();
    let index = s.release("firmware", "1", &[]);
    let known = world::release::Known::new(s.world.size(), s.world.journal());
    let made = s.world.releases().get(index, known).map(|r| r.entry.clone()).expect("made");
    let other = EntryRef { entry: Hash([3; 32]), ..made.clone() };
    assert_eq!(verdict(&s, admin, ReleaseWithdrawn { release: made }), Verdict::Accept);
    assert!(matches!(verdict(&s, admin, ReleaseWithdrawn { release: other }), Verdict::Refuse(_)));
}
