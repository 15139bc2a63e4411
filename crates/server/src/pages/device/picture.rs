//! What ran when, and how that is known, as a picture: a lane for each thing it ran, one for its evidence, one for what is
//! the matter. The table of intervals has the same.

use evidence::Time;
use ledger::properties::grouped;

use super::super::chart::{Lane, Mark, MarkKind, Stretch as Drawn, Timeline, timeline};
use super::super::markup::{Markup, count, minute, moment};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::words;
use super::{Kind, Matter, Stretch, Told};

/// Lanes of what it ran; what is rarer stands together.
const MAX_LANES: usize = 6;
/// Marks that are drawn; of more, every second, third, … one.
const MAX_MARKS: usize = 240;
const ALTERED: &str = "no release";
const UNKNOWN: &str = "unknown";

fn lane_of(s: &Stretch) -> &str {
    match (s.altered, s.runs.as_str()) {
        (true, _) => ALTERED,
        (false, "") => UNKNOWN,
        (false, runs) => runs,
    }
}

pub(super) fn draw(
    view: &View<'_>,
    stretches: &[Stretch],
    told: &[Told],
    matters: &[Matter],
    at: Time,
    interval: u64,
) -> Markup {
    let Some(first) = stretches.first() else { return Markup::new() };
    // A page of the moment it began has a picture too.
    let from = first.from.min(Time::from_seconds(at.seconds().saturating_sub(3_600)).unwrap_or(at));
    // What it ran last stands on top.
    let mut names: Vec<&str> = Vec::new();
    for s in stretches.iter().rev() {
        if !names.contains(&lane_of(s)) {
            names.push(lane_of(s));
        }
    }
    names.sort_by_key(|name| *name == UNKNOWN);
    let rest = names.len() > MAX_LANES;
    names.truncate(MAX_LANES);
    let mut lanes: Vec<Lane> =
        names.iter().map(|name| Lane { label: cut(short(name), 18), ..Lane::default() }).collect();
    if rest {
        lanes.push(Lane { label: "others".into(), ..Lane::default() });
    }
    for s in stretches {
        let lane = names.iter().position(|name| *name == lane_of(s)).unwrap_or(names.len());
        let drawn = Drawn {
            from: s.from,
            until: s.until,
            fill: words::fill(&s.certainty),
            words: format!("{}: {} and {}", lane_of(s), s.grade.word(), s.certainty.word()),
            href: s.certainty.evidence().map(|index| view.to(&format!("/log/{index}"))),
        };
        if let Some(lane) = lanes.get_mut(lane) {
            lane.stretches.push(drawn);
        }
    }
    let evidence = evidence(view, stretches, told, interval);
    let late = evidence.iter().filter(|m| m.kind == MarkKind::Late).count();
    lanes.push(Lane { label: "Evidence".into(), marks: evidence, ..Lane::default() });
    let open = trouble(view, told, matters);
    if !open.is_empty() {
        lanes.push(Lane { label: "Findings".into(), marks: open, ..Lane::default() });
    }
    let description = describe(stretches, late);
    let cursor = format!("as it was at {}", minute(at));
    timeline(&Timeline {
        id: "ran",
        title: "What it ran over time",
        description: &description,
        from,
        until: at,
        lanes: &lanes,
        cursor: Some((at, &cursor)),
    })
}

/// A lane's name: the version where the item goes without saying.
fn short(name: &str) -> &str {
    if name.contains(", ") {
        name
    } else {
        name.rsplit_once(' ').filter(|_| name != ALTERED && name != UNKNOWN).map_or(name, |(_, v)| v)
    }
}

/// Evidence that took longer than the reporting interval to arrive is drawn as late.
fn evidence(view: &View<'_>, stretches: &[Stretch], told: &[Told], interval: u64) -> Vec<Mark> {
    // What a state first rests on changed something.
    let turning: Vec<u64> = stretches.iter().filter_map(|s| s.certainty.evidence()).collect();
    let all: Vec<&Told> = told.iter().filter(|t| matches!(t.kind, Kind::Evidence { .. })).collect();
    let every = all.len().div_ceil(MAX_MARKS).max(1);
    let mut out = Vec::new();
    for (n, t) in all.iter().enumerate() {
        let Kind::Evidence { not_before } = t.kind else { continue };
        let late = not_before.is_some_and(|made| t.logged.since(made) > interval);
        let href = Some(view.to(&format!("/log/{}", t.index)));
        if let (true, Some(made)) = (late, not_before) {
            let words = format!(
                "Entry {}: made after {}, arrived {} UTC",
                grouped(t.index),
                moment(made),
                moment(t.logged)
            );
            out.push(Mark { at: made, kind: MarkKind::Late, words, href });
        } else if turning.contains(&t.index) {
            let words = format!("Entry {}: attested {} UTC", grouped(t.index), moment(t.logged));
            out.push(Mark { at: t.logged, kind: MarkKind::Evidence, words, href });
        } else if n % every == 0 {
            out.push(Mark { at: t.logged, kind: MarkKind::Tick, words: String::new(), href: None });
        }
    }
    out
}

fn trouble(view: &View<'_>, told: &[Told], matters: &[Matter]) -> Vec<Mark> {
    let open = matters.iter().filter(|m| m.closed.is_none());
    let mark = |m: &Matter| {
        let index = m.evidence?;
        let logged = told.iter().find(|t| t.index == index).map(|t| t.logged);
        let at = logged.unwrap_or_else(|| view.capped(|w| w.clock().time_of(index)));
        let words = format!("{}, {} UTC", m.title, moment(at));
        Some(Mark { at, kind: MarkKind::Attend, words, href: Some(view.to(&format!("/log/{index}"))) })
    };
    open.filter_map(mark).collect()
}

/// The picture in words: what ran since when.
fn describe(stretches: &[Stretch], late: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut last = "";
    for s in stretches {
        if lane_of(s) != last {
            last = lane_of(s);
            parts.push(format!("{last} from {}", minute(s.from)));
        }
    }
    let surplus = parts.len().saturating_sub(12);
    let more = if surplus > 0 { format!("{surplus} changes before, then ") } else { String::new() };
    let parts: Vec<String> = parts.into_iter().skip(surplus).collect();
    let late = match late as u64 {
        0 => String::new(),
        n => format!(" {} late.", count(n, "piece of evidence arrived", "pieces of evidence arrived")),
    };
    format!("{more}{}.{late} The table below gives each interval.", parts.join(", "))
}
