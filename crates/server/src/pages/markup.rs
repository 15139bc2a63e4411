//! HTML built piece by piece. Every text that enters is escaped here and nowhere else; templates escape the rest.

use std::fmt;

use evidence::{Hash, Time};
use ledger::properties::grouped;

/// Finished HTML: templates put it out as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Escapes a text for elements and quoted attributes.
fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Text that turns its direction could make a page read otherwise than it is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

impl Markup {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing in it.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        escape_into(&mut self.0, text);
        self
    }

    /// Text in an element without attributes or with a class.
    pub(super) fn element(mut self, tag: &'static str, class: &'static str, text: &str) -> Self {
        self.open(tag, class);
        escape_into(&mut self.0, text);
        self.close(tag)
    }

    pub(super) fn strong(self, text: &str) -> Self {
        self.element("strong", "", text)
    }

    pub(super) fn link(mut self, href: &str, text: &str) -> Self {
        self.0.push_str("<a href=\"");
        escape_into(&mut self.0, href);
        self.0.push_str("\">");
        escape_into(&mut self.0, text);
        self.close("a")
    }

    /// A digest cut in the middle; the whole is in the title.
    pub(super) fn digest(mut self, hash: &Hash) -> Self {
        let hex = hash.to_string();
        let (head, tail) = (hex.get(..8).unwrap_or_default(), hex.get(56..).unwrap_or_default());
        self.0.push_str("<code class=\"dg\" title=\"sha256:");
        self.0.push_str(&hex);
        self.0.push_str("\">");
        self.0.push_str(&format!("{head}…{tail}"));
        self.close("code")
    }

    pub(super) fn time(mut self, time: Time) -> Self {
        self.0.push_str(&format!("<time datetime=\"{time}\">{}</time>", moment(time)));
        self
    }

    /// A state: glyph and word.
    pub(super) fn state(mut self, state: &'static str, word: &str) -> Self {
        self.0.push_str("<span class=\"st\" data-s=\"");
        self.0.push_str(state);
        self.0.push_str("\">");
        escape_into(&mut self.0, word);
        self.close("span")
    }

    pub(super) fn open(&mut self, tag: &'static str, class: &'static str) {
        self.0.push('<');
        self.0.push_str(tag);
        if !class.is_empty() {
            self.0.push_str(" class=\"");
            self.0.push_str(class);
            self.0.push('"');
        }
        self.0.push('>');
    }

    pub(super) fn close(mut self, tag: &'static str) -> Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    pub(super) fn then(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Adds tags of this program's own making: only string literals and numbers may go in here.
    pub(super) fn raw(mut self, html: &str) -> Self {
        self.0.push_str(html);
        self
    }
}

/// A moment as people read it, without its zone: pages say UTC once.
pub(super) fn moment(time: Time) -> String {
    let [y, mo, d, h, mi, s] = time.parts();
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}")
}

/// A moment to the minute.
pub(super) fn minute(time: Time) -> String {
    let [y, mo, d, h, mi, _] = time.parts();
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}")
}

/// Percent-encodes a value of a query (RFC 3986, 2.1): everything but unreserved characters.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// `1 entry`, `2 entries`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    //! Nothing that enters as text leaves as a tag.
    use super::*;

    #[test]
    fn text_is_escaped_wherever_it_enters() {
        let evil = "<script>'\"&\u{202e}";
        let safe = "&lt;script&gt;&#39;&quot;&amp;\u{fffd}";
        assert_eq!(Markup::new().text(evil).to_string(), safe);
        assert_eq!(Markup::new().link(evil, evil).to_string(), format!("<a href=\"{safe}\">{safe}</a>"));
        assert_eq!(Markup::new().element("b", "u", evil).to_string(), format!("<b class=\"u\">{safe}</b>"));
    }

    #[test]
    fn values_are_percent_encoded() {
        assert_eq!(percent("/log?a=1&b=ä"), "%2Flog%3Fa%3D1%26b%3D%C3%A4");
    }
}
