//! Which links are suspect and what that puts in question further on. Computed, never stored.

use crate::record::{Place, Record};
use crate::set::{Edge, LinkState, Node, RecordSet};
use std::collections::{BTreeMap, VecDeque};

/// A record that depends on something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The record to look at.
    pub record: Node,
    /// The record that changed.
    pub changed: Node,
    /// Fields that changed; `None` when the lock does not say.
    pub fields: Option<Vec<String>>,
    /// From the changed record to `record`, both included.
    pub path: Vec<Node>,
    /// The suspect link, when it is this record's own; otherwise the record is in question through the path.
    pub link: Option<Edge>,
    /// Where that link is written, or the record.
    pub place: Place,
}

/// All suspect links, then every record they put in question along links that carry suspicion, each once, by its
/// shortest path. O(links + what is in question).
#[must_use]
pub fn suspects(set: &RecordSet) -> Vec<Suspect> {
    let direct = set.records().flat_map(|(node, _)| direct(set, node)).collect();
    with_reach(set, direct)
}

/// The suspect links of one record.
pub(super) fn direct(set: &RecordSet, node: Node) -> impl Iterator<Item = Suspect> {
    set.out(node).iter().filter_map(move |edge| {
        let LinkState::Suspect(revision) = set.link_state(node, *edge) else { return None };
        set.record(edge.node)?;
        let fields = set.changed_fields(edge.node, revision);
        Some(Suspect {
            record: node,
            changed: edge.node,
            fields: fields.map(|fields| fields.into_iter().map(str::to_owned).collect()),
            path: vec![edge.node, node],
            link: Some(*edge),
            place: set.link_place(node, *edge),
        })
    })
}

/// Adds what is in question because of the suspect links.
pub(super) fn with_reach(set: &RecordSet, mut found: Vec<Suspect>) -> Vec<Suspect> {
    let schema = set.schema();
    let mut from: BTreeMap<Node, (Node, usize)> = BTreeMap::new();
    let mut queue: VecDeque<(Node, usize)> = VecDeque::new();
    for (at, suspect) in found.iter().enumerate() {
        from.entry(suspect.record).or_insert((suspect.record, at));
        queue.push_back((suspect.record, at));
    }
    let own = found.len();
    while let Some((node, root)) = queue.pop_front() {
        for edge in set.back(node) {
            let carries = schema.link(edge.link).is_some_and(|link| link.carries);
            if !carries || from.contains_key(&edge.node) || set.record(edge.node).is_none() {
                continue;
            }
            from.insert(edge.node, (node, root));
            queue.push_back((edge.node, root));
            let Some(origin) = found.get(root).filter(|_| root < own) else { continue };
            let mut path = vec![edge.node];
            let mut at = node;
            while at != origin.record && path.len() <= from.len() {
                path.push(at);
                at = from.get(&at).map_or(origin.record, |(before, _)| *before);
            }
            path.extend([origin.record, origin.changed]);
            path.reverse();
            let suspect = Suspect {
                record: edge.node,
                changed: origin.changed,
                fields: origin.fields.clone(),
                path,
                link: None,
                place: set.record(edge.node).map_or(Place::default(), Record::id_place),
            };
            found.push(suspect);
        }
    }
    found
}
