//! The queue of evidence and the state beside it, across power loss: a log of records over pages that are written in turn.
//!
//! - Every page begins with the whole state, so the newest page alone says how things stand; recovery is one scan.
//! - An entry is durable before its bytes leave the store. A place is taken only by a durable entry, so power loss never
//!   lets a place be used twice.
//! - The page after the one being written is always free. When it still holds entries that nobody has answered, the state
//!   first notes them as dropped, with count and cause; only then is it ever erased.
//! - RAM: one page while reading, 24 bytes a page, and the state. Each page is erased once a round.
//!
//! `page.rs` has the bytes, `free.rs` what is dropped, `state.rs` the state, `recover.rs` the scan. Not here: what entries say and who signs them.

mod free;
pub(crate) mod page;
mod recover;
pub(crate) mod state;

use alloc::vec::Vec;

use evidence::Entry;
use tlog::Hash;

use crate::error::Error;
use crate::flash::{Flash, UNIT};
use page::Kind;
use state::{MAX_CARRIED, State};

/// Fewest pages: one being written, one free, one with something in it.
pub const MIN_PAGES: u32 = 3;
/// Smallest page in bytes.
pub const MIN_PAGE: usize = 4_096;
/// Largest page in bytes.
pub const MAX_PAGE: usize = 1 << 17;

/// What is known of a page in RAM.
#[derive(Clone, Copy, Debug, Default)]
struct Info {
    /// Its sequence; 0 if it has no good header.
    sequence: u64,
    /// Number of the queue's next entry when it was begun.
    first: u64,
}

/// A carried certificate and where it is.
#[derive(Clone, Copy, Debug)]
struct Carried {
    number: u64,
    page: u32,
    offset: usize,
}

/// One entry on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number in the queue; the transport has no use for it.
    pub number: u64,
    /// Its entry hash, which the answer to it repeats.
    pub entry: Hash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Entries to send, in the order in which they must be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The entries.
    pub items: Vec<Item>,
}

/// The store.
pub(crate) struct Store<F: Flash> {
    flash: F,
    pages: Vec<Info>,
    /// The page being written.
    page: u32,
    /// Where its next record goes; the page's size if it takes no more.
    offset: usize,
    carried: Vec<Carried>,
    state: State,
    poisoned: bool,
}

impl<F: Flash> Store<F> {
    /// How things stand.
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// Gives the flash back.
    pub(crate) fn into_flash(self) -> F {
        self.flash
    }

    /// Largest entry in bytes: with it, a fresh page holds the state twice and the certificates that may be carried.
    pub(crate) fn max_entry(&self) -> usize {
        (self.flash.page_size() / 4).min(evidence::MAX_ENTRY) - 2 * UNIT
    }

    /// Certificates that fit into a page beside the state and the largest entry.
    fn max_carried(&self) -> usize {
        if self.flash.page_size() < 4 * MIN_PAGE { 2 } else { MAX_CARRIED }
    }

    fn next_page(&self, page: u32) -> u32 {
        if page + 1 >= self.flash.pages() { 0 } else { page + 1 }
    }

    fn info(&self, page: u32) -> Info {
        self.pages.get(page as usize).copied().unwrap_or_default()
    }

    /// Whether a page holds something that is not settled under `state`.
    fn live(&self, page: u32, state: &State) -> bool {
        let info = self.info(page);
        if info.sequence == 0 {
            return false;
        }
        if page == self.page
            || self.carried.iter().any(|c| c.page == page && state.carried.contains(&c.number))
        {
            return true;
        }
        info.first.max(state.first) < self.end_of(page)
    }

    /// Number of the first entry behind a page: where the next one begins that is readable, which need not be the next one
    /// in place.
    fn end_of(&self, page: u32) -> u64 {
        let sequence = self.info(page).sequence;
        let later = self.pages.iter().filter(|p| p.sequence > sequence);
        later.min_by_key(|p| p.sequence).map_or(self.state.number, |p| p.first)
    }

    fn read_page(&mut self, page: u32) -> Result<Vec<u8>, Error<F::Error>> {
        let mut bytes = alloc::vec![0; self.flash.page_size()];
        self.flash.read(page, 0, &mut bytes).map_err(Error::Flash)?;
        Ok(bytes)
    }

    /// A write that failed leaves the page in doubt: nothing more is written until the next start has looked at it.
    fn write(&mut self, run: impl FnOnce(&mut F) -> Result<(), F::Error>) -> Result<(), Error<F::Error>> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        run(&mut self.flash).map_err(|e| {
            self.poisoned = true;
            Error::Flash(e)
        })
    }

    /// Writes a record at the end of the page; it must fit. Says where it is.
    fn put(&mut self, kind: Kind, payload: &[u8]) -> Result<usize, Error<F::Error>> {
        let (page, at, sequence) = (self.page, self.offset, self.info(self.page).sequence);
        let record = page::record(sequence, at, kind, payload);
        let commit_at = at + record.len();
        self.write(|f| f.program(page, at, &record))?;
        self.write(|f| f.program(page, commit_at, &page::commit(sequence, commit_at)))?;
        self.offset = commit_at + UNIT;
        Ok(at)
    }

    fn fits(&self, payload: usize) -> bool {
        self.offset.saturating_add(page::space(payload)) <= self.flash.page_size()
    }

    /// Goes on in the next page. What the page after that still holds is noted as dropped in the state that begins the new
    /// page, so that it is free from then on. If there is no room to note it, nothing happens (`must_free`), or the new
    /// page is begun nevertheless and nothing is freed.
    fn leave(&mut self, must_free: bool) -> Result<(), Error<F::Error>> {
        let next = self.next_page(self.page);
        if self.live(next, &self.state) {
            return Err(Error::Full);
        }
        let (state, carry) = match self.plan(self.next_page(next)) {
            Err(Error::Full) if !must_free => (self.state.clone(), Vec::new()),
            other => other?,
        };
        self.begin(next, self.info(self.page).sequence + 1, state, carry)
    }

    /// Begins a page: carried certificates, then the state with a commit. Without the state the page does not count.
    fn begin(
        &mut self,
        page: u32,
        sequence: u64,
        state: State,
        carry: Vec<(u64, Vec<u8>)>,
    ) -> Result<(), Error<F::Error>> {
        self.write(|f| f.erase(page))?;
        let (mut head, mut copies) = (page::header(sequence), Vec::with_capacity(carry.len()));
        for (number, payload) in carry {
            copies.push(Carried { number, page, offset: head.len() });
            let record = page::record(sequence, head.len(), Kind::Carry, &payload);
            head.extend_from_slice(&record);
            head.resize(head.len() + UNIT, 0xff); // no commit
        }
        let record = page::record(sequence, head.len(), Kind::State, &state.encode());
        head.extend_from_slice(&record);
        let commit_at = head.len();
        self.write(|f| f.program(page, 0, &head))?;
        self.write(|f| f.program(page, commit_at, &page::commit(sequence, commit_at)))?;
        if let Some(info) = self.pages.get_mut(page as usize) {
            *info = Info { sequence, first: state.number };
        }
        self.page = page;
        self.offset = commit_at + UNIT;
        self.take_over(state, copies);
        Ok(())
    }

    fn take_over(&mut self, state: State, copies: Vec<Carried>) {
        self.carried.retain(|c| copies.iter().all(|n| n.number != c.number));
        self.carried.extend(copies);
        self.carried.retain(|c| state.carried.contains(&c.number));
        self.state = state;
    }

    /// Makes an entry durable. With `spare`, only if a page is free afterwards; without, as long as there is room at all:
    /// reports of gaps are what makes room.
    pub(crate) fn append(&mut self, entry: &Entry, spare: bool) -> Result<(), Error<F::Error>> {
        let bytes = entry.encode();
        if bytes.len() > self.max_entry() {
            return Err(Error::TooLarge { size: bytes.len(), max: self.max_entry() });
        }
        match self.make_spare() {
            Err(Error::Full) if !spare => {}
            other => other?,
        }
        let mut payload = Vec::with_capacity(8 + bytes.len());
        payload.extend_from_slice(&self.state.number.to_be_bytes());
        payload.extend_from_slice(&bytes);
        self.make_room(payload.len(), spare)?;
        self.put(Kind::Entry, &payload)?;
        let number = self.state.number;
        self.state.take(entry.body(), entry.hash(), number);
        Ok(())
    }

    /// Leaves the page if it has no room. Twice at most: the second one may be needed after certificates were carried.
    fn make_room(&mut self, payload: usize, must_free: bool) -> Result<(), Error<F::Error>> {
        for _ in 0..2 {
            if self.fits(payload) {
                return Ok(());
            }
            self.leave(must_free)?;
        }
        if self.fits(payload) { Ok(()) } else { Err(Error::Full) }
    }

    /// Changes the state and makes the change durable. `change` may be called more than once, each time on the state as it
    /// is then: freeing a page changes it too.
    pub(crate) fn change(&mut self, change: impl Fn(&mut State)) -> Result<(), Error<F::Error>> {
        for _ in 0..3 {
            let mut state = self.state.clone();
            change(&mut state);
            let encoded = state.encode();
            if self.fits(encoded.len()) {
                self.put(Kind::State, &encoded)?;
                self.state = state;
                return Ok(());
            }
            self.leave(false)?;
        }
        Err(Error::Full)
    }

    /// What is to be sent, oldest first: at most `items` entries and `bytes` bytes, but one entry in any case.
    pub(crate) fn outbox(&mut self, items: usize, bytes: usize) -> Result<Batch, Error<F::Error>> {
        let mut batch = Batch::default();
        let mut left = bytes;
        let mut push = |number: u64, raw: &[u8]| {
            let Ok(entry) = Entry::decode(raw) else { return true };
            if batch.items.len() >= items || (raw.len() > left && !batch.items.is_empty()) {
                return false;
            }
            left = left.saturating_sub(raw.len());
            batch.items.push(Item { number, entry: entry.hash(), bytes: raw.to_vec() });
            true
        };
        for carried in self.carried.clone() {
            let page = self.read_page(carried.page)?;
            let record = page::records(&page, self.info(carried.page).sequence)
                .find(|r| r.offset == carried.offset)
                .and_then(|r| r.numbered());
            if let Some((number, raw)) = record
                && !push(number, raw)
            {
                return Ok(batch);
            }
        }
        let mut page = self.page;
        for _ in 0..self.flash.pages() {
            page = self.next_page(page);
            if !self.live(page, &self.state) {
                continue;
            }
            let read = self.read_page(page)?;
            for record in page::records(&read, self.info(page).sequence).filter(|r| r.kind == Kind::Entry) {
                if let Some((number, raw)) = record.numbered().filter(|(n, _)| *n >= self.state.first)
                    && !push(number, raw)
                {
                    return Ok(batch);
                }
            }
        }
        Ok(batch)
    }

    /// Settles the first `count` items of a batch: they were answered for good.
    ///
    /// Where there is no room to make that durable it holds until the next start; then the entries are sent again, which
    /// does no harm.
    pub(crate) fn settle(&mut self, batch: &Batch, count: usize) -> Result<(), Error<F::Error>> {
        let mut state = self.state.clone();
        for item in batch.items.iter().take(count) {
            if item.number >= state.first {
                state.settle(item.number + 1);
            }
            state.carried.retain(|n| *n != item.number);
        }
        if state == self.state {
            return Ok(());
        }
        self.state = state;
        let kept = &self.state.carried;
        self.carried.retain(|c| kept.contains(&c.number));
        let mut payload = self.state.first.to_be_bytes().to_vec();
        self.state.carried.iter().for_each(|n| payload.extend_from_slice(&n.to_be_bytes()));
        if self.fits(payload.len()) {
            return self.put(Kind::Settled, &payload).map(drop);
        }
        match self.leave(false) {
            Ok(()) | Err(Error::Full) => Ok(()),
            Err(e) => Err(e),
        }
    }
}
