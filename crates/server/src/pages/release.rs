//! `/releases/{index}`: one release: what was built, what a device running it measures, what is known to be wrong with it, and
//! who runs it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::types::EntryRef;
use ledger::properties::grouped;
use world::fleet::Filter;
use world::release::Known;

use super::Ask;
use super::census::read;
use super::error::PageError;
use super::fleet::{census, equals, spread};
use super::markup::{Markup, count, percent};
use super::moments::View;
use super::releases::{About, about, devices_path, state};
use super::shell::{Section, Shell, html};
use super::words;

/// Rows of each list.
const MAX_ROWS: usize = 200;

struct Figure {
    href: String,
    label: &'static str,
    state: &'static str,
    value: String,
    note: &'static str,
}

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage {
    s: Shell,
    heading: String,
    product: String,
    lead: Markup,
    entry_href: String,
    open_href: String,
    flagged: Option<Markup>,
    figures: Vec<Figure>,
    counting: bool,
    about: Vec<(&'static str, Markup)>,
    artefacts: Vec<(String, Markup, String)>,
    measurements: Vec<(String, Markup, String)>,
    sboms: Vec<(Markup, String, Markup)>,
    anomalies: Vec<(String, Markup)>,
    verified: Vec<Markup>,
    signatures: Vec<Markup>,
}

pub(super) fn page(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let shared = census(ask, &mut view)?.ok();
    let index = text.replace(',', "").parse::<u64>().ok().filter(|i| *i < view.upto);
    let known = view.known;
    let found = index.and_then(|index| {
        view.capped(|world| {
            let known = Known::new(known, world.journal());
            let release = world.releases().get(index, known)?;
            let made = &release.made;
            let systems = world
                .releases()
                .systems(known)
                .filter(|s| s.made.items.iter().any(|i| i.release == release.entry));
            let systems: Vec<(u64, String)> =
                systems.map(|s| (s.entry.index, format!("{} {}", s.made.product, s.made.version))).collect();
            // Releases of another product that go by the same name are counted under it too.
            let same = world.releases().find(None, &made.item, &made.version, known).count();
            Some((about(world, release, known), systems, same))
        })
    });
    let Some((about, systems, same)) = found else { return Err(PageError::no_release(text)) };
    let made = &about.release.made;
    let name = format!("{} {}", made.item, made.version);
    let figures = shared.as_ref().map(|shared| {
        let census = read(shared);
        let filter = Filter::parse(&equals("release", &name)).unwrap_or_else(|_| Filter::all());
        let choice = census.choose(&filter);
        let (all, [proven, fresh, assumed, unknown]) = spread(choice.classes());
        let path = devices_path(&about.release);
        let figure = |more: &str, label, state, n: u64, note| Figure {
            href: view.to(&format!("{path}{more}")),
            label,
            state,
            value: grouped(n),
            note,
        };
        vec![
            figure("", "Devices", "", all, "run it"),
            figure("&freshness=proven", "Proven", "proven", proven, "between measurements"),
            figure("&freshness=fresh", "Fresh", "fresh", fresh, "within the interval"),
            figure("&freshness=assumed", "Assumed", "assumed", assumed, "last said longer ago"),
            figure("&freshness=unknown", "Unknown", "unknown", unknown, "with a reason"),
        ]
    });
    let devices = figures.as_ref().and_then(|f| f.first()).map(|f| f.value.clone());
    let entry = |r: &EntryRef| {
        Markup::new()
            .text("entry ")
            .link(&view.to(&format!("/log/{}", r.index)), &grouped(r.index))
            .text(" ")
            .digest(&r.entry)
    };
    let flagged = about.withdrawn.map(|by| {
        Markup::new()
            .text("It must not be installed any more: entry ")
            .link(&view.to(&format!("/log/{by}")), &grouped(by))
            .text(".")
    });
    let digest_list = |digest: &tlog::Hash| {
        view.to(&format!("/fleet?where={}", percent(&equals("digest", &digest.to_string()))))
    };
    let page = ReleasePage {
        lead: lead(&about, devices.as_deref()),
        product: made.product.clone(),
        entry_href: view.to(&format!("/log/{}", about.release.entry.index)),
        open_href: view.to(&format!("/vulnerabilities?release={}", about.release.entry.index)),
        flagged,
        counting: figures.is_none(),
        figures: figures.unwrap_or_default(),
        about: facts(&view, &about, &systems, same),
        artefacts: made
            .artefacts
            .iter()
            .take(MAX_ROWS)
            .map(|a| (a.name.clone(), Markup::new().digest(&a.digest), count(a.length, "byte", "bytes")))
            .collect(),
        measurements: made
            .measurements
            .iter()
            .take(MAX_ROWS)
            .map(|m| (m.name.clone(), Markup::new().digest(&m.digest), digest_list(&m.digest)))
            .collect(),
        sboms: made
            .sboms
            .iter()
            .take(MAX_ROWS)
            .map(|s| {
                let parser = format!("{} {}", s.parser, s.parser_version);
                (Markup::new().digest(&s.raw.digest), parser, Markup::new().digest(&s.normalised.digest))
            })
            .collect(),
        anomalies: made
            .anomalies
            .iter()
            .take(MAX_ROWS)
            .map(|a| (a.record.clone(), Markup::new().digest(&a.revision)))
            .collect(),
        verified: made.verified.iter().take(MAX_ROWS).map(entry).collect(),
        signatures: made.signatures.iter().take(MAX_ROWS).map(entry).collect(),
        s: Shell::new(ask, &view, &name, Section::Releases),
        heading: name,
    };
    html(StatusCode::OK, &page)
}

fn lead(about: &About, devices: Option<&str>) -> Markup {
    let made = &about.release.made;
    let m = match about.withdrawn {
        Some(_) => Markup::new().strong("This release was withdrawn."),
        None => Markup::new()
            .strong(&format!("A release of {}", made.product))
            .text(&format!(", line {}.", made.line)),
    };
    let m = m.text(" It was made ").time(about.logged).text(" UTC");
    match devices {
        Some("0") => m.text("; no device is known to run it."),
        Some("1") => m.text(" and ").strong("one device").text(" is known to run it."),
        Some(n) => m.text(" and ").strong(&format!("{n} devices")).text(" are known to run it."),
        None => m.text("."),
    }
}

fn facts(
    view: &View<'_>,
    about: &About,
    systems: &[(u64, String)],
    same: usize,
) -> Vec<(&'static str, Markup)> {
    let made = &about.release.made;
    let entry = |index: u64| Markup::new().link(&view.to(&format!("/log/{index}")), &grouped(index));
    let none = |why: &str| Markup::new().element("span", "u", why);
    let mut out = vec![
        ("State", state(about, view.moment())),
        ("Product", Markup::new().text(&made.product)),
        ("Item", Markup::new().text(&made.item)),
        ("Version", Markup::new().text(&made.version)),
        ("Line", Markup::new().text(&made.line)),
        (
            "Made",
            Markup::new().time(about.logged).text(" UTC, entry ").then(&entry(about.release.entry.index)),
        ),
    ];
    out.push((
        "Baseline",
        made.baseline
            .as_ref()
            .map_or_else(|| none("none named"), |b| Markup::new().text("entry ").then(&entry(b.index))),
    ));
    out.push((
        "Commit",
        made.commit.as_deref().map_or_else(|| none("none named"), |c| Markup::new().element("code", "dg", c)),
    ));
    out.push((
        "Supported until",
        about.support.map_or_else(|| none("nobody said"), |t| Markup::new().time(t).text(" UTC")),
    ));
    let mut within = Markup::new();
    for (n, (index, name)) in systems.iter().enumerate() {
        let m = if n > 0 { within.text(", ") } else { within };
        within = m.link(&view.to(&format!("/log/{index}")), name);
    }
    out.push(("Part of", if systems.is_empty() { none("no system release") } else { within }));
    if same > 1 {
        let text = format!(
            "{} releases go by this name; devices are counted under it for all.",
            words::number(same as u64)
        );
        out.push(("Same name", Markup::new().text(&text)));
    }
    out
}
