//! The world as some entries of a log make it, each at its own index; what lies between them is not known. Of the whole log it
//! is the world. Keys, releases and devices come out as they are when the entries that concern them are there.

use std::collections::BTreeMap;

use evidence::{Entry, Fact, Hash};
use world::World;
use world::fleet::Subject;

/// Such a world.
#[derive(Default)]
pub(crate) struct Sparse {
    pub(crate) world: World,
    /// The first entry that names each device.
    pub(crate) named: BTreeMap<Subject, u64>,
}

impl Sparse {
    /// Stands at an index, so that the next entry is taken there. Indices ascend.
    pub(crate) fn stand_at(&mut self, index: u64) {
        if self.world.size() < index {
            self.world.restored(index);
        }
    }

    /// Takes the entry at the index it stands at.
    pub(crate) fn apply(&mut self, entry: &Entry, hash: Hash) {
        let index = self.world.size();
        let named = match &entry.body().fact {
            Fact::DeviceEnrolled(f) => Some(Subject::Device(f.device)),
            Fact::DeviceDeclared(f) => Some(Subject::Asset(f.asset.clone())),
            _ => None,
        };
        if let Some(subject) = named {
            self.named.entry(subject).or_insert(index);
        }
        self.world.apply(entry, hash);
    }
}
