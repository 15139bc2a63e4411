//! What goes wrong with a page, said in the shell: what was asked, why there is no answer, what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use evidence::Time;
use ledger::LedgerError;
use ledger::ports::StoreError;
use ledger::properties::grouped;

use super::Ask;
use super::markup::moment;
use super::moments::View;
use super::shell::{Section, Shell, html};

/// Why a page could not be shown.
#[derive(Debug)]
pub(super) struct PageError {
    status: StatusCode,
    title: &'static str,
    what: String,
    hint: &'static str,
}

impl PageError {
    fn new(status: StatusCode, title: &'static str, what: impl Into<String>, hint: &'static str) -> Self {
        Self { status, title, what: what.into(), hint }
    }

    pub(super) fn nowhere(path: &str) -> Self {
        let what = format!("There is no page at {path}.");
        Self::new(
            StatusCode::NOT_FOUND,
            "No such page",
            what,
            "Go on from the navigation, or search by entry, source or hash.",
        )
    }

    pub(super) fn no_entry(index: &str, size: u64) -> Self {
        let what =
            format!("There is no entry {index}: the log holds {} entries here, from 0 on.", grouped(size));
        Self::new(
            StatusCode::NOT_FOUND,
            "No such entry",
            what,
            "If it came later than the moment of this page, return to the present.",
        )
    }

    pub(super) fn no_source(id: &str) -> Self {
        let what = format!("{id} is not enrolled in this log at this moment.");
        Self::new(
            StatusCode::NOT_FOUND,
            "No such source",
            what,
            "Look through the sources; or return to the present, if it was enrolled later.",
        )
    }

    pub(super) fn no_device(id: &str) -> Self {
        let what = format!("{id} is no device that is known at this moment.");
        Self::new(
            StatusCode::NOT_FOUND,
            "No such device",
            what,
            "Search by serial number or UDI; or return to the present, if it was enrolled or declared later.",
        )
    }

    pub(super) fn too_many_entries(entries: usize, most: usize) -> Self {
        let what = format!(
            "The answer rests on {} entries; at most {} are proven at once.",
            grouped(entries as u64),
            grouped(most as u64)
        );
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too much for one proof",
            what,
            "Each entry can be proven for itself, from its own page.",
        )
    }

    pub(super) fn no_release(index: &str) -> Self {
        let what = format!("Entry {index} made no release that is known at this moment.");
        Self::new(
            StatusCode::NOT_FOUND,
            "No such release",
            what,
            "Look through the releases; or return to the present, if it was made later.",
        )
    }

    pub(super) fn no_vulnerability(id: &str) -> Self {
        let what = format!("Nothing that is known at this moment speaks of {id}.");
        Self::new(
            StatusCode::NOT_FOUND,
            "Nobody can tell",
            what,
            "Take in an advisory of it with `vouchsafe advisories add`; or return to the present, if one came later.",
        )
    }

    pub(super) fn counting() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not worked out yet",
            "Who is affected by what is being worked out from the log.",
            "Look again in a moment.",
        )
    }

    pub(super) fn no_record(id: &str) -> Self {
        let what = format!("{id} is no record that is known at this moment.");
        Self::new(
            StatusCode::NOT_FOUND,
            "No such record",
            what,
            "Look through the records; or return to the present, if it was pushed later.",
        )
    }

    pub(super) fn bad_moment(which: &str, text: &str) -> Self {
        let what = format!("“{text}” is no moment for `{which}`.");
        Self::new(
            StatusCode::BAD_REQUEST,
            "Not a moment",
            what,
            "Write a time in UTC such as 2026-11-20 12:00; what was known can also be a number of entries.",
        )
    }

    pub(super) fn ahead(asked: &str, now: Time, head: u64) -> Self {
        let what = format!(
            "{asked} lie ahead: the log holds {} entries, the last at {} UTC.",
            grouped(head),
            moment(now)
        );
        Self::new(StatusCode::BAD_REQUEST, "Beyond the log", what, "Ask for a moment up to the present.")
    }

    pub(super) fn before_the_log(text: &str) -> Self {
        let what = format!("“{text}” lies before the first entry of this log.");
        Self::new(StatusCode::BAD_REQUEST, "Before the log", what, "Ask for a moment since the log began.")
    }

    pub(super) fn too_far_back(size: u64, most: u64) -> Self {
        let what = format!(
            "What the first {} entries amount to takes a replay of more than {} entries, too long for a page.",
            grouped(size),
            grouped(most)
        );
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too far to replay",
            what,
            "Entries, their proofs and the log's list can be shown at any moment.",
        )
    }

    pub(super) fn not_durable() -> Self {
        let what = "What this page would show is not durable yet, and nothing is shown before it is.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not durable yet", what, "Load the page again.")
    }

    pub(super) fn bad_filter(what: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Not a filter", what, "Choose from the lists of the page.")
    }

    pub(super) fn many_files() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many files at once",
            "Other lists are being written to files.",
            "Ask again when they are done.",
        )
    }

    pub(super) fn store(e: StoreError) -> Self {
        Self::ledger(e.into())
    }

    pub(super) fn damaged(index: u64, reason: &str) -> Self {
        Self::ledger(LedgerError::BadEntry { index, reason: reason.into() })
    }

    #[expect(clippy::needless_pass_by_value, reason = "used by map_err")]
    pub(super) fn ledger(e: LedgerError) -> Self {
        tracing::error!(error = %e, "a page could not be answered");
        let what = format!("The log could not be read: {e}.");
        let hint = "Run `vouchsafe log verify` to see how far it is intact; the server's messages say more.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The log could not be read", what, hint)
    }

    pub(super) fn template(e: &askama::Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The page failed",
            e.to_string(),
            "The log is not touched by that.",
        )
    }

    /// The error in the shell, at the present.
    pub(super) fn render(self, ask: &Ask) -> Response {
        let view = View::present(ask);
        let shell = Shell::new(ask, &view, self.title, Section::None);
        let page = ErrorPage { s: shell, title: self.title, what: &self.what, hint: self.hint };
        html(self.status, &page).unwrap_or_else(|e| (e.status, e.what).into_response())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    s: Shell,
    title: &'static str,
    what: &'a str,
    hint: &'static str,
}
