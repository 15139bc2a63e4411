//! From ReqIF documents to a [`ForeignSet`]: header, objects, relations, specifications, groups; one document or an
//! archive of several. Not here: types and values.

use std::collections::BTreeMap;

use super::super::archive::Archive;
use super::super::model::{
    Attachment, Attribute, ForeignItem, Group, Link, Outline, Placement, Source, Stray, Target, Tool, Value,
};
use super::super::set::ForeignSet;
use super::super::{Error, File, Limits, views};
use super::element::{Element, parse};
use super::values::{Context, Known, attributes, boolean, known, named};
use super::{EXTERNAL, OWN_TOOL, types};

/// Reads one ReqIF document.
///
/// # Errors
/// When it is not well-formed, passes a bound, is not ReqIF, or gives two objects one identifier.
pub fn read(file: File<'_>, limits: &Limits) -> Result<ForeignSet, Error> {
    let mut draft = Draft::default();
    draft.document(file, limits)?;
    draft.finish(limits)
}

/// Reads an archive of ReqIF documents (`.reqifz`); its other files are named as attachments.
///
/// # Errors
/// As [`read`], and when the archive is damaged, passes a bound, or holds no ReqIF document.
pub fn read_archive(file: File<'_>, limits: &Limits) -> Result<ForeignSet, Error> {
    let archive = Archive::open(file, limits)?;
    let mut draft = Draft::default();
    for entry in archive.entries() {
        let name = entry.name.as_str();
        if name.ends_with('/') {
            continue;
        }
        let bytes = archive.read(entry)?;
        // Resource forks that some systems add beside each file are no documents, whatever they are called.
        if name.to_ascii_lowercase().ends_with(".reqif") && !name.starts_with("__MACOSX/") {
            draft.document(File { name, bytes: &bytes }, limits)?;
        } else {
            draft.set.attachments.push(Attachment {
                name: name.to_owned(),
                bytes: bytes.len() as u64,
                sha256: super::super::stamp::hex_sha256(&bytes),
            });
        }
    }
    if draft.documents == 0 {
        return Err(Error::invalid("the archive holds no .reqif document", &Source::file(file.name)));
    }
    draft.finish(limits)
}

/// A set while its documents are read; relations wait until all objects are known.
#[derive(Default)]
struct Draft {
    set: ForeignSet,
    links: Vec<(String, Link)>,
    documents: usize,
    /// Definitions, enumeration values and kinds by id: documents of one archive may use those of earlier ones.
    known: Known,
    kinds: KindNames,
    kinds_seen: usize,
}

/// Whether a document begins with an XML declaration, in UTF-8 or UTF-16.
fn declared(bytes: &[u8]) -> bool {
    let head: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|b| !matches!(b, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF))
        .take(5)
        .collect();
    head == b"<?xml"
}

impl Draft {
    fn document(&mut self, file: File<'_>, limits: &Limits) -> Result<(), Error> {
        let root = parse(file, limits)?;
        if root.name != "REQ-IF" {
            let reason = format!("not ReqIF: the root is <{}>, expected <REQ-IF>", root.name);
            return Err(Error::invalid(reason, &Source::at(file.name, root.at)));
        }
        let set = &mut self.set;
        let start = Source::at(file.name, (1, 1));
        let head = file.bytes.get(..file.bytes.len().min(64)).unwrap_or_default();
        if !declared(head) {
            set.find("there is no XML declaration, so the encoding is not said", &start);
        }
        let mut context =
            Context { file: file.name, limits, own: false, known: std::mem::take(&mut self.known) };
        known(&root, &["THE-HEADER", "CORE-CONTENT", "TOOL-EXTENSIONS"], set, &context);
        if root.child("TOOL-EXTENSIONS").is_some_and(|e| e.elements().next().is_some()) {
            set.find("tool extensions are not kept", &start);
        }
        if let Some(header) = root.list("THE-HEADER").next() {
            context.own = header.child("REQ-IF-TOOL-ID").is_some_and(|e| e.text() == OWN_TOOL);
            if self.documents == 0 {
                properties(header, set, &context);
            } else {
                set.find("only the first document's header is kept", &context.source(header));
            }
        }
        self.documents += 1;
        let Some(content) = root.list("CORE-CONTENT").next() else {
            self.known = context.known;
            return Ok(());
        };
        known(
            content,
            &[
                "DATATYPES",
                "SPEC-TYPES",
                "SPEC-OBJECTS",
                "SPEC-RELATIONS",
                "SPECIFICATIONS",
                "SPEC-RELATION-GROUPS",
            ],
            set,
            &context,
        );
        types::datatypes(content, set, &mut context);
        types::kinds(content, set, &mut context);
        let new = set
            .kinds
            .iter()
            .skip(self.kinds_seen)
            .map(|kind| (kind.named.id.clone(), kind.named.name.clone()));
        self.kinds.extend(new);
        self.kinds_seen = set.kinds.len();
        let kind_names = std::mem::take(&mut self.kinds);
        for element in content.list("SPEC-OBJECTS") {
            let item = object(element, set, &context, &kind_names);
            set.items.push(item);
        }
        for element in content.list("SPEC-RELATIONS") {
            self.links.push(relation(element, set, &context, &kind_names));
        }
        for element in content.list("SPECIFICATIONS") {
            let outline = specification(element, set, &context, &kind_names);
            set.documents.push(outline);
        }
        for element in content.list("SPEC-RELATION-GROUPS") {
            let group = group(element, set, &context);
            set.groups.push(group);
        }
        self.kinds = kind_names;
        self.known = context.known;
        Ok(())
    }

    fn finish(self, limits: &Limits) -> Result<ForeignSet, Error> {
        let Self { mut set, links, .. } = self;
        set.tool = Tool::ReqIf;
        let index: BTreeMap<String, usize> =
            set.items.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
        for (from, link) in links {
            for (end, id) in [("SOURCE", &from), ("TARGET", &link.target)] {
                if id.is_empty() {
                    set.find(format!("SPEC-RELATION has no {end}"), &link.source);
                } else if !index.contains_key(id) {
                    set.find(format!("the {end} {id:?} of a SPEC-RELATION is not in the set"), &link.source);
                }
            }
            match index.get(&from).and_then(|at| set.items.get_mut(*at)) {
                Some(item) => item.links.push(link),
                None => set.strays.push(Stray { from, link }),
            }
        }
        let mut missing = Vec::new();
        for document in &set.documents {
            for placement in document.placements.iter().filter(|p| !index.contains_key(&p.item)) {
                let reason = format!("the object {:?} of a SPEC-HIERARCHY is not in the set", placement.item);
                missing.push((reason, document.source.clone()));
            }
        }
        for (reason, source) in missing {
            set.find(reason, &source);
        }
        set.finish(limits)
    }
}

fn properties(header: &Element, set: &mut ForeignSet, context: &Context<'_>) {
    if let Some(id) = header.attr("IDENTIFIER") {
        set.properties.push(Attribute::text("IDENTIFIER", id));
    }
    for element in header.elements() {
        let text = element.text();
        match element.name.as_str() {
            "TITLE" => set.title.clone_from(&text),
            "SOURCE-TOOL-ID" => set.producer.clone_from(&text),
            "REQ-IF-VERSION" if text != "1.0" => {
                set.find(format!("REQ-IF-VERSION is {text:?}, not 1.0"), &context.source(element));
            }
            "COMMENT" | "CREATION-TIME" | "REPOSITORY-ID" | "REQ-IF-TOOL-ID" | "REQ-IF-VERSION" => {}
            other => {
                set.find(
                    format!("{other} may not stand in the header; it is not kept"),
                    &context.source(element),
                );
                continue;
            }
        }
        set.properties.push(Attribute::text(element.name.clone(), text));
    }
}

type KindNames = BTreeMap<String, String>;

/// Name and id of the kind an element's TYPE names. Exports of parts leave definitions out, so a kind that is not defined
/// has no name and is no finding.
fn kind_of(element: &Element, context: &Context<'_>, kinds: &KindNames) -> (String, String) {
    let id = context.id(&element.reference("TYPE").unwrap_or_default());
    (kinds.get(&id).cloned().unwrap_or_default(), id)
}

fn object(element: &Element, set: &mut ForeignSet, context: &Context<'_>, kinds: &KindNames) -> ForeignItem {
    known(element, &["ALTERNATIVE-ID", "VALUES", "TYPE"], set, context);
    let (kind, kind_id) = kind_of(element, context, kinds);
    let mut item = ForeignItem {
        kind,
        kind_id,
        attributes: attributes(element, set, context),
        named: named(element, set, context),
        source: context.source(element),
        ..ForeignItem::default()
    };
    item.id.clone_from(&item.named.id);
    if context.own
        && let Some(at) = item.attributes.iter().position(|a| a.name == EXTERNAL)
    {
        external(&item.attributes.remove(at).value, &mut item);
    }
    views::fill(&mut item);
    item
}

/// Links to files and addresses, as our writer stores them: a list of `[kind, target, attributes]`.
fn external(value: &Value, item: &mut ForeignItem) {
    let Value::List(links) = value else { return };
    for link in links {
        if let Value::List(parts) = link
            && let [Value::Text(kind), Value::Text(target), Value::Map(attributes)] = parts.as_slice()
        {
            item.links.push(Link {
                kind: kind.clone(),
                target: target.clone(),
                external: true,
                attributes: attributes
                    .iter()
                    .map(|(name, value)| Attribute::new(name.clone(), value.clone()))
                    .collect(),
                source: item.source.clone(),
                ..Link::default()
            });
        }
    }
}

fn relation(
    element: &Element,
    set: &mut ForeignSet,
    context: &Context<'_>,
    kinds: &KindNames,
) -> (String, Link) {
    known(element, &["ALTERNATIVE-ID", "VALUES", "TYPE", "SOURCE", "TARGET"], set, context);
    let (kind, kind_id) = kind_of(element, context, kinds);
    let link = Link {
        named: named(element, set, context),
        kind,
        kind_id,
        target: context.id(&element.reference("TARGET").unwrap_or_default()),
        attributes: attributes(element, set, context),
        source: context.source(element),
        ..Link::default()
    };
    (context.id(&element.reference("SOURCE").unwrap_or_default()), link)
}

fn specification(
    element: &Element,
    set: &mut ForeignSet,
    context: &Context<'_>,
    kinds: &KindNames,
) -> Outline {
    known(element, &["ALTERNATIVE-ID", "VALUES", "TYPE", "CHILDREN"], set, context);
    let (kind, kind_id) = kind_of(element, context, kinds);
    let mut outline = Outline {
        named: named(element, set, context),
        kind,
        kind_id,
        attributes: attributes(element, set, context),
        source: context.source(element),
        placements: Vec::new(),
    };
    // Depth was bounded when the document was parsed, so this recursion is.
    hierarchy(element, 0, &mut outline, set, context);
    outline
}

fn hierarchy(
    element: &Element,
    depth: u32,
    outline: &mut Outline,
    set: &mut ForeignSet,
    context: &Context<'_>,
) {
    for child in element.list("CHILDREN") {
        known(child, &["ALTERNATIVE-ID", "OBJECT", "CHILDREN", "EDITABLE-ATTS"], set, context);
        if child.list("EDITABLE-ATTS").next().is_some() {
            set.find("EDITABLE-ATTS is not kept", &context.source(child));
        }
        let placement = Placement {
            named: named(child, set, context),
            item: context.id(&child.reference("OBJECT").unwrap_or_default()),
            depth,
            editable: boolean(child, "IS-EDITABLE", set, context),
            table_internal: boolean(child, "IS-TABLE-INTERNAL", set, context),
        };
        outline.placements.push(placement);
        hierarchy(child, depth + 1, outline, set, context);
    }
}

fn group(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Group {
    known(
        element,
        &["ALTERNATIVE-ID", "SPEC-RELATIONS", "TYPE", "SOURCE-SPECIFICATION", "TARGET-SPECIFICATION"],
        set,
        context,
    );
    let reference = |name| context.id(&element.reference(name).unwrap_or_default());
    Group {
        named: named(element, set, context),
        kind_id: reference("TYPE"),
        links: element.list("SPEC-RELATIONS").map(|link| context.id(&link.text())).collect(),
        from: reference("SOURCE-SPECIFICATION"),
        to: reference("TARGET-SPECIFICATION"),
    }
}

/// The element name that stands for what a kind is of.
pub(super) fn kind_element(of: Target) -> &'static str {
    match of {
        Target::Item => "SPEC-OBJECT-TYPE",
        Target::Link => "SPEC-RELATION-TYPE",
        Target::Document => "SPECIFICATION-TYPE",
        Target::Group => "RELATION-GROUP-TYPE",
    }
}
