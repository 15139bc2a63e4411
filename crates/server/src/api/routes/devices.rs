//! What is known of devices.

use crate::api::openapi::{Operation, schema};
use crate::api::problem::Code;
use crate::api::table::Table;
use crate::api::{devices, fleet};

const TAG: &str = "devices";
const PROVE: &str = "Adds the entries the answer rests on, with proofs.";
const WHERE: &str = "A condition (docs/concepts/fleet.md); every device without one.";
const WHO: &str = "`dev:…`, `asset:…`, or a serial number or UDI that only one device has.";

pub(super) fn add(table: Table) -> Table {
    table
        .get(
            fleet::count,
            Operation::new(
                TAG,
                "/api/v1/fleet/count",
                "countDevices",
                "How many devices a condition holds for",
            )
            .reads()
            .may("where", schema::text(), WHERE)
            .when()
            .known()
            .may("prove", schema::flag(), PROVE)
            .json("FleetCount", "The count, and by grade.")
            .problems(&[Code::TooLarge]),
        )
        .get(
            fleet::page,
            Operation::new(TAG, "/api/v1/fleet", "listDevices", "Devices that a condition holds for")
                .says("A later page repeats `where`, and `at` and `known` as answered.")
                .reads()
                .may("where", schema::text(), WHERE)
                .when()
                .known()
                .limit(1_000, 100)
                .may("after", schema::text(), "`next` of the page before.")
                .may("prove", schema::flag(), PROVE)
                .json("Fleet", "The page, and the length of the whole list.")
                .problems(&[Code::TooLarge]),
        )
        .get(
            devices::one,
            Operation::new(TAG, "/api/v1/devices/{id}", "getDevice", "One device")
                .reads()
                .at("id", schema::text(), WHO)
                .when()
                .known()
                .may("prove", schema::flag(), PROVE)
                .json("OneDevice", "What is known of it.")
                .problems(&[Code::NotFound, Code::Ambiguous, Code::TooLarge]),
        )
        .get(
            devices::history,
            Operation::new(TAG, "/api/v1/devices/{id}/history", "getDeviceHistory", "One device over time")
                .reads()
                .at("id", schema::text(), WHO)
                .when()
                .known()
                .json("DeviceHistory", "Its states, oldest first; the latest 10,000.")
                .problems(&[Code::NotFound, Code::Ambiguous]),
        )
}
