//! A pull reader for XML over `quick-xml`: namespaces resolved, bounded, and no entity ever looked up or expanded
//! beyond the five predefined ones and character references. A document type declaration is passed over unread.

use std::io::BufRead;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use super::{Bounded, Bounds, Trouble};

/// What came next; names, attributes and text are read from the [`XmlPull`] until the following call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XmlEvent {
    /// An element opened: see [`XmlPull::name`], [`XmlPull::namespace`], [`XmlPull::attributes`].
    Start,
    /// The innermost open element closed.
    End,
    /// Character data, possibly one of several pieces: see [`XmlPull::text`].
    Text,
    /// The document ended, with every element closed.
    Finish,
}

/// An attribute that is not a namespace declaration.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether the name has a prefix, so belongs to a foreign namespace.
    pub(crate) prefixed: bool,
}

/// Streams an XML document; at most one tag or text piece is in memory.
pub(crate) struct XmlPull<R: BufRead> {
    reader: NsReader<Bounded<R>>,
    bounds: Bounds,
    buf: Vec<u8>,
    depth: usize,
    roots: usize,
    name: String,
    namespace: String,
    attributes: Vec<Attribute>,
    text: String,
}

impl<R: BufRead> XmlPull<R> {
    pub(crate) fn new(src: Bounded<R>, bounds: Bounds) -> Self {
        let mut reader = NsReader::from_reader(src);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_comments = true;
        Self {
            reader,
            bounds,
            buf: Vec::new(),
            depth: 0,
            roots: 0,
            name: String::new(),
            namespace: String::new(),
            attributes: Vec::new(),
            text: String::new(),
        }
    }

    /// Local name of the element just opened.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Namespace of the element just opened; empty for none.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| !a.prefixed && a.name == name).map(|a| a.value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, both from 1; the reader is past the current tag or text.
    pub(crate) fn position(&self) -> (u64, u64) {
        self.reader.get_ref().position()
    }

    pub(crate) fn next(&mut self) -> Result<XmlEvent, Trouble> {
        loop {
            self.buf.clear();
            self.reader.get_mut().begin_token(self.bounds.token);
            let (resolved, event) = self.reader.read_resolved_event_into(&mut self.buf).map_err(trouble)?;
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    if self.depth >= self.bounds.depth {
                        return Err(Trouble::Limit("levels of nesting", self.bounds.depth as u64));
                    }
                    if self.depth == 0 {
                        self.roots += 1;
                        if self.roots > 1 {
                            return Err(Trouble::syntax("a second root element"));
                        }
                    }
                    self.depth += 1;
                    self.name.clear();
                    self.name.push_str(start.local_name().as_ref());
                    self.namespace.clear();
                    match resolved {
                        ResolveResult::Unbound => {}
                        ResolveResult::Bound(namespace) => self.namespace.push_str(namespace.0),
                        ResolveResult::Unknown(prefix) => {
                            return Err(Trouble::Syntax(format!("the prefix {prefix} is not bound")));
                        }
                    }
                    self.attributes.clear();
                    for attribute in start.attributes() {
                        let attribute = attribute.map_err(|e| Trouble::Syntax(e.to_string()))?;
                        if attribute.key.as_namespace_binding().is_some() {
                            continue;
                        }
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(trouble)?;
                        legal(&value)?;
                        self.attributes.push(Attribute {
                            name: attribute.key.local_name().as_ref().to_owned(),
                            value: value.into_owned(),
                            prefixed: attribute.key.prefix().is_some(),
                        });
                    }
                    return Ok(XmlEvent::Start);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(XmlEvent::End);
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if self.depth == 0 {
                        if text.trim_start_matches('\u{feff}').trim().is_empty() {
                            continue;
                        }
                        return Err(Trouble::syntax("text outside the root element"));
                    }
                    legal(&text)?;
                    self.text.clear();
                    self.text.push_str(&text);
                    return Ok(XmlEvent::Text);
                }
                Event::CData(data) => {
                    let text = data.xml10_content();
                    legal(&text)?;
                    self.text.clear();
                    self.text.push_str(&text);
                    return Ok(XmlEvent::Text);
                }
                Event::GeneralRef(reference) => {
                    self.text.clear();
                    let c = match reference.resolve_char_ref().map_err(trouble)? {
                        Some(c) => c,
                        None => match reference.xml10_content().as_ref() {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "apos" => '\'',
                            "quot" => '"',
                            other => {
                                let other: String = other.chars().take(40).collect();
                                return Err(Trouble::Syntax(format!(
                                    "the entity &{other}; is not expanded; write its text instead"
                                )));
                            }
                        },
                    };
                    self.text.push(c);
                    legal(&self.text)?;
                    return Ok(XmlEvent::Text);
                }
                Event::Decl(declaration) => {
                    let declared = declaration.encoding().transpose();
                    let declared = declared.map_err(|e| Trouble::Syntax(e.to_string()))?;
                    let declared = declared.unwrap_or_default().to_ascii_lowercase();
                    let utf16 = declared.starts_with("utf-16") && self.reader.get_ref().is_utf16();
                    if !utf16 && !matches!(declared.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii") {
                        return Err(Trouble::Encoding(
                            "an encoding other than UTF-8 or UTF-16 is declared; convert the document",
                        ));
                    }
                }
                Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof if self.depth > 0 => {
                    return Err(Trouble::Syntax(format!(
                        "the document ends too early: {} elements are open",
                        self.depth
                    )));
                }
                Event::Eof if self.roots == 0 => return Err(Trouble::syntax("there is no element")),
                Event::Eof => return Ok(XmlEvent::Finish),
            }
        }
    }

    /// Passes over the rest of the element just opened, still checking that it is well-formed and bounded.
    pub(crate) fn skip_element(&mut self) -> Result<(), Trouble> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }
}

/// XML 1.0 clause 2.2: no control characters but tab and line ends. The parser leaves this to its caller.
fn legal(text: &str) -> Result<(), Trouble> {
    let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    if text.bytes().any(control) || text.contains(['\u{fffe}', '\u{ffff}']) {
        return Err(Trouble::syntax("a character that XML does not allow"));
    }
    Ok(())
}

fn trouble(error: quick_xml::Error) -> Trouble {
    match error {
        quick_xml::Error::Io(error) => match std::sync::Arc::try_unwrap(error) {
            Ok(error) => Trouble::from(error),
            Err(error) => Trouble::Syntax(error.to_string()),
        },
        quick_xml::Error::Encoding(_) => Trouble::Encoding("the text is not UTF-8"),
        other => Trouble::Syntax(other.to_string()),
    }
}
