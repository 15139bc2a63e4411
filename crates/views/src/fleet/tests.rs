//! Moments as people ask for them.

use evidence::Time;
use world::World;

use super::{BadMoment, Moments, subject};

#[test]
fn moments_are_within_the_log() {
    let world = World::new();
    let ask = |at, known| Moments::resolve(world.clock(), 7, at, known);
    let all = ask(None, None).expect("now");
    assert_eq!((all.known, all.at, all.asked), (7, Time::EPOCH, None));
    assert_eq!(ask(None, Some("3")).expect("a size").known, 3);
    for bad in ["03", "-1", "x", "2026-13-01T00:00:00Z"] {
        assert_eq!(ask(None, Some(bad)), Err(BadMoment::Known(bad.into())));
    }
    assert_eq!(ask(None, Some("8")), Err(BadMoment::OutOfRange { asked: 8, size: 7 }));
    assert_eq!(ask(None, Some("0")), Err(BadMoment::OutOfRange { asked: 0, size: 7 }));
    assert_eq!(ask(Some("7"), None), Err(BadMoment::At("7".into())));
    // What comes after log time, nobody knows.
    let later = ask(Some("2026-11-20T12:00:00Z"), None).expect("a time");
    assert_eq!((later.at, later.asked.is_some()), (Time::EPOCH, true));
}

#[test]
fn names_in_full_are_subjects() {
    assert_eq!(subject("asset:A 1").map(|s| s.to_string()), Some("asset:A 1".into()));
    assert_eq!(subject("A1"), None);
    assert_eq!(subject("ledger:0000000000000000"), None);
}

#[test]
fn the_world_sees_a_serial_number_where_the_readers_do() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/vectors/udi-gs1-hibc");
    let folder = std::env::var("VOUCHSAFE_TESTDATA").map(|d| format!("{d}/vectors/udi-gs1-hibc"));
    let folder = folder.unwrap_or_else(|_| vectors.to_owned());
    let mut carriers: Vec<String> = [
        "(01)04012345004007(21)A9",
        "(01)04012345004007(10)L1",
        "010401234500400721A9",
        "]d201040123450040071727110010L1\u{1d}21A9",
        "^010401234500400710L21^17271100",
        "https://id.gs1.org/01/04012345004007/21/A9",
        "https://id.gs1.org/01/04012345004007/10/A9",
        "+H123PARTNO1234567890120/$$420020216LOT1/SXYZ/16D20130202C",
        "+A99912345/$$52001510X33",
        "=/A9999XYZ100T0944=,000025",
        "=/A9999XYZ100T0944",
        "04012345004007",
        "no carrier 21",
    ]
    .map(str::to_owned)
    .to_vec();
    let read = |name: &str| -> Option<serde_json::Value> {
        serde_json::from_slice(&std::fs::read(format!("{folder}/{name}")).ok()?).ok()
    };
    match (read("hibc-vectors.json"), read("gs1-engine-vectors.json")) {
        (Some(hibc), Some(gs1)) => {
            let rows = hibc.as_array().into_iter().flatten();
            carriers.extend(rows.filter_map(|r| r["barcode"].as_str().map(str::to_owned)));
            for (group, column) in [("parseAIdata", 1), ("processAIdata", 1), ("parseDLuri", 1)] {
                let rows = gs1[group]["tests"].as_array().into_iter().flatten().filter(|r| r[0] == true);
                carriers.extend(rows.filter_map(|r| r[column].as_str().map(str::to_owned)));
            }
            assert!(carriers.len() > 200, "{}", carriers.len());
        }
        _ => {
            assert!(std::env::var_os("CI").is_none(), "test data is missing: {folder}");
            println!("SKIPPED: test data is missing: {folder}");
        }
    }
    for carrier in carriers {
        let udi = formats::udi::parse(&carrier);
        // A key of GS1 that is no device's, or a carrier without any: no UDI to enrol.
        if udi.di.is_some() || udi.agency == Some(formats::udi::Agency::Hibcc) {
            assert_eq!(world::fleet::shows_serial(&carrier), udi.serial.is_some(), "{carrier}: {udi:?}");
        }
    }
}
