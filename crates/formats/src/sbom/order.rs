//! Puts an SBOM into its one order, so that documents that list the same things in another order, or in another
//! format, become equal. O(n log n).

use super::model::{Component, Parent, Sbom};

/// Sorts siblings by content, hashes, package URLs, CPEs and relationships; keeps the order of licences, properties
/// and links, which may carry meaning. A component still stands after the one that holds it.
pub(crate) fn normalise(mut sbom: Sbom) -> Sbom {
    sbom.relationships.sort_unstable();
    sbom.relationships.dedup();
    if let Some(subject) = sbom.subject.as_deref_mut() {
        tidy(subject);
        subject.parent = Parent::Top;
    }
    for component in &mut sbom.components {
        tidy(component);
    }
    let count = sbom.components.len();
    let subject = sbom.subject.is_some();
    let rank = |parent: Parent| match parent {
        Parent::Subject if subject => 1,
        Parent::Top | Parent::Subject => 0,
        Parent::Component(index) => index as usize + 2,
    };
    // Children of each holder: top, subject, then each component.
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); count + 2];
    for (index, component) in (0u32..).zip(&sbom.components) {
        if let Some(list) = children.get_mut(rank(component.parent)) {
            list.push(index);
        }
    }
    let mut old: Vec<Option<Component>> = Vec::with_capacity(count);
    for mut component in sbom.components {
        component.parent = Parent::Top;
        old.push(Some(component));
    }
    for list in &mut children {
        list.sort_by(|a, b| old.get(*a as usize).cmp(&old.get(*b as usize)));
    }
    let mut new: Vec<Component> = Vec::with_capacity(count);
    let mut waiting: Vec<(Parent, usize)> = vec![(Parent::Subject, 1), (Parent::Top, 0)];
    while let Some((parent, holder)) = waiting.pop() {
        let Some(list) = children.get_mut(holder).map(std::mem::take) else { continue };
        let before = waiting.len();
        for index in list {
            let Some(mut component) = old.get_mut(index as usize).and_then(Option::take) else { continue };
            component.parent = parent;
            let at = u32::try_from(new.len()).unwrap_or(u32::MAX);
            new.push(component);
            waiting.push((Parent::Component(at), index as usize + 2));
        }
        if let Some(pushed) = waiting.get_mut(before..) {
            pushed.reverse();
        }
    }
    sbom.components = new;
    sbom
}

fn tidy(component: &mut Component) {
    component.hashes.sort_unstable();
    component.hashes.dedup();
    component.purls.sort_unstable();
    component.purls.dedup();
    component.cpes.sort_unstable();
    component.cpes.dedup();
}
