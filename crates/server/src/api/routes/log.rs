//! The log as C2SP tlog-tiles serves it, and proofs.

use crate::api::openapi::{Operation, schema};
use crate::api::problem::Code;
use crate::api::table::Table;
use crate::api::{log, proofs};

const TAG: &str = "log";

pub(super) fn add(table: Table) -> Table {
    let note = schema::text_of("A signed note.");
    table
        .get(
            log::read,
            Operation::new(TAG, "/log/checkpoint", "getCheckpoint", "The newest checkpoint")
                .says("The largest cosigned one where the policy asks for cosignatures and there is one, else the durable one (C2SP tlog-checkpoint).")
                .gives(200, "text/plain", note, "A signed note."),
        )
        .get(
            log::read,
            Operation::new(TAG, "/log/tile/{*path}", "getTile", "A tile of hashes, or a bundle of entries")
                .says("`path` is `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]` as C2SP tlog-tiles spells it; its slashes stand as they are. Bundles of entries take a token of the scope `read`.")
                .partly_reads()
                .at("path", schema::text(), "Level and number of the tile, with its width where it is partial.")
                .gives(200, "application/octet-stream", schema::bytes(), "Hashes, or entries each after its length in two bytes.")
                .problems(&[Code::NotFound]),
        )
        .get(
            proofs::inclusion,
            Operation::new(TAG, "/api/v1/proof/{index}", "getInclusionProof", "That an entry is in the log")
                .says("Against the largest cosigned checkpoint that covers the entry, else against the durable one.")
                .at("index", schema::text(), "The index; with `.tlog-proof` after it the C2SP tlog-proof file.")
                .json("Inclusion", "The proof.")
                .gives(200, "text/plain", schema::text_of("A C2SP tlog-proof file."), "The proof.")
                .problems(&[Code::NotFound, Code::OutOfRange]),
        )
        .get(
            proofs::consistency,
            Operation::new(TAG, "/api/v1/consistency", "getConsistencyProof", "That one tree extends another")
                .must("old", schema::count(), "Size of the smaller tree.")
                .may("new", schema::count(), "Size of the larger tree; the present one unless it is said.")
                .json("Consistency", "The proof and both roots.")
                .problems(&[Code::OutOfRange]),
        )
}
