//! Where the entries of one stream stand in the log: eight bytes an entry, in runs between gaps.

use evidence::cbor::{Malformed, Reader, Reason, Writer};

/// Items that room is made for before they are read.
const KNOWN: usize = 1_024;

/// Indices of a stream's entries by sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Runs without gaps, by their first sequence.
    runs: Vec<(u64, Vec<u64>)>,
}

impl Places {
    /// Index of the entry at `sequence`.
    #[must_use]
    pub(super) fn get(&self, sequence: u64) -> Option<u64> {
        let at = self.runs.partition_point(|(first, _)| *first <= sequence).checked_sub(1)?;
        let (first, indices) = self.runs.get(at)?;
        indices.get(usize::try_from(sequence - first).ok()?).copied()
    }

    /// Notes that `sequence`, which was missing, stands at `index`.
    pub(super) fn put(&mut self, sequence: u64, index: u64) {
        let at = self.runs.partition_point(|(first, _)| *first <= sequence);
        if let Some((first, indices)) = at.checked_sub(1).and_then(|before| self.runs.get_mut(before))
            && *first + indices.len() as u64 == sequence
        {
            indices.push(index);
            return self.join(at - 1);
        }
        // Most streams have one run for ever, and there are many streams.
        if self.runs.capacity() == 0 {
            self.runs.reserve_exact(1);
        }
        self.runs.insert(at, (sequence, vec![index]));
        self.join(at);
    }

    /// Joins the run at `at` with the next one if nothing lies between them.
    fn join(&mut self, at: usize) {
        let Some([(first, indices), (next, _)]) = self.runs.get(at..at + 2) else { return };
        if *first + indices.len() as u64 != *next {
            return;
        }
        let (_, tail) = self.runs.remove(at + 1);
        if let Some((_, indices)) = self.runs.get_mut(at) {
            indices.extend(tail);
        }
    }

    /// Writes the runs of what stands below `size` in the log, and says whether there is any. Indices are written as
    /// steps from one to the next, which are small.
    pub(super) fn write_below(&self, size: u64, w: &mut Writer) -> bool {
        // Cutting may split a run: a gap that was filled later is a gap again.
        let mut runs: Vec<(u64, Vec<u64>)> = Vec::new();
        for (first, indices) in &self.runs {
            for (sequence, index) in (*first..).zip(indices).filter(|(_, index)| **index < size) {
                match runs.last_mut() {
                    Some((f, i)) if *f + i.len() as u64 == sequence => i.push(*index),
                    _ => runs.push((sequence, vec![*index])),
                }
            }
        }
        w.array(runs.len());
        for (first, indices) in &runs {
            w.array(indices.len() + 1);
            w.uint(*first);
            let mut last = 0i64;
            for index in indices {
                // Indices stay far below 2^63 (tlog::tree::MAX_TREE_SIZE).
                let index = i64::try_from(*index).unwrap_or(i64::MAX);
                w.int(index - last);
                last = index;
            }
        }
        !runs.is_empty()
    }

    /// Reads what [`Self::write_below`] wrote.
    ///
    /// # Errors
    /// Another form, or runs that touch or overlap.
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let n = r.array(usize::MAX)?;
        let mut runs: Vec<(u64, Vec<u64>)> = Vec::with_capacity(n.min(KNOWN));
        for _ in 0..n {
            let at = r.position();
            let bad = Malformed { at, reason: Reason::OutOfRange("runs of places ascend and do not touch") };
            let len = r.array(usize::MAX)?;
            let first = r.uint()?;
            let (mut last, mut indices) = (0i64, Vec::with_capacity(len.saturating_sub(1).min(KNOWN)));
            for _ in 1..len {
                last = last.wrapping_add(r.int()?);
                indices.push(u64::try_from(last).map_err(|_| bad.clone())?);
            }
            r.leave();
            if indices.is_empty()
                || first.checked_add(len as u64).is_none()
                || runs.last().is_some_and(|(f, i)| f + i.len() as u64 >= first)
            {
                return Err(bad);
            }
            runs.push((first, indices));
        }
        r.leave();
        Ok(Self { runs })
    }
}
