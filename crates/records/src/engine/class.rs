//! The software safety class that counts for each record: its own, else the highest it inherits, else C
//! (IEC 62304 4.3 g).

use crate::schema::expr::Class;
use crate::set::{Node, RecordSet};

const UNKNOWN: u8 = u8::MAX;

/// Effective classes of all records, by number. O(records + links that inherit).
#[derive(Debug, Default)]
pub(super) struct Classes(Vec<u8>);

impl Classes {
    pub(super) fn of_all(set: &RecordSet) -> Self {
        let mut classes = Self(vec![UNKNOWN; set.node_count() as usize]);
        for at in 0..set.node_count() {
            classes.resolve(set, Node(at));
        }
        classes
    }

    // @implements SWR-3
    pub(super) fn get(&self, node: Node) -> Class {
        match self.0.get(node.0 as usize) {
            Some(0) => Class::A,
            Some(1) => Class::B,
            _ => Class::C,
        }
    }

    /// Computes anew what may have changed with these records; returns the records whose class did.
    pub(super) fn update(&mut self, set: &RecordSet, changed: &[Node]) -> Vec<Node> {
        self.0.resize(set.node_count() as usize, UNKNOWN);
        let mut dependent: Vec<(Node, u8)> = Vec::new();
        let mut queue: Vec<Node> = changed.to_vec();
        let mut seen = vec![false; self.0.len()];
        while let Some(node) = queue.pop() {
            let (Some(seen), Some(class)) = (seen.get_mut(node.0 as usize), self.0.get_mut(node.0 as usize))
            else {
                continue;
            };
            if core::mem::replace(seen, true) {
                continue;
            }
            dependent.push((node, core::mem::replace(class, UNKNOWN)));
            queue.extend(set.back(node).iter().filter(|edge| inherits(set, edge.link)).map(|edge| edge.node));
        }
        for (node, _) in &dependent {
            self.resolve(set, *node);
        }
        dependent.retain(|(node, before)| self.0.get(node.0 as usize) != Some(before));
        dependent.into_iter().map(|(node, _)| node).collect()
    }

    /// Resolves one record and all it inherits from, with an explicit stack. A circle of inheritance counts as C.
    fn resolve(&mut self, set: &RecordSet, start: Node) {
        const OPEN: u8 = UNKNOWN - 1;
        let mut stack = vec![start];
        while let Some(&node) = stack.last() {
            let at = node.0 as usize;
            let Some(&state) = self.0.get(at) else { return };
            if state != UNKNOWN && state != OPEN {
                stack.pop();
                continue;
            }
            let own = set.record(node).and_then(|record| Class::parse(record.text_of("safety-class")));
            let mut highest = own.map(|class| class as u8);
            if own.is_none() && set.record(node).is_some() {
                let parents =
                    || set.out(node).iter().filter(|edge| inherits(set, edge.link)).map(|edge| edge.node);
                if state == UNKNOWN {
                    self.0[at] = OPEN;
                    let before = stack.len();
                    stack.extend(parents().filter(|parent| self.0.get(parent.0 as usize) == Some(&UNKNOWN)));
                    if stack.len() > before {
                        continue;
                    }
                }
                for parent in parents() {
                    let class = self.0.get(parent.0 as usize).copied().unwrap_or(Class::C as u8);
                    let class = if class > Class::C as u8 { Class::C as u8 } else { class };
                    highest = Some(highest.map_or(class, |highest| highest.max(class)));
                }
            }
            self.0[at] = highest.unwrap_or(Class::C as u8);
            stack.pop();
        }
    }
}

fn inherits(set: &RecordSet, link: crate::schema::LinkId) -> bool {
    set.schema().link(link).is_some_and(|link| link.inherits_class)
}
