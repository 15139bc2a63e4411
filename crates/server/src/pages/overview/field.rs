//! What was released last, and the vulnerabilities that concern releases and devices, on the overview.

use ledger::properties::grouped;
use views::population::{Findings, Tally, Verdict};
use world::release::Known;

use super::super::Ask;
use super::super::census::read;
use super::super::concern::{Concern, MAX_OPEN, open};
use super::super::error::PageError;
use super::super::fleet::census;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::releases::{About, about, devices_path, state};
use super::super::vulnerabilities::path;
use super::super::words;
use super::Figure;
use super::ready::Number;

/// Releases and vulnerabilities that are shown.
const NEWEST: usize = 6;
const WORST: usize = 8;

pub(crate) struct ReleaseRow {
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) product: String,
    pub(crate) made: Markup,
    pub(crate) state: Markup,
    pub(crate) devices: Option<Number>,
    pub(crate) open: Option<Number>,
}

/// The newest releases.
pub(crate) struct Releases {
    pub(crate) rows: Vec<ReleaseRow>,
    pub(crate) all: String,
}

pub(super) fn releases(
    ask: &Ask,
    view: &mut View<'_>,
    concern: Option<&Concern>,
) -> Result<Releases, PageError> {
    let shared = census(ask, view)?.ok();
    let (known_size, upto) = (view.known, view.upto);
    let (found, all): (Vec<About>, usize) = view.capped(|world| {
        let known = Known::new(known_size, world.journal());
        let releases = || world.releases().iter(known).filter(|r| r.entry.index < upto);
        (releases().rev().take(NEWEST).map(|r| about(world, r, known)).collect(), releases().count())
    });
    let census = shared.as_ref().map(read);
    let running = census.as_ref().map(|census| census.running());
    let at = view.moment();
    let row = |a: &About| {
        let (made, index) = (&a.release.made, a.release.entry.index);
        let devices = running.as_ref().map(|all| {
            let n = all.get(&(made.item.as_str(), made.version.as_str())).copied().unwrap_or_default();
            Number {
                href: if n == 0 { String::new() } else { view.to(&devices_path(&a.release)) },
                value: grouped(n),
            }
        });
        let open = concern.map(|concern| {
            let of = |f: &&std::sync::Arc<Findings>| {
                f.verdict(&concern.known, index).is_some_and(|verdict| verdict >= Verdict::Undetermined)
            };
            let n = concern.findings.iter().filter(of).count() as u64;
            let href =
                if n == 0 { String::new() } else { view.to(&format!("/vulnerabilities?release={index}")) };
            Number { href, value: grouped(n) }
        });
        ReleaseRow {
            href: view.to(&format!("/releases/{index}")),
            name: format!("{} {}", made.item, made.version),
            product: made.product.clone(),
            made: Markup::new().time(a.logged),
            state: state(a, at),
            devices,
            open,
        }
    };
    Ok(Releases { rows: found.iter().map(row).collect(), all: grouped(all as u64) })
}

pub(crate) struct VulnerabilityRow {
    pub(crate) href: String,
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) score: String,
    /// By verdict: affected, undetermined, fixed, decided, not affected.
    pub(crate) numbers: Vec<(&'static str, Number)>,
}

/// The vulnerabilities that concern releases.
pub(crate) struct Vulnerabilities {
    pub(crate) rows: Vec<VulnerabilityRow>,
    pub(crate) open: String,
    pub(crate) all: String,
    /// What is to be said of the counts.
    pub(crate) note: Option<String>,
    sums: (u64, u64, u64, u64),
    /// Open ones that affect devices, and that are undetermined for some.
    hitting: (u64, u64),
}

/// Words of the verdicts above the columns, in the order of the columns.
const COLUMNS: [(&str, Verdict); 5] = [
    ("Affected", Verdict::Affected),
    ("Undetermined", Verdict::Undetermined),
    ("Fixed", Verdict::Fixed),
    ("Decided", Verdict::NotAffectedByVex),
    ("Not affected", Verdict::NotAffected),
];

pub(super) fn vulnerabilities(view: &View<'_>, concern: &Concern) -> Vulnerabilities {
    let pairs = || concern.findings.iter().zip(&concern.tallies).filter(|(f, _)| open(f));
    let row = |(f, tally): (&std::sync::Arc<Findings>, &Tally)| VulnerabilityRow {
        href: view.to(&path(&f.id)),
        id: f.id.clone(),
        summary: cut(f.summary().unwrap_or_default(), 110),
        score: f.severity().and_then(|(score, _)| score).map(|s| format!("{s:.1}")).unwrap_or_default(),
        numbers: COLUMNS
            .iter()
            .map(|(label, verdict)| {
                let n = tally.count(*verdict);
                let to = || view.to(&format!("{}?list={}#devices", path(&f.id), f.word(*verdict)));
                (*label, Number { href: if n == 0 { String::new() } else { to() }, value: grouped(n) })
            })
            .collect(),
    };
    // What hits most devices first: the list itself is in the order of what releases carry.
    let mut worst: Vec<_> = pairs().collect();
    worst.sort_by_key(|(_, tally)| {
        std::cmp::Reverse((tally.count(Verdict::Affected), tally.count(Verdict::Undetermined)))
    });
    let open = worst.len() as u64;
    let with = |verdict| worst.iter().filter(|(_, tally)| tally.count(verdict) > 0).count() as u64;
    let hitting = (with(Verdict::Affected), with(Verdict::Undetermined));
    let exposure = concern.exposure;
    let mut note = Vec::new();
    if concern.size != view.known && view.present_asked() {
        note.push(format!("Counted at {}.", count(concern.size, "entry", "entries")));
    }
    if open > MAX_OPEN as u64 {
        note.push(format!("Devices are counted for the {MAX_OPEN} worst that are open."));
    }
    Vulnerabilities {
        rows: worst.into_iter().take(WORST).map(row).collect(),
        open: grouped(open),
        all: grouped(concern.findings.len() as u64),
        note: (!note.is_empty()).then(|| note.join(" ")),
        sums: (exposure.devices, exposure.affected, exposure.undetermined, open),
        hitting,
    }
}

impl Vulnerabilities {
    /// How many vulnerabilities hit devices, and for how many nobody can tell, as figures.
    pub(super) fn figures(&self, view: &View<'_>) -> Vec<Figure> {
        let (devices, affected, undetermined, open) = self.sums;
        if devices == 0 && open == 0 {
            return Vec::new();
        }
        let warm = |n: u64, state| if n > 0 { state } else { "" };
        let figure = |show: &str, label, state, n: u64, note: String| Figure {
            href: view.to(&format!("/vulnerabilities?show={show}")),
            label,
            state: warm(n, state),
            value: grouped(n),
            note,
        };
        vec![
            figure(
                "affected",
                "Vulnerabilities",
                "affected",
                self.hitting.0,
                format!("affect {}", words::devices(affected)),
            ),
            figure(
                "undetermined",
                "Undetermined",
                "undetermined",
                self.hitting.1,
                format!(
                    "for {}",
                    if undetermined == 1 {
                        "1 more device".to_owned()
                    } else {
                        format!("{} more devices", grouped(undetermined))
                    }
                ),
            ),
        ]
    }

    /// The answer in a sentence.
    pub(super) fn says(&self) -> Option<Markup> {
        let (devices, affected, undetermined, _) = self.sums;
        if devices == 0 {
            return None;
        }
        let m = match affected {
            0 => Markup::new().strong("No device").text(" is affected by a known vulnerability"),
            n => Markup::new()
                .strong(&format!("{} of {}", grouped(n), count(devices, "device", "devices")))
                .text(if n == 1 {
                    " is affected by a known vulnerability"
                } else {
                    " are affected by a known vulnerability"
                }),
        };
        Some(match undetermined {
            0 => m.text("."),
            n => m.text(&format!("; for {} more it cannot be determined.", grouped(n))),
        })
    }
}
