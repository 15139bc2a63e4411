//! Devices and device identifiers of real records load with findings, none lost.

use formats::inventory::{CUSTODY, read_fhir};
use formats::udi::{Agency, CheckDigit, parse};
use serde_json::Value;

use crate::data;

#[test]
fn every_device_of_the_fhir_examples_loads() {
    let (Some(phd), Some(pocd)) = (data::folder("field/fhir-phd"), data::folder("field/fhir-pocd")) else {
        return;
    };
    let files = data::files(&phd, ".json").into_iter().chain(data::files(&pocd, ".xml"));
    let (mut devices, mut carriers, mut serials, mut resources) = (0, 0, 0, 0);
    for file in files {
        let bytes = std::fs::read(&file).expect("readable");
        let read = read_fhir(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        resources += 1;
        // Counted without the reader: in JSON by the type of every resource, in XML by the root.
        let text = String::from_utf8_lossy(&bytes).replace(char::is_whitespace, "");
        let there =
            text.matches("\"resourceType\":\"Device\"").count() + usize::from(text.contains("<Devicexmlns"));
        assert_eq!(read.devices.len() + read.refused.len(), there, "{}", file.display());
        assert!(read.refused.is_empty(), "{}: {:?}", file.display(), read.refused);
        for device in &read.devices {
            assert!(!device.asset.is_empty() && device.custody.is_none_or(|c| CUSTODY.contains(&c)));
            carriers += usize::from(device.udi.is_some());
            serials += usize::from(device.serial.is_some());
            if let Some(udi) = &device.udi {
                let udi = parse(udi);
                assert_eq!(
                    (udi.agency, udi.serial.as_deref()),
                    (Some(Agency::Gs1), device.serial.as_deref())
                );
                println!("{}: {} {}", device.asset, udi.scanned, udi.check.word());
            }
        }
        devices += read.devices.len();
    }
    println!("{resources} resources, {devices} devices, {carriers} carriers, {serials} serial numbers");
    assert_eq!((resources, carriers), (50, 2));
    assert!(devices >= 15, "{devices}");
}

#[test]
fn every_device_identifier_of_the_registry_examples_loads() {
    let Some(folder) = data::folder("field/openfda-api-examples") else { return };
    let (mut seen, mut valid, mut invalid) = (0, 0, 0);
    for file in data::files(&folder, ".json") {
        let Ok(value) = serde_json::from_slice::<Value>(&std::fs::read(&file).expect("readable")) else {
            continue;
        };
        let mut stack = vec![&value];
        while let Some(value) = stack.pop() {
            match value {
                Value::Array(all) => stack.extend(all),
                Value::Object(map) => {
                    if let (Some(agency), Some(id)) = (
                        map.get("issuing_agency").and_then(Value::as_str),
                        map.get("id").and_then(Value::as_str),
                    ) {
                        let udi = parse(id);
                        seen += 1;
                        assert_eq!(udi.scanned, id);
                        assert_eq!(
                            (udi.agency.map(Agency::word), udi.di.is_some()),
                            (Some(agency), true),
                            "{id}"
                        );
                        valid += usize::from(udi.check == CheckDigit::Valid);
                        invalid += usize::from(udi.check == CheckDigit::Invalid);
                    }
                    stack.extend(map.values());
                }
                _ => {}
            }
        }
    }
    println!("{seen} identifiers, {valid} valid, {invalid} invalid");
    assert!(seen > 0 && seen == valid + invalid);
}
