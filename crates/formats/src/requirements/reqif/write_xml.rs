//! Elements of a ReqIF document as text: indentation, escaping, identities, references. Not here: which elements.

use super::super::model::Named;
use super::super::xhtml::{escape, escape_attribute};
use super::encode;
use super::write_types::Plan;

pub(super) struct Out<'a> {
    pub(super) text: String,
    pub(super) depth: usize,
    /// Whether ids are written as they are.
    pub(super) verbatim: bool,
    pub(super) written: &'a str,
    pub(super) plan: Plan,
    /// Ids made up so far.
    pub(super) count: usize,
}

impl Out<'_> {
    pub(super) fn line(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape_attribute(&mut self.text, value);
            self.text.push('"');
        }
        self.text.push_str(end);
    }

    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.line(name, attributes, ">\n");
        self.depth += 1;
    }

    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.line(name, attributes, "/>\n");
    }

    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.line(name, &[], ">");
        escape(&mut self.text, text);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    pub(super) fn id(&self, id: &str) -> String {
        if self.verbatim { id.to_owned() } else { encode(id) }
    }

    /// `<NAME><REFERENCE>id</REFERENCE></NAME>`; nothing without an id.
    pub(super) fn reference(&mut self, name: &str, reference: &str, id: &str) {
        if !id.is_empty() {
            let id = self.id(id);
            self.open(name, &[]);
            self.leaf(reference, &id);
            self.close(name);
        }
    }

    /// Opens an identifiable element; an id is made up where there is none.
    pub(super) fn identified(&mut self, name: &str, named: &Named, more: &[(&str, &str)]) {
        let id = if named.id.is_empty() && !self.verbatim {
            self.count += 1;
            format!("vouchsafe-{}", self.count)
        } else {
            self.id(&named.id)
        };
        let changed = if named.changed.is_empty() && !self.verbatim { self.written } else { &*named.changed };
        let mut attributes = Vec::new();
        for (name, value) in [
            ("IDENTIFIER", id.as_str()),
            ("LAST-CHANGE", changed),
            ("LONG-NAME", &named.name),
            ("DESC", &named.description),
        ] {
            if !value.is_empty() {
                attributes.push((name, value));
            }
        }
        attributes.extend_from_slice(more);
        self.open(name, &attributes);
        if !named.alternative.is_empty() {
            self.open("ALTERNATIVE-ID", &[]);
            self.empty("ALTERNATIVE-ID", &[("IDENTIFIER", &named.alternative)]);
            self.close("ALTERNATIVE-ID");
        }
    }
}

/// An `xsd:boolean`.
pub(super) fn truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}
