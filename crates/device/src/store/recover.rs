//! Finding out how things stand after a start: one scan over the pages in the order in which they were begun.
//!
//! What the scan concludes from what it cannot read:
//! - at the end of the newest page, without a commit: power failed while it was written; nobody has seen it
//! - the same with a commit: it was complete, and may have been sent, and is damaged; its stream ends here
//! - elsewhere: entries are damaged if their numbers are missing; their places follow from the entry or state after them; what
//!   they may have reported is reported again, and where nobody can say what that was, the stream ends here

use alloc::vec::Vec;

use evidence::Entry;
use evidence::facts::sources::GapCause;

use super::page::{self, Kind};
use super::state::{Dropped, MAX_HOLES, State};
use super::{Carried, Info, MAX_PAGE, MIN_PAGE, MIN_PAGES, Store};
use crate::error::Error;
use crate::flash::{Flash, UNIT};

/// Numbers that were not found, and the place of the number after them.
struct Missing {
    from: u64,
    to: u64,
    stream: u64,
    next: u64,
    /// Dropped places whose report may be among them.
    unheard: Vec<Dropped>,
    /// No state was read before them, or not the one at the head of their page: nobody can say what was to be reported.
    headless: bool,
}

/// The scan so far.
#[derive(Default)]
struct Scan {
    state: State,
    /// A state was read, and no page is missing since.
    begun: bool,
    missing: Vec<Missing>,
    carried: Vec<Carried>,
}

impl Scan {
    fn record(&mut self, page: u32, record: &page::Record<'_>) {
        match record.kind {
            Kind::State => {
                let Ok(state) = State::decode(record.payload) else { return };
                if let Some(c) = state.current.as_ref().filter(|_| state.number > self.state.number) {
                    self.missed(state.number, c.stream, c.next);
                }
                // What is no longer to be reported was reported in what is missing. Twice does no harm.
                if let Some(missing) = self.missing.last_mut() {
                    let unheard = self.state.drops.iter().filter(|d| !state.drops.contains(d));
                    missing.unheard.extend(unheard.cloned());
                }
                (self.state, self.begun) = (state, true);
            }
            Kind::Entry => {
                let Some((number, raw)) = record.numbered() else { return };
                let Ok(entry) = Entry::decode(raw) else { return };
                if number > self.state.number {
                    self.missed(number, entry.body().stream, entry.body().sequence);
                }
                if number >= self.state.number {
                    self.state.take(entry.body(), entry.hash(), number);
                }
            }
            Kind::Carry => {
                if let Some((number, _)) = record.numbered() {
                    self.carried.retain(|c| c.number != number);
                    self.carried.push(Carried { number, page, offset: record.offset });
                }
            }
            Kind::Settled => {
                let mut numbers = record
                    .payload
                    .chunks_exact(8)
                    .filter_map(|c| Some(u64::from_be_bytes(c.try_into().ok()?)));
                if let Some(first) = numbers.next() {
                    self.state.settle(first);
                    let kept: Vec<u64> = numbers.collect();
                    self.state.carried.retain(|n| kept.contains(n));
                }
            }
        }
    }

    fn missed(&mut self, to: u64, stream: u64, next: u64) {
        // Older ones are settled, or found again at the next start.
        if self.missing.len() == MAX_HOLES {
            self.missing.remove(0);
        }
        self.missing.push(Missing {
            from: self.state.number,
            to,
            stream,
            next,
            unheard: Vec::new(),
            headless: !self.begun,
        });
    }

    /// The first number of these that is damaged and not settled, unless all of it is noted already.
    fn damaged(&self, m: &Missing) -> Option<u64> {
        let from = m.from.max(self.state.first);
        let known = self.state.holes.iter().any(|(a, b)| *a <= from && m.to <= *b);
        (from < m.to && !known && self.state.holes.len() < MAX_HOLES).then_some(from)
    }

    /// Whether reports may be lost that nobody can make again.
    fn reports_in_doubt(&self) -> bool {
        self.missing.iter().any(|m| m.headless && self.damaged(m).is_some())
    }

    /// Notes what is damaged and not settled, unless it is noted already.
    fn note_damage(&mut self) {
        for m in core::mem::take(&mut self.missing) {
            let Some(from) = self.damaged(&m) else { continue };
            let count = (m.to - from).min(m.next);
            let lost =
                Dropped { stream: m.stream, from: m.next - count, count, cause: GapCause::StoreDamaged };
            let mut state = self.state.clone();
            if core::iter::once(lost).chain(m.unheard).all(|d| state.drop_range(d).is_ok()) {
                state.holes.push((from, m.to));
                self.state = state;
            }
        }
    }
}

impl<F: Flash> Store<F> {
    /// Looks at the flash and takes up where it was left; begins anew on flash that holds nothing of ours.
    ///
    /// # Errors
    /// The flash is too small, or fails.
    pub(crate) fn open(flash: F) -> Result<Self, Error<F::Error>> {
        let (pages, size) = (flash.pages(), flash.page_size());
        if pages < MIN_PAGES || !(MIN_PAGE..=MAX_PAGE).contains(&size) || !size.is_multiple_of(UNIT) {
            return Err(Error::Geometry {
                min_pages: MIN_PAGES,
                min_page: MIN_PAGE,
                max_page: MAX_PAGE,
                unit: UNIT,
            });
        }
        let mut store = Self {
            flash,
            pages: alloc::vec![Info::default(); pages as usize],
            page: 0,
            offset: size,
            carried: Vec::new(),
            state: State::default(),
            poisoned: false,
        };
        let order = store.find_pages()?;
        let mut scan = Scan::default();
        let (mut spoiled, mut after_garbage, mut before) = (false, size, 0);
        let (Some(oldest), Some(newest)) = (order.first().copied(), order.last().copied()) else {
            store.begin(0, 1, State::default(), Vec::new())?;
            return Ok(store);
        };
        for page in order {
            let bytes = store.read_page(page)?;
            let sequence = store.info(page).sequence;
            // The beginning of a page that is missing as a whole said what was dropped then.
            scan.begun &= sequence == before + 1;
            before = sequence;
            let (mut end, mut first) = (UNIT, None);
            for record in page::records(&bytes, sequence) {
                scan.record(page, &record);
                let number = record.numbered().map_or(scan.state.number, |(n, _)| n);
                first = first.or((record.kind != Kind::Carry).then_some(number));
                end = record.end;
            }
            if let Some(info) = store.pages.get_mut(page as usize) {
                info.first = first.unwrap_or(scan.state.number);
            }
            if page == newest {
                store.offset = if page::is_erased(&bytes, end) { end } else { size };
                // Behind the last record's commit, even if power failed before that was written: a record is stepped over
                // together with the place of its commit.
                after_garbage = page::written(&bytes).max(end);
                spoiled |= page::committed(&bytes, end, sequence);
            }
        }
        store.page = newest;
        // The page that would be begun next: erased, older, torn while it was begun, or begun and damaged.
        let next = store.next_page(newest);
        if store.info(next).sequence == 0 {
            let bytes = store.read_page(next)?;
            spoiled |= page::committed(&bytes, 0, store.info(newest).sequence + 1);
        }
        if spoiled || scan.reports_in_doubt() {
            scan.state.end_stream(true);
            store.offset = size;
        }
        scan.note_damage();
        let kept = &scan.state.carried;
        scan.carried.retain(|c| kept.contains(&c.number));
        store.find_heads(&mut scan.state, oldest)?;
        (store.state, store.carried) = (scan.state, scan.carried);
        // Where the page cannot be left, because nothing was freed yet, it goes on behind what was cut off.
        if store.live(next, &store.state) {
            store.offset = store.offset.min(after_garbage);
        }
        Ok(store)
    }

    /// Pages with a good header, oldest first. One whose beginning was cut off by power loss counts as having none.
    fn find_pages(&mut self) -> Result<Vec<u32>, Error<F::Error>> {
        let mut found = Vec::new();
        for page in 0..self.flash.pages() {
            let bytes = self.read_page(page)?;
            let Some(sequence) = page::read_header(&bytes) else { continue };
            let opened = page::records(&bytes, sequence).any(|r| r.kind == Kind::State);
            if !opened && !page::committed(&bytes, UNIT, sequence) {
                continue;
            }
            found.push((sequence, page));
            if let Some(info) = self.pages.get_mut(page as usize) {
                info.sequence = sequence;
            }
        }
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, page)| page).collect())
    }
}
