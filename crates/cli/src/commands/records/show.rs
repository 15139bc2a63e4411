//! `vouchsafe show`: one record with its links, results, gaps and signatures.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use evidence::statement::{Meaning, Statement};
use records::command::{self, Status};
use records::render::Format;
use serde_json::{Value, json};
use views::design::Design;
use world::design::{Signature, Standing};

use super::at::{self, AtArgs};
use super::others::OthersArgs;
use super::signatures::{SignatureFile, Signatures};
use super::{failed, root};
use crate::commands::Context;
use crate::failure::{self, Failure};

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The record
    id: String,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    others: OthersArgs,
    #[command(flatten)]
    at: AtArgs,
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        if let Some(design) = self.at.design(context)? {
            return self.of_log(context, design, out);
        }
        let root = root(self.root)?;
        let signatures = Signatures::of(&root)?;
        let beside = self.others.beside(context, &root, &signatures)?;
        let format = super::format(context);
        let id = self.id;
        let options = command::Show {
            root,
            id: id.clone(),
            format: Format::Json,
            approvals: signatures.approvals(),
            beside,
        };
        // As JSON first: it names the present revision, which says what each signature belongs to.
        let mut json = Vec::new();
        let status = command::show(&options, &mut json).map_err(failed("showing the record"))?;
        let mut shown: Value =
            serde_json::from_slice(&json).map_err(|e| Failure::environment("showing the record", e))?;
        let present = shown.get("revision").and_then(Value::as_str).unwrap_or_default().to_owned();
        let about: Vec<&SignatureFile> = signatures.about(&id).collect();
        if format == Format::Json {
            let all: Vec<Value> = about.iter().map(|file| as_json(file, &present)).collect();
            if let Some(map) = shown.as_object_mut() {
                map.insert("signatures".to_owned(), all.into());
            }
            writeln!(out, "{shown:#}").map_err(|e| failure::output(&e))?;
            return Ok(status);
        }
        let options = command::Show { format, ..options };
        command::show(&options, out).map_err(failed("showing the record"))?;
        for line in about.iter().map(|file| as_text(file, &present)) {
            writeln!(out, "{line}").map_err(|e| failure::output(&e))?;
        }
        Ok(status)
    }
}

impl ShowArgs {
    fn of_log(&self, context: &Context, design: Design, out: &mut dyn Write) -> Result<Status, Failure> {
        context.ui.note(at::said(&design));
        let (at, known) = (design.moment.at, design.moment.known);
        let (_, loaded) = context.data.load()?;
        let logged = loaded.world.design_at(at, known).signatures(&self.id);
        let set = design.evaluator.into_set();
        if super::format(context) != Format::Json {
            let status = command::show_set(set, &self.id, super::format(context), out)
                .map_err(failed("showing the record"))?;
            for signature in &logged {
                writeln!(out, "{}", logged_text(signature)).map_err(|e| failure::output(&e))?;
            }
            return Ok(status);
        }
        let mut json = Vec::new();
        let status = command::show_set(set, &self.id, Format::Json, &mut json)
            .map_err(failed("showing the record"))?;
        let mut shown: Value =
            serde_json::from_slice(&json).map_err(|e| Failure::environment("showing the record", e))?;
        if let Some(map) = shown.as_object_mut() {
            map.insert("signatures".to_owned(), logged.iter().map(logged_json).collect());
        }
        writeln!(out, "{shown:#}").map_err(|e| failure::output(&e))?;
        Ok(status)
    }
}

/// A signature of the log; its statement is shown verbatim where it cannot be taken apart.
fn logged_json(signature: &Signature) -> Value {
    let said = &signature.said;
    let read = Statement::parse(&said.statement).ok();
    json!({
        "entry": signature.index, "signer": said.signer.to_string(), "meaning": said.meaning.to_string(),
        "revision": said.revision.to_string(), "statement": said.statement,
        "name": read.as_ref().map(|s| s.name.clone()), "time": read.map(|s| s.time.to_string()),
        "valid": signature.standing == Standing::Valid,
    })
}

fn logged_text(signature: &Signature) -> String {
    let said = &signature.said;
    let who = Statement::parse(&said.statement).map_or_else(|_| said.signer.to_string(), |s| s.name);
    let revision = said.revision.to_string();
    let doubt = if signature.standing == Standing::Valid { "" } else { " [the key is in doubt]" };
    format!(
        "{} by {who}, entry {}: revision {}{doubt}",
        said.meaning,
        signature.index,
        revision.get(..8).unwrap_or_default()
    )
}

fn as_json(file: &SignatureFile, present: &str) -> Value {
    let s = &file.statement;
    json!({
        "meaning": s.meaning.to_string(), "name": s.name, "time": s.time.to_string(),
        "revision": s.revision.to_string(), "present": s.revision.to_string() == present,
        "editorial": file.editorial().map(|(_, old)| old.to_string()),
        "counts": file.doubt.is_none(), "doubt": file.doubt, "file": file.path,
    })
}

fn as_text(file: &SignatureFile, present: &str) -> String {
    let s = &file.statement;
    let does = match (file.editorial().is_some(), s.meaning) {
        (true, _) => "signed as editorial",
        (_, Meaning::Author) => "written",
        (_, Meaning::Review) => "reviewed",
        (_, Meaning::Approve) => "approved",
        (_, Meaning::Reject) => "rejected",
        (_, _) => "signed",
    };
    let revision = s.revision.to_string();
    let short = revision.get(..8).unwrap_or_default();
    let belongs = if revision == present {
        "this revision".to_owned()
    } else {
        format!("revision {short}, which is not the present one")
    };
    let doubt = file.doubt.as_ref().map_or_else(String::new, |doubt| format!(" [does not count: {doubt}]"));
    format!("{does} by {} on {} (claimed): {belongs}{doubt}", s.name, s.time)
}
