//! Views that need more than the world: what advisories, bills of materials and records say lies in blobs, and is joined here
//! with what the log says of releases and devices.
//!
//! A view follows the log and has an applied index of its own; whoever relies on it names that index. Losing one costs a
//! replay, never a fact. Not here: what devices are (`world`), what documents say (`formats`, `records`), pages and JSON
//! (`server`).

pub mod csv;
pub mod design;
pub mod fleet;
pub mod population;
