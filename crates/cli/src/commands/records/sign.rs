//! `vouchsafe sign`: a person's signature over a record's revision, made offline with the person's own key, kept in Git.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use evidence::Time;
use evidence::proof::ssh;
use evidence::statement::{self, Meaning, Statement};
use records::command::Status;
use records::lock::{LockLine, parse_lock};
use records::tree::{self, Tree};
use tlog::Hash;

use super::signatures::{ENDING, Signatures, config, editorial_subject, file_text};
use super::{failed, root};
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::keys::{Passphrases, Signer};
use crate::{clock, data};

/// What a signature may mean here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum As {
    /// I wrote it
    Author,
    /// I reviewed it
    Review,
    /// I approve it
    Approve,
    /// I reject it
    Reject,
}

impl From<As> for Meaning {
    fn from(meaning: As) -> Self {
        match meaning {
            As::Author => Self::Author,
            As::Review => Self::Review,
            As::Approve => Self::Approve,
            As::Reject => Self::Reject,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// Records whose present revision is signed
    #[arg(required = true)]
    ids: Vec<String>,
    /// What your signature means
    #[arg(long, value_enum)]
    meaning: As,
    /// Your SSH key: a private key file, or the .pub file of a key in an agent or on a security key
    #[arg(long, value_name = "PATH")]
    key: PathBuf,
    /// Your printed name [default: the first name of your key in the file of allowed signers]
    #[arg(long, value_name = "PRINTED")]
    name: Option<String>,
    /// Sign instead that the last change of these records left their meaning alone (see `accept --editorial`)
    #[arg(long)]
    editorial: bool,
    /// File whose first line is the passphrase of the key, instead of asking on the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// What is to be signed: the subject of the statement, its revision, and the record for the file's name.
struct Subject {
    subject: String,
    revision: Hash,
    record: String,
}

impl SignArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let root = root(self.root.clone())?;
        let tree = tree::load(&root)
            .map_err(|e| failed("reading the records")(records::command::CommandError::Tree(e)))?;
        let mut subjects = Vec::new();
        for id in &self.ids {
            subjects.append(&mut self.subjects(&tree, id)?);
        }
        let signer = Signer::open(&self.key, &Passphrases { file: self.passphrase_file.clone() })?;
        let signatures = Signatures::of(&root)?;
        let name = self.printed(&signatures, &signer)?;
        let folder = root.join(config(&root)?.folder);
        let (meaning, time) = (Meaning::from(self.meaning), clock::claimed());
        let mut signed = Vec::new();
        for Subject { subject, revision, record } in subjects {
            let statement = Statement { record: subject, revision, meaning, name: name.clone(), time };
            let same = |s: &Statement| Statement { time, ..s.clone() } == statement;
            let before = signatures
                .files
                .iter()
                .find(|file| same(&file.statement) && ssh::names_key(&file.blob, signer.public()));
            if let Some(before) = before {
                signed.push((statement, before.path.clone(), false));
                continue;
            }
            let path = write(&folder, &record, &statement, &signer)?;
            let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            signed.push((statement, shown, true));
        }
        report(context, &signed, out)?;
        let known = signatures.allowed.iter().any(|a| a.key == *signer.public() && a.names.contains(&name));
        if !known {
            context.ui.note(format!(
                "this key is not an allowed signer as `{name}`: add it to the file that [signatures] allowed-signers names, \
                 or what it signs counts for nothing"
            ));
        }
        Ok(Status::Holds)
    }

    fn subjects(&self, tree: &Tree, id: &str) -> Result<Vec<Subject>, Failure> {
        let unknown = || {
            Failure::input("signing", format!("there is no record `{id}`"))
                .hint("`vouchsafe check` lists what was read")
        };
        let record = tree.set.node(id).and_then(|node| tree.set.record(node)).ok_or_else(unknown)?;
        if let Some(problem) = tree.problems.iter().find(|p| p.record.as_deref() == Some(id)) {
            return Err(Failure::input(format!("signing {id}"), &problem.message)
                .hint("correct the record first: what is signed must be what is read"));
        }
        let (revision, record) = (Hash(record.revision().0), id.to_owned());
        if !self.editorial {
            return Ok(vec![Subject { subject: id.to_owned(), revision, record }]);
        }
        let lines = parse_lock(0, &tree.lock, &mut Vec::new());
        let steps = lines.iter().filter_map(|line| match line {
            LockLine::Editorial { id: of, old, new, .. } if *of == id && new.0 == revision.0 => Some(*old),
            _ => None,
        });
        let subject = |old| Subject { subject: editorial_subject(id, old), revision, record: record.clone() };
        let subjects: Vec<Subject> = steps.map(subject).collect();
        if subjects.is_empty() {
            return Err(Failure::input(format!("signing {id}"), "its last change is not declared editorial")
                .hint(format!(
                    "declare it with `vouchsafe accept --editorial {id} --by WHO`, then sign it"
                )));
        }
        Ok(subjects)
    }

    fn printed(&self, signatures: &Signatures, signer: &Signer) -> Result<String, Failure> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let own = signatures.allowed.iter().find(|a| a.key == *signer.public());
        own.and_then(|a| a.names.first().cloned()).ok_or_else(|| {
            Failure::input("signing", "your printed name is not known")
                .hint("give it with `--name`, or enter your key into the file of allowed signers")
        })
    }
}

/// Signs, verifies, and writes the file; its name says when, what and by which key.
fn write(folder: &Path, record: &str, statement: &Statement, signer: &Signer) -> Result<PathBuf, Failure> {
    let doing = || format!("signing {record}");
    let text = statement.text().map_err(|e| Failure::input(doing(), e))?;
    let blob = signer.sign(ssh::RECORD_NAMESPACE, text.as_bytes())?;
    statement::verify(signer.public(), &text, &blob).map_err(|e| Failure::environment(doing(), e))?;
    let folder = folder.join(record);
    std::fs::create_dir_all(&folder).map_err(|e| Failure::file("making the folder", &folder, &e))?;
    let key = signer.public().id().to_string();
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let kind = if statement.record == record { "" } else { "editorial-" };
    let name = format!("{}-{kind}{}-{key}.{ENDING}", compact(statement.time), statement.meaning);
    let path = folder.join(name);
    data::write_new(&path, file_text(&text, &blob).as_bytes(), false)?;
    Ok(path)
}

/// A time for file names: `20261120T153000Z`.
fn compact(time: Time) -> String {
    time.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

fn report(
    context: &Context,
    signed: &[(Statement, String, bool)],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if context.ui.is_json() {
        let items = signed.iter().map(|(s, path, new)| {
            serde_json::json!({
                "record": s.record, "revision": s.revision.to_string(), "meaning": s.meaning.to_string(),
                "name": s.name, "time": s.time.to_string(), "file": path, "new": new,
            })
        });
        return context.ui.json(&serde_json::json!({ "signed": items.collect::<Vec<_>>() }));
    }
    for (s, path, new) in signed {
        let done = if *new { "signed" } else { "signed before" };
        let revision: String = s.revision.to_string().chars().take(8).collect();
        writeln!(out, "{done}: {} at {revision}, {} by {}\n  {path}", s.record, s.meaning, s.name)
            .map_err(|e| failure::output(&e))?;
    }
    Ok(())
}
