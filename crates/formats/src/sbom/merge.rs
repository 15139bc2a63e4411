//! One bill of materials from several: what a release of several parts, or a device with several items, is made of.
//! Not here: which parts belong together, and what is known of their state.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::{Component, Metadata, Parent, RelationKind, Relationship, Sbom, Target};
use super::order;

/// A part of a whole: what it is, and its own bills of materials; none where nobody gave one.
#[derive(Debug)]
pub struct Part {
    /// What the part is. Its `parent` is not looked at.
    pub component: Component,
    /// What it is made of.
    pub sboms: Vec<Sbom>,
}

/// Puts parts together below a subject. Each part becomes a component of the subject that holds what its bills of materials
/// list; the subject depends on each part, and a part on what its own document's subject depended on. Identifiers stay as
/// they are where only one part gives them, and are made unique by the part's number where several do.
/// O(n log n) for n components and relationships.
#[must_use]
pub fn merge(subject: Component, metadata: Metadata, parts: Vec<Part>) -> Sbom {
    let mut merged = Merged { taken: BTreeSet::new(), sbom: Sbom { metadata, ..Sbom::default() } };
    let mut subject = Component { parent: Parent::Top, ..subject };
    subject.reference = merged.reference(&subject.reference, "subject");
    let root = Arc::clone(&subject.reference);
    merged.sbom.subject = Some(Box::new(subject));
    for (number, part) in parts.into_iter().enumerate() {
        merged.part(&root, number + 1, part);
    }
    order::normalise(merged.sbom)
}

struct Merged {
    taken: BTreeSet<Arc<str>>,
    sbom: Sbom,
}

impl Merged {
    /// The identifier as it is, or with a prefix when it is taken or empty.
    fn reference(&mut self, wanted: &str, prefix: &str) -> Arc<str> {
        let mut reference: Arc<str> = if wanted.is_empty() { prefix.into() } else { wanted.into() };
        let mut again = 1u64;
        while !self.taken.insert(Arc::clone(&reference)) {
            let tail = if again == 1 { String::new() } else { format!("#{again}") };
            reference = format!("{prefix}/{wanted}{tail}").into();
            again += 1;
        }
        reference
    }

    fn place(&self) -> u32 {
        // Readers bound a document's components far below this.
        u32::try_from(self.sbom.components.len()).unwrap_or(u32::MAX)
    }

    fn part(&mut self, root: &Arc<str>, number: usize, part: Part) {
        let prefix = format!("part-{number}");
        let reference = self.reference(&part.component.reference, &prefix);
        let place = self.place();
        self.depends(root, &reference);
        let component =
            Component { parent: Parent::Subject, reference: Arc::clone(&reference), ..part.component };
        self.sbom.components.push(component);
        for (document, sbom) in part.sboms.into_iter().enumerate() {
            let prefix = if document == 0 { prefix.clone() } else { format!("{prefix}.{}", document + 1) };
            self.document(place, &reference, &prefix, sbom);
        }
    }

    /// Takes over one document below the component at `holder`, whose identifier is `of`.
    fn document(&mut self, holder: u32, of: &Arc<str>, prefix: &str, sbom: Sbom) {
        let mut renamed: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        // The document's subject is the part itself.
        if let Some(subject) = &sbom.subject {
            renamed.push((Arc::clone(&subject.reference), Arc::clone(of)));
        }
        let first = self.place();
        for mut component in sbom.components {
            component.parent = match component.parent {
                Parent::Component(inner) => Parent::Component(first.saturating_add(inner)),
                Parent::Top | Parent::Subject => Parent::Component(holder),
            };
            let reference = self.reference(&component.reference, prefix);
            if !component.reference.is_empty() {
                renamed
                    .push((std::mem::replace(&mut component.reference, Arc::clone(&reference)), reference));
            } else {
                component.reference = reference;
            }
            self.sbom.components.push(component);
        }
        renamed.sort_unstable();
        let new = |old: &Arc<str>| {
            let at = renamed.binary_search_by(|(known, _)| known.cmp(old)).ok();
            at.and_then(|at| renamed.get(at)).map(|(_, new)| Arc::clone(new))
        };
        for relationship in sbom.relationships {
            // What the document said of itself, or of another document, is not said by this one.
            let Some(from) = new(&relationship.from) else { continue };
            let to = match &relationship.to {
                Target::Ref(to) => match new(to) {
                    Some(to) => Target::Ref(to),
                    None => continue,
                },
                other => other.clone(),
            };
            self.sbom.relationships.push(Relationship { from, kind: relationship.kind, to });
        }
    }

    fn depends(&mut self, from: &Arc<str>, to: &Arc<str>) {
        self.sbom.relationships.push(Relationship {
            from: Arc::clone(from),
            kind: RelationKind::DEPENDS_ON,
            to: Target::Ref(Arc::clone(to)),
        });
    }
}

#[cfg(test)]
mod tests;
