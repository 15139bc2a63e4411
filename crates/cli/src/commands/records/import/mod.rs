//! `vouchsafe import`: the requirement set of another tool as records. Repeatable: the foreign id says what is the same, the
//! other tool stays master of what it brings. docs/import.md says how.

mod draft;
mod mapping;
mod merge;
mod read;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use records::command::{CommandError, Status};
use records::tree::{self, Tree};
use serde_json::json;

use self::mapping::Mapping;
use self::merge::{Merged, Origin};
use super::{failed, root};
use crate::commands::Context;
use crate::data;
use crate::failure::{self, Failure};

/// Lines of a list that the text shows.
const SHOWN: usize = 20;

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Files or a folder that the other tool wrote
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What becomes what; without it, one is proposed and nothing imported
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The tool that wrote them [default: told from the first file]
    #[arg(long, value_enum, value_name = "TOOL")]
    from: Option<read::From>,
    /// Name of the set [default: as the mapping says, else of the first file]
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl ImportArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let root = root(self.root.clone())?;
        let tree = tree::load(&root).map_err(|e| failed("reading the records")(CommandError::Tree(e)))?;
        let mapping = self.map.as_deref().map_or_else(|| Ok(Mapping::default()), Mapping::read)?;
        mapping.check(tree.set.schema())?;
        let read = read::read(&self.files, self.from, &mapping)?;
        if self.map.is_none() {
            let proposal = mapping::proposal(&read.set, tree.set.schema());
            write!(out, "{proposal}").map_err(|e| failure::output(&e))?;
            context.ui.note("nothing was imported: correct this mapping, save it, and give it with `--map`");
            return Ok(Status::Holds);
        }
        if !tree.problems.is_empty() {
            let many = format!("{} problems in the records that are there", tree.problems.len());
            return Err(Failure::input("importing", many)
                .hint("`vouchsafe check` names them; a record that cannot be read would be imported twice"));
        }
        let set = self.set_name(&mapping)?;
        let folder = folder(&mapping, &tree, &set)?;
        let origin = Origin { tool: read.from.name(), set: &set, folder: &folder };
        let merged = merge::merge(&read.set, &tree, &mapping, origin);
        if !self.dry_run {
            write(&root, &merged)?;
        }
        let findings: Vec<String> =
            read.set.findings.iter().map(|f| format!("{}: {}", f.source, f.reason)).collect();
        report(context, &merged, &findings, self.dry_run, out)?;
        let complete = merged.refused.is_empty() && merged.changed_here.is_empty();
        Ok(if complete { Status::Holds } else { Status::Gaps })
    }

    fn set_name(&self, mapping: &Mapping) -> Result<String, Failure> {
        let stem =
            || self.files.first().and_then(|f| f.file_stem()).map(|s| s.to_string_lossy().into_owned());
        let name = self.set.clone().or_else(|| mapping.set.clone()).or_else(stem).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
        if name.trim_matches(['.', '-']).is_empty() {
            return Err(Failure::input("importing", "the set has no name").hint("give it one with `--set`"));
        }
        Ok(name)
    }
}

/// Where new records go: below one of the folders that hold records.
fn folder(mapping: &Mapping, tree: &Tree, set: &str) -> Result<String, Failure> {
    let roots = &tree.config.product.records;
    let first = roots.first().map_or("records", String::as_str).trim_end_matches('/');
    let folder = mapping.folder.clone().unwrap_or_else(|| format!("{first}/imported/{set}"));
    let folder = folder.trim_matches('/').to_owned();
    let inside = Path::new(&folder).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    let below = roots.iter().map(|r| r.trim_matches('/')).any(|r| {
        matches!(r, "." | "")
            || folder.strip_prefix(r).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if inside && below {
        return Ok(folder);
    }
    Err(Failure::input("importing", format!("the folder `{folder}` is not below a folder of records"))
        .hint("name one below those that `product.records` in vouchsafe.toml lists"))
}

fn write(root: &Path, merged: &Merged) -> Result<(), Failure> {
    for file in &merged.writes {
        let path = root.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| Failure::file("making the folder", parent, &e))?;
        }
        if file.new {
            data::write_new(&path, file.text.as_bytes(), false)?;
        } else {
            data::replace(&path, file.text.as_bytes(), false)?;
        }
    }
    Ok(())
}

fn report(
    context: &Context,
    merged: &Merged,
    findings: &[String],
    dry_run: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let ids =
        |new: bool| merged.writes.iter().filter(|w| w.new == new).map(|w| w.id.as_str()).collect::<Vec<_>>();
    let (new, changed) = (ids(true), ids(false));
    if context.ui.is_json() {
        return context.ui.json(&json!({
            "written": !dry_run, "new": new, "changed": changed, "unchanged": merged.unchanged,
            "left_out": merged.left_out, "links": merged.links, "statements": merged.statements,
            "gone": merged.gone, "changed_here": merged.changed_here, "refused": merged.refused,
            "dangling": merged.dangling, "findings": findings,
        }));
    }
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let said = (|| {
        let would = if dry_run { " would be" } else { "" };
        writeln!(
            out,
            "{} records{would} new, {} changed, {} as they were, {} items left out; {} links, {} statements",
            new.len(),
            changed.len(),
            merged.unchanged,
            merged.left_out,
            merged.links,
            merged.statements
        )?;
        for (title, lines) in [
            ("changed by the other tool; links to them are suspect now", owned(&changed)),
            (
                "changed here, although the other tool is master; its values were taken",
                merged.changed_here.clone(),
            ),
            ("gone in the other tool; kept until someone retires them", merged.gone.clone()),
            ("not taken", merged.refused.clone()),
            ("links that lead nowhere", merged.dangling.clone()),
            ("irregular in the other tool's files", findings.to_vec()),
        ] {
            if lines.is_empty() {
                continue;
            }
            writeln!(out, "\n{title}:")?;
            lines.iter().take(SHOWN).try_for_each(|line| writeln!(out, "  {line}"))?;
            if lines.len() > SHOWN {
                writeln!(out, "  … and {} more (`--format json` lists all)", lines.len() - SHOWN)?;
            }
        }
        Ok(())
    })();
    said.map_err(|e: std::io::Error| failure::output(&e))
}
