//! One device as a row of a table (RFC 4180 is the writer's business; here are the cells).

use world::fleet::{Certainty, DeviceState};

/// Heads of the columns.
pub const COLUMNS: [&str; 18] = [
    "id",
    "asset",
    "udi",
    "serial",
    "model",
    "product",
    "hardware",
    "site",
    "owner",
    "custody",
    "grade",
    "freshness",
    "reason",
    "running",
    "unknown",
    "software",
    "verdict",
    "seen",
];

/// The cells of a device, in the order of [`COLUMNS`]. What nobody said is empty; several values are separated by `; `.
#[must_use]
pub fn row(state: &DeviceState<'_>) -> [String; COLUMNS.len()] {
    let said = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let reason = match state.certainty {
        Certainty::Unknown(reason) => reason.word(),
        _ => "",
    };
    let running =
        state.running.iter().map(|r| format!("{} {}", r.item, r.version.as_deref().unwrap_or("mixed")));
    let unknown = state.unknown.iter().map(|m| m.name.as_ref());
    [
        state.subject().to_string(),
        said(state.asset.as_deref()),
        said(state.udi.as_deref()),
        said(state.serial.as_deref()),
        said(state.model),
        said(state.product),
        said(state.hardware_version),
        said(state.site),
        said(state.owner),
        said(state.custody.map(evidence::facts::fleet::Custody::word)),
        state.grade.word().to_owned(),
        state.certainty.word().to_owned(),
        reason.to_owned(),
        running.collect::<Vec<_>>().join("; "),
        unknown.collect::<Vec<_>>().join("; "),
        state.software.join("; "),
        said(state.verdict.map(|v| v.status.word())),
        state.seen.map(|t| t.to_string()).unwrap_or_default(),
    ]
}
