//! `vouchsafe explain`: what a rule asks, for which records, and which clauses ask for it; and the schemas for editors.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use records::command::{self, Status};

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
pub(crate) struct ExplainArgs {
    /// A rule, kind, link, profile; or `rules`, `kinds`, `links`, `profiles`, `clauses`
    #[arg(required_unless_present = "json_schema", default_value = "rules")]
    name: String,
    /// Write the JSON Schema of a file instead, so that editors help
    #[arg(long, value_enum, value_name = "FILE")]
    json_schema: Option<Of>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl ExplainArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let tree = records::tree::load(&root(self.root)?);
        let tree = tree.map_err(|e| failed("reading the product file")(command::CommandError::Tree(e)))?;
        let schema = tree.set.schema();
        match self.json_schema {
            Some(of) => command::json_schema(schema, of == Of::Configuration, out),
            None => command::explain(schema, &self.name, out),
        }
        .map_err(failed("explaining"))
    }
}
