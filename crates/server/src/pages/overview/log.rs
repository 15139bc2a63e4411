//! The log on the overview: is it whole, and what is in it?

use evidence::Fact;
use ledger::Standing;
use ledger::properties::grouped;

use super::super::Ask;
use super::super::chart::{Bar, Fill, bars};
use super::super::error::PageError;
use super::super::log::{Row, read_range, rows};
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::Figure;

/// Bars of the chart; what is rarer stands together.
const MAX_BARS: usize = 10;
/// Entries of the list of the latest.
const LATEST: u64 = 10;
/// Streams up to which gaps and forks are counted while the world is held (about a millisecond).
const MAX_STREAMS: usize = 20_000;

const QUARANTINED: u64 = 18;
const EQUIVOCATED: u64 = 32;
const CORRECTED: u64 = 7;
const VOIDED: u64 = 8;

pub(super) struct FactCount {
    pub(super) name: &'static str,
    pub(super) href: String,
    pub(super) count: String,
    pub(super) share: String,
}

/// What is shown of the log.
pub(super) struct LogPart {
    pub(super) says: Markup,
    pub(super) figures: Vec<Figure>,
    pub(super) chart: Markup,
    pub(super) facts: Vec<FactCount>,
    pub(super) total: String,
    pub(super) latest: Vec<Row>,
    pub(super) about: Vec<(&'static str, Markup)>,
}

/// What the world says about the log as a whole.
struct Sums {
    counts: Vec<(u64, u64)>,
    sources: usize,
    streams: usize,
    /// Streams with gaps and missing places, forked streams; `None` where there are too many to count at once.
    broken: Option<(u64, u64, u64)>,
    origin: String,
    generation: u64,
    log_key: String,
    began: evidence::Time,
    epoch: u64,
    seal: Option<(u64, u64)>,
}

fn sums(world: &world::World) -> Sums {
    let (journal, streams) = (world.journal(), world.streams());
    let broken = (streams.len() <= MAX_STREAMS).then(|| {
        streams.iter().fold((0, 0, 0), |(gaps, missing, forks), (_, s)| {
            let lost: u64 = s.gaps.iter().map(|g| g.count).sum();
            (gaps + u64::from(!s.gaps.is_empty()), missing + lost, forks + u64::from(!s.forks.is_empty()))
        })
    });
    Sums {
        counts: journal.counts().iter().map(|(t, n)| (*t, *n)).collect(),
        sources: world.sources().len(),
        streams: streams.len(),
        broken,
        origin: journal.origin().into(),
        generation: journal.generation(),
        log_key: journal.log_key().into(),
        began: journal.genesis().map(|g| g.created).unwrap_or_default(),
        epoch: journal.epoch_at(world.size()),
        seal: journal.seals().last().map(|s| (s.index, s.sealed.size)),
    }
}

/// The log at the page's moments. Of the present, the view moves to what was read.
pub(super) fn part(ask: &Ask, view: &mut View<'_>) -> Result<LogPart, PageError> {
    let sums = view.exact(sums)?;
    let of = |tag: u64| sums.counts.iter().find(|(t, _)| *t == tag).map_or(0, |(_, n)| *n);
    let total: u64 = sums.counts.iter().map(|(_, n)| n).sum();
    let standing = ask.pages.app.ledger.standing();
    let mut by_count: Vec<(u64, &'static str)> =
        sums.counts.iter().map(|(t, n)| (*n, fact_name(*t))).collect();
    by_count.sort_by(|a, b| b.cmp(a).then(a.1.cmp(b.1)));
    let list = |name: &str| view.to(&format!("/log?fact={name}"));
    let facts = by_count.iter().map(|(n, name)| FactCount {
        name,
        href: list(name),
        count: grouped(*n),
        share: share(*n, total),
    });
    let facts: Vec<FactCount> = facts.collect();
    let mut drawn: Vec<Bar> = by_count
        .iter()
        .take(MAX_BARS)
        .map(|(n, name)| Bar { fill: Fill::Plain, label: (*name).into(), value: *n, href: list(name) })
        .collect();
    let others: u64 = by_count.iter().skip(MAX_BARS).map(|(n, _)| n).sum();
    if others > 0 {
        let label = format!("{} other facts", by_count.len() - MAX_BARS);
        drawn.push(Bar { fill: Fill::Plain, label, value: others, href: "#h-facts".into() });
    }
    let description = format!(
        "{} by what they state; the same figures stand in the table.",
        count(total, "entry", "entries")
    );
    let chart = bars("facts", "Entries by fact", &description, &drawn);
    let latest = read_range(ask, view.upto.saturating_sub(LATEST), view.upto)?;
    Ok(LogPart {
        says: says(view, &sums, &standing),
        figures: figures(view, &sums, of),
        chart,
        facts,
        total: grouped(total),
        latest: rows(view, latest.into_iter().rev().collect()),
        about: about(view, &sums, &standing),
    })
}

fn fact_name(tag: u64) -> &'static str {
    // `Attested` has no content and stands outside the catalogue's list.
    let name = Fact::CATALOGUE.iter().find(|(t, _)| *t == tag).map(|(_, name)| *name);
    name.unwrap_or(if tag == evidence::body::ATTESTED { "Attested" } else { "Unknown" })
}

/// Share of a total in per cent, to one digit, rounded.
fn share(n: u64, total: u64) -> String {
    let tenths = n.saturating_mul(1_000).saturating_add(total / 2).checked_div(total).unwrap_or_default();
    if tenths == 0 && n > 0 { "under 0.1".into() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

fn says(view: &View<'_>, sums: &Sums, standing: &Standing) -> Markup {
    let m = match (view.past(), standing) {
        (true, _) => Markup::new().strong(&format!("The log held {}", count(view.upto, "entry", "entries"))),
        (false, Standing::Writable) => Markup::new()
            .strong(&format!("The log takes entries and holds {}", count(view.upto, "entry", "entries"))),
        (false, _) => Markup::new().strong(&format!(
            "The log takes no entries now; it holds {}",
            count(view.upto, "entry", "entries")
        )),
    };
    let by = format!(
        " by {} in {}",
        count(sums.sources as u64, "source", "sources"),
        count(sums.streams as u64, "stream", "streams")
    );
    let m = m.text(&by);
    match sums.broken {
        None => m.text("."),
        Some((0, _, 0)) => m.text(", none with a gap, none forked."),
        Some((gaps, missing, forks)) => {
            let m = m.text(": ");
            let m = if gaps == 0 {
                m.text("none with a gap")
            } else {
                let lack = format!("{} lack {}", grouped(gaps), count(missing, "place", "places"));
                m.strong(&if gaps == 1 { lack.replacen("lack", "lacks", 1) } else { lack })
            };
            if forks == 0 {
                m.text(", none is forked.")
            } else {
                m.text(", ").strong(&format!(
                    "{} {} forked.",
                    grouped(forks),
                    if forks == 1 { "is" } else { "are" }
                ))
            }
        }
    }
}

fn figures(view: &View<'_>, sums: &Sums, of: impl Fn(u64) -> u64) -> Vec<Figure> {
    let figure = |href: &str, label, state, value: String, note: String| Figure {
        href: view.to(href),
        label,
        state,
        value,
        note,
    };
    let warm = |n: u64, state| if n > 0 { state } else { "" };
    let (gaps, missing, forks) = match sums.broken {
        Some((g, m, f)) => (Some(g), m, Some(f)),
        None => (None, 0, None),
    };
    let known = |n: Option<u64>| n.map_or_else(|| "?".into(), grouped);
    let flagged = of(CORRECTED) + of(VOIDED);
    vec![
        figure("/log", "Entries", "", grouped(view.upto), "newest first".into()),
        figure("/sources", "Sources", "", grouped(sums.sources as u64), "with their keys".into()),
        figure(
            "/sources?show=streams",
            "Streams",
            "",
            grouped(sums.streams as u64),
            "chains of entries".into(),
        ),
        figure(
            "/sources?show=gaps",
            "With gaps",
            warm(gaps.unwrap_or_default(), "gap"),
            known(gaps),
            if gaps.is_some() {
                format!("{} missing", count(missing, "place", "places"))
            } else {
                "too many to count here".into()
            },
        ),
        figure(
            "/sources?show=forked",
            "Forked",
            warm(forks.unwrap_or_default(), "alarm"),
            known(forks),
            format!("{} kept twice", count(of(EQUIVOCATED), "place", "places")),
        ),
        figure(
            "/log?fact=Quarantined",
            "Quarantined",
            warm(of(QUARANTINED), "warning"),
            grouped(of(QUARANTINED)),
            "inadmissible, kept".into(),
        ),
        figure(
            if of(CORRECTED) > 0 { "/log?fact=Corrected" } else { "/log?fact=Voided" },
            "Corrected or voided",
            "",
            grouped(flagged),
            format!("{} and {}", grouped(of(CORRECTED)), grouped(of(VOIDED))),
        ),
    ]
}

fn about(view: &View<'_>, sums: &Sums, standing: &Standing) -> Vec<(&'static str, Markup)> {
    let entry = |m: Markup, index: u64| m.link(&view.to(&format!("/log/{index}")), &grouped(index));
    let mut out = vec![
        ("Origin", Markup::new().element("code", "dg", &sums.origin)),
        ("Began", entry(Markup::new().time(sums.began).text(" UTC, entry "), 0)),
        ("Log time", Markup::new().time(view.known_time).text(" UTC")),
        ("Size", Markup::new().text(&count(view.known, "entry", "entries"))),
        ("Root", Markup::new().element("code", "dg", &view.root.to_string())),
        ("Signed by", Markup::new().element("code", "dg", &sums.log_key)),
    ];
    if !view.past() {
        let stands = match standing {
            Standing::Writable => Markup::new().state("holds", "takes entries"),
            Standing::ReadOnly(_) => Markup::new().state("alarm", "read-only"),
            Standing::Rebuilding(_) => Markup::new().state("warning", "rebuilding"),
        };
        out.push(("Standing", stands));
    }
    let seal = sums.seal.map_or_else(
        || Markup::new().element("span", "u", "none yet"),
        |(index, size)| entry(Markup::new().text(&format!("at {} entries, entry ", grouped(size))), index),
    );
    out.push(("Last seal", seal));
    let rules = format!("version {} of the rules, generation {} of the log", sums.epoch, sums.generation);
    out.push(("Epoch", Markup::new().text(&rules)));
    out
}
