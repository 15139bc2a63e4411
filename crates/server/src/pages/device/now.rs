//! What a device runs at the moment of the page, and in words how that is known.

use evidence::Time;
use ledger::properties::grouped;
use world::World;
use world::fleet::{Certainty, DeviceState, FleetView, Grade};
use world::release::Known;

use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::words;

/// Components that are listed.
const MAX_COMPONENTS: usize = 64;

pub(super) struct Component {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) digest: Markup,
    pub(super) of: Markup,
}

pub(super) struct Now {
    /// What it runs, large.
    pub(super) runs: Markup,
    pub(super) states: Vec<Markup>,
    pub(super) why: Markup,
    pub(super) components: Vec<Component>,
    /// What was said it runs, where nothing was measured.
    pub(super) software: Vec<String>,
}

/// Seconds as a length of time in words.
pub(super) fn length(seconds: u64) -> String {
    let parts = [
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ];
    let Some(first) = parts.iter().position(|(unit, ..)| seconds >= *unit) else { return "no time".into() };
    let (unit, one, many) = parts.get(first).copied().unwrap_or((1, "second", "seconds"));
    let whole = count(seconds / unit, one, many);
    // Days and hours, hours and minutes: finer is noise.
    match parts.get(first + 1) {
        Some((next, one, many)) if seconds % unit >= *next => {
            format!("{whole} and {}", count(seconds % unit / next, one, many))
        }
        _ => whole,
    }
}

impl Now {
    pub(super) fn of(world: &World, view: &View<'_>, fleet: &FleetView<'_>, state: &DeviceState<'_>) -> Self {
        let known = Known::new(fleet.known(), world.journal());
        let release = |index: u64| view.to(&format!("/releases/{index}"));
        let runs = match (state.running.as_slice(), state.unknown.is_empty()) {
            ([], true) if state.measured.is_empty() => Markup::new().text("Not known"),
            ([], true) => Markup::new().text("No release named"),
            ([], false) => Markup::new().text("Firmware of no release"),
            ([one], _) if one.release.is_some() => {
                Markup::new().link(&release(one.release.unwrap_or_default()), &words::runs(state))
            }
            _ => Markup::new().text(&words::runs(state)),
        };
        let mut states = vec![words::grade(state.grade), words::certainty(&state.certainty)];
        if !state.unknown.is_empty() {
            states.push(Markup::new().state("warning", "not all of it belongs to a release"));
        } else if !state.measured.is_empty() && state.running.iter().all(|r| r.release.is_some()) {
            states.push(Markup::new().state("holds", "matches its release"));
        }
        states.push(words::verdict(state.verdict.map(|v| v.status)));
        let component = |m: &evidence::body::Measured| {
            let mut of = world.releases().measuring(&m.name, &m.digest, known);
            let mine = of.find(|r| state.running.iter().any(|run| run.release == Some(r.entry.index)));
            let of = match mine {
                Some(r) => Markup::new()
                    .link(&release(r.entry.index), &format!("{} {}", r.made.item, r.made.version)),
                None => match world.releases().accepted(state.site, &m.name, &m.digest, known) {
                    Some(true) => Markup::new().state("met", "on a reference list"),
                    _ if state.unknown.iter().any(|u| u.name == m.name && u.digest == m.digest) => {
                        Markup::new().state("warning", "no release")
                    }
                    _ => Markup::new().state("warning", "another release"),
                },
            };
            Component {
                name: m.name.clone(),
                version: m.version.clone().unwrap_or_default(),
                digest: Markup::new().digest(&m.digest),
                of,
            }
        };
        Self {
            runs,
            states,
            why: why(world, view, fleet, state),
            components: state.measured.iter().take(MAX_COMPONENTS).map(component).collect(),
            software: state.software.iter().map(|s| (*s).to_owned()).collect(),
        }
    }
}

/// The entry of a measurement, with when it was logged.
fn entry(world: &World, view: &View<'_>, index: u64) -> Markup {
    let m = Markup::new().text("entry ").link(&view.to(&format!("/log/{index}")), &grouped(index));
    m.text(", logged ").time(world.clock().time_of(index))
}

fn why(world: &World, view: &View<'_>, fleet: &FleetView<'_>, state: &DeviceState<'_>) -> Markup {
    let m = Markup::new();
    let (interval, _) = fleet.reporting(state.model, fleet.at());
    let interval = length(interval);
    let word = match state.grade {
        Grade::Reported => "Somebody reported what it runs",
        Grade::Declared => "An import says what it runs",
        Grade::Attested => "Its evidence says what it runs",
    };
    let seen = |m: Markup| match state.seen {
        Some(time) => {
            m.text(" It was last heard ").text(&ago(fleet.at(), time)).text(", at ").time(time).text(" UTC.")
        }
        None => m,
    };
    match state.certainty {
        Certainty::Proven { from, until } if from == until => {
            let m = m
                .text("One measurement covers this moment: it was made between its beacon and its arrival (");
            m.then(&entry(world, view, from)).text(").")
        }
        Certainty::Proven { from, until } => {
            let m = m.text("Two measurements that agree stand on both sides of this moment: ");
            let m = m.then(&entry(world, view, from)).text("; ").then(&entry(world, view, until));
            m.text(". Nothing that had arrived contradicts them.")
        }
        Certainty::Fresh { by: Some(by) } => {
            let m = m.text("Last measured within the reporting interval of ").text(&interval);
            seen(m.text(" before this moment (").then(&entry(world, view, by)).text(")."))
        }
        Certainty::Fresh { by: None } => {
            seen(m.text(word).text(", within the reporting interval of ").text(&interval).text("."))
        }
        Certainty::Assumed { by: Some(by) } => {
            let m = m.text("Last measured longer ago than the reporting interval of ").text(&interval);
            seen(
                m.text(", or nobody knows when (")
                    .then(&entry(world, view, by))
                    .text("); nothing says otherwise since."),
            )
        }
        Certainty::Assumed { by: None } => {
            seen(m.text(word).text("; no measurement confirms it, and nothing fresher says otherwise."))
        }
        Certainty::Unknown(reason) => {
            let mut text = words::unknown(reason).to_owned();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            seen(m.text(&text).text("."))
        }
    }
}

/// How long before a moment something was.
pub(super) fn ago(at: Time, time: Time) -> String {
    match at.since(time) {
        0 => "at this very moment".into(),
        seconds => format!("{} before", length(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_of_time_are_said_in_two_units_at_most() {
        let cases = [
            (0, "no time"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3_599, "59 minutes and 59 seconds"),
            (3_600, "1 hour"),
            (86_400, "1 day"),
            (3 * 86_400 + 7_260, "3 days and 2 hours"),
            (86_400 + 59, "1 day"),
        ];
        for (seconds, words) in cases {
            assert_eq!(length(seconds), words, "{seconds}");
        }
    }
}
