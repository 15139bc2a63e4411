//! The TOML of a profile and of the parts of `vouchsafe.toml` that extend profiles, as serde shapes. Meaning is given
//! by `schema::compile`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A profile: kinds, links, clauses and rules.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileFile {
    /// Its name.
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub title: String,
    /// Profiles that come with it.
    #[serde(default)]
    pub uses: Vec<String>,
    /// Stages in order; only the core profile names them.
    #[serde(default)]
    pub stages: Vec<String>,
    /// Kinds of which at least one record must exist.
    #[serde(default)]
    pub needs: Vec<NeedFile>,
    /// Standards its clauses belong to.
    #[serde(default)]
    pub standards: BTreeMap<String, StandardFile>,
    /// Fields every kind has.
    #[serde(default)]
    pub common_fields: BTreeMap<String, FieldFile>,
    /// Kinds of records.
    #[serde(default)]
    pub kinds: BTreeMap<String, KindFile>,
    /// Types of links.
    #[serde(default)]
    pub links: BTreeMap<String, LinkFile>,
    /// Clauses of standards.
    #[serde(default)]
    pub clause: Vec<ClauseFile>,
    /// Rules.
    #[serde(default)]
    pub rule: Vec<RuleFile>,
}

/// A kind that must occur.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NeedFile {
    /// The kind.
    pub kind: String,
    /// The clause that asks for it, as `STANDARD:NUMBER`.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// What to do.
    pub hint: String,
}

/// A standard or regulation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StandardFile {
    /// Name and edition as printed.
    pub title: String,
    /// What of it no source confirmed.
    #[serde(default)]
    pub unconfirmed: String,
    /// The kind that the records of its topics cover, unless a clause says otherwise.
    #[serde(default)]
    pub covers: String,
}

/// A field of a kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FieldFile {
    /// `text`, `integer`, `number`, `boolean`, `date`, `enum`, `list`, `set`, `paths`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The values of `enum` and `set`.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether a record without it is malformed. Prefer a rule: a rule has a stage and can be justified.
    #[serde(default)]
    pub required: bool,
    /// One line about it.
    #[serde(default)]
    pub doc: String,
}

/// A kind of records.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindFile {
    /// Its name for people.
    #[serde(default)]
    pub title: String,
    /// First part of the ids `new` gives.
    #[serde(default)]
    pub prefix: String,
    /// One line about it.
    #[serde(default)]
    pub doc: String,
    /// The fields whose change makes links to it suspect; empty: title, text and all its own fields.
    #[serde(default)]
    pub suspect_on: Vec<String>,
    /// Its fields beside the common ones.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldFile>,
}

/// A type of links.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinkFile {
    /// Read from source to target: "refines".
    #[serde(default)]
    pub title: String,
    /// Read from target to source: "is refined by".
    #[serde(default)]
    pub inverse: String,
    /// Kinds it may come from; empty: any.
    #[serde(default)]
    pub from: Vec<String>,
    /// Kinds it may go to; empty: any.
    #[serde(default)]
    pub to: Vec<String>,
    /// Whether a circle is an error.
    #[serde(default)]
    pub acyclic: bool,
    /// Whether what is suspect at the target is in question at the source.
    #[serde(default)]
    pub carries_suspicion: bool,
    /// Whether its source is a test case or review of its target, so that results hang on the target's revision.
    #[serde(default)]
    pub verifies: bool,
    /// Whether a source without a class of its own takes the target's.
    #[serde(default)]
    pub inherits_class: bool,
    /// One line about it.
    #[serde(default)]
    pub doc: String,
}

/// A clause, with the record that answers it when one named record does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClauseFile {
    /// Key of `standards`.
    pub standard: String,
    /// As printed: `5.1.1`.
    pub number: String,
    /// Own words.
    pub title: String,
    /// Class letters; empty where the standard has no classes.
    #[serde(default)]
    pub class: String,
    /// What of this clause no source confirmed; empty when confirmed.
    #[serde(default)]
    pub unconfirmed: String,
    /// Where sources disagree.
    #[serde(default)]
    pub note: String,
    /// The topic that a record must provide: makes a rule.
    #[serde(default)]
    pub topic: Option<String>,
    /// The kind the topic's record covers.
    #[serde(default)]
    pub covers: Option<String>,
    /// Stage from which its rule is reported and fails.
    #[serde(default)]
    pub from: Option<String>,
    /// What to do.
    #[serde(default)]
    pub hint: String,
}

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// Stable name.
    pub id: String,
    /// What must hold, one line.
    pub title: String,
    /// Clauses that ask for it, as `STANDARD:NUMBER`.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// Kinds it applies to.
    pub kinds: Vec<String>,
    /// Class letters it applies to; default: those of its only clause, else all.
    #[serde(default)]
    pub class: Option<String>,
    /// Items it applies to; empty: all.
    #[serde(default)]
    pub items: Vec<String>,
    /// Lines it applies to; empty: all.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Further conditions.
    #[serde(default)]
    pub when: Option<ExprFile>,
    /// What must hold.
    pub must: ExprFile,
    /// `error`, `warning` or `note`.
    #[serde(default)]
    pub severity: Option<String>,
    /// Stage from which it is reported.
    #[serde(default)]
    pub from: Option<String>,
    /// Stage from which it fails; default: `from`.
    #[serde(default)]
    pub fails_from: Option<String>,
    /// What to do.
    pub hint: String,
}

/// An expression: exactly one of its heads, with the options of that head.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExprFile {
    /// At least one holds.
    #[serde(default)]
    pub any: Option<Vec<ExprFile>>,
    /// All hold.
    #[serde(default)]
    pub all: Option<Vec<ExprFile>>,
    /// Does not hold.
    #[serde(default)]
    pub not: Option<Box<ExprFile>>,
    /// The field has a value; with `is`, one of these; with `contains`, all of these.
    #[serde(default)]
    pub field: Option<String>,
    /// See `field`.
    #[serde(default)]
    pub is: Vec<String>,
    /// See `field`.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Walks links: `refines` to their targets, `<verifies` back to their sources; alternatives in a list.
    #[serde(default)]
    pub along: Option<Steps>,
    /// Kinds a walk looks for; empty: any.
    #[serde(default)]
    pub to: Vec<String>,
    /// Whether a walk goes on from what it found.
    #[serde(default)]
    pub transitive: bool,
    /// What must hold of a record found.
    #[serde(default)]
    pub having: Option<Box<ExprFile>>,
    /// All records found must have it, instead of one; none found is then fine.
    #[serde(default)]
    pub every: bool,
    /// A record covers this one and provides the topic; `having` may ask more of it.
    #[serde(default)]
    pub provided: Option<String>,
    /// Each value of this field occurs among the records of a walk, or in `or-field` of this record.
    #[serde(default)]
    pub each_of: Option<String>,
    /// See `each-of`.
    #[serde(default)]
    pub values: Vec<String>,
    /// See `each-of`.
    #[serde(default)]
    pub or_field: Option<String>,
    /// The latest current result: `passed`, `failed` or `any`.
    #[serde(default)]
    pub result: Option<String>,
    /// The latest result says all of these.
    #[serde(default)]
    pub result_has: Vec<String>,
    /// The field has the same value at the end of `along`, wherever it has one there.
    #[serde(default)]
    pub same: Option<String>,
    /// `field` has the same value as this field of the record.
    #[serde(default)]
    pub equals: Option<String>,
    /// The risk has a region by the policy (`initial` or `residual`); with `is`, one of these regions.
    #[serde(default)]
    pub risk: Option<String>,
    /// What the record says of acceptability (`initial` or `residual`) agrees with the policy.
    #[serde(default)]
    pub risk_agrees: Option<String>,
    /// All of the estimate is on the scales of the policy in force.
    #[serde(default)]
    pub risk_scale: bool,
    /// The present revision is approved.
    #[serde(default)]
    pub approved: bool,
    /// All links of the record are accepted against the present revision of their target.
    #[serde(default)]
    pub accepted: bool,
    /// The class is lower than the highest at the end of these links.
    #[serde(default)]
    pub class_below: Option<Steps>,
    /// The event at the records of `along` came before `before`-th event here: otherwise the gap is retrospective.
    #[serde(default)]
    pub earlier: Option<String>,
    /// See `earlier`: the event at the subject.
    #[serde(default)]
    pub later: Option<String>,
}

/// One step or alternatives.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Steps {
    /// One.
    One(String),
    /// Alternatives.
    Several(Vec<String>),
}

/// How a product changes a rule of a profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleChange {
    /// `error`, `warning`, `note`, or `off`.
    #[serde(default)]
    pub severity: Option<String>,
    /// Stage from which it is reported.
    #[serde(default)]
    pub from: Option<String>,
    /// Stage from which it fails.
    #[serde(default)]
    pub fails_from: Option<String>,
    /// Why: every change of a rule is a decision with a reason.
    pub reason: String,
}
