//! What the commands print and where: results on standard output, everything else on standard error; colour and progress
//! only on a terminal.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::failure::{self, Failure};

/// Form of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document.
    Json,
    /// For spreadsheets: a table, where the results are one.
    Csv,
}

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    pub(crate) format: Format,
    colour: bool,
    colour_notes: bool,
    progress: bool,
}

impl Ui {
    /// As the terminal and `NO_COLOR` (no-color.org) allow.
    pub(crate) fn new(format: Format) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let notes = io::stderr().is_terminal();
        Self {
            format,
            colour: wanted && io::stdout().is_terminal() && format == Format::Text,
            colour_notes: wanted && notes,
            progress: notes,
        }
    }

    /// Whether results are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether someone reads what is said beside the results.
    pub(crate) fn is_terminal(&self) -> bool {
        self.progress
    }

    /// Prints a result.
    pub(crate) fn print(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_ref().as_bytes()).and_then(|()| out.write_all(b"\n"));
        written.and_then(|()| out.flush()).map_err(|e| failure::output(&e))
    }

    /// Prints a piece of a result, as it is.
    pub(crate) fn print_part(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        io::stdout().lock().write_all(text.as_ref().as_bytes()).map_err(|e| failure::output(&e))
    }

    /// Prints a result as JSON.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Failure> {
        self.print(format!("{value:#}"))
    }

    /// Prints lines of label and value, the values aligned.
    pub(crate) fn pairs(&self, pairs: &[(&str, String)]) -> Result<(), Failure> {
        self.print(self.align(pairs))
    }

    /// Lines of label and value, the values aligned. A value of several lines keeps its place.
    pub(crate) fn align(&self, pairs: &[(&str, String)]) -> String {
        let width = pairs.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for (label, value) in pairs {
            for (n, line) in value.lines().enumerate() {
                if !out.is_empty() {
                    out.push('\n');
                }
                let label = if n == 0 { *label } else { "" };
                let pad = " ".repeat(width - label.chars().count());
                out.push_str(&format!("  {}{pad}  {line}", self.dim(label)));
            }
        }
        out
    }

    /// Says something beside the results.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        // If nobody can be told, nobody can be told so.
        let _ = writeln!(io::stderr(), "{}", text.as_ref());
    }

    /// Says what went wrong and what to do.
    pub(crate) fn failed(&self, failure: &Failure) {
        let word = paint(self.colour_notes, "1;31", "error");
        self.note(format!("{word}: {}", failure.message));
        if let Some(hint) = &failure.hint {
            self.note(format!("{}: {hint}", paint(self.colour_notes, "1", "hint")));
        }
    }

    /// A progress bar over so many steps; invisible unless on a terminal.
    pub(crate) fn progress(&self, doing: &str, steps: u64) -> ProgressBar {
        let target = if self.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        // The template is a constant; if it could not be read, the plain bar does.
        if let Ok(style) = ProgressStyle::with_template("  {msg:<32} {bar:24} {human_pos:>9} of {human_len}")
        {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_message(doing.to_owned());
        bar
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        paint(self.colour, "1", text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        paint(self.colour, "2", text)
    }

    pub(crate) fn good(&self, text: &str) -> String {
        paint(self.colour, "1;32", text)
    }

    pub(crate) fn bad(&self, text: &str) -> String {
        paint(self.colour, "1;31", text)
    }

    pub(crate) fn warn(&self, text: &str) -> String {
        paint(self.colour, "1;33", text)
    }
}

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
}
