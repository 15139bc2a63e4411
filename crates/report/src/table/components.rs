//! Tables of what releases are made of: the components in the canonical form of their bills of materials, which are blobs.

use evidence::{Entry, Fact, Hash};
use serde_json::Value;

use super::{Definition, Kind, Table};

/// Where the components stand in the canonical form.
const COMPONENTS: &str = "/sbom/components";

/// The releases of items with their bills of materials.
#[derive(Clone, Default)]
pub(crate) struct Components {
    /// Index, JSON of the entry, canonical bills of materials.
    made: Vec<(u64, Value, Vec<Hash>)>,
}

impl Components {
    pub(crate) fn take(&mut self, index: u64, entry: &Entry) {
        if let Fact::ReleaseMade(f) = &entry.body().fact {
            let boms = f.sboms.iter().map(|s| s.normalised.digest).collect();
            self.made.push((index, evidence::json::entry_json(entry), boms));
        }
    }

    /// The tables of components among `definitions`. A blob that is not held, or is no such form, gives no row.
    pub(crate) fn tables(
        &self,
        definitions: &[Definition],
        blob: &mut impl FnMut(&Hash) -> Option<Vec<u8>>,
    ) -> Vec<Table> {
        let mut out: Vec<Table> = definitions
            .iter()
            .filter(|d| d.kind == Kind::Components)
            .map(|d| Table { definition: d.clone(), rows: Vec::new() })
            .collect();
        if out.is_empty() {
            return out;
        }
        for (index, said, boms) in &self.made {
            for digest in boms {
                let read = blob(digest).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
                let components = read.as_ref().and_then(|v| v.pointer(COMPONENTS)).and_then(Value::as_array);
                for component in components.into_iter().flatten() {
                    for table in &mut out {
                        let columns = table.definition.columns.iter();
                        let row = columns.map(|c| value(*index, said, component, c.from.as_deref()));
                        table.rows.push(row.collect());
                    }
                }
            }
        }
        out
    }
}

fn value(index: u64, said: &Value, component: &Value, from: Option<&str>) -> Value {
    let found = match from {
        Some("@entry") => return index.into(),
        Some(from) => match from.strip_prefix("@component ") {
            Some(pointer) => component.pointer(pointer),
            None => said.pointer(from),
        },
        None => None,
    };
    found.cloned().unwrap_or(Value::Null)
}
