//! Axes: where to put marks on a stretch of time or a range of numbers, and what to write there.

use evidence::Time;

use super::super::markup::moment;

/// Most marks on an axis of time.
const MAX_TICKS: usize = 9;
/// Steps in seconds, up to a week; beyond, months and years are counted by the calendar.
const STEPS: [u64; 12] =
    [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Round moments between two, at most [`MAX_TICKS`], with their words.
pub(super) fn ticks(from: Time, until: Time) -> Vec<(Time, String)> {
    let span = until.since(from);
    let fits = |step: &u64| span / step < MAX_TICKS as u64;
    if let Some(step) = STEPS.into_iter().find(fits) {
        let first = from.seconds().div_ceil(step);
        let all = (first..=until.seconds() / step).filter_map(|n| Time::from_seconds(n * step));
        return all.map(|t| (t, said(t, step))).collect();
    }
    let months = |t: Time| {
        let [y, m, ..] = t.parts();
        y * 12 + m - 1
    };
    let (first, last) = (months(from) + 1, months(until));
    let count = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX);
    let step = [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(|s| count / s < MAX_TICKS).unwrap_or(1_200);
    let step_months = step as u64;
    let all = (first.div_ceil(step_months)..=last / step_months).map(|n| n * step_months);
    all.filter_map(|n| {
        let (y, m) = (n / 12, n % 12);
        let time = format!("{y:04}-{:02}-01T00:00:00Z", m + 1).parse().ok()?;
        let name = MONTHS.get(usize::try_from(m).ok()?)?;
        let words = match (m, step_months >= 12) {
            (_, true) => format!("{y}"),
            (0, false) => format!("{name} {y}"),
            (..) => (*name).to_owned(),
        };
        Some((time, words))
    })
    .collect()
}

fn said(time: Time, step: u64) -> String {
    let [_, m, d, h, mi, _] = time.parts();
    let month = usize::try_from(m).ok().and_then(|m| MONTHS.get(m - 1)).copied().unwrap_or_default();
    if step >= 86_400 || (h == 0 && mi == 0) { format!("{d} {month}") } else { format!("{h:02}:{mi:02}") }
}

/// Where a moment lies between two, in hundredths of a per cent; held within them.
pub(super) fn place(time: Time, from: Time, until: Time) -> u64 {
    super::part(time.max(from).min(until).since(from), until.since(from))
}

/// A round number not below `most`, and a step that divides it into at most five: the top and the marks of an axis.
pub(super) fn round(most: u64) -> (u64, u64) {
    let mut power: u64 = 1;
    loop {
        for step in [power, power.saturating_mul(2), power.saturating_mul(5)] {
            if step.saturating_mul(5) >= most {
                return (most.div_ceil(step).max(1).saturating_mul(step), step);
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return (most, most),
        }
    }
}

/// A stretch of time in words, for titles of marks.
pub(super) fn stretch(from: Time, until: Time) -> String {
    format!("{} to {} UTC", moment(from), moment(until))
}
