//! An audit package: verified by `report`, told here for people who did not build it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use report::verify::{DocumentsAgain, How, Report, verify};
use serde_json::json;
use tlog::policy::Policy;

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text::{self, count, plural};

/// Most problems that are printed; the number of all is said.
const MAX_PROBLEMS: usize = 20;

/// Verifies a package and prints the report.
pub(super) fn run(context: &Context, path: &Path, policy: Option<&Policy>) -> Result<Verdict, Failure> {
    let file = File::open(path).map_err(|e| Failure::file("reading", path, &e))?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let bar = context.ui.progress("Verifying entries", 0);
    let found = verify(BufReader::new(file), How { policy, threads }, |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let found = found.map_err(|e| unreadable(path, &e))?;
    print(context, path, &found)?;
    Ok(if found.holds_throughout() { Verdict::Holds } else { Verdict::DoesNotHold })
}

fn unreadable(path: &Path, error: &report::Error) -> Failure {
    let failure =
        Failure::input(format!("verifying {}", path.display()), text::printable(&error.to_string(), 400));
    match error {
        report::Error::Future(_) => failure.hint("use a newer version of this program"),
        report::Error::Zip(report::zip::ZipError::Io(_)) => failure,
        report::Error::Zip(_) => failure.hint(
            "ask for the file again: it was cut off, changed, or made to mislead; nothing of it was used",
        ),
        _ => failure,
    }
}

fn print(context: &Context, path: &Path, r: &Report) -> Result<(), Failure> {
    let (ui, index) = (&context.ui, &r.index);
    if ui.is_json() {
        let problems: Vec<_> =
            r.problems.iter().map(|p| json!({ "member": p.member, "what": p.what })).collect();
        let documents = match &r.documents {
            DocumentsAgain::None => "none",
            DocumentsAgain::Same => "same",
            DocumentsAgain::NotMade(_) => "not made again",
        };
        return ui.json(&json!({
            "holds": r.holds(), "foreign": r.foreign, "policy": r.trust.outside, "problems": problems, "digest": r.digest,
            "scope": index.scope.to_string(), "origin": index.origin, "simulated": index.simulated, "at": index.at,
            "known": { "size": index.known.size, "time": index.known.time },
            "size": index.tree.size, "root": index.tree.root, "signed_by": r.trust.signed_by,
            "carried_keys": r.trust.carried, "witnesses": r.trust.witnesses, "entries": r.entries,
            "left_out": index.entries.left_out, "signatures": r.signatures, "inner_signatures": r.inner,
            "statements": r.statements, "streams": r.streams, "whole_streams": r.whole_streams, "complete": r.complete,
            "blobs": r.blobs, "tables": r.tables, "figures": r.figures, "documents": documents, "unchecked": r.unchecked,
        }));
    }
    let subject = format!("The package {}", path.display());
    match r.problems.as_slice() {
        [] if r.foreign => {
            let under = if r.trust.outside {
                "under the trust policy"
            } else {
                "under the keys that it carries itself"
            };
            ui.print(ui.warn(&format!(
                "The entries of {subject} hold {under}; what it says about them does not count: another program or version \
                 made tables, figures or documents that this one cannot all make again.",
                subject = path.display()
            )))?;
            ui.print("  verify it with the version that made it, or make the package anew from the log")?;
        }
        [] if r.trust.outside => ui.print(ui.good(&format!("{subject} holds under the trust policy.")))?,
        [] => ui.print(ui.warn(&format!(
            "{subject} is only consistent under the keys it carries itself, {}: no trust policy was given.",
            r.trust.carried.join(", ")
        )))?,
        problems => {
            ui.print(ui.bad(&format!("{subject} does not hold.")))?;
            for p in problems.iter().take(MAX_PROBLEMS) {
                ui.print(format!(
                    "  {}: {}",
                    text::printable(&p.member, 200),
                    text::printable(&p.what, 400)
                ))?;
            }
            if problems.len() > MAX_PROBLEMS {
                ui.print(format!(
                    "  and {}",
                    plural((problems.len() - MAX_PROBLEMS) as u64, "problem more", "problems more")
                ))?;
            }
        }
    }
    let mut pairs = vec![("about", text::printable(&index.scope.words(), 200))];
    let simulated = if index.simulated { "\nsimulated: no time and no device in it is real" } else { "" };
    pairs.push(("log", format!("{}{simulated}", text::printable(&index.origin, 200))));
    pairs.push((
        "when",
        format!(
            "as it was at {}, as known at size {} ({})",
            text::printable(&index.at, 40),
            count(index.known.size),
            text::printable(&index.known.time, 40)
        ),
    ));
    pairs.push(("digest", r.digest.clone()));
    pairs.push((
        "root",
        format!(
            "{} over {}",
            text::printable(&index.tree.root, 64),
            plural(index.tree.size, "entry", "entries")
        ),
    ));
    if let Some(key) = &r.trust.signed_by {
        pairs.push(("signed by", key.clone()));
    }
    if !r.trust.witnesses.is_empty() {
        pairs.push(("witnesses", r.trust.witnesses.join("\n")));
    }
    pairs.push(("checked", checked(r).join("\n")));
    let not: Vec<String> = r.unchecked.iter().map(|line| text::printable(line, 400)).collect();
    pairs.push(("not checked", not.join("\n")));
    ui.pairs(&pairs)
}

/// What was looked at and found good.
fn checked(r: &Report) -> Vec<String> {
    let mut out = vec![
        format!(
            "{} in the package; the other {} of the log are hashes",
            plural(r.entries, "entry", "entries"),
            count(r.index.entries.left_out)
        ),
        format!(
            "{} of authors, each by a key that its source held at that index; {} inside entries, {} among them",
            plural(r.signatures, "signature", "signatures"),
            plural(r.inner, "signature", "signatures"),
            plural(r.statements, "person's statement", "persons' statements"),
        ),
        format!(
            "{}, of which {} here from the first place to the last",
            plural(r.streams, "stream", "streams"),
            if r.whole_streams == 1 { "1 is".to_owned() } else { format!("{} are", count(r.whole_streams)) }
        ),
    ];
    if r.complete {
        out.push(
            "completeness: every entry up to what was known was replayed, and the log should have taken each"
                .into(),
        );
    }
    out.push(format!(
        "{} with their digests; {} and {} computed again from the entries",
        plural(r.blobs, "blob", "blobs"),
        plural(r.tables, "table", "tables"),
        plural(r.figures, "figure", "figures")
    ));
    match &r.documents {
        DocumentsAgain::Same => out.push(format!(
            "{}: made again from the evidence, each came out byte for byte the same",
            plural(r.documents_good, "document", "documents")
        )),
        DocumentsAgain::NotMade(_) => out.push(format!(
            "{} with the digest that their list states",
            plural(r.documents_good, "document", "documents")
        )),
        DocumentsAgain::None => {}
    }
    out
}
