//! The one form of a foreign requirement set. `attributes` hold everything the other tool holds of an item, in its order
//! and under its names; title, text, links and statements are our reading of them. Not here: the set as a whole, reading and
//! writing.

use std::fmt;

use crate::source::Place;

/// Where something stands: the file's name in the set, and the place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Name of the file; empty when the set is one file without a name.
    pub file: String,
    /// Line and column; 0 where only the file is known.
    pub place: Place,
}

impl Source {
    pub(super) fn file(name: &str) -> Self {
        Self { file: name.to_owned(), place: Place::default() }
    }

    pub(super) fn at(file: &str, (line, column): (u64, u64)) -> Self {
        Self { file: file.to_owned(), place: Place { line, column, path: String::new() } }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.place.line) {
            ("", 0) => f.write_str("in the set"),
            (file, 0) => write!(f, "in {file}"),
            ("", _) => write!(f, "{}", self.place),
            (file, _) => write!(f, "{file}, {}", self.place),
        }
    }
}

/// The format a set was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// OMG ReqIF 1.0 to 1.2, by whatever producer.
    #[default]
    ReqIf,
    /// StrictDoc SDoc.
    StrictDoc,
    /// Doorstop, YAML items.
    Doorstop,
    /// sphinx-needs `needs.json`.
    SphinxNeeds,
    /// innolitics RDM data files.
    Rdm,
    /// CSV or XLSX with a column mapping.
    Table,
    /// A Jira export.
    Jira,
}

/// A value as the other tool types it. Numbers and dates keep their text, so that nothing is rounded or re-zoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Present and empty (JSON and YAML null).
    Null,
    /// Text without markup, or markup that only the other tool knows.
    Text(String),
    /// Formatted text.
    Xhtml(Xhtml),
    /// A whole number, as written.
    Integer(String),
    /// A number, as written.
    Real(String),
    /// A truth value.
    Boolean(bool),
    /// A date or time, as written.
    Date(String),
    /// Values of an enumeration.
    Choice(Vec<Choice>),
    /// A list of values.
    List(Vec<Value>),
    /// Named values in order.
    Map(Vec<(String, Value)>),
}

/// XHTML content in canonical form: elements of the XHTML namespace carry the prefix `xhtml:`, attributes double quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xhtml {
    /// The content, well-formed, without a surrounding element.
    pub markup: String,
    /// What it was before a tool that cannot show it simplified it.
    pub original: Option<String>,
    /// Whether it was simplified.
    pub simplified: Option<bool>,
}

/// One value of an enumeration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Foreign id; may be empty.
    pub id: String,
    /// What a person reads; empty when the id is not defined in the set.
    pub name: String,
}

/// An attribute of an item, link, document or set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; empty when the definition is not part of the set.
    pub name: String,
    /// Foreign id of its definition; empty where the format has none.
    pub definition: String,
    /// Its value.
    pub value: Value,
}

impl Attribute {
    /// An attribute of a format without definitions.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), definition: String::new(), value }
    }

    /// A text attribute.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Value::Text(text.into()))
    }
}

/// What identifies a thing of the other tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Foreign id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Description.
    pub description: String,
    /// When it was last changed, as written.
    pub changed: String,
    /// A second id (ReqIF ALTERNATIVE-ID).
    pub alternative: String,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    /// Text.
    Text,
    /// Formatted text.
    Xhtml,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// A truth value.
    Boolean,
    /// A date or time.
    Date,
    /// One or several values of an enumeration.
    Choice,
}

/// A data type of the other tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datatype {
    /// Identity.
    pub named: Named,
    /// Type of its values.
    pub value: ValueType,
    /// Bounds by name (`MIN`, `MAX`, `ACCURACY`, `MAX-LENGTH`), as written.
    pub bounds: Vec<(String, String)>,
    /// Values of an enumeration: identity, key and content.
    pub values: Vec<(Named, Option<(String, String)>)>,
}

/// What a kind is the kind of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Items.
    Item,
    /// Links.
    Link,
    /// Documents.
    Document,
    /// Groups of links.
    Group,
}

/// A kind of items, links, documents or groups, with the attributes it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Identity.
    pub named: Named,
    /// What it is the kind of.
    pub of: Target,
    /// Its attributes.
    pub fields: Vec<Field>,
}

/// Definition of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Identity.
    pub named: Named,
    /// Type of its values.
    pub value: ValueType,
    /// Foreign id of its data type.
    pub datatype: String,
    /// Whether it may be edited, where that is said.
    pub editable: Option<bool>,
    /// Whether it may have several values, where that is said.
    pub multiple: Option<bool>,
    /// The value of an item that states none.
    pub default: Option<Value>,
}

/// A link from the item it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Foreign identity; empty where links have none.
    pub named: Named,
    /// Name of its type, as the other tool says it.
    pub kind: String,
    /// Foreign id of its type; may be empty.
    pub kind_id: String,
    /// Foreign id of the item, or the file or address when `external`.
    pub target: String,
    /// Whether the target is a file or address rather than an item.
    pub external: bool,
    /// Attributes of the link: `stamp`, `condition`, and what the other tool has.
    pub attributes: Vec<Attribute>,
    /// Whether its stamp matches the target as read; `None` without a stamp, or when the target is not part of the set.
    pub holds: Option<bool>,
    /// Where it stands.
    pub source: Source,
}

/// An approval the other tool claims. It comes in as a statement with its file, never as a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What is claimed: `reviewed`, `approved` …
    pub meaning: String,
    /// By whom, where that is said.
    pub by: String,
    /// When, as written, where that is said.
    pub at: String,
    /// What the other tool offers as evidence, such as a stamp.
    pub evidence: String,
    /// Whether the evidence matches the item as read; `None` when that cannot be computed.
    pub holds: Option<bool>,
    /// Where it stands.
    pub source: Source,
}

/// One item of the other tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignItem {
    /// Foreign id, unique in the set.
    pub id: String,
    /// Whether the id was made up from the place because the other tool gives none; such an id is not stable.
    pub made_up: bool,
    /// The id people use, where it differs (`ReqIF.ForeignID`, UID); else empty.
    pub label: String,
    /// Name, description, times of the other tool.
    pub named: Named,
    /// Name of its kind; may be empty.
    pub kind: String,
    /// Foreign id of its kind; may be empty.
    pub kind_id: String,
    /// Title, plain; may be empty.
    pub title: String,
    /// Text, plain; may be empty.
    pub text: String,
    /// The text as Markdown, where the other tool's markup is Markdown or XHTML.
    pub markdown: Option<String>,
    /// Everything the other tool holds of the item, in its order.
    pub attributes: Vec<Attribute>,
    /// Links from this item, in the other tool's order.
    pub links: Vec<Link>,
    /// Id of the item above in the first document that shows it.
    pub parent: Option<String>,
    /// Place among its siblings in that document, from 0.
    pub position: u32,
    /// Approvals claimed.
    pub statements: Vec<Statement>,
    /// Where it stands.
    pub source: Source,
}

/// A link whose source is not an item of the set, or not said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Foreign id of the source; empty when not said.
    pub from: String,
    /// The link.
    pub link: Link,
}

/// A document of the other tool: which items it shows in which order and depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Identity.
    pub named: Named,
    /// Name of its kind.
    pub kind: String,
    /// Foreign id of its kind.
    pub kind_id: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its items, each before those below it.
    pub placements: Vec<Placement>,
    /// Where it stands.
    pub source: Source,
}

/// An item's place in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Foreign identity of the place; empty where places have none.
    pub named: Named,
    /// Foreign id of the item; empty when not said.
    pub item: String,
    /// Levels below the document, from 0.
    pub depth: u32,
    /// Whether the item may be edited here, where that is said.
    pub editable: Option<bool>,
    /// Whether it is part of a table, where that is said.
    pub table_internal: Option<bool>,
}

/// A named group of links between two documents (ReqIF RELATION-GROUP).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Identity.
    pub named: Named,
    /// Foreign id of its kind.
    pub kind_id: String,
    /// Foreign ids of its links.
    pub links: Vec<String>,
    /// Foreign id of the document the links start in.
    pub from: String,
    /// Foreign id of the document they lead to.
    pub to: String,
}

/// A file that came with the set and is named, not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name in the archive.
    pub name: String,
    /// Its length in bytes, unpacked.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// Something that breaks the format's own standard, or is not kept, although the set could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub reason: String,
    /// Where.
    pub source: Source,
}
