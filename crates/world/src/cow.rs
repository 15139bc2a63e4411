//! A sorted map that can be looked at as it was at one moment while it goes on changing.
//!
//! Sealing walks over every state of a concern at a fixed log size, in pieces, without holding the world: [`CowMap::freeze`]
//! marks the moment, and from then on the first change of a value keeps the old one aside until [`CowMap::thaw`].

use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct CowMap<K, V> {
    live: BTreeMap<K, V>,
    /// Values as they were when frozen, of the keys that changed since; `None` for keys that are new since.
    kept: Option<BTreeMap<K, Option<V>>>,
}

impl<K, V> Default for CowMap<K, V> {
    fn default() -> Self {
        Self { live: BTreeMap::new(), kept: None }
    }
}

impl<K: Ord + Clone, V: Clone> CowMap<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.live.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.live.iter()
    }

    pub(crate) fn range_from(&self, from: K) -> impl Iterator<Item = (&K, &V)> {
        self.live.range(from..)
    }

    /// The pairs from `from` on and before `to`, in order.
    pub(crate) fn between(&self, from: K, to: K) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        // An empty range for bounds that cross, where the map itself would panic.
        let to = if to < from { from.clone() } else { to };
        self.live.range(from..to)
    }

    /// The pairs after `after`, in order.
    pub(crate) fn after(&self, after: Option<&K>) -> impl Iterator<Item = (&K, &V)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.live.range::<K, _>((after.map_or(Unbounded, Excluded), Unbounded))
    }

    /// The value to change, if there is one. Keeps the old one aside where a frozen view needs it.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let value = self.live.get_mut(key)?;
        if let Some(kept) = &mut self.kept
            && !kept.contains_key(key)
        {
            kept.insert(key.clone(), Some(value.clone()));
        }
        Some(value)
    }

    /// Puts a value in place.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let old = self.live.insert(key.clone(), value);
        if let Some(kept) = &mut self.kept {
            kept.entry(key).or_insert(old);
        }
    }

    /// From now on the present values can be walked over with [`Self::frozen_after`], whatever changes.
    pub(crate) fn freeze(&mut self) {
        self.kept = Some(BTreeMap::new());
    }

    /// Forgets the frozen view.
    pub(crate) fn thaw(&mut self) {
        self.kept = None;
    }

    /// Up to `limit` pairs of the frozen view after `after`, in order. The present view if nothing is frozen.
    pub(crate) fn frozen_after(&self, after: Option<&K>, limit: usize) -> Vec<(&K, &V)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let bounds = (after.map_or(Unbounded, Excluded), Unbounded);
        let mut live = self.live.range::<K, _>(bounds).peekable();
        let mut kept = self.kept.iter().flat_map(|kept| kept.range::<K, _>(bounds)).peekable();
        let mut out = Vec::with_capacity(limit.min(1_024));
        while out.len() < limit {
            // Whatever was kept aside hides the live value of the same key.
            let kept_first = match (live.peek(), kept.peek()) {
                (None, None) => break,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (Some((l, _)), Some((k, _))) => k <= l,
            };
            if kept_first {
                let Some((key, value)) = kept.next() else { break };
                if live.peek().is_some_and(|(l, _)| *l == key) {
                    live.next();
                }
                out.extend(value.as_ref().map(|value| (key, value)));
            } else {
                out.extend(live.next());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    //! The frozen view against a plain copy taken at the same moment.
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::CowMap;

    proptest! {
        #[test]
        fn a_frozen_view_is_the_copy_of_its_moment(
            before in proptest::collection::btree_map(0u8..40, any::<u8>(), 0..30),
            changes in proptest::collection::vec((0u8..40, any::<u8>(), any::<bool>()), 0..60),
            limit in 1usize..7,
        ) {
            let mut map = CowMap::default();
            before.iter().for_each(|(k, v)| map.insert(*k, *v));
            map.freeze();
            for (key, value, mutate) in changes {
                match (mutate, map.get_mut(&key)) {
                    (true, Some(v)) => *v = value,
                    _ => map.insert(key, value),
                }
            }
            let (mut seen, mut after) = (BTreeMap::new(), None);
            loop {
                let chunk = map.frozen_after(after.as_ref(), limit);
                let Some((last, _)) = chunk.last() else { break };
                after = Some(**last);
                seen.extend(chunk.iter().map(|(k, v)| (**k, **v)));
            }
            prop_assert_eq!(seen, before);
            map.thaw();
            prop_assert_eq!(map.frozen_after(None, 100).len(), map.len());
        }
    }
}
