//! Entries in and out, sources, streams, releases, events, blobs.

use crate::api::openapi::{Operation, schema};
use crate::api::problem::Code;
use crate::api::table::Table;
use crate::api::{blobs, entries, events, releases, sources, submit};

const TAG: &str = "entries";
const CBOR: &str = "application/cbor";
const SEQUENCE: &str = "application/cbor-seq";

pub(super) fn add(table: Table) -> Table {
    blobs(said(moving(table)))
}

/// Entries themselves.
fn moving(table: Table) -> Table {
    let each = "Each entry has its own outcome, in order.";
    let outcomes = |operation: Operation, status: u16, says: &'static str| {
        operation.gives(status, "application/json", schema::named("Outcomes"), says).gives(
            status,
            CBOR,
            schema::bytes(),
            says,
        )
    };
    let submit_says = Operation::new(TAG, "/api/v1/entries", "submitEntries", "Hand in entries")
        .says("Entries are authenticated by their own signatures. The same bytes are safe to send again.")
        .may(
            "wait",
            schema::words(&["durable", "witnessed"]),
            "What the answer waits for; durability unless it is said.",
        )
        .takes(
            SEQUENCE,
            "Entries one after the other (RFC 8742; docs/spec/entry.md), at most 1,000 and 4 MiB.",
        );
    let submit_says = outcomes(submit_says, 200, "Every entry is in the log.");
    let submit_says = outcomes(submit_says, 202, "Every entry is, but the witnesses have not cosigned yet.");
    let submit_says = outcomes(submit_says, 207, each);
    let submit_says =
        outcomes(submit_says, 422, "None is in the log, and sending the same again will not help.");
    let submit_says = outcomes(submit_says, 503, "None is in the log, and the same bytes may succeed later.");
    let submit_says = submit_says.problems(&[
        Code::NoWitnesses,
        Code::Timeout,
        Code::UnsupportedMediaType,
        Code::TooLarge,
        Code::Busy,
        Code::StoreFailed,
    ]);
    table
        .post(submit::submit, submit_says)
        .get(
            entries::page,
            Operation::new(TAG, "/api/v1/entries", "listEntries", "A page of entries")
                .says("About 4 MiB at most. With `Accept: application/cbor-seq` the entries as signed, and `Link: …; rel=\"next\"`.")
                .reads()
                .may("from", schema::index(), "The first one; 0 unless it is said.")
                .limit(1_000, 100)
                .json("Entries", "The page.")
                .gives(200, SEQUENCE, schema::bytes(), "The page.")
                .problems(&[Code::OutOfRange]),
        )
        .get(
            entries::one,
            Operation::new(TAG, "/api/v1/entries/{index}", "getEntry", "One entry")
                .says("With `Accept: application/cbor` its bytes as signed.")
                .reads()
                .at("index", schema::index(), "Its index.")
                .json("OneEntry", "The entry.")
                .gives(200, CBOR, schema::bytes(), "The entry.")
                .problems(&[Code::NotFound, Code::OutOfRange]),
        )
        .get(
            events::events,
            Operation::new(TAG, "/api/v1/events", "followEntries", "What happens, as it happens")
                .says("Server-sent events, one an entry, in order, each once; `id` is the index. Ends when the token opens nothing any more or the client does not read for 30 s.")
                .watches()
                .may("from", schema::index(), "The first one; what comes next unless it is said.")
                .header("Last-Event-ID", schema::index(), "Goes on after this one.")
                .gives(200, "text/event-stream", schema::text(), "`data` is a line of JSON: `index`, `entry`, `logged`, `fact`, `source`, `stream`, `sequence`.")
                .problems(&[Code::OutOfRange, Code::Busy]),
        )
}

/// Who says things, and where their streams end.
fn said(table: Table) -> Table {
    table
        .get(
            sources::stream,
            Operation::new(TAG, "/api/v1/streams/{source}/{stream}", "getStream", "Where a stream ends")
                .says("So that its source can continue it.")
                .reads()
                .at("source", schema::text(), "Identifier of the source.")
                .at("stream", schema::count(), "Number of the stream.")
                .json("Stream", "The head of the stream.")
                .problems(&[Code::BadRequest, Code::NotFound, Code::Busy]),
        )
        .get(
            sources::page,
            Operation::new(TAG, "/api/v1/sources", "listSources", "Sources by identifier")
                .reads()
                .may(
                    "from",
                    schema::text(),
                    "The first one: an identifier, such as `next` of the page before.",
                )
                .limit(100, 50)
                .known()
                .json("Sources", "The page."),
        )
        .get(
            sources::one,
            Operation::new(TAG, "/api/v1/sources/{id}", "getSource", "One source")
                .reads()
                .at("id", schema::text(), "Its identifier.")
                .known()
                .json("OneSource", "Its name, roles, keys and suspension as known then.")
                .problems(&[Code::NotFound]),
        )
        .get(
            releases::page,
            Operation::new(
                TAG,
                "/api/v1/releases",
                "listReleases",
                "Releases in the order in which they were made",
            )
            .reads()
            .may("product", schema::text(), "Of this product only.")
            .may("item", schema::text(), "Of this item only.")
            .may("version", schema::text(), "Of this version only.")
            .may("from", schema::index(), "The first one by its index, such as `next` of the page before.")
            .limit(200, 50)
            .known()
            .json("Releases", "The page."),
        )
}

fn blobs(table: Table) -> Table {
    let kept = |operation: Operation, status: u16, says: &'static str| {
        operation.gives(status, "application/json", schema::named("Blob"), says)
    };
    let put = Operation::new(TAG, "/api/v1/blobs", "putBlob", "Keep what is too large for an entry")
        .writes()
        .may("sha256", schema::hash(), "The digest it must have, else nothing is kept.")
        .takes("application/octet-stream", "The bytes, at most 32 MiB.");
    let put = kept(kept(put, 200, "It was there."), 201, "It is kept.");
    table
        .put(
            blobs::put,
            put.problems(&[
                Code::Timeout,
                Code::TooLarge,
                Code::DigestMismatch,
                Code::Busy,
                Code::StoreFailed,
            ]),
        )
        .get(
            blobs::get,
            Operation::new(TAG, "/api/v1/blobs/{digest}", "getBlob", "The bytes of a blob")
                .reads()
                .at("digest", schema::hash(), "Its SHA-256.")
                .gives(200, "application/octet-stream", schema::bytes(), "The bytes, as an attachment.")
                .problems(&[Code::BadRequest, Code::NotFound]),
        )
}
