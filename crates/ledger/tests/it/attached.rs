//! Signatures inside facts are held to their keys: possession, statements.

use ed25519_dalek::Signer;
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::facts::statements::Signed;
use evidence::proof::ssh;
use evidence::statement::{Meaning, Statement};
use evidence::types::Bytes;
use evidence::{SourceKind, Time};
use testkit::{Author, Fixture, ORIGIN};
use tlog::Hash;

fn enrolled(device: &Author, udi: Option<&str>) -> DeviceEnrolled {
    DeviceEnrolled {
        device: device.id,
        key: device.key.clone(),
        possession: device.possession(ORIGIN, udi),
        udi: udi.map(Into::into),
        serial: Some("SN-1".into()),
        model: "IP-400".into(),
        hardware_version: None,
        key_origin: KeyOrigin::Puf,
        helper: None,
        report: None,
        product: "pump".into(),
    }
}

fn code(outcome: &ledger::Outcome) -> &'static str {
    outcome.as_ref().err().map_or("accepted", ledger::Rejection::code)
}

#[test]
fn a_device_is_enrolled_only_with_the_key_it_holds() {
    let mut f = Fixture::new();
    let mut station = Author::new(SourceKind::Station, 20);
    f.enrol(&station, &["station"]);
    let (device, thief) = (Author::device(1), Author::device(2));
    // Somebody else's key, a signature for another UDI, and a signature by another key.
    let mut stolen = enrolled(&device, Some("(01)04012345004007"));
    stolen.key = thief.key.clone();
    let mut other_udi = enrolled(&device, Some("(01)04012345004007"));
    other_udi.udi = Some("(01)04012345004014".into());
    for fact in [stolen, other_udi] {
        let entry = station.sign(station.body(fact)).encode();
        assert_eq!(code(&f.submit(entry.into())), "bad_attached");
    }
    let entry = station.state(enrolled(&device, Some("(01)04012345004007")));
    assert_eq!(code(&f.submit(entry)), "accepted");
    // The same UEID again is kept aside, never merged.
    let entry = station.state(enrolled(&device, None));
    assert_eq!(code(&f.submit(entry)), "quarantined");
    // And the device speaks.
    let mut device = device;
    let entry = device.state(evidence::Fact::Attested(evidence::Evidence::default()));
    assert_eq!(code(&f.submit(entry)), "accepted");
}

#[test]
fn a_statement_counts_only_as_signed_by_the_named_person_under_the_printed_name() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    let approver = Author::person(30);
    f.enrol(&ci, &["ci"]);
    f.enrol(&approver, &["quality"]);
    let statement = |name: &str| Statement {
        record: "SWR-012".into(),
        revision: Hash([8; 32]),
        meaning: Meaning::Approve,
        name: name.into(),
        time: Time::from_seconds(testkit::START).expect("a time"),
    };
    let signed = |s: &Statement, by: &Author| {
        let text = s.text().expect("canonical");
        let signature = by.secret.sign(&ssh::signed_data(ssh::RECORD_NAMESPACE, text.as_bytes())).to_bytes();
        let blob = ssh::blob(&by.key, ssh::RECORD_NAMESPACE, &signature).expect("an SSH key");
        Signed {
            statement: text,
            signature: Bytes(blob),
            signer: approver.id,
            record: s.record.clone(),
            revision: s.revision,
            meaning: s.meaning,
        }
    };
    let good = signed(&statement("Somebody"), &approver);
    let by_other = signed(&statement("Somebody"), &Author::person(31));
    let other_name = signed(&statement("Somebody Else"), &approver);
    let mut other_record = good.clone();
    other_record.record = "SWR-013".into();
    for (fact, want) in [
        (by_other, "bad_attached"),
        (other_name, "precondition_failed"),
        (other_record, "precondition_failed"),
    ] {
        let entry = ci.sign(ci.body(fact)).encode();
        assert_eq!(code(&f.submit(entry.into())), want);
    }
    let entry = ci.state(good);
    assert_eq!(code(&f.submit(entry)), "accepted");
    let depth = ledger::audit::Depth { signatures: true, threads: 1 };
    assert!(ledger::audit::audit(&*f.log, depth, None, |_, _| {}).expect("reads").holds());
}
