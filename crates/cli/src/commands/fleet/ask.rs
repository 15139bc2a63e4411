//! The options of a question about devices: its two moments, whom it is put to, and whether it is to be proven.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::place::Place;
use crate::commands::Context;
use crate::data;
use crate::failure::Failure;
use crate::remote::{self, Remote};
use crate::text;

/// When it was so, what was known, and who answers.
#[derive(Args, Clone, Debug)]
pub(crate) struct AskArgs {
    /// When it was so, such as 2026-11-20T12:00:00Z [default: the log time of what is known]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// What was known: a log size or a time [default: everything]
    #[arg(long, value_name = "TIME|SIZE")]
    pub(crate) known: Option<String>,
    /// Ask a running server instead of the data directory
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File whose first line is a token of the server with the scope `read` [default: $VOUCHSAFE_TOKEN]
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

/// Whether the answer comes with a proof.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProveArgs {
    /// Prove the entries that the answer rests on, and say what that proves
    #[arg(long)]
    pub(crate) prove: bool,
    /// Write the proof to this file, for `vouchsafe verify` [default: in the answer, with --format json]
    #[arg(long, value_name = "FILE", requires = "prove")]
    pub(crate) out: Option<PathBuf>,
}

impl AskArgs {
    /// Now, as far as is known.
    pub(crate) const fn now() -> Self {
        Self { at: None, known: None, server: None, token_file: None }
    }

    /// The same question's moments as an answer states them, so that a second question is of the same.
    pub(crate) fn as_answered(&self, answer: &Value) -> Self {
        let known = answer.get("known").and_then(|k| k.get("size")).map(Value::to_string);
        let at = answer.get("at").and_then(Value::as_str).map(str::to_owned);
        Self { at, known, ..self.clone() }
    }

    /// Whoever answers: the data directory, or the server.
    pub(crate) fn place(&self, context: &Context) -> Result<Place, Failure> {
        match &self.server {
            Some(url) => Ok(Place::There(Remote::new(url, remote::token(self.token_file.as_deref())?))),
            None => Place::here(context),
        }
    }
}

impl ProveArgs {
    /// Writes the proof where it was asked for.
    pub(crate) fn keep(&self, answer: &Value) -> Result<(), Failure> {
        match (&self.out, answer.get("proof")) {
            (Some(path), Some(proof)) => write(path, proof),
            _ => Ok(()),
        }
    }

    /// What is proven, for people.
    pub(crate) fn pairs(&self, answer: &Value) -> Vec<(&'static str, String)> {
        let Some(proof) = answer.get("proof") else { return Vec::new() };
        let says = proof.get("says").and_then(Value::as_array).into_iter().flatten();
        let says: Vec<String> = says.filter_map(Value::as_str).map(|s| text::wrapped(s, 0, 90)).collect();
        let kept = match &self.out {
            Some(path) => format!("written to {}; `vouchsafe verify` takes it", path.display()),
            None => "not written: give --out FILE, or --format json".into(),
        };
        vec![("proof", says.join("\n")), ("", kept)]
    }
}

fn write(path: &Path, proof: &Value) -> Result<(), Failure> {
    data::write_new(path, format!("{proof:#}\n").as_bytes(), false)
}

/// Says which moments an answer is for.
pub(crate) fn moments(context: &Context, answer: &Value) {
    let time = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = answer.get("known");
    let size = known.and_then(|k| k.get("size")).and_then(Value::as_u64).unwrap_or_default();
    let (at, of) = (time(answer.get("at")), time(known.and_then(|k| k.get("time"))));
    let line = format!("at {at}, as known after {}, {of}", text::plural(size, "entry", "entries"));
    context.ui.note(line);
}
