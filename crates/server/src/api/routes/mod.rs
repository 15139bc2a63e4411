//! The addresses of the API, group by group: each with what serves it and what is said of it. One table; see `table`.
//!
//! Not here: the schemas of answers (`openapi::schemas`), the addresses of the pages.

mod devices;
mod entries;
mod log;
mod vulnerabilities;

use super::openapi::{self, Operation, schema};
use super::table::Table;
use super::{health, records};

/// Every address.
pub(super) fn table() -> Table {
    let table = records::described(log::add(Table::default()));
    let table = operation(vulnerabilities::add(devices::add(entries::add(table))));
    device(table)
}

/// What devices and gateways speak.
fn device(table: Table) -> Table {
    use super::device::{evidence, freshness};
    use super::problem::Code;
    let tag = "device protocol";
    let cbor = "A statement in deterministic CBOR (docs/spec/device-protocol.md, section 6).";
    table
        .get(
            freshness,
            Operation::new(
                tag,
                "/device/v1/freshness",
                "getFreshness",
                "The newest checkpoint and what leads to its key",
            )
            .says("JSON for people who ask for it with `Accept: application/json`.")
            .gives(200, "application/cbor", schema::bytes(), cbor)
            .gives(200, "application/json", schema::named("Freshness"), cbor),
        )
        .post(
            evidence,
            Operation::new(tag, "/device/v1/evidence", "sendEvidence", "Hand in entries of devices")
                .says("Entries prove themselves, so no credentials are needed.")
                .takes(
                    "application/cbor-seq",
                    "Entries one after the other (RFC 8742), at most 1,000 and 1 MiB.",
                )
                .gives(
                    200,
                    "application/cbor-seq",
                    schema::bytes(),
                    "An answer an entry, in their order (docs/spec/device-protocol.md, section 9).",
                )
                .problems(&[
                    Code::BadRequest,
                    Code::Timeout,
                    Code::UnsupportedMediaType,
                    Code::TooLarge,
                    Code::Busy,
                    Code::StoreFailed,
                ]),
        )
}

/// What who runs the server asks.
fn operation(table: Table) -> Table {
    let tag = "operation";
    let health_says = "Entries are taken.";
    table
        .get(
            health::health,
            Operation::new(tag, "/healthz", "getHealth", "Whether the server takes entries")
                .json("Health", health_says)
                .gives(
                    503,
                    "application/json",
                    schema::named("Health"),
                    "None are taken, for the `reason`; reading goes on.",
                ),
        )
        .get(
            openapi::serve,
            Operation::new(tag, "/api/v1/openapi.json", "getDescription", "This description")
                .header("If-None-Match", schema::text(), "The `ETag` of what is held.")
                .gives(200, "application/json", schema::free("OpenAPI 3.1."), "The description.")
                .empty(304, "What is held is still so."),
        )
}
