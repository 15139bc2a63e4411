//! `vouchsafe explain`: what a rule asks, for which records, and which clauses ask for it; and `vouchsafe schema`: JSON
//! Schemas for editors.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use records::command::{self, Status};
use records::tree::Tree;

use super::{failed, root};
use crate::failure::Failure;

/// What a JSON Schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// vouchsafe.toml
    Configuration,
    /// The front matter of records
    FrontMatter,
}

#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// Which file
    #[arg(value_enum)]
    of: Of,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl SchemaArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let tree = load(self.root)?;
        command::json_schema(tree.set.schema(), self.of == Of::Configuration, out).map_err(failed("writing"))
    }
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A rule, kind, link, profile; or `rules`, `kinds`, `links`, `profiles`, `clauses`
    #[arg(default_value = "rules")]
    name: String,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl ExplainArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let tree = load(self.root)?;
        command::explain(tree.set.schema(), &self.name, out).map_err(failed("explaining"))
    }
}

fn load(given: Option<PathBuf>) -> Result<Tree, Failure> {
    let tree = records::tree::load(&root(given)?);
    tree.map_err(|e| failed("reading the product file")(command::CommandError::Tree(e)))
}
