//! A first device: what a station pins, enrolment by a file of lines, a second time, and another key after repair.

use ed25519_dalek::Signer;
use evidence::Field;
use evidence::cbor::Writer;
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::proof::attached::Attached;
use evidence::types::Bytes;
use testkit::Author;

use crate::kit::{House, err};

const STATION: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];

fn house() -> House {
    let house = House::with_log();
    let enrol = ["source", "enrol", "recovery.pub", "--name", "Station", "--role", "station"];
    house.json(&[&enrol[..], &["--key", "admin", "--passphrase-file", "pass"]].concat());
    house
}

/// The line that a device's test equipment writes. The proof of possession is for this origin.
fn line(device: &Author, as_device: &Author, origin: &str, udi: Option<&str>) -> String {
    let fact = DeviceEnrolled {
        device: as_device.id,
        key: device.key.clone(),
        possession: possession(device, as_device, origin, udi),
        udi: udi.map(Into::into),
        serial: Some("A1".into()),
        model: "P1".into(),
        hardware_version: None,
        key_origin: KeyOrigin::File,
        helper: None,
        report: None,
        product: "pump".into(),
    };
    let mut w = Writer::with_capacity(300);
    fact.write(&mut w);
    w.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"
}

fn possession(device: &Author, as_device: &Author, origin: &str, udi: Option<&str>) -> Bytes {
    let over = Attached::possession(origin, &as_device.id, udi).cose_signed(&device.key);
    Bytes(device.secret.sign(&over).to_bytes().to_vec())
}

fn enrol(house: &House, status: i32, lines: &str, more: &[&str]) -> (String, String) {
    std::fs::write(house.path("lines"), lines).expect("written");
    let out = house.run(&[&["device", "enrol", "lines"][..], more, &STATION].concat());
    assert_eq!(out.status.code(), Some(status), "{}", err(&out));
    (crate::kit::text(&out), err(&out))
}

#[test]
fn a_station_enrols_a_device_from_what_it_said() {
    let house = house();
    let anchor = house.json(&["device", "anchor"]);
    let log_key = anchor["log_key"].as_str().expect("a key");
    let origin = log_key.split('+').next().expect("an origin");
    assert_eq!((origin, &anchor["generation"]), ("log.example/test", &0.into()));
    assert!(anchor["recovery_key"].as_str().expect("a key").len() > 64);

    let (first, second) = (Author::device(1), Author::device(2));
    let udi = Some("(01)04012345004007(21)A1");
    let good = line(&first, &first, origin, udi);
    let (_, why) = enrol(&house, 2, &format!("{good}zz\n"), &[]);
    assert!(why.contains("line 2: these are no hexadecimal digits"), "{why}");
    let (_, why) = enrol(&house, 2, &format!("{good}a10102\n"), &[]);
    assert!(why.contains("line 2: "), "{why}");
    enrol(&house, 2, "\n", &[]);
    assert_eq!(house.json(&["fleet", "count"])["count"], 0, "nothing of a bad file is stated");
    let other_log = line(&first, &first, "log.example/other", udi);
    let (_, why) = enrol(&house, 2, &other_log, &[]);
    assert!(why.contains("[bad_attached]"), "{why}");

    let both = format!("{good}\n{}", line(&second, &second, origin, None));
    let (_, why) = enrol(&house, 2, &both, &["--serial", "B1"]);
    assert!(why.contains("--serial names one device"), "{why}");
    let (said, _) = enrol(&house, 0, &both, &["--hardware-version", "B"]);
    assert!(said.contains("Enrolled 2 devices."), "{said}");
    let shown = house.json(&["device", "show", &first.id.to_string()]);
    assert_eq!((&shown["serial"], &shown["hardware"]), (&"A1".into(), &"B".into()), "{shown}");

    // The same key again is kept aside.
    let (_, why) = enrol(&house, 2, &good, &[]);
    assert!(why.contains("quarantined"), "{why}");
    assert_eq!(house.json(&["fleet", "count"])["count"], 2);

    // After repair it has another key.
    let repaired = Author::device(9);
    let again = line(&repaired, &first, origin, None);
    enrol(&house, 0, &again, &["--again"]);
    let keys = house.json(&["source", "show", &first.id.to_string()]);
    assert!(keys.to_string().contains(&repaired.key.id().to_string()), "{keys}");
    let nobody = line(&Author::device(8), &Author::device(7), origin, None);
    let (_, why) = enrol(&house, 2, &nobody, &["--again"]);
    assert!(why.contains("it is not enrolled"), "{why}");
}
