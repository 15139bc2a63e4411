//! Rows of the list of devices, asked of the world a few at a time.

use world::fleet::{DeviceState, Subject};

use super::super::census::Census;
use super::super::markup::Markup;
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::words;
use super::SLICE;

pub(super) struct DeviceRow {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) sub: String,
    pub(super) site: Markup,
    pub(super) runs: Markup,
    pub(super) grade: Markup,
    pub(super) certainty: Markup,
    pub(super) verdict: Markup,
    pub(super) seen: Markup,
}

/// The devices themselves, at the moments of the census.
pub(super) fn rows(view: &View<'_>, census: &Census, subjects: &[Subject]) -> Vec<DeviceRow> {
    let (at, known) = (census.at(), census.known());
    let mut out = Vec::with_capacity(subjects.len());
    for slice in subjects.chunks(SLICE) {
        view.capped(|world| {
            let fleet = world.fleet_at(at, known);
            out.extend(slice.iter().filter_map(|s| fleet.state(s)).map(|state| row(view, &state)));
        });
    }
    out
}

pub(super) fn row(view: &View<'_>, state: &DeviceState<'_>) -> DeviceRow {
    let subject = state.subject();
    let name = words::name(state);
    let mut sub: Vec<String> = Vec::new();
    sub.extend(state.model.map(str::to_owned));
    let identifier = subject.to_string();
    if identifier != name {
        sub.push(identifier);
    }
    let runs = words::runs(state);
    let unknown = state.unknown.len();
    let said = if runs.is_empty() && unknown == 0 {
        Markup::new().element("span", "u", "not known")
    } else {
        Markup::new().text(&runs)
    };
    let runs = if unknown > 0 {
        let m = if runs.is_empty() { Markup::new() } else { said.text(" ") };
        m.state("warning", "firmware of no release")
    } else {
        said
    };
    DeviceRow {
        href: view.to(&words::device_path(&subject)),
        name: cut(&name, 60),
        sub: sub.join(" · "),
        site: state.site.map_or_else(
            || Markup::new().element("span", "u", "nobody said"),
            |site| Markup::new().text(&cut(site, 40)),
        ),
        runs,
        grade: words::grade(state.grade),
        certainty: words::certainty(&state.certainty),
        verdict: words::verdict(state.verdict.map(|v| v.status)),
        seen: state
            .seen
            .map_or_else(|| Markup::new().element("span", "u", "never"), |t| Markup::new().time(t)),
    }
}
