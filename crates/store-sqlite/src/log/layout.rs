//! The tables of `log.sqlite`. Not here: reading and writing their rows (`rows`).
//!
//! | table | a row |
//! |---|---|
//! | `marks` | one of the few single facts: the head, the cosigned head, places of staging, the count of settlings |
//! | `batches` | the entries of one append, or the rest of one, that fill no bundle yet: at most 255 |
//! | `bundles` | 256 entries, as C2SP tlog-tiles lays them out |
//! | `tiles` | one full tile; its place is `level << 56 \| index` |
//! | `staged` | one piece of staged evidence |
//!
//! `sum` is the SHA-256 of the row (see `rows::sum`). Bundles have none: each entry is checked against its hash in the
//! tile of level 0, which costs hashing that entry alone instead of the whole bundle (128 KiB and more), names the entry
//! that is wrong, and binds it to what checkpoints sign. Tiles have one.

use crate::db::Layout;

/// `vch1` in ASCII.
const APPLICATION: i32 = 0x7663_6831;

pub(super) const LAYOUT: Layout = Layout {
    application: APPLICATION,
    version: 1,
    tables: &[
        (
            "batches",
            "CREATE TABLE batches (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT",
        ),
        ("bundles", "CREATE TABLE bundles (place INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"),
        (
            "marks",
            "CREATE TABLE marks (kind INTEGER PRIMARY KEY, value INTEGER NOT NULL, note BLOB NOT NULL, sum BLOB NOT NULL) STRICT",
        ),
        (
            "staged",
            "CREATE TABLE staged (place INTEGER PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT",
        ),
        (
            "tiles",
            "CREATE TABLE tiles (place INTEGER PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL) STRICT",
        ),
    ],
};
