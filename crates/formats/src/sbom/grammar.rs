//! The words with which a bill-of-materials format is described once, as tables, for its JSON and its XML form.
//! Not here: the tables themselves (see `cyclonedx/table.rs`, `spdx/table.rs`) and the walkers that follow them.

use super::check::Check;
use super::error::Problem;

/// Version of a standard as major * 10 + minor.
pub(crate) type Version = u8;

/// What an object is, for the sink that receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    // CycloneDX
    Bom,
    Metadata,
    Tools,
    Tool,
    Contact,
    Organisation,
    Component,
    Hash,
    Choice,
    Licence,
    Swid,
    Property,
    Reference,
    Dependency,
    Provides,
    // SPDX
    Document,
    Creation,
    Package,
    File,
    ExternalRef,
    Checksum,
    Relationship,
    Annotation,
    /// Checked, then dropped with all below it.
    Dropped,
}

/// An object of the format and the fields it may have.
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// Name for messages.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
    /// Below this version unknown fields are allowed and ignored.
    pub(crate) open_below: Version,
    /// A rule over the whole object.
    pub(crate) rule: Option<Rule>,
}

/// A rule over the fields that were there.
pub(crate) type Rule = fn(&Seen<'_>) -> Result<(), Problem>;

/// Where a field stands in XML.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Nowhere,
    Attribute(&'static str),
    Child(&'static str),
    /// The element's own text.
    Text,
}

/// A field of an [`Object`].
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Its name towards the sink.
    pub(crate) name: &'static str,
    pub(crate) in_json: bool,
    pub(crate) xml: At,
    pub(crate) ty: Ty,
    pub(crate) since: Version,
    /// Versions, both included, in which the field is required.
    pub(crate) must: (Version, Version),
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(crate) enum Ty {
    Text(Check),
    Bool,
    /// An integer of at least this.
    Int(i64),
    Obj(&'static Object),
    List(&'static List),
    /// A list in JSON, or else an object; an object in XML.
    Either(&'static List, &'static Object),
    /// Anything well-formed. Of it only identifiers are checked: not empty, and in XML not repeated.
    Any,
}

/// A list and how XML writes it.
pub(crate) struct List {
    pub(crate) item: Ty,
    pub(crate) xml: Items,
}

pub(crate) enum Items {
    /// The element itself is repeated.
    Repeated,
    /// The element holds the items, by these names.
    Wrapped(&'static [(&'static str, Ty)]),
}

/// Which fields of an object were there.
pub(crate) struct Seen<'a> {
    pub(crate) object: &'a Object,
    pub(crate) mask: u64,
    pub(crate) version: Version,
}

impl Seen<'_> {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.fields.iter().enumerate().any(|(i, f)| f.name == name && self.mask & (1 << i) != 0)
    }

    /// Required fields are there and the object's rule holds.
    pub(crate) fn complete(&self) -> Result<(), Problem> {
        for (i, field) in self.object.fields.iter().enumerate() {
            let required = (field.must.0..=field.must.1).contains(&self.version);
            if required && self.mask & (1 << i) == 0 && !self.has(field.name) {
                return Err(Problem::MissingField { field: field.name, object: self.object.name });
            }
        }
        self.object.rule.map_or(Ok(()), |rule| rule(self))
    }
}

impl Object {
    pub(crate) fn json_field(&self, name: &str, version: Version) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.in_json && f.name == name && f.since <= version)
    }

    pub(crate) fn child(&self, name: &str, version: Version) -> Option<(usize, &'static Field)> {
        let at = |f: &Field| matches!(f.xml, At::Child(child) if child == name);
        self.fields.iter().enumerate().find(|(_, f)| at(f) && f.since <= version)
    }

    pub(crate) fn attribute(&self, name: &str, version: Version) -> Option<(usize, &'static Field)> {
        let at = |f: &Field| matches!(f.xml, At::Attribute(attribute) if attribute == name);
        self.fields.iter().enumerate().find(|(_, f)| at(f) && f.since <= version)
    }

    pub(crate) fn text(&self) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| matches!(f.xml, At::Text))
    }
}

/// A field of the same name in JSON and as a child element in XML, in every version, not required.
pub(crate) const fn field(name: &'static str, ty: Ty) -> Field {
    Field { name, in_json: true, xml: At::Child(name), ty, since: 0, must: (1, 0) }
}

impl Field {
    pub(crate) const fn at(self, xml: At) -> Self {
        Self { xml, ..self }
    }

    pub(crate) const fn attribute(self) -> Self {
        self.at(At::Attribute(self.name))
    }

    pub(crate) const fn since(self, since: Version) -> Self {
        Self { since, ..self }
    }

    pub(crate) const fn must(self) -> Self {
        self.must_in(0, Version::MAX)
    }

    pub(crate) const fn must_in(self, from: Version, to: Version) -> Self {
        Self { must: (from, to), ..self }
    }

    pub(crate) const fn json_only(self) -> Self {
        self.at(At::Nowhere)
    }

    pub(crate) const fn xml_only(self) -> Self {
        Self { in_json: false, ..self }
    }
}

/// Where the walkers put what they have checked. A sink sees fields in document order.
pub(crate) trait Sink {
    fn open(&mut self, kind: Kind, field: &'static str) -> Result<(), Problem>;
    fn scalar(&mut self, kind: Kind, field: &'static str, value: &str) -> Result<(), Problem>;
    fn close(&mut self, kind: Kind) -> Result<(), Problem>;
    /// An identifier given to an element; in XML also in parts that are dropped.
    fn define(&mut self, reference: &str) -> Result<(), Problem>;
}
