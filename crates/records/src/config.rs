//! `vouchsafe.toml`: the product, its items, where its records are, and how it extends and changes the profiles.

use crate::code::CodeConfig;
use crate::profiles;
use crate::risk::{Policy, RiskFile};
use crate::schema::file::{
    ClauseFile, FieldFile, KindFile, LinkFile, ProfileFile, RuleChange, RuleFile, StandardFile,
};
use crate::schema::{Schema, SchemaError};
use crate::set::Item;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Name of the configuration file.
pub const CONFIG_FILE: &str = "vouchsafe.toml";
/// Name of the lock file, beside it.
pub const LOCK_FILE: &str = "vouchsafe.lock";

/// The file as a whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The product.
    pub product: Product,
    /// Its items, by name.
    #[serde(default)]
    pub items: BTreeMap<String, ItemConfig>,
    /// Its variants (UDI-DI), by name.
    #[serde(default)]
    pub variants: BTreeMap<String, Variant>,
    /// The product's other repositories, by name.
    #[serde(default)]
    pub repositories: BTreeMap<String, RepositoryConfig>,
    /// Signatures: where they are, and whose count.
    #[serde(default)]
    pub signatures: SignaturesConfig,
    /// Kind of the records of a table without a column `kind`, by path.
    #[serde(default)]
    pub tables: BTreeMap<String, String>,
    /// Where the product's code is.
    #[serde(default)]
    pub code: Option<CodeConfig>,
    /// The policy of acceptable risk.
    #[serde(default)]
    pub risk: Option<RiskFile>,
    /// Own kinds, or more fields for known ones.
    #[serde(default)]
    pub kinds: BTreeMap<String, KindFile>,
    /// Own link types, or more ends for known ones.
    #[serde(default)]
    pub links: BTreeMap<String, LinkFile>,
    /// More fields for every kind.
    #[serde(default)]
    pub common_fields: BTreeMap<String, FieldFile>,
    /// Own standards, such as procedures of the house.
    #[serde(default)]
    pub standards: BTreeMap<String, StandardFile>,
    /// Their clauses.
    #[serde(default)]
    pub clause: Vec<ClauseFile>,
    /// Own rules; one with the id of a built-in rule takes its place.
    #[serde(default)]
    pub rule: Vec<RuleFile>,
    /// Changes of built-in rules, by id, each with its reason.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleChange>,
}

/// The product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Basic UDI-DI.
    #[serde(default)]
    pub basic_udi_di: String,
    /// Declared stage.
    pub stage: String,
    /// Maintained branch this tree belongs to.
    #[serde(default = "main_line")]
    pub line: String,
    /// Profiles in use.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Folders with records, relative to this file.
    #[serde(default = "default_roots")]
    pub records: Vec<String>,
    /// Paths below them to leave out, by their beginning.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Which changes declared editorial count.
    #[serde(default)]
    pub editorial: Editorial,
    /// The repository whose rules are in force where a log has several; default: the one that was pushed first.
    #[serde(default)]
    pub home: Option<String>,
}

impl Product {
    /// What facts call it: its Basic UDI-DI, and its name while it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        if self.basic_udi_di.is_empty() { &self.name } else { &self.basic_udi_di }
    }
}

/// Which changes declared editorial (`accept --editorial`) clear what follows from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Editorial {
    /// All that the lock file names.
    Stated,
    /// Only those somebody signed as such; whoever loads the tree says which.
    #[default]
    Signed,
}

/// Another repository that feeds the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RepositoryConfig {
    /// Folder of its `vouchsafe.toml`, relative to this file, where it is checked out beside this one.
    #[serde(default)]
    pub path: String,
}

/// An item of the product.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ItemConfig {
    /// Firmware, app, cloud, hardware …; for people.
    #[serde(default)]
    pub kind: String,
    /// Its maintained branch, when it differs.
    #[serde(default)]
    pub line: Option<String>,
    /// Its stage, when it differs.
    #[serde(default)]
    pub stage: Option<String>,
    /// Folders whose records belong to it.
    #[serde(default)]
    pub paths: Vec<String>,
}

/// Signatures that are kept beside the records. Made and verified by the binary; here is where they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignaturesConfig {
    /// Folder, relative to this file.
    #[serde(default = "default_signatures")]
    pub folder: String,
    /// File in the form of OpenSSH's `allowed_signers`, relative to this file: whose signatures count.
    #[serde(default)]
    pub allowed_signers: Option<String>,
    /// File with the OpenPGP public keys whose signatures of commits and tags count, relative to this file.
    #[serde(default)]
    pub gpg_keyring: Option<String>,
}

impl Default for SignaturesConfig {
    fn default() -> Self {
        Self { folder: default_signatures(), allowed_signers: None, gpg_keyring: None }
    }
}

/// A variant of the product.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variant {
    /// UDI-DI.
    #[serde(default)]
    pub udi_di: String,
    /// Its items; empty: all.
    #[serde(default)]
    pub items: Vec<String>,
}

fn main_line() -> String {
    "main".to_owned()
}

fn default_signatures() -> String {
    "signatures".to_owned()
}

fn default_roots() -> Vec<String> {
    vec!["records".to_owned()]
}

/// What a configuration amounts to.
#[derive(Debug)]
pub struct Setup {
    /// Kinds, links and rules.
    pub schema: Schema,
    /// Items.
    pub items: Vec<Item>,
    /// The product's stage.
    pub stage: usize,
}

impl Config {
    /// Reads the text of a `vouchsafe.toml`.
    ///
    /// # Errors
    /// With line and reason.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                1 + text.get(..span.start).unwrap_or("").bytes().filter(|byte| *byte == b'\n').count()
            });
            SchemaError::Toml { place: format!("{CONFIG_FILE}:{line}"), reason: error.message().to_owned() }
        })
    }

    /// What tells whether two configurations ask for the same: profiles, stage, own kinds, links and rules, policy of risk.
    #[must_use]
    pub fn rules_print(&self) -> String {
        let Self { kinds, links, common_fields, standards, clause, rule, rules, risk, product, .. } = self;
        let profiles: std::collections::BTreeSet<&str> =
            product.profiles.iter().map(String::as_str).collect();
        let asked = (profiles, &product.stage, product.editorial, risk);
        format!("{:?}", (asked, kinds, links, common_fields, standards, clause, rule, rules))
    }

    /// Merges the profiles with the product's own definitions.
    ///
    /// # Errors
    /// When a profile, kind, link, clause, rule or stage it names does not exist.
    pub fn setup(&self) -> Result<Setup, SchemaError> {
        let mut files = profiles::load(&self.product.profiles)?;
        files.push(ProfileFile {
            name: "product".to_owned(),
            title: self.product.name.clone(),
            standards: self.standards.clone(),
            common_fields: self.common_fields.clone(),
            kinds: self.kinds.clone(),
            links: self.links.clone(),
            clause: self.clause.clone(),
            rule: self.rule.clone(),
            ..ProfileFile::default()
        });
        let mut schema = Schema::compile(&files, &self.rules)?;
        for kind in self.code.iter().flat_map(|code| &code.marked) {
            if schema.kind_id(kind).is_none() {
                return Err(SchemaError::Unknown {
                    place: format!("{CONFIG_FILE}: code.marked"),
                    what: "kind",
                    name: kind.clone(),
                    hint: crate::problem::meant(kind, schema.kinds.iter().map(|kind| &*kind.name)),
                });
            }
        }
        schema.risk = self.risk.as_ref().map(Policy::compile).transpose()?;
        let stage = |place: String, name: &str| {
            schema.stage(name).ok_or_else(|| SchemaError::Unknown {
                place,
                what: "stage",
                name: name.to_owned(),
                hint: format!("; stages are: {}", schema.stages.join(", ")),
            })
        };
        let product = stage(format!("{CONFIG_FILE}: product.stage"), &self.product.stage)?;
        let mut items = Vec::with_capacity(self.items.len());
        for (name, item) in &self.items {
            let own =
                item.stage.as_deref().map(|own| stage(format!("{CONFIG_FILE}: items.{name}.stage"), own));
            items.push(Item {
                name: name.clone(),
                line: item.line.clone().unwrap_or_else(|| self.product.line.clone()),
                stage: own.transpose()?,
                paths: item.paths.clone(),
            });
        }
        Ok(Setup { schema, items, stage: product })
    }
}
