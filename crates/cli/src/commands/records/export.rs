//! `vouchsafe export`: records for other tools: ReqIF, needs.json of sphinx-needs, CSV, XLSX.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use formats::requirements::{
    Attribute, Dialect, ForeignItem, ForeignSet, Link, Outline, Placement, Tool, Value, write_csv,
    write_needs, write_reqif, write_xlsx,
};
use records::command::{CommandError, Status};
use records::record::{LINKS, Record};
use records::set::RecordSet;
use records::tree;

use super::at::AtArgs;
use super::{failed, root};
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::{clock, data};

/// The form that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// ReqIF 1.2
    Reqif,
    /// needs.json of sphinx-needs
    SphinxNeeds,
    /// RFC 4180
    Csv,
    /// A spreadsheet
    Xlsx,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// File to write; its ending says the form: .reqif, .json, .csv, .xlsx
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// The form, where the ending does not say it
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    /// Only records of these kinds
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    at: AtArgs,
}

impl ExportArgs {
    pub(in crate::commands) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let form = self.form()?;
        let (set, title) = match self.at.design(context)? {
            Some(design) => {
                let title = design.moment.product.clone();
                (design.evaluator.into_set(), title)
            }
            None => {
                let tree = tree::load(&root(self.root.clone())?)
                    .map_err(|e| failed("reading the records")(CommandError::Tree(e)))?;
                if !tree.problems.is_empty() {
                    let many = format!("{} problems in the records", tree.problems.len());
                    return Err(Failure::input("exporting", many)
                        .hint("`vouchsafe check` names them; what cannot be read would be missing"));
                }
                (tree.set, tree.config.product.name)
            }
        };
        if let Some(kind) = self.kinds.iter().find(|kind| set.schema().kind_id(kind).is_none()) {
            return Err(Failure::input("exporting", format!("there is no kind `{kind}`"))
                .hint("`vouchsafe explain kinds` lists them"));
        }
        let foreign = foreign(&set, title, &self.kinds);
        let written = match form {
            As::Reqif => write_reqif(&foreign, &clock::now().to_string()).map(String::into_bytes),
            As::SphinxNeeds => write_needs(&foreign).map(String::into_bytes),
            As::Csv => write_csv(&foreign, Dialect::default()).map(String::into_bytes),
            As::Xlsx => write_xlsx(&foreign),
        };
        let written = written.map_err(|e| Failure::input("exporting", e))?;
        if self.overwrite {
            data::replace(self.file(), &written, false)?;
        } else {
            data::write_new(self.file(), &written, false)?;
        }
        let links = foreign.links().count();
        writeln!(out, "{}: {} records, {links} links", self.file().display(), foreign.items.len())
            .map_err(|e| failure::output(&e))?;
        Ok(Status::Holds)
    }

    /// The file, which the parser demands unless `export` is given another command.
    fn file(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(""))
    }

    fn form(&self) -> Result<As, Failure> {
        let ending = self.file().extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let told = match ending.as_str() {
            "reqif" => Some(As::Reqif),
            "json" => Some(As::SphinxNeeds),
            "csv" => Some(As::Csv),
            "xlsx" => Some(As::Xlsx),
            _ => None,
        };
        self.form.or(told).ok_or_else(|| {
            let problem = format!("the ending of {} says no form", self.file().display());
            Failure::input("exporting", problem).hint("name it with `--as`")
        })
    }
}

/// Records as the one form of foreign sets, in order of their ids.
fn foreign(set: &RecordSet, title: String, kinds: &[String]) -> ForeignSet {
    let mut all: Vec<&Record> = set.records().map(|(_, record)| record).collect();
    all.retain(|record| kinds.is_empty() || kinds.iter().any(|kind| kind == record.kind()));
    all.sort_unstable_by_key(|record| record.id());
    let items: Vec<ForeignItem> = all.into_iter().map(item).collect();
    let placements = items.iter().map(|item| Placement { item: item.id.clone(), ..Placement::default() });
    let outline = Outline { placements: placements.collect(), ..Outline::default() };
    ForeignSet { tool: Tool::Table, title, documents: vec![outline], items, ..ForeignSet::default() }
}

fn item(record: &Record) -> ForeignItem {
    let own = |name: &str| matches!(name, "id" | "kind" | "title" | "text") || name.starts_with(LINKS);
    let attributes = record.fields().filter(|field| !own(field.name())).map(|field| {
        let mut values: Vec<Value> = field.values().map(|v| Value::Text(v.to_owned())).collect();
        let value = if values.len() == 1 { values.remove(0) } else { Value::List(values) };
        Attribute::new(field.name(), value)
    });
    let links = record.links().flat_map(|(kind, field)| {
        field.values().map(move |target| Link {
            kind: kind.to_owned(),
            target: target.to_owned(),
            ..Link::default()
        })
    });
    ForeignItem {
        id: record.id().to_owned(),
        kind: record.kind().to_owned(),
        title: record.title().to_owned(),
        text: record.text_of("text").to_owned(),
        attributes: attributes.collect(),
        links: links.collect(),
        ..ForeignItem::default()
    }
}
