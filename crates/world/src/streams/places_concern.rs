//! The places of streams as a concern of their own: not copied when frozen, but cut at the frozen size, because a place
//! never changes once it is taken.

use std::collections::BTreeMap;

use evidence::cbor::{Reader, Writer};

use super::{Places, StreamKey};
use crate::concern::{BadState, Concern, State};

/// Where each entry of each stream stands in the log.
#[derive(Debug, Clone, Default)]
pub struct StreamPlaces {
    map: BTreeMap<StreamKey, Places>,
    frozen_at: Option<u64>,
}

impl StreamPlaces {
    pub(super) fn get(&self, key: &StreamKey, sequence: u64) -> Option<u64> {
        self.map.get(key)?.get(sequence)
    }

    pub(super) fn put(&mut self, key: StreamKey, sequence: u64, index: u64) {
        self.map.entry(key).or_default().put(sequence, index);
    }

    pub(crate) fn freeze_at(&mut self, size: u64) {
        self.frozen_at = Some(size);
    }
}

impl Concern for StreamPlaces {
    fn freeze(&mut self) {}
    fn thaw(&mut self) {
        self.frozen_at = None;
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = after.map(StreamKey::from_bytes).transpose()?;
        let bounds = (after.as_ref().map_or(Unbounded, Excluded), Unbounded);
        let size = self.frozen_at.unwrap_or(u64::MAX);
        let states = self.map.range::<StreamKey, _>(bounds).filter_map(|(key, places)| {
            let mut w = Writer::with_capacity(64);
            let any = places.write_below(size, &mut w);
            any.then(|| State { key: key.bytes(), value: w.into_bytes() })
        });
        Ok(states.take(limit).collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let key = StreamKey::from_bytes(&state.key)?;
        let mut r = Reader::new(&state.value);
        let places = Places::read(&mut r).and_then(|p| r.finish().map(|()| p)).map_err(BadState::Value)?;
        self.map.insert(key, places);
        Ok(())
    }
}
