//! `new`: writes a record of a kind with the next free id.

use super::{CommandError, Status, usage};
use crate::problem::meant;
use crate::tree::{self, TreeError};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

/// What to write.
#[derive(Debug, Default)]
pub struct New {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// Kind of the record.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its id; default: prefix of the kind and the next number.
    pub id: Option<String>,
    /// Folder it goes to, relative to the root; default: the first record root and the kind.
    pub folder: Option<String>,
}

/// Writes the record and says where. Never overwrites.
///
/// # Errors
/// When the kind is unknown, the id is taken or the file exists.
pub fn new(options: &New, out: &mut dyn Write) -> Result<Status, CommandError> {
    let tree = tree::load(&options.root).map_err(CommandError::Tree)?;
    let schema = tree.set.schema();
    let Some(kind) = schema.kind_id(&options.kind).and_then(|kind| schema.kind(kind)) else {
        let near = meant(&options.kind, schema.kinds.iter().map(|kind| &*kind.name));
        return Err(usage(
            format!("there is no kind `{}`{near}", options.kind),
            "`vouchsafe explain kinds` lists them",
        ));
    };
    let number = |id: &str| id.strip_prefix(&kind.prefix)?.strip_prefix('-')?.parse::<u64>().ok();
    let id = match &options.id {
        Some(id) if !crate::source::is_id(id) => {
            return Err(usage(format!("`{id}` cannot be an id"), "use letters, digits, `.`, `_` and `-`"));
        }
        Some(id) => id.clone(),
        None => {
            let last = tree.set.records().filter_map(|(_, record)| number(record.id())).max().unwrap_or(0);
            format!("{}-{:03}", kind.prefix, last.saturating_add(1))
        }
    };
    if tree.set.node(&id).is_some_and(|node| tree.set.record(node).is_some()) {
        return Err(usage(format!("the id `{id}` is taken"), "choose another"));
    }
    let mut text = format!(
        "---\nid: {id}\nkind: {}\ntitle: {}\n",
        kind.name,
        super::fmt::scalar(options.title.trim(), false)
    );
    for field in
        kind.fields.iter().filter(|field| field.required && !matches!(&*field.name, "id" | "kind" | "title"))
    {
        let _ = writeln!(text, "# {}: {}", field.name, field.doc);
    }
    text.push_str("---\n\n");
    let first = tree.config.product.records.first().map_or("records", String::as_str);
    let folder = options.folder.clone().unwrap_or_else(|| format!("{first}/{}", kind.name));
    let folder = tree.root.join(folder);
    let path = folder.join(format!("{id}.md"));
    let io = |source| CommandError::Tree(TreeError::Io { doing: "writing", path: path.clone(), source });
    std::fs::create_dir_all(&folder).map_err(io)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    writeln!(out, "{}", path.display()).map_err(CommandError::Output)?;
    Ok(Status::Holds)
}
