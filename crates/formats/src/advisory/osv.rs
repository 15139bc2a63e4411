//! OSV (Open Source Vulnerability format, schema 1.7), JSON or YAML.

use std::cmp::Ordering;

use serde_json::Value;

use super::model::{Advisory, Affected, Coordinates, Extent, Reference, Rule, Severity, Status};
use super::node::Node;
use super::{Document, Error, Format, cvss};
use crate::purl::Purl;
use crate::vers::{Comparator, Constraint, Vers};
use crate::version::{self, Scheme};

/// Reads one OSV record.
///
/// # Errors
/// When a required field is missing, or a value is of the wrong kind.
pub fn advisory(document: &Document) -> Result<Advisory, Error> {
    let root = Node::root(document.value());
    root.object()?;
    let mut advisory = Advisory::new(Format::Osv, root.need_text("id")?, document.digest());
    advisory.modified = Some(time(&root.need("modified")?)?);
    advisory.published = root.get("published").map(|node| time(&node)).transpose()?;
    advisory.withdrawn = root.get("withdrawn").map(|node| time(&node)).transpose()?;
    advisory.summary = root.opt_text("summary")?.map(str::to_owned);
    advisory.aliases = root.strings("aliases")?;
    advisory.related = root.strings("related")?;
    advisory.related.extend(root.strings("upstream")?);
    for item in root.each("severity")? {
        advisory.severities.push(item.with(severity)?);
    }
    for item in root.each("references")? {
        advisory.references.push(item.with(reference)?);
    }
    for item in root.each("affected")? {
        item.with(|node| affected(node, &mut advisory))?;
    }
    if advisory.affected.is_empty() {
        advisory.findings.push(root.finding("no affected package: nothing can be matched"));
    }
    if let Some(specific) = root.get("database_specific") {
        advisory.cwes = specific.strings("cwe_ids").unwrap_or_default();
    }
    Ok(advisory)
}

pub(super) fn time(node: &Node<'_, '_>) -> Result<String, Error> {
    let text = node.text()?;
    match version::check(Scheme::Datetime, text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(node.wrong("not an RFC 3339 date with time")),
    }
}

fn severity(node: &Node<'_, '_>) -> Result<Severity, Error> {
    let (kind, text) = (node.need_text("type")?, node.need_text("score")?);
    Ok(cvss::severity(kind, text))
}

fn reference(node: &Node<'_, '_>) -> Result<Reference, Error> {
    Ok(Reference { kind: node.need_text("type")?.to_owned(), url: node.need_text("url")?.to_owned() })
}

fn affected(node: &Node<'_, '_>, advisory: &mut Advisory) -> Result<(), Error> {
    node.object()?;
    let mut coordinates = Coordinates::default();
    if let Some(package) = node.get("package") {
        coordinates.ecosystem = Some(package.need_text("ecosystem")?.to_owned());
        coordinates.name = Some(package.need_text("name")?.to_owned());
        if let Some(purl) = package.get("purl") {
            match Purl::read(purl.text()?) {
                Ok((purl, _)) => coordinates.purl = Some(purl),
                Err(error) => advisory.findings.push(purl.finding(format!("purl not readable: {error}"))),
            }
        }
    } else {
        advisory.findings.push(node.finding("no package: it cannot be matched by name"));
    }
    let scheme = scheme_of(&coordinates);
    let mut found = Affected {
        coordinates,
        default: Status::NotAffected,
        rules: Vec::new(),
        fixed: Vec::new(),
        severities: Vec::new(),
        product_id: None,
    };
    for item in node.each("severity")? {
        found.severities.push(item.with(severity)?);
    }
    for item in node.each("ranges")? {
        item.with(|node| range(node, scheme, &mut found, advisory))?;
    }
    let versions = node.strings("versions")?;
    if !versions.is_empty() {
        let extent = Extent::Listed { scheme, versions };
        found.rules.push(Rule { status: Status::Affected, extent });
    }
    if found.rules.is_empty() {
        // The schema: with neither versions nor ranges every version counts as affected.
        let reason = "neither ranges nor versions are given".to_owned();
        advisory.findings.push(node.finding(reason.clone()));
        found.default = Status::Unknown;
        found.rules.push(Rule {
            status: Status::Affected,
            extent: Extent::Unreadable { text: String::new(), reason },
        });
    }
    let informational = node
        .get("database_specific")
        .and_then(|specific| specific.value.get("informational").and_then(Value::as_str).map(str::to_owned));
    if advisory.informational.is_none() {
        advisory.informational = informational;
    }
    advisory.affected.push(found);
    Ok(())
}

fn scheme_of(coordinates: &Coordinates) -> Option<Scheme> {
    let by_ecosystem = coordinates.ecosystem.as_deref().and_then(Scheme::from_osv_ecosystem);
    by_ecosystem.or_else(|| match coordinates.purl.as_ref()?.ty() {
        "generic" => Some(Scheme::of_component(coordinates.purl.as_ref()?.name())),
        ty => Scheme::from_purl_type(ty),
    })
}

fn range(
    node: &Node<'_, '_>,
    scheme: Option<Scheme>,
    found: &mut Affected,
    advisory: &mut Advisory,
) -> Result<(), Error> {
    let kind = node.need_text("type")?;
    let repository = node.opt_text("repo")?;
    let mut events = Vec::new();
    for item in node.each("events")? {
        item.with(|node| {
            let [(name, value)] = *node.object()?.iter().collect::<Vec<_>>() else {
                return Err(node.shape("an event has exactly one field"));
            };
            let event = match name.as_str() {
                "introduced" => Event::Introduced,
                "fixed" => Event::Fixed,
                "last_affected" => Event::LastAffected,
                "limit" => Event::Limit,
                _ => return Err(node.shape("an event is introduced, fixed, last_affected or limit")),
            };
            let version = value.as_str().ok_or_else(|| node.shape("the version of an event is a string"))?;
            events.push((event, version));
            Ok(())
        })?;
    }
    let of = |wanted: Event| -> Vec<String> {
        events
            .iter()
            .filter(|(event, _)| *event == wanted)
            .map(|(_, version)| (*version).to_owned())
            .collect()
    };
    let (introduced, fixed) = (of(Event::Introduced), of(Event::Fixed));
    let empty = |pair: (&(Event, &str), &(Event, &str))| {
        pair.0.0 == Event::Introduced && pair.1.0 == Event::Fixed && pair.0.1 == pair.1.1
    };
    if events.iter().zip(events.iter().skip(1)).any(empty) {
        advisory.findings.push(node.finding("introduced and fixed at the same place"));
    }
    let extent = if introduced.is_empty() {
        let reason = "the range has no introduced event".to_owned();
        advisory.findings.push(node.finding(reason.clone()));
        Extent::Unreadable { text: shown(&events), reason }
    } else if kind == "GIT" {
        found.coordinates.repository = found.coordinates.repository.take().or(repository.map(str::to_owned));
        Extent::Commits { repository: repository.map(str::to_owned), introduced, fixed }
    } else {
        let scheme = if kind == "SEMVER" { scheme.or(Some(Scheme::Semver)) } else { scheme };
        found.fixed.extend(fixed.iter().cloned());
        match scheme {
            None => Extent::Unreadable {
                text: shown(&events),
                reason: "the ecosystem's version scheme is not one that this program orders".to_owned(),
            },
            Some(scheme) => match vers(scheme, &events) {
                Ok(vers) => Extent::Range(vers),
                Err(reason) => {
                    advisory.findings.push(node.finding(reason.clone()));
                    Extent::Unreadable { text: shown(&events), reason }
                }
            },
        }
    };
    found.rules.push(Rule { status: Status::Affected, extent });
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

fn shown(events: &[(Event, &str)]) -> String {
    let words: Vec<String> = events.iter().map(|(event, version)| format!("{event:?} {version}")).collect();
    words.join(", ")
}

/// The range of events as the schema's evaluation reads them: sorted by version, introduced opens, the others close.
fn vers(scheme: Scheme, events: &[(Event, &str)]) -> Result<Vers, String> {
    let mut sorted: Vec<(Event, &str)> = Vec::with_capacity(events.len());
    for &(event, text) in events {
        // "0" is before every version, "*" after: neither need be a version of the scheme.
        let start = event == Event::Introduced && text == "0";
        if event == Event::Limit && text == "*" {
            continue;
        }
        if !start {
            version::check(scheme, text).map_err(|error| error.to_string())?;
        }
        let mut at = sorted.len();
        while let Some(&(other_event, other)) = at.checked_sub(1).and_then(|before| sorted.get(before)) {
            let order = match (start, other_event == Event::Introduced && other == "0") {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (true, true) => Ordering::Equal,
                (false, false) => version::compare(scheme, text, other).map_err(|error| error.to_string())?,
            };
            // Events of equal versions keep the order in which they are written.
            if order.is_ge() {
                break;
            }
            at -= 1;
        }
        sorted.insert(at, (event, text));
    }
    let constraint = |comparator, version: &str| Constraint { comparator, version: version.to_owned() };
    let mut alternatives: Vec<Vec<Constraint>> = Vec::new();
    let mut open: Option<Vec<Constraint>> = None;
    for (event, version) in sorted {
        match event {
            Event::Introduced if open.is_some() => {}
            Event::Introduced if version == "0" => open = Some(Vec::new()),
            Event::Introduced => open = Some(vec![constraint(Comparator::GreaterOrEqual, version)]),
            Event::Fixed | Event::Limit | Event::LastAffected => {
                let comparator = match event {
                    Event::LastAffected => Comparator::LessOrEqual,
                    _ => Comparator::Less,
                };
                if let Some(mut bounds) = open.take() {
                    bounds.push(constraint(comparator, version));
                    alternatives.push(bounds);
                }
            }
        }
    }
    alternatives.extend(open);
    Vers::of_alternatives(scheme, alternatives).map_err(|error| error.to_string())
}
