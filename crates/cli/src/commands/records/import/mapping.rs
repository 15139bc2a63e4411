//! What of another tool's set becomes what of ours: a small TOML file, kept beside the records. Also proposes one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use formats::requirements::{ForeignSet, Mapping as Columns};
use records::problem::meant;
use records::schema::Schema;
use serde::Deserialize;

use crate::failure::Failure;

/// Most bytes of the file.
const MAX_FILE: u64 = 1 << 20;
/// Stands for every kind or link type that is not named.
const ANY: &str = "*";

/// A kind or link type of ours, or `false` to leave out.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum To {
    Name(String),
    Out(bool),
}

/// The file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Mapping {
    /// Name of the set; with the tool it says which records are the same.
    #[serde(default)]
    pub(super) set: Option<String>,
    /// Folder of new records, relative to the product file.
    #[serde(default)]
    pub(super) folder: Option<String>,
    /// Link type from an item to the one above it in the other tool's document.
    #[serde(default)]
    pub(super) parent: Option<String>,
    #[serde(default)]
    kinds: BTreeMap<String, To>,
    #[serde(default)]
    links: BTreeMap<String, To>,
    /// Attribute of the other tool, field of ours.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, String>,
    #[serde(default)]
    columns: Option<ColumnsFile>,
}

/// Columns of a table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ColumnsFile {
    id: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    default_kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    /// Column and type of its links.
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(default)]
    delimiter: Option<char>,
    #[serde(default)]
    sheet: Option<String>,
}

/// What a link becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkTo<'a> {
    /// A link of this type from the same end, or from the other.
    Link { link: &'a str, reversed: bool },
    /// Nothing, as the mapping says.
    Out,
    /// The mapping does not say.
    Unmapped,
}

impl Mapping {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let doing = || format!("reading the mapping {}", path.display());
        let length = std::fs::metadata(path).map_err(|e| Failure::file("reading", path, &e))?.len();
        if length > MAX_FILE {
            return Err(Failure::input(doing(), format!("{length} bytes are too many")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Failure::file("reading", path, &e))?;
        let mapping: Self = toml::from_str(&text).map_err(|e| {
            Failure::input(doing(), e).hint("`vouchsafe import FILE` without `--map` proposes one")
        })?;
        let mut all = mapping.kinds.iter().chain(&mapping.links);
        match all.find(|(_, to)| matches!(to, To::Out(true))) {
            Some((name, _)) => Err(Failure::input(doing(), format!("`{name} = true` says nothing"))
                .hint("name a kind or link type of ours, or write `false` to leave it out")),
            None => Ok(mapping),
        }
    }

    /// Kinds, link types and fields that it names must exist.
    pub(super) fn check(&self, schema: &Schema) -> Result<(), Failure> {
        let fail = |what: &str, name: &str, near: String| {
            Failure::input("reading the mapping", format!("there is no {what} `{name}`{near}"))
                .hint("`vouchsafe explain kinds`, `explain links` and `explain KIND` list what there is")
        };
        let named = |to: &To| if let To::Name(name) = to { Some(name.clone()) } else { None };
        for name in self.kinds.values().filter_map(named) {
            if schema.kind_id(&name).is_none() {
                let near = meant(&name, schema.kinds.iter().map(|k| &*k.name));
                return Err(fail("kind", &name, near));
            }
        }
        let links = self.links.values().filter_map(named).chain(self.parent.clone());
        for name in links {
            let name = name.trim_start_matches('<');
            if schema.link_id(name).is_none() {
                let near = meant(name, schema.links.iter().map(|l| &*l.name));
                return Err(fail("link type", name, near));
            }
        }
        let known =
            |field: &str| schema.kinds.iter().any(|kind| kind.fields.iter().any(|f| *f.name == *field));
        match self.fields.values().find(|field| !known(field)) {
            Some(field) => Err(fail("field", field, String::new())),
            None => Ok(()),
        }
    }

    /// Our kind: `None` where the mapping says nothing, an empty name where it says to leave it out.
    pub(super) fn kind(&self, foreign: &str) -> Option<&str> {
        match self.kinds.get(foreign).or_else(|| self.kinds.get(ANY))? {
            To::Name(name) => Some(name),
            To::Out(_) => Some(""),
        }
    }

    pub(super) fn link(&self, foreign: &str) -> LinkTo<'_> {
        match self.links.get(foreign).or_else(|| self.links.get(ANY)) {
            Some(To::Name(name)) => {
                let link = name.trim_start_matches('<');
                LinkTo::Link { link, reversed: link.len() < name.len() }
            }
            Some(To::Out(_)) => LinkTo::Out,
            None => LinkTo::Unmapped,
        }
    }

    /// Link types of ours that the other tool brings.
    pub(super) fn brought_links(&self) -> impl Iterator<Item = &str> {
        let named = self.links.values().filter_map(|to| match to {
            To::Name(name) => Some(name.trim_start_matches('<')),
            To::Out(_) => None,
        });
        named.chain(self.parent.as_deref())
    }

    pub(super) fn columns(&self) -> Columns {
        let Some(columns) = &self.columns else { return Columns::default() };
        Columns {
            id: columns.id.clone(),
            kind: columns.kind.clone(),
            default_kind: columns.default_kind.clone(),
            title: columns.title.clone(),
            text: columns.text.clone(),
            links: columns.links.clone().into_iter().collect(),
            ..Columns::default()
        }
    }

    pub(super) fn delimiter(&self) -> Option<u8> {
        self.columns.as_ref()?.delimiter.and_then(|c| u8::try_from(c).ok())
    }

    pub(super) fn sheet(&self) -> Option<&str> {
        self.columns.as_ref()?.sheet.as_deref()
    }
}

/// A mapping to begin with: every kind, link type and attribute of the set, with how often it occurs.
pub(super) fn proposal(set: &ForeignSet, schema: &Schema) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut links: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fields: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &set.items {
        *kinds.entry(&item.kind).or_default() += 1;
        item.attributes.iter().for_each(|a| *fields.entry(&a.name).or_default() += 1);
    }
    set.links().filter(|(_, link)| !link.external).for_each(|(_, l)| *links.entry(&l.kind).or_default() += 1);
    let mut text = String::from(
        "# What becomes what. `false` leaves a kind or link type out; \"*\" stands for all that are not named;\n\
         # \"<refines\" turns a link round. `vouchsafe explain kinds` and `explain links` list ours.\n\n[kinds]\n",
    );
    let quoted = |name: &str| toml::Value::from(name).to_string();
    for (kind, count) in kinds {
        let _ = writeln!(text, "{} = {}   # {count}", quoted(kind), guess_kind(kind, schema));
    }
    text.push_str("\n[links]\n");
    for (link, count) in links {
        let _ = writeln!(text, "{} = {}   # {count}", quoted(link), guess_link(link, schema));
    }
    text.push_str(
        "\n# Attribute of the other tool = field of ours; the others are kept as they are.\n[fields]\n",
    );
    for (field, count) in fields {
        let _ = writeln!(text, "# {} = \"\"   # {count}", quoted(field));
    }
    text
}

fn guess_kind(kind: &str, schema: &Schema) -> String {
    let plain = kind.to_ascii_lowercase().replace([' ', '_'], "-");
    if schema.kind_id(&plain).is_some() {
        return format!("{plain:?}");
    }
    let has = |part: &str| plain.contains(part);
    let guess = match () {
        () if has("section") || has("text") || has("folder") || has("heading") => return "false".to_owned(),
        () if has("test") => "test-case",
        () if has("risk") || has("hazard") => "hazard",
        () if has("software") || has("srs") || has("spec") => "software-requirement",
        () => "system-requirement",
    };
    if schema.kind_id(guess).is_some() { format!("{guess:?}") } else { "false".to_owned() }
}

fn guess_link(link: &str, schema: &Schema) -> String {
    let plain = link.to_ascii_lowercase().replace([' ', '_'], "-");
    if schema.link_id(&plain).is_some() {
        return format!("{plain:?}");
    }
    let guess = match plain.as_str() {
        "child" | "children" | "is-refined-by" | "parent-needs-back" => "<refines",
        "tests" | "verified" | "validates" => "verifies",
        _ => "refines",
    };
    if schema.link_id(guess.trim_start_matches('<')).is_some() {
        format!("{guess:?}")
    } else {
        "false".to_owned()
    }
}
