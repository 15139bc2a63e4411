//! The fleet over time: how every device stood at each of some moments, as far as is known, in as few different histories as
//! there are. From it follow trends and metrics of any number of vulnerabilities without looking at the devices again.

use std::collections::BTreeMap;

use evidence::Time;
use formats::matching::Verdict;
use world::fleet::{Running, Stand, Subject};

use super::findings::Findings;
use super::knowledge::Knowledge;
use super::outcome::Outcome;
use super::survey::Lender;

/// Most moments of one timeline.
pub const MAX_SAMPLES: usize = 128;
/// Devices looked at while the world is held once: each is asked for every moment.
const PIECE: usize = 16;
const DAY: u64 = 86_400;
/// No class: there is no such device yet.
const NONE: u32 = u32::MAX;

/// Moments from `from` to `until`: midnights (UTC) a day, a week, four weeks or more apart, so that there are at most
/// [`MAX_SAMPLES`] of them, and `until` itself.
#[must_use]
pub fn samples(from: Time, until: Time) -> Vec<Time> {
    let days = until.since(from) / DAY;
    let room = MAX_SAMPLES as u64 - 2;
    let step =
        [1, 7, 28, 91, 364].into_iter().find(|step| days / step < room).unwrap_or(days / room + 1) * DAY;
    let mut out = Vec::new();
    let mut at = from.seconds().div_ceil(step).saturating_mul(step);
    while at < until.seconds() && out.len() < MAX_SAMPLES - 1 {
        out.extend(Time::from_seconds(at));
        at = at.saturating_add(step);
    }
    out.push(until);
    out
}

/// Every device at every sample.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The moments.
    pub samples: Vec<Time>,
    classes: Vec<(Stand, Vec<Running>)>,
    /// From which sample on which class, and how many devices have this history.
    histories: BTreeMap<Vec<(u16, u32)>, u64>,
}

/// How many devices there were of which kind at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The moment.
    pub at: Time,
    /// Affected.
    pub affected: u64,
    /// Nobody can tell.
    pub undetermined: u64,
    /// Affected at an earlier sample, and not any more: fixed, or running what is not affected.
    pub corrected: u64,
    /// All devices.
    pub devices: u64,
}

impl Timeline {
    /// Looks at every device. O(devices × samples).
    #[must_use]
    pub fn of(lender: &dyn Lender, known: &Knowledge, samples: Vec<Time>) -> Self {
        let mut timeline = Self { samples, ..Self::default() };
        let mut numbers: BTreeMap<Stand, u32> = BTreeMap::new();
        let mut after: Option<Subject> = None;
        loop {
            let mut more = false;
            lender.lend(&mut |world| {
                let view = world.fleet_at(known.time.unwrap_or(Time::EPOCH), known.size);
                let subjects = view.subjects(after.as_ref(), PIECE);
                more = subjects.len() == PIECE;
                for subject in &subjects {
                    let mut history: Vec<(u16, u32)> = Vec::new();
                    for (sample, stand) in (0u16..).zip(view.stands(subject, &timeline.samples)) {
                        let class = stand.map_or(NONE, |stand| {
                            let stand = Stand { site: None, ..stand };
                            let next = u32::try_from(timeline.classes.len()).unwrap_or(NONE);
                            *numbers.entry(stand).or_insert_with_key(|stand| {
                                timeline.classes.push((stand.clone(), view.runs(stand)));
                                next
                            })
                        });
                        if history.last().map_or(NONE, |(_, last)| *last) != class {
                            history.push((sample, class));
                        }
                    }
                    if !history.is_empty() {
                        *timeline.histories.entry(history).or_default() += 1;
                    }
                }
                after = subjects.last().cloned().or(after.take());
            });
            if !more {
                return timeline;
            }
        }
    }

    /// The numbers of one vulnerability over time; of one product's releases only, if one is named. A function of the log
    /// as known, and of nothing else.
    #[must_use]
    pub fn trend(&self, findings: &Findings, known: &Knowledge, product: Option<&str>) -> Vec<Point> {
        let of_product = |run: &&Running| {
            let release = run.release.and_then(|release| known.releases.get(&release));
            product.is_none_or(|product| release.is_some_and(|r| &*r.product == product))
        };
        let outcomes: Vec<Option<Verdict>> = self
            .classes
            .iter()
            .map(|(stand, runs)| {
                let runs: Vec<Running> = runs.iter().filter(of_product).cloned().collect();
                let concerned = product.is_none() || !runs.is_empty();
                concerned.then(|| Outcome::of(findings, known, stand, &runs).verdict)
            })
            .collect();
        let empty = |at: &Time| Point { at: *at, affected: 0, undetermined: 0, corrected: 0, devices: 0 };
        let mut points: Vec<Point> = self.samples.iter().map(empty).collect();
        for (history, devices) in &self.histories {
            let mut turns = history.iter().peekable();
            let (mut class, mut was_affected) = (NONE, false);
            for (sample, point) in (0u16..).zip(&mut points) {
                if let Some((_, next)) = turns.next_if(|(from, _)| *from == sample) {
                    class = *next;
                }
                let Some(verdict) = outcomes.get(class as usize).copied().flatten() else { continue };
                point.devices += devices;
                match verdict {
                    Verdict::Affected => {
                        point.affected += devices;
                        was_affected = true;
                    }
                    Verdict::Undetermined => point.undetermined += devices,
                    _ if was_affected => point.corrected += devices,
                    _ => {}
                }
            }
        }
        points
    }
}
