//! When a device's evidence was made, and what that says of a moment.
//!
//! Evidence was made between the tick of its beacon and its arrival. Its stream narrows that: an entry is made after those
//! before it, whose beacons bound it too, and before those after it, whose arrival may have come first. Evidence that says
//! neither (no beacon, nor any before it in its stream) was made at some time before it arrived, nobody knows when.

use evidence::Time;

/// One piece of evidence on the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) index: u64,
    pub(super) stream: u64,
    pub(super) sequence: u64,
    /// Not made before; `None` where nothing says.
    pub(super) lo: Option<Time>,
    /// Not made after.
    pub(super) hi: Time,
    /// `None` for an entry that measures nothing because it is not evidence.
    pub(super) set: Option<Option<u32>>,
}

/// What evidence says of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The moment lies within the span of this evidence, and of no other that differs.
    Within(Span),
    /// The moment lies between two measurements that agree.
    Between(Span, Span),
    /// This is the last measurement before the moment, and the next one differs or there is none.
    Last(Span),
    /// The moment lies within spans that disagree.
    Conflict(Span, Span),
    /// The first measurement came later.
    Before(Span),
    /// There is no evidence.
    Nothing,
}

/// The evidence of one device, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    spans: Vec<Span>,
    /// Latest end of the spans up to here.
    max_hi: Vec<Time>,
}

impl Spans {
    /// Puts the entries of a device in order, each narrowed by its stream. O(n log n).
    pub(super) fn new(mut all: Vec<Span>) -> Self {
        all.sort_by_key(|s| (s.stream, s.sequence, s.index));
        let mut lo = None;
        let mut stream = None;
        for span in &mut all {
            if stream != Some(span.stream) {
                (stream, lo) = (Some(span.stream), None);
            }
            lo = lo.max(span.lo);
            span.lo = lo;
        }
        let mut hi = Time::MAX;
        stream = None;
        for span in all.iter_mut().rev() {
            if stream != Some(span.stream) {
                (stream, hi) = (Some(span.stream), Time::MAX);
            }
            hi = hi.min(span.hi);
            span.hi = hi;
            // A beacon newer than a later entry's arrival is a lie of the device; the arrival is ours.
            span.lo = span.lo.map(|lo| lo.min(hi));
        }
        all.retain(|s| s.set.is_some());
        all.sort_by_key(|s| (s.lo, s.hi, s.stream, s.sequence, s.index));
        let max_hi = all
            .iter()
            .scan(Time::EPOCH, |max, s| {
                *max = (*max).max(s.hi);
                Some(*max)
            })
            .collect();
        Self { spans: all, max_hi }
    }

    /// The spans in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter()
    }

    /// What the evidence says of a moment. O(log n) and one step for each span that covers it.
    pub(super) fn at(&self, t: Time) -> Answer {
        let begun = self.spans.partition_point(|s| s.lo.is_none_or(|lo| lo <= t));
        let mut within: Option<Span> = None;
        let mut before: Option<Span> = None;
        for (span, max_hi) in self.spans.iter().zip(&self.max_hi).take(begun).rev() {
            if *max_hi < t && before.is_some() {
                break;
            }
            if span.hi < t {
                before = before.or(Some(*span));
            } else if span.lo.is_some() {
                match within {
                    Some(later) if later.set != span.set => return Answer::Conflict(*span, later),
                    _ => within = within.or(Some(*span)),
                }
            }
        }
        let after = self.spans.get(begun..).unwrap_or_default().first().copied();
        match (within, before, after) {
            (Some(span), ..) => Answer::Within(span),
            (None, Some(before), Some(after)) if before.set == after.set => Answer::Between(before, after),
            (None, Some(before), _) => Answer::Last(before),
            (None, None, Some(after)) => Answer::Before(after),
            // Evidence without a lower bound that arrived later.
            (None, None, None) => self.spans.first().map_or(Answer::Nothing, |s| Answer::Before(*s)),
        }
    }
}
