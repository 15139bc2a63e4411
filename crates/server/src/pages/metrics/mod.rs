//! `/vulnerability-metrics`: how many vulnerabilities were patched, how soon, and how soon the patch was on every device: the
//! measures of FDA's premarket cybersecurity guidance, section V.A.6, by product and period, at any two moments. The same
//! figures as `vouchsafe vulnerabilities metrics` (`views::population`).
//!
//! | file | what |
//! |---|---|
//! | `chosen` | which vulnerabilities count, and which of them are listed |
//! | `picture` | from identification to the last device, a lane each |

mod chosen;
mod picture;

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::Time;
use ledger::properties::grouped;
use views::population::{Course, Metrics, metrics};

use super::Ask;
use super::concern::{Over, Wait, over};
use super::error::PageError;
use super::markup::{Markup, count, minute};
use super::moments::View;
use super::phrase::cut;
use super::shell::{Section, Shell, html};
use super::vulnerabilities::path;
use chosen::{Chosen, SHOWS};
use picture::draw;

/// Vulnerabilities of a page; and those that are drawn.
const PAGE: usize = 200;
const DRAWN: usize = 14;
const DAY: u64 = 86_400;

struct Figure {
    href: String,
    state: &'static str,
    label: &'static str,
    value: String,
    note: String,
}

/// The figures of a group of vulnerabilities.
struct Group {
    name: String,
    href: String,
    identified: String,
    patched: (String, String),
    share: String,
    implemented: (String, String),
    to_patch: (String, String),
    to_field: (String, String),
}

struct Row {
    href: String,
    id: String,
    product: String,
    identified: Markup,
    patched: Markup,
    implemented: Markup,
    left: (String, String),
    undetermined: (String, String),
}

#[derive(Template)]
#[template(path = "metrics.html")]
struct MetricsPage {
    s: Shell,
    lead: Markup,
    /// What is being waited for, if there is nothing yet.
    wait: Option<Wait>,
    products: Vec<(String, bool)>,
    shows: Vec<(&'static str, &'static str, bool)>,
    from: String,
    until: String,
    figures: Vec<Figure>,
    picture: Markup,
    drawn: String,
    /// Anchor, heading, what it is, and the groups.
    tables: Vec<(&'static str, &'static str, &'static str, Vec<Group>)>,
    rows: Vec<Row>,
    listed: String,
    clear: Option<String>,
    known: Markup,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let chosen = Chosen::read(ask)?;
    let found = over(ask, &view);
    if let Ok(over) = &found {
        view.settle(over.known.size)?;
    }
    let day = |time: Option<Time>| time.map(|t| minute(t).get(..10).unwrap_or_default().to_owned());
    let mut page = MetricsPage {
        lead: Markup::new(),
        wait: found.as_ref().err().copied(),
        products: Vec::new(),
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, *word == chosen.show)).collect(),
        from: day(chosen.from).unwrap_or_default(),
        until: day(chosen.until).unwrap_or_default(),
        figures: Vec::new(),
        picture: Markup::new(),
        drawn: String::new(),
        tables: Vec::new(),
        rows: Vec::new(),
        listed: String::new(),
        clear: (!chosen.show.is_empty()).then(|| chosen.list(&view, "")),
        known: Markup::new(),
        s: Shell::new(ask, &view, "Vulnerability metrics", Section::Vulnerabilities),
    };
    match found {
        Err(_) => page.lead = Markup::new().strong("The figures are not known yet."),
        Ok(over) => fill(&view, &over, &chosen, &mut page),
    }
    html(StatusCode::OK, &page)
}

fn fill(view: &View<'_>, over: &Over, chosen: &Chosen, page: &mut MetricsPage) {
    let mut products: Vec<&str> = over.courses.iter().map(|c| c.product.as_str()).collect();
    products.sort_unstable();
    products.dedup();
    page.products = products.iter().map(|p| ((*p).to_owned(), *p == chosen.product)).collect();
    let mut courses: Vec<&Course> = over.courses.iter().filter(|c| chosen.counts(c)).collect();
    courses.sort_by(|a, b| {
        b.identified.cmp(&a.identified).then(a.id.cmp(&b.id)).then(a.product.cmp(&b.product))
    });
    let sums = metrics(courses.iter().copied());
    page.lead = lead(&sums);
    page.figures = figures(view, chosen, &sums);
    let mut by_product: BTreeMap<&str, Vec<&Course>> = BTreeMap::new();
    let mut by_quarter: BTreeMap<(u64, u64), Vec<&Course>> = BTreeMap::new();
    for course in &courses {
        by_product.entry(&course.product).or_default().push(course);
        let [year, month, ..] = course.identified.parts();
        by_quarter.entry((year, (month.max(1) - 1) / 3)).or_default().push(course);
    }
    let products = by_product
        .into_iter()
        .map(|(product, of)| {
            let narrowed = Chosen { product: product.to_owned(), show: String::new(), ..chosen.clone() };
            group(view, cut(product, 60), &narrowed, &of)
        })
        .collect::<Vec<Group>>();
    let quarters = by_quarter
        .into_iter()
        .rev()
        .map(|((year, quarter), of)| {
            let begins = |year: u64, quarter: u64| {
                format!("{year:04}-{:02}-01T00:00:00Z", quarter * 3 + 1).parse().ok()
            };
            let (from, until): (Option<Time>, Option<Time>) =
                (begins(year, quarter), begins(year + (quarter + 1) / 4, (quarter + 1) % 4));
            // A period that was asked for is not left.
            let from = [from, chosen.from].into_iter().flatten().max();
            let until = [until, chosen.until].into_iter().flatten().min();
            let narrowed = Chosen { from, until, show: String::new(), ..chosen.clone() };
            group(view, format!("{year}, quarter {}", quarter + 1), &narrowed, &of)
        })
        .collect::<Vec<Group>>();
    if !courses.is_empty() {
        page.tables = vec![
            ("h-product", "By product", "in the period", products),
            ("h-quarter", "By period", "by the quarter of identification, newest first", quarters),
        ];
    }
    let listed: Vec<&Course> = courses.iter().copied().filter(|c| chosen.lists(c)).collect();
    let end = over.timeline.samples.last().copied().unwrap_or(view.known_time);
    let drawn: Vec<&Course> = listed.iter().copied().take(DRAWN).collect();
    page.picture = draw(view, &drawn, end);
    page.drawn = if drawn.len() < listed.len() {
        format!("The {} identified last; the table below has all.", drawn.len())
    } else {
        String::new()
    };
    // Devices are listed by vulnerability: where it concerns several products, no list has this product's alone.
    let alone = |c: &Course| over.courses.iter().filter(|other| other.id == c.id).count() == 1;
    page.rows = listed.iter().take(PAGE).map(|c| row(view, c, alone(c))).collect();
    page.listed = match (listed.len(), courses.len()) {
        (n, _) if n > PAGE => format!("{PAGE} of {}", grouped(n as u64)),
        (n, all) if n < all => format!("{} of {}", grouped(n as u64), grouped(all as u64)),
        (n, _) => grouped(n as u64),
    };
    page.known = Markup::new()
        .text("Worked out from the first ")
        .text(&count(over.known.size, "entry", "entries"))
        .text(", up to ")
        .time(end)
        .text(" UTC. The fleet is looked at each midnight (UTC), or more seldom in a long log: “on every device” is exact to that.");
}

/// Seconds in days and hours.
fn span(seconds: u64) -> String {
    match (seconds / DAY, seconds % DAY / 3_600) {
        (0, 0) => "under 1 h".into(),
        (0, hours) => format!("{hours} h"),
        (days, 0) => format!("{} d", grouped(days)),
        (days, _) if days >= 100 => format!("{} d", grouped(days)),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

fn spans(of: Option<(u64, u64)>) -> (String, String) {
    of.map_or_else(|| ("–".into(), "–".into()), |(mean, median)| (span(mean), span(median)))
}

/// Share in per cent, with its counts beside it wherever it is shown.
fn share(n: u64, of: u64) -> String {
    n.saturating_mul(100).checked_div(of).map_or_else(|| "–".into(), |share| format!("{share} %"))
}

fn lead(m: &Metrics) -> Markup {
    if m.identified == 0 {
        return Markup::new()
            .strong("No vulnerability")
            .text(" that affects a release was identified in this period by this moment.");
    }
    let verb = if m.identified == 1 { "was" } else { "were" };
    let lead = Markup::new().strong(&format!(
        "{} of {}",
        grouped(m.patched),
        count(m.identified, "vulnerability", "vulnerabilities")
    ));
    let lead = lead.text(&format!(" {verb} patched"));
    let lead = match m.to_patch {
        Some((mean, median)) => {
            lead.text(&format!(", after {} on average (median {})", span(mean), span(median)))
        }
        None => lead,
    };
    let lead = lead.text("; ").strong(&grouped(m.implemented));
    let lead = lead.text(if m.implemented == 1 {
        " patch is on every device"
    } else {
        " patches are on every device"
    });
    match m.to_field {
        Some((mean, median)) => lead.text(&format!(
            " that was affected, after {} on average (median {}).",
            span(mean),
            span(median)
        )),
        None => lead.text(" that was affected."),
    }
}

fn figures(view: &View<'_>, chosen: &Chosen, m: &Metrics) -> Vec<Figure> {
    let figure = |show: &str, state, label, value: String, note: String| Figure {
        href: chosen.list(view, show),
        state,
        label,
        value,
        note,
    };
    let unpatched = m.identified - m.patched;
    let waiting = m.patched - m.implemented;
    let ((mean_patch, median_patch), (mean_field, median_field)) = (spans(m.to_patch), spans(m.to_field));
    let warm = |n: u64, state| if n > 0 { state } else { "" };
    vec![
        figure("", "", "Identified", grouped(m.identified), "that affect a release".into()),
        figure(
            "patched",
            "fixed",
            "Patched",
            grouped(m.patched),
            format!("{} of {}", share(m.patched, m.identified), grouped(m.identified)),
        ),
        figure(
            "unpatched",
            warm(unpatched, "affected"),
            "Not patched",
            grouped(unpatched),
            "no release without it".into(),
        ),
        figure("patched", "", "Identified to patch", mean_patch, format!("mean; median {median_patch}")),
        figure(
            "implemented",
            "proven",
            "On every device",
            grouped(m.implemented),
            format!("{} of {} patched", share(m.implemented, m.patched), grouped(m.patched)),
        ),
        figure(
            "waiting",
            warm(waiting, "open"),
            "Not on every device",
            grouped(waiting),
            "or on none that was affected".into(),
        ),
        figure(
            "implemented",
            "",
            "Patch to every device",
            mean_field,
            format!("mean; median {median_field}"),
        ),
    ]
}

fn group(view: &View<'_>, name: String, chosen: &Chosen, of: &[&Course]) -> Group {
    let m = metrics(of.iter().copied());
    let number =
        |n: u64, show: &str| (if n == 0 { String::new() } else { chosen.list(view, show) }, grouped(n));
    Group {
        name,
        href: chosen.list(view, ""),
        identified: grouped(m.identified),
        patched: number(m.patched, "patched"),
        share: share(m.patched, m.identified),
        implemented: number(m.implemented, "implemented"),
        to_patch: spans(m.to_patch),
        to_field: spans(m.to_field),
    }
}

fn row(view: &View<'_>, c: &Course, alone: bool) -> Row {
    let patched = match &c.patched {
        None => Markup::new().state("affected", "not patched"),
        Some((releases, at)) => {
            let m = Markup::new().time(*at).text(" UTC");
            let m = match c.to_patch() {
                _ if *at <= c.identified => m.element("span", "sub", "before it was identified"),
                Some(seconds) => m.element("span", "sub", &format!("after {}", span(seconds))),
                None => m,
            };
            releases.iter().take(4).fold(m, |m, index| {
                m.text(" ")
                    .link(&view.to(&format!("/releases/{index}")), &format!("release {}", grouped(*index)))
            })
        }
    };
    let implemented = match (c.implemented, c.to_field(), c.most) {
        (Some(at), Some(seconds), _) => {
            Markup::new().time(at).text(" UTC").element("span", "sub", &format!("after {}", span(seconds)))
        }
        (.., 0) => Markup::new().element("span", "u", "no device was affected"),
        _ if c.patched.is_none() => Markup::new().element("span", "u", "no patch yet"),
        _ => Markup::new().state("open", "not yet"),
    };
    let list = |n: u64, verdict: &str| {
        let to = format!("{}?list={verdict}#devices", path(&c.id));
        (if n == 0 || !alone { String::new() } else { view.to(&to) }, grouped(n))
    };
    Row {
        href: view.to(&path(&c.id)),
        id: c.id.clone(),
        product: cut(&c.product, 60),
        identified: Markup::new().time(c.identified).text(" UTC"),
        patched,
        implemented,
        left: list(c.left, "affected"),
        undetermined: list(c.undetermined, "undetermined"),
    }
}

#[cfg(test)]
mod tests {
    use super::{share, span};

    #[test]
    fn spans_and_shares_are_said_briefly() {
        let cases = [
            (0, "under 1 h"),
            (3_599, "under 1 h"),
            (7_200, "2 h"),
            (86_400, "1 d"),
            (90_000, "1 d 1 h"),
            (100 * 86_400 + 3_600, "100 d"),
            (2_000 * 86_400, "2,000 d"),
        ];
        for (seconds, words) in cases {
            assert_eq!(span(seconds), words, "{seconds}");
        }
        assert_eq!([share(0, 0), share(1, 3), share(3, 3)], ["–", "33 %", "100 %"]);
    }
}
