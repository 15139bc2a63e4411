//! Accepted links as the engine takes them: what the log says was accepted, what the pushed lock files say of older revisions
//! and of editorial changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use evidence::statement::{Meaning, Statement};
use records::digest::Digest;
use records::lock::parse_lock;
use records::record::Record;
use records::set::RecordSet;
use world::design::{Commit, Signature, Standing};

use super::fill::{Asking, Contents};
use super::{Ask, DesignError};

/// A statement over `editorial/ID/OLD` says that the change from revision OLD to the signed one leaves the meaning alone.
const EDITORIAL: &str = "editorial/";

/// Hands the accepted links to the set.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method has one lifetime, the closure any")]
pub(super) fn accept<A: Ask>(
    asking: &Asking<'_, A>,
    heads: &[Commit],
    must_sign: bool,
    set: &mut RecordSet,
) -> Result<(), DesignError> {
    let mut text = String::new();
    for head in heads {
        let Some(blob) = &head.said.lock else { continue };
        let missing = DesignError::Missing { what: "vouchsafe.lock", digest: blob.digest };
        let lock = asking.blob(&blob.digest)?.ok_or(missing)?;
        for line in String::from_utf8_lossy(&lock).lines().filter(|line| !line.starts_with("link ")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    let mut contents = Contents::default();
    for link in asking.all(|view, p, l, after, limit| view.links(p, l, after, limit)) {
        let said = &link.said;
        let (_, time) = asking.order(link.index);
        let to = Digest(said.to_revision.0);
        let _ =
            writeln!(text, "link {} {} {} {to} {time} entry {}", said.from, said.link, said.to, link.index);
        let node = set.node(&said.to);
        let present = node.and_then(|node| set.record(node)).map(Record::revision);
        if present.is_none_or(|present| present == to) {
            continue;
        }
        // What the target was made of when it was accepted: from its content, where it was pushed.
        let kind = node.and_then(|node| set.kind(node)).and_then(|kind| set.schema().kind(kind));
        if let (Some(kind), Some(then)) = (kind, contents.get(asking, &said.to_revision)?) {
            let _ = write!(text, "revision {} {to} {}", said.to, then.digest_of(&kind.suspect_on));
            for name in &kind.suspect_on {
                let _ = write!(text, " {name}={}", then.digest_of_field(name).short());
            }
            text.push('\n');
        }
    }
    // Damaged lines of a lock file were reported where it was pushed from.
    let lines = parse_lock(0, &text, &mut Vec::new());
    set.set_lock_where(&lines, &|_| !must_sign);
    let signed = editorial(asking);
    set.count_editorial(&|step| signed.contains(&(step.id.to_owned(), step.old, step.new)));
    Ok(())
}

/// Changes that were signed as editorial by keys that are not in doubt: record, revision before, revision after.
fn editorial<A: Ask>(asking: &Asking<'_, A>) -> BTreeSet<(String, Digest, Digest)> {
    let all = asking.all(|view, _, _, after, limit| view.all_signatures(after, limit));
    let valid = all.into_iter().filter(|signature| signature.standing == Standing::Valid);
    let change = |signature: Signature| {
        let statement = Statement::parse(&signature.said.statement).ok()?;
        let (id, old) = statement.record.strip_prefix(EDITORIAL)?.split_once('/')?;
        let agrees = statement.meaning != Meaning::Reject;
        agrees.then_some((id.to_owned(), old.parse().ok()?, Digest(statement.revision.0)))
    };
    valid.filter_map(change).collect()
}
