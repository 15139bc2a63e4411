//! Puts an SBOM into its one order, so that documents that list the same things in another order, or in another
//! format, become equal. O(n log n).

use std::collections::BTreeMap;

use super::model::{Component, Parent, Sbom};

/// Sorts siblings by content, hashes, package URLs, CPEs, creators and relationships; keeps the order of licences, properties
/// and links, which may carry meaning. A component stands after the one that holds it, level by level; a parent that
/// stands later or nowhere reads as the top.
pub(crate) fn normalise(mut sbom: Sbom) -> Sbom {
    sbom.relationships.sort_unstable();
    sbom.relationships.dedup();
    sbom.metadata.creators.sort_unstable();
    sbom.metadata.creators.dedup();
    let subject = sbom.subject.is_some();
    if let Some(subject) = sbom.subject.as_deref_mut() {
        tidy(subject);
        subject.parent = Parent::Top;
    }
    for (index, component) in (0u32..).zip(&mut sbom.components) {
        tidy(component);
        component.parent = match component.parent {
            Parent::Component(holder) if holder < index => component.parent,
            Parent::Subject if subject => Parent::Subject,
            _ => Parent::Top,
        };
    }
    let order = sibling_order(&sbom.components);
    rearrange(&mut sbom.components, &order);
    sbom
}

/// Whether [`normalise`] would change nothing. O(n log n), without a copy.
pub(crate) fn is_normal(sbom: &Sbom) -> bool {
    let subject = sbom.subject.is_some();
    let mut components = (0u32..).zip(&sbom.components);
    let parents = components.all(|(index, component)| match component.parent {
        Parent::Top => true,
        Parent::Subject => subject,
        Parent::Component(holder) => holder < index,
    });
    parents
        && sbom.relationships.is_sorted_by(|a, b| a < b)
        && sbom.metadata.creators.is_sorted_by(|a, b| a < b)
        && sbom.components.iter().chain(sbom.subject.as_deref()).all(is_tidy)
        && sbom.subject.as_deref().is_none_or(|subject| subject.parent == Parent::Top)
        && (0u32..).zip(sibling_order(&sbom.components)).all(|(to, (from, parent))| {
            to == from && sbom.components.get(to as usize).is_some_and(|c| c.parent == parent)
        })
}

/// The old index and the new parent of each component in its new place. A holder is placed before what it holds.
/// Siblings have equal parents, so they compare by what they are.
fn sibling_order(components: &[Component]) -> Vec<(u32, Parent)> {
    // Those that anything holds, by holder; the two outermost lists apart, since they are long.
    let mut held: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let (mut top, mut in_subject) = (Vec::new(), Vec::new());
    for (index, component) in (0u32..).zip(components) {
        match component.parent {
            Parent::Top => top.push(index),
            Parent::Subject => in_subject.push(index),
            Parent::Component(holder) => held.entry(holder).or_default().push(index),
        }
    }
    let sorted = |mut list: Vec<u32>| {
        list.sort_by(|a, b| components.get(*a as usize).cmp(&components.get(*b as usize)));
        list
    };
    let mut order: Vec<(u32, Parent)> = Vec::with_capacity(components.len());
    order.extend(sorted(top).into_iter().map(|index| (index, Parent::Top)));
    order.extend(sorted(in_subject).into_iter().map(|index| (index, Parent::Subject)));
    let mut done = 0;
    while let Some((index, _)) = order.get(done).copied() {
        if let Some(list) = held.remove(&index) {
            let parent = Parent::Component(u32::try_from(done).unwrap_or(u32::MAX));
            order.extend(sorted(list).into_iter().map(|index| (index, parent)));
        }
        done += 1;
    }
    order
}

/// Moves each component to its place by swapping along cycles, so that only one copy is ever in memory.
fn rearrange(components: &mut [Component], order: &[(u32, Parent)]) {
    let mut place: Vec<u32> = vec![0; components.len()];
    for (to, (from, _)) in (0u32..).zip(order) {
        if let Some(place) = place.get_mut(*from as usize) {
            *place = to;
        }
    }
    for at in 0..components.len() {
        while let Some(to) = place.get(at).map(|to| *to as usize).filter(|to| *to != at) {
            components.swap(at, to);
            place.swap(at, to);
        }
    }
    for (component, (_, parent)) in components.iter_mut().zip(order) {
        component.parent = *parent;
    }
}

fn tidy(component: &mut Component) {
    component.hashes.sort_unstable();
    component.hashes.dedup();
    component.purls.sort_unstable();
    component.purls.dedup();
    component.cpes.sort_unstable();
    component.cpes.dedup();
}

fn is_tidy(component: &Component) -> bool {
    component.hashes.is_sorted_by(|a, b| a < b)
        && component.purls.is_sorted_by(|a, b| a < b)
        && component.cpes.is_sorted_by(|a, b| a < b)
}
