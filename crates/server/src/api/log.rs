//! The log as C2SP tlog-tiles v0.1.0 serves it: checkpoint, tiles of hashes, entry bundles. Tiles and bundles are served
//! as far as the durable checkpoint reaches, which includes what any checkpoint given out before needs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use tlog::tile::{EntryBundle, TILE_WIDTH, TileCoord, TilePath};

use super::problem::{Code, Problem};
use super::token::{READ, bearer};
use super::{Api, stored};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// A checkpoint is old as soon as the next batch is durable.
const FLEETING: &str = "public, max-age=2";
/// What a tile holds never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Neither do bundles, but not everyone may read them.
const PRIVATE: &str = "private, max-age=31536000, immutable";

/// Serves `/log/…`. The path is taken as it came, so that no second spelling of it (`%30`) leads anywhere.
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path().strip_prefix("/log/").unwrap_or_default().to_owned();
    if path == "checkpoint" {
        return Ok(checkpoint(&api));
    }
    let absent = |what: &dyn std::fmt::Display| Problem::new(Code::NotFound, what.to_string());
    match TilePath::parse(&path).map_err(|e| absent(&e))? {
        TilePath::Hashes(coord) => {
            let bytes = api.blocking(move |ledger| {
                let tree = ledger.tree();
                covered(coord, tree.size())?;
                Ok(stored::hashes(&**ledger.log(), &tree, coord)?)
            });
            Ok(immutable(bytes.await?, IMMUTABLE))
        }
        TilePath::Entries { index, width } => {
            bearer(&api.app.ledger, &headers, READ)?;
            let bytes = api.blocking(move |ledger| {
                let tree = ledger.tree();
                covered(TileCoord { level: 0, index, width }, tree.size())?;
                let from = index * u64::from(TILE_WIDTH);
                let mut entries = Vec::with_capacity(usize::from(width));
                while entries.len() < usize::from(width) {
                    let left = usize::from(width) - entries.len();
                    entries.extend(stored::read(
                        &**ledger.log(),
                        &tree,
                        from + entries.len() as u64,
                        left,
                        usize::MAX,
                    )?);
                }
                EntryBundle::encode(&entries).map_err(|e| Problem::new(Code::Damaged, e.to_string()))
            });
            Ok(immutable(bytes.await?, PRIVATE))
        }
    }
}

/// Whether a tree of `size` leaves has all of this tile.
fn covered(coord: TileCoord, size: u64) -> Result<(), Problem> {
    let there = TileCoord::in_tree(coord.level, coord.index, size).is_some_and(|t| coord.width <= t.width);
    if there {
        return Ok(());
    }
    Err(Problem::new(Code::NotFound, format!("the log has {size} entries, which is less than {coord} needs")))
}

/// The largest cosigned checkpoint where the policy asks for cosignatures, else the durable one.
fn checkpoint(api: &Api) -> Response {
    let cosigned = api.witnesses.as_ref().filter(|w| w.wanted()).and_then(|w| w.cosigned());
    let note = cosigned.map_or_else(|| api.app.ledger.checkpoint(), |head| head.checkpoint);
    ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, FLEETING)], note.to_string()).into_response()
}

fn immutable(bytes: Vec<u8>, caching: &'static str) -> Response {
    ([(header::CONTENT_TYPE, BYTES), (header::CACHE_CONTROL, caching)], bytes).into_response()
}
