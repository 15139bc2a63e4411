//! Kinds, links, clauses and rules, merged from the profiles a product uses and what it adds. Profiles are data
//! (`profiles/*.toml`); how rules are evaluated lives in `engine`.

mod built_in;
mod compile;
pub mod expr;
pub mod file;
mod json;
mod names;

pub use built_in::*;
pub use compile::SchemaError;
pub use expr::{ClassSet, Expr, Footprint, Step};
pub use json::{configuration_schema, front_matter_schema};

use std::collections::BTreeMap;

/// Number of a kind in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindId(pub u16);

/// Number of a link type in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u16);

/// Everything that records are checked against. Immutable once compiled.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Stages, in order.
    pub stages: Vec<String>,
    /// Profiles in force, in order of loading, with their titles.
    pub profiles: Vec<(String, String)>,
    /// Kinds, sorted by name.
    pub kinds: Vec<Kind>,
    /// Link types, sorted by name.
    pub links: Vec<LinkType>,
    /// Standards by key.
    pub standards: BTreeMap<String, file::StandardFile>,
    /// Clauses, in the order of the profiles.
    pub clauses: Vec<Clause>,
    /// Rules, sorted by id.
    pub rules: Vec<Rule>,
    /// Kinds that must occur.
    pub needs: Vec<Need>,
    /// The product's policy of acceptable risk, when it has one.
    pub risk: Option<crate::risk::Policy>,
    /// Rules by kind: indices into `rules`, in order.
    pub(crate) by_kind: Vec<Vec<u32>>,
}

/// A kind of records.
#[derive(Debug, Clone)]
pub struct Kind {
    /// As written in records.
    pub name: Box<str>,
    /// For people.
    pub title: String,
    /// First part of new ids.
    pub prefix: String,
    /// One line.
    pub doc: String,
    /// Fields whose change makes links to it suspect, sorted.
    pub suspect_on: Vec<Box<str>>,
    /// All its fields, common ones included, sorted by name.
    pub fields: Vec<FieldDef>,
    /// The profile that defines it.
    pub profile: String,
}

/// A field of a kind.
#[derive(Debug, Clone)]
pub struct FieldDef {
    /// Its name.
    pub name: Box<str>,
    /// What it holds.
    pub kind: FieldType,
    /// Values of `Enum` and `Set`.
    pub values: Vec<Box<str>>,
    /// Whether a record without it is malformed.
    pub required: bool,
    /// One line.
    pub doc: String,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// One text.
    Text,
    /// One whole number.
    Integer,
    /// One decimal number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `YYYY-MM-DD`, or an RFC 3339 time in UTC with `Z`.
    Date,
    /// One of the values.
    Enum,
    /// Several texts.
    List,
    /// Several of the values.
    Set,
    /// Paths or globs in the repository.
    Paths,
}

/// A type of links.
#[derive(Debug, Clone)]
pub struct LinkType {
    /// As written under `links`.
    pub name: Box<str>,
    /// From source to target.
    pub title: String,
    /// From target to source.
    pub inverse: String,
    /// Kinds it may come from; empty: any.
    pub from: Vec<KindId>,
    /// Kinds it may go to; empty: any.
    pub to: Vec<KindId>,
    /// Whether a circle is an error.
    pub acyclic: bool,
    /// Whether suspicion travels from target to source.
    pub carries: bool,
    /// Whether its source tests or reviews its target.
    pub verifies: bool,
    /// Whether class travels from target to source.
    pub inherits_class: bool,
    /// One line.
    pub doc: String,
}

/// A clause of a standard.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Key into `standards`.
    pub standard: String,
    /// As printed.
    pub number: String,
    /// Own words.
    pub title: String,
    /// Classes it binds, when the standard has classes.
    pub classes: Option<ClassSet>,
    /// What no source confirmed; empty when confirmed.
    pub unconfirmed: String,
    /// Where sources disagree.
    pub note: String,
}

/// How much a gap weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be mended; does not fail.
    Warning,
    /// Fails the check.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable name.
    pub id: Box<str>,
    /// What must hold.
    pub title: String,
    /// Indices into `Schema::clauses`.
    pub clauses: Vec<u32>,
    /// Kinds it applies to.
    pub kinds: Vec<KindId>,
    /// Classes it applies to.
    pub classes: ClassSet,
    /// Items it applies to; empty: all.
    pub items: Vec<String>,
    /// Lines it applies to; empty: all.
    pub lines: Vec<String>,
    /// Further conditions.
    pub when: Option<Expr>,
    /// What must hold.
    pub must: Expr,
    /// How much its gaps weigh from `fails_from` on.
    pub severity: Severity,
    /// Stage from which it is reported (as a note).
    pub from: usize,
    /// Stage from which `severity` counts.
    pub fails_from: usize,
    /// What to do.
    pub hint: String,
    /// The profile that defines it.
    pub profile: String,
    /// Why a product switched it off.
    pub off: Option<String>,
    /// Why a product changed it.
    pub changed: Option<String>,
    /// What its answer depends on.
    pub footprint: Footprint,
}

/// A kind of which at least one record must exist.
#[derive(Debug, Clone)]
pub struct Need {
    /// Name of the pseudo rule: `PROFILE.needs-KIND`.
    pub id: Box<str>,
    /// The kind.
    pub kind: KindId,
    /// Indices into `Schema::clauses`.
    pub clauses: Vec<u32>,
    /// What to do.
    pub hint: String,
}

impl Schema {
    /// The kind of this name.
    #[must_use]
    pub fn kind_id(&self, name: &str) -> Option<KindId> {
        let at = self.kinds.binary_search_by(|kind| (*kind.name).cmp(name)).ok()?;
        u16::try_from(at).ok().map(KindId)
    }

    /// The kind of this number.
    #[must_use]
    pub fn kind(&self, id: KindId) -> Option<&Kind> {
        self.kinds.get(usize::from(id.0))
    }

    /// The link type of this name.
    #[must_use]
    pub fn link_id(&self, name: &str) -> Option<LinkId> {
        let at = self.links.binary_search_by(|link| (*link.name).cmp(name)).ok()?;
        u16::try_from(at).ok().map(LinkId)
    }

    /// The link type of this number.
    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<&LinkType> {
        self.links.get(usize::from(id.0))
    }

    /// The name of a link type.
    #[must_use]
    pub fn link_name(&self, id: LinkId) -> &str {
        self.link(id).map_or("?", |link| &link.name)
    }

    /// The rule of this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let at = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()?;
        self.rules.get(at)
    }

    /// The stage of this name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage == name)
    }

    /// A clause as printed, with its mark when unconfirmed: `IEC 62304:2006+A1:2015 5.1.1`.
    #[must_use]
    pub fn clause_text(&self, clause: u32) -> String {
        let Some(clause) = self.clauses.get(clause as usize) else { return String::new() };
        let standard = self.standards.get(&clause.standard).map_or(&*clause.standard, |s| &*s.title);
        let mark = if clause.unconfirmed.is_empty() { "" } else { " (unconfirmed)" };
        format!("{standard} {}{mark}", clause.number)
    }

    /// Whether the name is that of a rule, a need or a check of the engine itself: what a justification may name.
    #[must_use]
    pub fn is_rule(&self, id: &str) -> bool {
        self.rule(id).is_some() || self.needs.iter().any(|need| &*need.id == id) || built_in(id).is_some()
    }
}

impl Kind {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        let at = self.fields.binary_search_by(|field| (*field.name).cmp(name)).ok()?;
        self.fields.get(at)
    }
}
