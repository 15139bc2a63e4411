//! XHTML fragments: canonical markup from elements, and plain text and Markdown from markup. Only structure that
//! Markdown has is kept there (paragraphs, line breaks, lists, emphasis, code, links); tables become rows of cells.
//! Not here: where fragments stand in ReqIF.

use super::reqif::element::{Content, Element, parse_fragment};

/// Escapes text for element content.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

/// Escapes text for an attribute in double quotes; white space survives normalisation.
pub(super) fn escape_attribute(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}

/// The canonical markup of an element's content. Recursion is bounded by the depth of what was parsed.
pub(super) fn markup(contents: &[Content]) -> String {
    let mut out = String::new();
    write(&mut out, contents);
    out
}

fn write(out: &mut String, contents: &[Content]) {
    for content in contents {
        match content {
            Content::Text(text) => escape(out, text),
            Content::Element(element) => {
                let prefix = if element.xhtml { "xhtml:" } else { "" };
                out.push('<');
                out.push_str(prefix);
                out.push_str(&element.name);
                for (name, value) in &element.attributes {
                    out.push(' ');
                    out.push_str(name);
                    out.push_str("=\"");
                    escape_attribute(out, value);
                    out.push('"');
                }
                if element.children.is_empty() {
                    out.push_str("/>");
                } else {
                    out.push('>');
                    write(out, &element.children);
                    out.push_str("</");
                    out.push_str(prefix);
                    out.push_str(&element.name);
                    out.push('>');
                }
            }
        }
    }
}

/// Plain text: blocks on lines of their own, white space folded. Markup that does not parse is given as it is.
pub(super) fn plain(markup: &str) -> String {
    render(markup, false)
}

/// Markdown of the fragment; characters that Markdown would read as markup are escaped.
pub(super) fn markdown(markup: &str) -> String {
    render(markup, true)
}

fn render(markup: &str, marks: bool) -> String {
    let Ok(root) = parse_fragment(markup) else { return markup.to_owned() };
    let mut page = Page { out: String::new(), marks, newlines: 2, space: false, pre: false };
    page.walk(&root, &mut Vec::new());
    page.out.truncate(page.out.trim_end().len());
    page.out
}

struct Page {
    out: String,
    marks: bool,
    /// Line ends at the end of `out`; 2 at the start.
    newlines: usize,
    space: bool,
    pre: bool,
}

impl Page {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if self.pre && c == '\n' {
                self.out.push('\n');
                self.newlines = 1;
            } else if c.is_whitespace() && c != '\u{a0}' && !self.pre {
                self.space = true;
            } else {
                self.flush();
                if self.marks
                    && !self.pre
                    && matches!(c, '\\' | '*' | '_' | '`' | '[' | ']' | '<' | '#' | '|')
                {
                    self.out.push('\\');
                }
                self.out.push(c);
                self.newlines = 0;
            }
        }
    }

    fn flush(&mut self) {
        if self.space && self.newlines == 0 {
            self.out.push(' ');
        }
        self.space = false;
    }

    fn mark(&mut self, mark: &str) {
        if self.marks {
            self.flush();
            self.out.push_str(mark);
            self.newlines = 0;
        }
    }

    /// At least `n` line ends.
    fn lines(&mut self, n: usize) {
        while self.newlines < n {
            self.out.push('\n');
            self.newlines += 1;
        }
        self.space = false;
    }

    fn walk(&mut self, element: &Element, lists: &mut Vec<Option<u32>>) {
        for content in &element.children {
            let child = match content {
                Content::Text(text) => {
                    self.text(text);
                    continue;
                }
                Content::Element(child) => child,
            };
            match child.name.as_str() {
                "br" => self.lines(1),
                "p" | "div" | "table" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                    let gap = if lists.is_empty() { 2 } else { 1 };
                    self.lines(gap);
                    self.walk(child, lists);
                    self.lines(gap);
                }
                "pre" => {
                    self.lines(2);
                    self.mark("```");
                    self.lines(usize::from(self.marks));
                    let outer = std::mem::replace(&mut self.pre, true);
                    self.walk(child, lists);
                    self.pre = outer;
                    self.lines(1);
                    self.mark("```");
                    self.lines(2);
                }
                "ul" | "ol" => {
                    self.lines(if lists.is_empty() { 2 } else { 1 });
                    lists.push((child.name == "ol").then_some(0));
                    self.walk(child, lists);
                    lists.pop();
                    self.lines(if lists.is_empty() { 2 } else { 1 });
                }
                "li" => {
                    self.lines(1);
                    for _ in 1..lists.len() {
                        self.out.push_str("  ");
                    }
                    match lists.last_mut() {
                        Some(Some(n)) => {
                            *n += 1;
                            let n = *n;
                            self.out.push_str(&format!("{n}. "));
                        }
                        _ => self.out.push_str("- "),
                    }
                    self.newlines = 1;
                    self.walk(child, lists);
                }
                "tr" => {
                    self.lines(1);
                    self.walk(child, lists);
                }
                "td" | "th" => {
                    if self.newlines == 0 {
                        self.out.push_str(" | ");
                        self.space = false;
                    }
                    self.walk(child, lists);
                }
                "b" | "strong" => self.inside(child, lists, "**"),
                "i" | "em" => self.inside(child, lists, "*"),
                "code" | "tt" => self.inside(child, lists, "`"),
                _ => self.walk(child, lists),
            }
        }
    }

    fn inside(&mut self, child: &Element, lists: &mut Vec<Option<u32>>, mark: &str) {
        self.mark(mark);
        self.walk(child, lists);
        self.mark(mark);
    }
}
