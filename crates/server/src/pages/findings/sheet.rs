//! Findings as a file: those of devices in the order of the devices, then clashes of identity.

use axum::response::Response;
use serde_json::{Value, json};
use world::fleet::{DeviceState, Finding, FleetView};

use super::super::Ask;
use super::super::error::PageError;
use super::super::moments::View;
use super::super::sheet::{Form, Sheet};
use super::super::words;
use super::Asked;

/// Bytes of records that are read while the world is held: under a millisecond.
const SLICE: usize = 16 << 10;
const COLUMNS: [&str; 12] = [
    "finding",
    "kind",
    "state",
    "device",
    "serial",
    "asset",
    "model",
    "site",
    "says",
    "evidence",
    "closed_by",
    "outcome",
];

pub(super) fn send(ask: &Ask, view: &View<'_>, asked: Asked, form: Form) -> Result<Response, PageError> {
    let (at, known) = (view.moment(), view.known);
    let ledger = ask.pages.app.ledger.clone();
    let sheet = Sheet::new(ask, view, form, "findings", &COLUMNS)?;
    Ok(sheet.send(move |rows| {
        let mut after = None;
        loop {
            let mut found: Vec<Value> = Vec::new();
            {
                let world = ledger.read();
                let fleet = world.fleet_at(at, known);
                after = fleet.looks(after.as_ref(), SLICE, |_, look| {
                    let Some(look) = look else { return };
                    let state = look.state.as_ref();
                    let site = state.and_then(|s| s.site);
                    let fits =
                        look.findings.iter().filter(|f| asked.holds(&f.kind, site, f.closed.is_some()));
                    found.extend(fits.map(|f| row(f, state, site)));
                });
                if after.is_none() {
                    found.extend(clashes(&fleet, &asked));
                }
            }
            if !found.iter().all(|row| rows.put(row)) || after.is_none() {
                return Ok(());
            }
        }
    }))
}

fn clashes(fleet: &FleetView<'_>, asked: &Asked) -> Vec<Value> {
    let all = fleet.clashes();
    let fits = all.iter().filter(|f| asked.holds(&f.kind, f.site, f.closed.is_some()));
    fits.map(|f| row(f, None, f.site)).collect()
}

fn row(f: &Finding<'_>, state: Option<&DeviceState<'_>>, site: Option<&str>) -> Value {
    json!({
        "finding": f.id.to_string(), "kind": f.kind.word(), "state": if f.closed.is_some() { "closed" } else { "open" },
        "device": f.device.to_string(), "serial": state.and_then(|s| s.serial.as_deref()),
        "asset": state.and_then(|s| s.asset.as_deref()), "model": state.and_then(|s| s.model), "site": site,
        "says": words::finding(&f.kind), "evidence": f.evidence, "closed_by": f.closed.map(|c| c.index),
        "outcome": f.closed.map(|c| c.outcome.as_str()),
    })
}
