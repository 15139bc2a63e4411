//! The devices of the fleet page as a file: every one that the condition holds for, asked of the world a few at a time.

use axum::response::Response;

use super::super::Ask;
use super::super::error::PageError;
use super::super::moments::View;
use super::super::sheet::{Form, Sheet};
use super::query::Query;

/// Devices looked at while the world is held: some hundred microseconds.
const SLICE: usize = 64;

pub(super) fn send(ask: &Ask, view: &View<'_>, query: Query, form: Form) -> Result<Response, PageError> {
    let (at, known) = (view.moment(), view.known);
    let filter =
        query.filter.map_err(|_| PageError::bad_filter("The condition cannot be read.".to_owned()))?;
    let ledger = ask.pages.app.ledger.clone();
    let sheet = Sheet::new(ask, view, form, "devices", &views::fleet::COLUMNS)?;
    Ok(sheet.send(move |rows| {
        let mut after = None;
        loop {
            let (devices, next) = {
                let world = ledger.read();
                let page = world.fleet_at(at, known).list(&filter, after.as_ref(), SLICE, SLICE);
                (page.devices.iter().map(views::fleet::device_json).collect::<Vec<_>>(), page.next)
            };
            if !devices.iter().all(|device| rows.put(device)) || next.is_none() {
                return Ok(());
            }
            after = next;
        }
    }))
}
