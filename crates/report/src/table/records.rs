//! Tables of records and of their links: the revisions that count at a moment, and what their normal forms say
//! (docs/spec/record-normal-form.md). Entries and blobs are all they need, so that anyone computes them again.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Entry, Fact, Hash, Time};
use serde_json::Value;

use super::components::Components;
use super::verdicts::{Seen, Verdicts};
use super::{Definition, Kind, Table};

/// First line of a normal form.
const HEADER: &str = "vouchsafe-record/1\n";
/// What the names of link fields begin with.
const LINKS: &str = "links.";

/// Product, line and record.
pub(super) type Key = (String, String, String);
/// Fields of a record, by name.
pub(super) type Fields = BTreeMap<String, Vec<String>>;

/// A revision that was stated, or a retirement.
#[derive(Clone)]
struct Stated {
    index: u64,
    time: Time,
    /// What was revised; none for a retirement.
    revised: Option<Revised>,
    key: Key,
}

#[derive(Clone)]
struct Revised {
    /// The entry's JSON.
    said: Value,
    kind: String,
    revision: Hash,
    /// Digest of the normal form.
    content: Hash,
}

/// What entries say of records.
#[derive(Clone, Default)]
pub(crate) struct Records {
    stated: Vec<Stated>,
    /// Entries that were corrected or voided.
    flagged: BTreeSet<u64>,
    components: Components,
    verdicts: Verdicts,
}

/// A record as it counts.
pub(super) struct Current {
    index: u64,
    time: Time,
    said: Value,
    kind: String,
    pub(super) revision: Hash,
    pub(super) fields: Option<Fields>,
}

impl Records {
    pub(crate) fn take(&mut self, index: u64, time: Time, entry: &Entry) {
        self.components.take(index, entry);
        self.verdicts.take(index, time, entry);
        match &entry.body().fact {
            Fact::RecordRevised(f) => {
                let said = evidence::json::entry_json(entry);
                let key = (f.product.clone(), f.line.clone(), f.record.clone());
                let revised = Some(Revised {
                    said,
                    kind: f.kind.clone(),
                    revision: f.revision,
                    content: f.content.digest,
                });
                self.stated.push(Stated { index, time, revised, key });
            }
            Fact::RecordRetired(f) => {
                let key = (f.product.clone(), f.line.clone(), f.record.clone());
                self.stated.push(Stated { index, time, revised: None, key });
            }
            Fact::Corrected(f) => self.flagged.extend([f.entry.index]),
            Fact::Voided(f) => self.flagged.extend([f.entry.index]),
            _ => {}
        }
    }

    /// The tables among `definitions` that blobs are read for.
    pub(crate) fn tables(
        &self,
        definitions: &[Definition],
        at: Time,
        mut blob: impl FnMut(&Hash) -> Option<Vec<u8>>,
    ) -> Vec<Table> {
        let current = self.at(at, &mut blob);
        let mut stated: BTreeMap<&Key, Vec<(u64, Option<Hash>)>> = BTreeMap::new();
        for s in self.counting(at) {
            stated.entry(&s.key).or_default().push((s.index, s.revised.as_ref().map(|r| r.revision)));
        }
        let seen = Seen { at, flagged: &self.flagged, current: &current, stated: &stated };
        let mut out = rows(definitions, &seen, &self.verdicts);
        out.extend(self.verdicts.tables(definitions, &seen));
        out.extend(self.components.tables(definitions, &mut blob));
        out
    }

    /// What was stated of records until a moment, what was corrected or voided aside.
    fn counting(&self, at: Time) -> impl Iterator<Item = &Stated> {
        self.stated.iter().filter(move |s| s.time <= at && !self.flagged.contains(&s.index))
    }

    /// The revisions that count at a moment, with what their blobs say as far as they are held.
    fn at(&self, at: Time, blob: &mut impl FnMut(&Hash) -> Option<Vec<u8>>) -> BTreeMap<Key, Current> {
        let mut last: BTreeMap<&Key, &Stated> = BTreeMap::new();
        for stated in self.counting(at) {
            last.insert(&stated.key, stated);
        }
        let current = last.into_iter().filter_map(|(key, s)| {
            let Revised { said, kind, revision, content } = s.revised.as_ref()?;
            let fields = blob(content).and_then(|bytes| fields(&bytes));
            let (said, kind) = (said.clone(), kind.clone());
            Some((
                key.clone(),
                Current { index: s.index, time: s.time, said, kind, revision: *revision, fields },
            ))
        });
        current.collect()
    }
}

/// The fields of a normal form; `None` for bytes that are none.
fn fields(bytes: &[u8]) -> Option<Fields> {
    let mut rest = std::str::from_utf8(bytes).ok()?.strip_prefix(HEADER)?;
    let mut out = Fields::new();
    while !rest.is_empty() {
        let (head, after) = rest.split_once('\n')?;
        let (name, count) = head.rsplit_once(' ')?;
        rest = after;
        let mut values = Vec::new();
        for _ in 0..count.parse::<usize>().ok()? {
            let (length, after) = rest.split_once(':')?;
            let (value, after) = after.split_at_checked(length.parse().ok()?)?;
            values.push(value.to_owned());
            rest = after.strip_prefix('\n')?;
        }
        out.insert(name.to_owned(), values);
    }
    Some(out)
}

/// The tables of records and links among `definitions`.
fn rows(definitions: &[Definition], seen: &Seen<'_>, verdicts: &Verdicts) -> Vec<Table> {
    let current = seen.current;
    let wanted = |d: &Definition, c: &Current| d.kinds.is_empty() || d.kinds.contains(&c.kind);
    let mut out = Vec::new();
    for d in definitions {
        let mut rows = Vec::new();
        for (key, c) in current.iter().filter(|(_, c)| wanted(d, c)) {
            match d.kind {
                Kind::Records => {
                    let value = |from: Option<&str>| match from {
                        Some("@changed") => verdicts.unaccepted(key, c, seen).into(),
                        from => record(c, from),
                    };
                    rows.push(d.columns.iter().map(|column| value(column.from.as_deref())).collect());
                }
                Kind::Links => links(d, key, c, current, &mut rows),
                Kind::Entries | Kind::State | Kind::Components | Kind::Verdicts => {}
            }
        }
        if matches!(d.kind, Kind::Records | Kind::Links) {
            out.push(Table { definition: d.clone(), rows });
        }
    }
    out
}

fn record(c: &Current, from: Option<&str>) -> Value {
    match from {
        Some("@entry") => c.index.into(),
        Some("@time") => c.time.to_string().into(),
        Some("@fields") => c.fields.as_ref().map_or(Value::Null, |fields| serde_json::json!(fields)),
        Some(pointer) if pointer.starts_with('/') => c.said.pointer(pointer).cloned().unwrap_or(Value::Null),
        Some(field) => {
            let values = field.strip_prefix("@field ").and_then(|name| c.fields.as_ref()?.get(name));
            match values.map(Vec::as_slice) {
                None | Some([]) => Value::Null,
                Some([one]) => one.clone().into(),
                Some(many) => many.iter().cloned().map(Value::String).collect(),
            }
        }
        None => Value::Null,
    }
}

fn links(d: &Definition, key: &Key, c: &Current, all: &BTreeMap<Key, Current>, rows: &mut Vec<Vec<Value>>) {
    let (product, line, from) = key;
    for (name, targets) in c.fields.iter().flatten() {
        let Some(link) = name.strip_prefix(LINKS) else { continue };
        for to in targets {
            let target = all.get(&(product.clone(), line.clone(), to.clone()));
            let value = |from_: Option<&str>| -> Value {
                match from_ {
                    Some("@entry") => c.index.into(),
                    Some("@product") => product.clone().into(),
                    Some("@line") => line.clone().into(),
                    Some("@from") => from.clone().into(),
                    Some("@from-kind") => c.kind.clone().into(),
                    Some("@link") => link.into(),
                    Some("@to") => to.clone().into(),
                    Some("@to-kind") => target.map_or(Value::Null, |t| t.kind.clone().into()),
                    _ => Value::Null,
                }
            };
            rows.push(d.columns.iter().map(|column| value(column.from.as_deref())).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn a_normal_form_is_read_and_anything_else_is_none() {
        let form = "vouchsafe-record/1\nid 1\n7:SWR-012\nlinks.refines 2\n7:SYS-001\n7:SYS-004\ntext 1\n21:The pump shall\nalarm.\n";
        let read = fields(form.as_bytes()).expect("a normal form");
        assert_eq!(read["links.refines"], ["SYS-001", "SYS-004"]);
        assert_eq!(read["text"], ["The pump shall\nalarm."]);
        for n in 1..form.len() {
            // A form that ends after a whole field is a form.
            let whole = form[..n].ends_with('\n') && fields(&form.as_bytes()[..n]).is_some();
            assert!(whole || fields(&form.as_bytes()[..n]).is_none(), "cut at {n}");
        }
        for bad in
            ["", "vouchsafe-record/2\n", "vouchsafe-record/1\nid 1\n99:x\n", "vouchsafe-record/1\nid x\n"]
        {
            assert!(fields(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
