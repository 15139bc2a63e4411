//! A list as a file: the whole list of a page, under the filters and at the two moments of its address, as CSV (RFC 4180,
//! `views::csv`) or as JSON. Rows are written as they are found, so that no list has to fit into memory.
//!
//! A row is a JSON object; CSV has a part of it a column. The file's name and two headers say the moments; JSON says them
//! too, with the number of rows behind the rows. Not here: which rows (each list's own module).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use evidence::Time;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::Ask;
use super::error::PageError;
use super::markup::percent;
use super::moments::View;

/// Files that are written at once; each has a thread.
pub(super) const MAX_FILES: usize = 4;
/// Bytes of one piece.
const PIECE: usize = 64 << 10;
/// Pieces that wait for who reads them.
const WAITING: usize = 2;
/// Parameters that say where a page begins: the whole list has none of them.
const PLACES: [&str; 4] = ["after", "before", "from", "skip"];
/// The parameter that asks for a file.
const PARAMETER: &str = "format";

/// The two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Json,
}

impl Form {
    const ALL: [(Self, &'static str); 2] = [(Self::Csv, "csv"), (Self::Json, "json")];

    /// What a request asks for; nothing for the page.
    pub(super) fn asked(ask: &Ask) -> Result<Option<Self>, PageError> {
        let Some(word) = ask.param(PARAMETER) else { return Ok(None) };
        let form = Self::ALL.iter().find(|(_, w)| *w == word).map(|(form, _)| *form);
        form.map(Some).ok_or_else(|| PageError::bad_filter(format!("“{word}” is no form of a list.")))
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(form, _)| *form == self).map_or("", |(_, word)| word)
    }
}

/// Addresses of the list of a page as files, at the page's moments: both are pinned, so that a file asked for later is of
/// the same list. With `present` they are left open, where only the present can be asked for.
pub(super) fn links(ask: &Ask, view: &View<'_>, present: bool) -> Vec<(&'static str, String)> {
    let kept = ask.query.iter().filter(|(name, value)| {
        let name = name.as_str();
        !value.trim().is_empty() && !PLACES.contains(&name) && !matches!(name, "at" | "known" | PARAMETER)
    });
    let mut pairs: Vec<(String, String)> = kept.map(|(n, v)| (n.clone(), v.clone())).collect();
    if !present {
        pairs.extend(view.at.map(|at| ("at".to_owned(), at.to_string())));
        pairs.push(("known".to_owned(), view.known.to_string()));
    }
    let address = |word: &str| {
        let mut query: Vec<String> =
            pairs.iter().map(|(n, v)| format!("{}={}", percent(n), percent(v))).collect();
        query.push(format!("{PARAMETER}={word}"));
        format!("{}?{}", ask.path, query.join("&"))
    };
    vec![("CSV", address("csv")), ("JSON", address("json"))]
}

/// A file that is about to be written.
pub(super) struct Sheet {
    form: Form,
    name: &'static str,
    columns: Vec<String>,
    at: Time,
    known: u64,
    known_time: Time,
    asked: Value,
    place: OwnedSemaphorePermit,
}

/// Where rows go.
pub(super) struct Rows {
    form: Form,
    columns: Vec<String>,
    count: u64,
    text: String,
    to: mpsc::Sender<io::Result<Bytes>>,
}

impl Sheet {
    /// A file of a list of this name.
    pub(super) fn new(
        ask: &Ask,
        view: &View<'_>,
        form: Form,
        name: &'static str,
        columns: &[&str],
    ) -> Result<Self, PageError> {
        let kept = |n: &str| !PLACES.contains(&n) && !matches!(n, "at" | "known" | PARAMETER);
        let asked = ask.query.iter().filter(|(n, v)| kept(n) && !v.trim().is_empty());
        let place = ask.pages.files.clone().try_acquire_owned().map_err(|_| PageError::many_files())?;
        Ok(Self {
            form,
            name,
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            at: view.moment(),
            known: view.known,
            known_time: view.known_time,
            asked: asked
                .map(|(n, v)| (n.clone(), Value::from(v.as_str())))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            place,
        })
    }

    /// Writes rows that are there.
    pub(super) fn all(self, rows: Vec<Value>) -> Response {
        self.send(move |to| {
            rows.iter().all(|row| to.put(row));
            Ok(())
        })
    }

    /// Writes what `find` finds, on a thread of its own. If it fails, so does the transfer: half a list never looks whole.
    pub(super) fn send(
        self,
        find: impl FnOnce(&mut Rows) -> Result<(), PageError> + Send + 'static,
    ) -> Response {
        let moment = |time: Time| time.to_string().replace(['-', ':'], "");
        let file = format!("vouchsafe-{}-{}-{}.{}", self.name, moment(self.at), self.known, self.form.word());
        let media = match self.form {
            Form::Csv => "text/csv; charset=utf-8; header=present",
            Form::Json => "application/json",
        };
        let head = [
            (CONTENT_TYPE, media.to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
            (HeaderName::from_static("vouchsafe-at"), self.at.to_string()),
            (HeaderName::from_static("vouchsafe-known"), self.known.to_string()),
        ];
        let (to, pieces) = mpsc::channel(WAITING);
        let name = self.name;
        tokio::task::spawn_blocking(move || {
            let failure = to.clone();
            let mut rows = Rows { form: self.form, columns: self.columns, count: 0, text: String::new(), to };
            rows.begin(name, &self.asked, self.at, (self.known, self.known_time));
            match find(&mut rows) {
                Ok(()) => rows.end(),
                Err(e) => {
                    tracing::error!(list = name, error = ?e, "a list could not be written to its end");
                    // If nobody reads any more, nobody is told.
                    let _ = failure
                        .blocking_send(Err(io::Error::other("the list could not be written to its end")));
                }
            }
            drop(self.place);
        });
        (StatusCode::OK, head, Body::from_stream(Pieces(pieces))).into_response()
    }
}

impl Rows {
    /// Writes a row; false when nobody reads any more.
    pub(super) fn put(&mut self, row: &Value) -> bool {
        match self.form {
            Form::Csv => {
                let cells: Vec<String> =
                    self.columns.iter().map(|c| cell(row.get(c).unwrap_or(&Value::Null))).collect();
                views::csv::line(&mut self.text, cells.iter().map(String::as_str));
            }
            Form::Json => {
                self.text.push_str(if self.count == 0 { "\n" } else { ",\n" });
                self.text.push_str(&row.to_string());
            }
        }
        self.count += 1;
        self.text.len() < PIECE || self.flush()
    }

    fn flush(&mut self) -> bool {
        let piece = std::mem::take(&mut self.text);
        self.to.blocking_send(Ok(Bytes::from(piece))).is_ok()
    }

    fn begin(&mut self, name: &str, asked: &Value, at: Time, (known, time): (u64, Time)) {
        match self.form {
            Form::Csv => views::csv::line(&mut self.text, self.columns.iter().map(String::as_str)),
            Form::Json => {
                let head = json!({
                    "list": name, "at": at.to_string(), "known": { "size": known, "time": time.to_string() },
                    "asked": asked, "columns": self.columns,
                });
                let head = head.to_string();
                self.text.push_str(head.strip_suffix('}').unwrap_or(&head));
                self.text.push_str(",\"rows\":[");
            }
        }
    }

    fn end(&mut self) {
        if self.form == Form::Json {
            self.text.push_str(&format!("\n],\"count\":{}}}\n", self.count));
        }
        self.flush();
    }
}

/// A value as people read it in a cell; several are separated by `; `.
fn cell(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(cell).collect::<Vec<_>>().join("; "),
        Value::Object(_) => match (text("item"), text("status").or(text("name"))) {
            (Some(item), _) => format!("{item} {}", text("version").unwrap_or("mixed")),
            (None, Some(word)) => word.to_owned(),
            (None, None) => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// Pieces as the body of an answer.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl futures_core::Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
