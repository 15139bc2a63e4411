//! A bounded XML document as a tree of elements with places. Not here: what ReqIF means.

use super::super::model::Source;
use super::super::{Error, File, Limits};
use crate::source::{Bounded, Bounds, Trouble, XmlEvent, XmlPull};

const XHTML: &str = "http://www.w3.org/1999/xhtml";

#[derive(Debug)]
pub(in super::super) enum Content {
    Text(String),
    Element(Element),
}

#[derive(Debug)]
pub(in super::super) struct Element {
    pub(in super::super) name: String,
    /// Whether it belongs to the XHTML namespace.
    pub(in super::super) xhtml: bool,
    /// Attributes without a prefix.
    pub(in super::super) attributes: Vec<(String, String)>,
    /// Whether attributes with a prefix were dropped.
    pub(in super::super) dropped: bool,
    pub(in super::super) children: Vec<Content>,
    pub(in super::super) at: (u64, u64),
}

impl Element {
    pub(in super::super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    pub(in super::super) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|child| child.name == name)
    }

    /// The elements of a list element, such as those in SPEC-OBJECTS.
    pub(in super::super) fn list(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.child(name).into_iter().flat_map(Self::elements)
    }

    pub(in super::super) fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The text directly in it, trimmed.
    pub(in super::super) fn text(&self) -> String {
        let mut out = String::new();
        for content in &self.children {
            if let Content::Text(text) = content {
                out.push_str(text);
            }
        }
        out.trim().to_owned()
    }

    /// The text of the only element below `name`: the id in `<TYPE><X-REF>id</X-REF></TYPE>`.
    pub(in super::super) fn reference(&self, name: &str) -> Option<String> {
        self.child(name)?.elements().next().map(Self::text)
    }
}

pub(in super::super) fn parse(file: File<'_>, limits: &Limits) -> Result<Element, Error> {
    limits.check_file(file.name, file.bytes)?;
    let src = Bounded::open(file.bytes, limits.bytes as u64)
        .map_err(|e| Error::trouble(Trouble::from(e), file.name, (1, 1)))?;
    let mut pull = XmlPull::new(src, limits.bounds());
    build(&mut pull, limits.nodes).map_err(|trouble| match trouble {
        Trouble::Limit(what @ "elements", max) => {
            Error::TooLarge { what, max, source_at: Source::at(file.name, pull.position()) }
        }
        trouble => Error::trouble(trouble, file.name, pull.position()),
    })
}

/// Parses canonical markup again. Bounds are those of the document it came from, with room for the wrapper.
pub(in super::super) fn parse_fragment(markup: &str) -> Result<Element, Trouble> {
    let text = format!("<x xmlns:xhtml=\"{XHTML}\">{markup}</x>");
    let src = Bounded::open(text.as_bytes(), u64::MAX)?;
    let limits = Limits::default();
    build(&mut XmlPull::new(src, Bounds { depth: limits.depth + 1, token: text.len() }), limits.nodes)
}

fn build<R: std::io::BufRead>(pull: &mut XmlPull<R>, max: usize) -> Result<Element, Trouble> {
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut nodes = 0usize;
    loop {
        let event = pull.next()?;
        nodes += 1;
        if nodes > max {
            return Err(Trouble::Limit("elements", max as u64));
        }
        match event {
            XmlEvent::Start => {
                let plain = pull.attributes().iter().filter(|a| !a.prefixed);
                open.push(Element {
                    name: pull.name().to_owned(),
                    xhtml: pull.namespace() == XHTML,
                    attributes: plain.map(|a| (a.name.clone(), a.value.clone())).collect(),
                    dropped: pull.attributes().iter().any(|a| a.prefixed),
                    children: Vec::new(),
                    at: pull.position(),
                });
            }
            XmlEvent::Text => {
                if let Some(parent) = open.last_mut() {
                    if let Some(Content::Text(text)) = parent.children.last_mut() {
                        text.push_str(pull.text());
                    } else {
                        parent.children.push(Content::Text(pull.text().to_owned()));
                    }
                }
            }
            XmlEvent::End => {
                let Some(done) = open.pop() else { continue };
                match open.last_mut() {
                    Some(parent) => parent.children.push(Content::Element(done)),
                    None => root = Some(done),
                }
            }
            XmlEvent::Finish => return root.ok_or_else(|| Trouble::syntax("there is no element")),
        }
    }
}
