//! StrictDoc SDoc: documents, sections, nodes of any grammar, relations. Not here: grammars, which are kept as text and
//! not enforced, and document fragments, which are separate files of the same set.

use super::model::{Attribute, ForeignItem, Link, Named, Outline, Placement, Source, Tool, Value};
use super::set::ForeignSet;
use super::{Error, File, Limits, decode, views};

/// Reads documents (`.sdoc`) as one set; relations may lead from one to another.
///
/// # Errors
/// When a document is not SDoc, passes a bound, or two nodes have one UID.
pub fn read(files: &[File<'_>], limits: &Limits) -> Result<ForeignSet, Error> {
    limits.check_files(files)?;
    let mut set =
        ForeignSet { tool: Tool::StrictDoc, producer: "StrictDoc".to_owned(), ..ForeignSet::default() };
    for file in files {
        let text = decode(*file, limits)?;
        Reader { file: file.name, lines: text.lines().enumerate().peekable(), limits }.document(&mut set)?;
    }
    set.finish(limits)
}

struct Reader<'t, 'l> {
    file: &'t str,
    lines: std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'t>>>,
    limits: &'l Limits,
}

/// What a node holds.
#[derive(Default)]
struct Fields {
    attributes: Vec<Attribute>,
    links: Vec<Link>,
}

impl Fields {
    fn take(&self, name: &str) -> String {
        let found = self.attributes.iter().find(|a| a.name == name);
        found.map(|a| views::plain(&a.value).trim().to_owned()).unwrap_or_default()
    }
}

impl Reader<'_, '_> {
    fn source(&self, line: usize) -> Source {
        Source::at(self.file, (line as u64 + 1, 1))
    }

    fn wrong(&self, line: usize, reason: impl Into<String>) -> Error {
        Error::Malformed { reason: reason.into(), source_at: self.source(line) }
    }

    fn document(mut self, set: &mut ForeignSet) -> Result<(), Error> {
        let mut outline: Option<Outline> = None;
        // Names of the open composite nodes and where they opened.
        let mut open: Vec<(String, usize)> = Vec::new();
        let mut nodes = 0usize;
        while let Some((at, line)) = self.lines.next() {
            if line.trim().is_empty() {
                continue;
            }
            let Some(tag) = line.trim_end().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
                return Err(self.wrong(at, "expected a node such as [REQUIREMENT]"));
            };
            let Some(document) = &mut outline else {
                if tag != "DOCUMENT" {
                    return Err(self.wrong(at, "not SDoc: a document begins with [DOCUMENT]"));
                }
                let fields = self.fields()?;
                let id = [fields.take("UID"), fields.take("MID")].into_iter().find(|id| !id.is_empty());
                let title = fields.take("TITLE");
                if set.title.is_empty() {
                    set.title.clone_from(&title);
                }
                let named = Named { id: id.unwrap_or_default(), name: title, ..Named::default() };
                outline = Some(Outline {
                    named,
                    attributes: fields.attributes,
                    source: self.source(at),
                    ..Outline::default()
                });
                continue;
            };
            match tag {
                "GRAMMAR" => {
                    let text = self.grammar();
                    document.attributes.push(Attribute::text("GRAMMAR", text));
                    continue;
                }
                "DOCUMENT_FROM_FILE" => {
                    let fields = self.fields()?;
                    document.attributes.push(Attribute::text("DOCUMENT_FROM_FILE", fields.take("FILE")));
                    continue;
                }
                _ => {}
            }
            let composite = tag.strip_prefix('[').and_then(|tag| tag.strip_suffix(']'));
            if let Some(closed) = composite.and_then(|tag| tag.strip_prefix('/')) {
                match open.pop() {
                    Some((name, _)) if name == closed => continue,
                    _ => return Err(self.wrong(at, format!("[[/{closed}]] closes nothing that is open"))),
                }
            }
            let tag = composite.unwrap_or(tag);
            if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                return Err(self.wrong(at, format!("{tag:?} is no node's name")));
            }
            nodes += 1;
            let fields = self.fields()?;
            let (uid, mid) = (fields.take("UID"), fields.take("MID"));
            let made_up = uid.is_empty() && mid.is_empty();
            let id = match (&*uid, &*mid) {
                ("", "") => format!("{}#{nodes}", self.file),
                ("", mid) => mid.to_owned(),
                (uid, _) => uid.to_owned(),
            };
            let alternative = if uid.is_empty() { String::new() } else { mid };
            let mut item = ForeignItem {
                id: id.clone(),
                made_up,
                named: Named { alternative, ..Named::default() },
                kind: tag.to_owned(),
                attributes: fields.attributes,
                links: fields.links,
                source: self.source(at),
                ..ForeignItem::default()
            };
            views::fill(&mut item);
            if set.items.len() >= self.limits.items {
                return Err(Error::limit("items", self.limits.items, item.source));
            }
            set.items.push(item);
            let depth = u32::try_from(open.len()).unwrap_or(u32::MAX);
            document.placements.push(Placement { item: id, depth, ..Placement::default() });
            if composite.is_some() {
                if open.len() >= self.limits.depth {
                    return Err(Error::limit("levels of nesting", self.limits.depth, self.source(at)));
                }
                open.push((tag.to_owned(), at));
            }
        }
        if let Some((name, at)) = open.last() {
            return Err(self.wrong(*at, format!("[[{name}]] is never closed")));
        }
        match outline {
            Some(outline) => set.documents.push(outline),
            None => return Err(self.wrong(0, "the document is empty")),
        }
        Ok(())
    }

    /// The lines up to the next node, as they are.
    fn grammar(&mut self) -> String {
        let mut text = String::new();
        while let Some((_, line)) = self.lines.next_if(|(_, line)| !line.starts_with('[')) {
            text.push_str(line);
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The fields up to the next node.
    fn fields(&mut self) -> Result<Fields, Error> {
        let mut fields = Fields::default();
        while let Some((at, line)) = self.lines.next_if(|(_, line)| !line.starts_with('[')) {
            if line.trim().is_empty() {
                continue;
            }
            let name_ok = |name: &str| {
                name.starts_with(|c: char| c.is_ascii_uppercase())
                    && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            };
            let Some((name, rest)) = line.split_once(':').filter(|(name, _)| name_ok(name)) else {
                return Err(self.wrong(at, "expected a field such as TITLE: text"));
            };
            if fields.attributes.len() >= self.limits.columns {
                return Err(Error::limit("fields in one node", self.limits.columns, self.source(at)));
            }
            let value = match rest.trim() {
                ">>>" => self.long_text(at)?,
                "" if name == "RELATIONS" => {
                    self.relations(&mut fields.links)?;
                    continue;
                }
                // OPTIONS and METADATA are indented blocks.
                "" => {
                    let mut block = String::new();
                    while let Some((_, line)) = self.lines.next_if(|(_, line)| line.starts_with(' ')) {
                        block.push_str(line.trim());
                        block.push('\n');
                    }
                    block.truncate(block.trim_end().len());
                    block
                }
                text => text.to_owned(),
            };
            fields.attributes.push(Attribute::new(name, Value::Text(value)));
        }
        Ok(fields)
    }

    fn long_text(&mut self, at: usize) -> Result<String, Error> {
        let mut text = String::new();
        loop {
            let Some((_, line)) = self.lines.next() else {
                return Err(self.wrong(at, "a text opened with >>> is never closed with <<<"));
            };
            if line.trim_end() == "<<<" {
                text.truncate(text.strip_suffix('\n').unwrap_or(&text).len());
                return Ok(text);
            }
            text.push_str(line);
            text.push('\n');
        }
    }

    fn relations(&mut self, links: &mut Vec<Link>) -> Result<(), Error> {
        let listed = |line: &str| line.starts_with("- ") || line.starts_with("  ");
        while let Some((at, line)) = self.lines.next_if(|(_, line)| listed(line)) {
            let Some((name, value)) = line.get(2..).and_then(|rest| rest.split_once(':')) else {
                return Err(self.wrong(at, "expected a line such as - TYPE: Parent"));
            };
            let (name, value) = (name.trim(), value.trim());
            if line.starts_with("- ") {
                if name != "TYPE" {
                    return Err(self.wrong(at, "a relation begins with its TYPE"));
                }
                let source = self.source(at);
                links.push(Link {
                    kind: value.to_owned(),
                    external: value == "File",
                    source,
                    ..Link::default()
                });
                continue;
            }
            let Some(link) = links.last_mut() else {
                return Err(self.wrong(at, "a relation begins with its TYPE"));
            };
            match name {
                "VALUE" => value.clone_into(&mut link.target),
                name => {
                    // A file is named by its PATH in some versions, by VALUE in others.
                    if name == "PATH" && link.external {
                        value.clone_into(&mut link.target);
                    }
                    link.attributes.push(Attribute::text(name, value));
                }
            }
        }
        match links.iter().find(|link| link.target.is_empty()) {
            Some(link) => Err(Error::invalid("a relation without a target", &link.source)),
            None => Ok(()),
        }
    }
}
