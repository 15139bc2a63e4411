//! A record to be: its fields and links as they are written into a Markdown file. Not here: where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use records::command::{Formatted, format_record};
use records::digest::Digest;
use records::record::{LINKS, Record, TEXT};
use records::source::{Parsed, read_markdown};

/// A record to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    /// Fields but links, in order of their names.
    pub(super) fields: BTreeMap<String, Vec<String>>,
    /// Links by type.
    pub(super) links: BTreeMap<String, BTreeSet<String>>,
}

impl Draft {
    /// What a record holds.
    pub(super) fn of(record: &Record) -> Self {
        let mut draft = Self::default();
        for field in record.fields() {
            let values = field.values().map(str::to_owned);
            match field.name().strip_prefix(LINKS) {
                Some(link) => {
                    draft.links.insert(link.to_owned(), values.collect());
                }
                None => {
                    draft.fields.insert(field.name().to_owned(), values.collect());
                }
            }
        }
        draft
    }

    /// Sets a field; without a value it is gone.
    pub(super) fn set(&mut self, name: &str, values: Vec<String>) {
        let values: Vec<String> = values.into_iter().filter(|v| !v.trim().is_empty()).collect();
        if values.is_empty() {
            self.fields.remove(name);
        } else {
            self.fields.insert(name.to_owned(), values);
        }
    }

    /// Digest over some fields and links.
    pub(super) fn digest(
        &self,
        fields: &BTreeSet<&str>,
        links: &BTreeMap<String, BTreeSet<String>>,
    ) -> Digest {
        let mut form = String::new();
        for (name, values) in self.fields.iter().filter(|(name, _)| fields.contains(name.as_str())) {
            let values: Vec<&str> = values.iter().map(|v| v.trim()).collect();
            let _ = writeln!(form, "{name} {values:?}");
        }
        for (name, targets) in links.iter().filter(|(_, targets)| !targets.is_empty()) {
            let _ = writeln!(form, "{LINKS}{name} {targets:?}");
        }
        Digest::of(form.as_bytes())
    }

    /// The file, in the form of `vouchsafe fmt`.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("---\n");
        for (name, values) in self.fields.iter().filter(|(name, _)| *name != TEXT) {
            match values.as_slice() {
                [value] => {
                    let _ = writeln!(text, "{name}: {}", quoted(value));
                }
                values => {
                    let values: Vec<String> = values.iter().map(|v| quoted(v)).collect();
                    let _ = writeln!(text, "{name}: [{}]", values.join(", "));
                }
            }
        }
        if self.links.values().any(|targets| !targets.is_empty()) {
            text.push_str("links:\n");
        }
        for (name, targets) in self.links.iter().filter(|(_, targets)| !targets.is_empty()) {
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let _ = writeln!(text, "  {name}: [{}]", targets.join(", "));
        }
        text.push_str("---\n");
        if let Some(body) = self.fields.get(TEXT).and_then(|values| values.first()) {
            let _ = write!(text, "\n{}\n", body.trim().replace("\r\n", "\n").replace('\r', "\n"));
        }
        match format_record(&text) {
            Formatted::New(formed) => formed,
            _ => text,
        }
    }

    /// The record that the file would be, or why it would be none.
    pub(super) fn record(&self, text: &str) -> Result<Record, String> {
        let mut parsed = Parsed::default();
        read_markdown(0, text.as_bytes(), &mut parsed);
        match (parsed.problems.first(), parsed.records.pop()) {
            (None, Some(record)) => Ok(record),
            (problem, _) => Err(problem.map_or_else(|| "it is no record".to_owned(), |p| p.message.clone())),
        }
    }
}

/// A double-quoted YAML scalar.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.trim().chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => {}
            // Characters that YAML does not print or that end a line there.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::Draft;

    #[test]
    fn what_is_written_is_read_again() {
        let mut draft = Draft::default();
        for (name, values) in [
            ("id", vec!["A-1"]),
            ("kind", vec!["k"]),
            ("title", vec!["a: \"b\" # c \\ [d]"]),
            ("tags", vec!["one, two", "- three", "null", "línea\nzwei"]),
            ("text", vec!["---\nid: B\n---\n\n# Body\n\ttab"]),
        ] {
            draft.set(name, values.into_iter().map(str::to_owned).collect());
        }
        draft.links.insert("refines".into(), ["B-2".to_owned(), "B-1".to_owned()].into());
        let record = draft.record(&draft.text()).expect("a record");
        assert_eq!(Draft::of(&record), draft);
        draft.set("tags", vec![" ".to_owned()]);
        assert!(!draft.fields.contains_key("tags"));
    }
}
