//! `vouchsafe signature export`: the signatures of a record as files that OpenSSH alone verifies, with the command lines.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use evidence::proof::ssh;
use records::command::Status;

use super::root;
use super::signatures::{Allowed, SignatureFile, Signatures};
use crate::commands::Context;
use crate::failure::{self, Failure};

#[derive(Subcommand, Debug)]
pub(crate) enum SignatureCommand {
    /// Write the signatures over a record as files that `ssh-keygen -Y verify` accepts, and say how
    Export(ExportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The record
    id: String,
    /// Folder to write to; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "exported-signatures")]
    to: PathBuf,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// A signature as two files, and the identity that OpenSSH is to look for.
struct Exported {
    statement: String,
    signature: String,
    identity: String,
    doubt: Option<String>,
}

impl SignatureCommand {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        match self {
            Self::Export(args) => args.run(context, out),
        }
    }
}

impl ExportArgs {
    fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let signatures = Signatures::of(&root(self.root)?)?;
        let about: Vec<&SignatureFile> = signatures.about(&self.id).collect();
        if about.is_empty() {
            return Err(Failure::input("exporting signatures", format!("nobody signed `{}`", self.id))
                .hint("sign it with `vouchsafe sign ID --meaning approve --key PATH`"));
        }
        fs::create_dir_all(&self.to).map_err(|e| Failure::file("making the folder", &self.to, &e))?;
        let mut signers = String::new();
        let mut exported = Vec::new();
        for (number, file) in (1..).zip(about) {
            let name = |ending: &str| format!("{}-{number}.{ending}", self.id);
            let identity = identity(file, number);
            write(&self.to, &name("statement"), &file.text)?;
            write(&self.to, &name("sshsig"), &ssh::armour(&file.blob))?;
            let known = signatures.allowed.iter().find(|a: &&Allowed| ssh::names_key(&file.blob, &a.key));
            // Whose key it is, OpenSSH must hear from somebody: from the file of allowed signers alone.
            if let Some(line) =
                known.filter(|_| file.doubt.is_none()).and_then(|a| ssh::write_public_line(&a.key))
            {
                let _ = writeln!(signers, "\"{identity}\" namespaces=\"{}\" {line}", ssh::RECORD_NAMESPACE);
            }
            let (statement, signature) = (name("statement"), name("sshsig"));
            exported.push(Exported { statement, signature, identity, doubt: file.doubt.clone() });
        }
        write(&self.to, "allowed_signers", &signers)?;
        let holds = exported.iter().all(|e| e.doubt.is_none());
        report(context, &self.to, &exported, out)?;
        Ok(if holds { Status::Holds } else { Status::Gaps })
    }
}

/// The printed name where OpenSSH's patterns can hold it, else a plain one.
fn identity(file: &SignatureFile, number: u32) -> String {
    let name = &file.statement.name;
    let plain = |c: char| !matches!(c, '"' | ',' | '*' | '?' | '!' | '\'' | '\\');
    if name.chars().all(plain) { name.clone() } else { format!("signer-{number}") }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|e| Failure::file("writing", &path, &e))
}

fn command(e: &Exported) -> String {
    format!(
        "ssh-keygen -Y verify -f allowed_signers -I '{}' -n {} -s {} < {}",
        e.identity,
        ssh::RECORD_NAMESPACE,
        e.signature,
        e.statement
    )
}

fn report(context: &Context, to: &Path, all: &[Exported], out: &mut dyn Write) -> Result<(), Failure> {
    if context.ui.is_json() {
        let items = all.iter().map(|e| {
            serde_json::json!({
                "statement": e.statement, "signature": e.signature, "identity": e.identity,
                "doubt": e.doubt, "command": command(e),
            })
        });
        let folder = to.display().to_string();
        return context
            .ui
            .json(&serde_json::json!({ "folder": folder, "signatures": items.collect::<Vec<_>>() }));
    }
    let said = (|| {
        writeln!(out, "In {}:\n", to.display())?;
        for e in all {
            writeln!(out, "  {}", command(e))?;
            if let Some(doubt) = &e.doubt {
                writeln!(out, "    does not count here: {doubt}")?;
            }
        }
        Ok(())
    })();
    said.map_err(|e: std::io::Error| failure::output(&e))
}
