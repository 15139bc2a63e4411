//! Making room: what is dropped from the oldest page, noted before it is erased, and what is kept nevertheless.

use alloc::vec::Vec;

use evidence::facts::sources::GapCause;
use evidence::{Entry, Fact};

use super::page::{self, Kind};
use super::state::{Dropped, Head, State, TooManyDrops};
use super::{Carried, Store};
use crate::error::Error;
use crate::flash::Flash;

impl<F: Flash> Store<F> {
    /// Frees the next page if it was not possible when this page was begun.
    pub(super) fn make_spare(&mut self) -> Result<(), Error<F::Error>> {
        let victim = self.next_page(self.page);
        if !self.live(victim, &self.state) {
            return Ok(());
        }
        let (state, carry) = self.plan(victim)?;
        let room: usize = carry.iter().map(|(_, p)| page::space(p.len())).sum();
        let encoded = state.encode();
        if self.offset.saturating_add(room + page::space(encoded.len())) > self.flash.page_size() {
            return Err(Error::Full);
        }
        let mut copies = Vec::with_capacity(carry.len());
        for (number, payload) in carry {
            let offset = self.put(Kind::Carry, &payload)?;
            copies.push(Carried { number, page: self.page, offset });
        }
        // The moment at which they are dropped.
        self.put(Kind::State, &encoded)?;
        self.take_over(state, copies);
        Ok(())
    }

    /// The state without what `victim` holds and nobody has answered: noted as dropped, but for certificates, which are to
    /// be copied, because without them the rest of their stream is worthless. Nothing changes yet.
    #[expect(clippy::type_complexity, reason = "used in this file alone")]
    pub(super) fn plan(&mut self, victim: u32) -> Result<(State, Vec<(u64, Vec<u8>)>), Error<F::Error>> {
        let (mut state, mut carry) = (self.state.clone(), Vec::new());
        if !self.live(victim, &self.state) {
            return Ok((state, carry));
        }
        let bytes = self.read_page(victim)?;
        state.settle(self.end_of(victim));
        for record in page::records(&bytes, self.info(victim).sequence) {
            let Some((number, raw)) = record.numbered() else { continue };
            let carried = self.state.carried.contains(&number);
            let queued = record.kind == Kind::Entry && number >= self.state.first;
            let Some(entry) = Entry::decode(raw).ok().filter(|_| carried || queued) else { continue };
            state.settle(number + 1);
            state.carried.retain(|n| *n != number);
            if entry.body().sequence == 0 {
                if state.carried.len() >= self.max_carried() {
                    return Err(Error::Full);
                }
                state.carried.push(number);
                carry.push((number, record.payload.to_vec()));
                continue;
            }
            note_dropped(&mut state, &entry).map_err(|TooManyDrops| Error::Full)?;
        }
        self.find_heads(&mut state, victim)?;
        Ok((state, carry))
    }

    /// Finds where the earlier streams end that have something to report now: their last entry is in `first` or later,
    /// because they had nothing to report before and what follows is not settled either. Where something after that entry
    /// is damaged, it may have been of the same stream and have been sent: then nothing more is written there.
    pub(super) fn find_heads(&mut self, state: &mut State, first: u32) -> Result<(), Error<F::Error>> {
        let current = state.current.as_ref().map(|c| c.stream);
        let unknown: Vec<u64> = state
            .drops
            .iter()
            .map(|d| d.stream)
            .filter(|s| Some(*s) != current && state.heads.iter().all(|h| h.stream != *s))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut page = first;
        for _ in 0..self.flash.pages() {
            let bytes = self.read_page(page)?;
            for record in page::records(&bytes, self.info(page).sequence) {
                let Some((number, raw)) = record.numbered() else { continue };
                let Ok(entry) = Entry::decode(raw) else { continue };
                if !unknown.contains(&entry.body().stream) {
                    continue;
                }
                let (stream, next) = (entry.body().stream, entry.body().sequence + 1);
                let spoiled = state.holes.iter().any(|(from, _)| *from > number);
                let head = Head { stream, next, last: entry.hash(), spoiled };
                match state.heads.iter_mut().find(|h| h.stream == stream) {
                    Some(h) if h.next < next => *h = head,
                    Some(_) => {}
                    None => state.heads.push(head),
                }
            }
            if page == self.page {
                break;
            }
            page = self.next_page(page);
        }
        Ok(())
    }
}

fn note_dropped(state: &mut State, entry: &Entry) -> Result<(), TooManyDrops> {
    let body = entry.body();
    let cause = GapCause::StoreFull;
    state.drop_range(Dropped { stream: body.stream, from: body.sequence, count: 1, cause })?;
    // A report that is dropped leaves what it reported unreported.
    if let Fact::GapReported(f) = &body.fact {
        state.drop_range(Dropped { stream: body.stream, from: f.from, count: f.count, cause: f.cause })?;
    }
    Ok(())
}
