//! CVE records, format 5.x: the containers of the numbering authority and of enrichers.
//!
//! Vendors write `n/a` for vendor, product and version, or a whole range into one version. The first are not kept as
//! names, the second is read where its meaning is plain; everything else becomes [`Extent::Unreadable`].

use super::model::{
    Advisory, Affected, Coordinates, Extent, Reference, Rule, Severity, SeverityKind, Status,
};
use super::node::Node;
use super::{Document, Error, Format, cvss};
use crate::purl::Purl;
use crate::vers::{self, Comparator, Constraint, Vers};
use crate::version::{self, Scheme};

/// Words that stand for nothing.
const NOTHING: [&str; 8] = ["n/a", "na", "unspecified", "unknown", "none", "-", "not applicable", "*"];

/// Reads one CVE record.
///
/// # Errors
/// When a required field is missing, or a value is of the wrong kind.
pub fn advisory(document: &Document) -> Result<Advisory, Error> {
    let root = Node::root(document.value());
    if root.need_text("dataType")? != "CVE_RECORD" {
        return Err(root.need("dataType")?.wrong("CVE_RECORD is wanted"));
    }
    if !root.need_text("dataVersion")?.starts_with("5.") {
        return Err(root.need("dataVersion")?.wrong("only version 5 is read"));
    }
    let metadata = root.need("cveMetadata")?;
    let id = metadata.need("cveId")?;
    if !is_cve(id.text()?) {
        return Err(id.wrong("not a CVE identifier"));
    }
    let mut advisory = Advisory::new(Format::Cve, id.text()?, document.digest());
    advisory.published = metadata.get("datePublished").map(|node| time(&node)).transpose()?;
    advisory.modified = metadata.get("dateUpdated").map(|node| time(&node)).transpose()?;
    match metadata.need_text("state")? {
        "PUBLISHED" => {}
        "REJECTED" => {
            let date = metadata.get("dateRejected").map(|node| time(&node)).transpose()?;
            advisory.withdrawn = Some(date.or_else(|| advisory.modified.clone()).unwrap_or_default());
        }
        _ => return Err(metadata.need("state")?.wrong("PUBLISHED or REJECTED is wanted")),
    }
    let containers = root.need("containers")?;
    let cna = containers.need("cna")?;
    container(&cna, &mut advisory)?;
    for item in containers.each("adp")? {
        item.with(|node| container(node, &mut advisory))?;
    }
    if advisory.affected.is_empty() && advisory.withdrawn.is_none() {
        advisory.findings.push(cna.finding("no affected product: nothing can be matched"));
    }
    Ok(advisory)
}

/// `CVE-` year `-` at least four digits.
pub(crate) fn is_cve(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year) && number.len() >= 4 && digits(number))
}

/// CVE records may leave out the zone, which then is UTC (CVE record format 5.1, `timestamp`).
fn time(node: &Node<'_, '_>) -> Result<String, Error> {
    let text = node.text()?;
    let with_zone = format!("{text}Z");
    for candidate in [text, with_zone.as_str()] {
        if version::check(Scheme::Datetime, candidate).is_ok() {
            return Ok(candidate.to_owned());
        }
    }
    Err(node.wrong("not a date with time"))
}

fn container(node: &Node<'_, '_>, advisory: &mut Advisory) -> Result<(), Error> {
    node.object()?;
    if advisory.summary.is_none() {
        advisory.summary = node.opt_text("title")?.map(str::to_owned);
    }
    for item in node.each("affected")? {
        item.with(|node| affected(node, advisory))?;
    }
    for item in node.each("references")? {
        let url = item.with(|node| node.need_text("url").map(str::to_owned))?;
        advisory.references.push(Reference { kind: "WEB".to_owned(), url });
    }
    for item in node.each("metrics")? {
        if let Some(severity) = item.with(severity)? {
            advisory.severities.push(severity);
        }
    }
    for item in node.each("problemTypes")? {
        item.with(|node| {
            for description in node.each("descriptions")? {
                advisory
                    .cwes
                    .extend(description.with(|node| node.opt_text("cweId").map(|id| id.map(str::to_owned)))?);
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn severity(node: &Node<'_, '_>) -> Result<Option<Severity>, Error> {
    for (key, kind) in
        [("cvssV4_0", "CVSS_V4"), ("cvssV3_1", "CVSS_V3"), ("cvssV3_0", "CVSS_V3"), ("cvssV2_0", "CVSS_V2")]
    {
        if let Some(metric) = node.get(key) {
            let mut severity = cvss::severity(kind, metric.need_text("vectorString")?);
            let given = metric.value.get("baseScore").and_then(serde_json::Value::as_f64);
            severity.score = severity.score.or(given);
            return Ok(Some(severity));
        }
    }
    let Some(other) = node.get("other") else { return Ok(None) };
    let text = other.value.pointer("/content/text").and_then(serde_json::Value::as_str);
    Ok(text.map(|text| Severity {
        kind: SeverityKind::Other,
        text: text.to_owned(),
        score: None,
        products: Vec::new(),
    }))
}

fn named(node: &Node<'_, '_>, key: &'static str) -> Result<Option<String>, Error> {
    let text = node.opt_text(key)?.map(str::trim);
    Ok(text.filter(|text| !is_nothing(text)).map(str::to_owned))
}

fn is_nothing(text: &str) -> bool {
    text.is_empty() || NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

fn affected(node: &Node<'_, '_>, advisory: &mut Advisory) -> Result<(), Error> {
    node.object()?;
    let mut coordinates = Coordinates {
        vendor: named(node, "vendor")?,
        product: named(node, "product")?,
        repository: named(node, "repo")?,
        cpes: node.strings("cpes")?,
        ..Coordinates::default()
    };
    // A package of a collection is a name in an ecosystem; the collection's address tells which.
    let collection = named(node, "collectionURL")?;
    let package = named(node, "packageName")?;
    if let Some(package) = package {
        coordinates.ecosystem = collection.map(|url| ecosystem_of(&url).map_or(url, str::to_owned));
        coordinates.name = Some(package);
    }
    if let Some(purl) = node.get("packageURL") {
        match Purl::read(purl.text()?) {
            Ok((purl, _)) => coordinates.purl = Some(purl),
            Err(error) => advisory.findings.push(purl.finding(format!("purl not readable: {error}"))),
        }
    }
    for key in ["platforms", "modules", "programFiles"] {
        coordinates.limits.extend(node.strings(key)?);
    }
    if let Err(reason) = coordinates.usable() {
        advisory.findings.push(node.finding(reason));
    }
    let default = match node.opt_text("defaultStatus")? {
        None | Some("unknown") => Status::Unknown,
        Some("affected") => Status::Affected,
        Some("unaffected") => Status::NotAffected,
        Some(_) => {
            return Err(node.need("defaultStatus")?.wrong("affected, unaffected or unknown is wanted"));
        }
    };
    let component = coordinates.product.as_deref().or(coordinates.name.as_deref()).unwrap_or("");
    let by_purl = coordinates.purl.as_ref().and_then(|purl| Scheme::from_purl_type(purl.ty()));
    let by_ecosystem = coordinates.ecosystem.as_deref().and_then(Scheme::from_osv_ecosystem);
    let known = by_purl.filter(|scheme| *scheme != Scheme::Generic).or(by_ecosystem);
    let own = known.unwrap_or_else(|| Scheme::of_component(component));
    let mut rules = Vec::new();
    let mut fixed = Vec::new();
    for item in node.each("versions")? {
        item.with(|node| version(node, own, &mut rules, &mut fixed))?;
    }
    if rules.is_empty() && default == Status::Unknown {
        let reason = "neither versions nor a default status are given".to_owned();
        rules.push(Rule {
            status: Status::Unknown,
            extent: Extent::Unreadable { text: String::new(), reason },
        });
    }
    for rule in &rules {
        if let Extent::Unreadable { text, reason } = &rule.extent {
            advisory.findings.push(node.finding(format!("{text:?}: {reason}")));
        }
    }
    advisory.affected.push(Affected {
        coordinates,
        default,
        rules,
        fixed,
        severities: Vec::new(),
        product_id: None,
    });
    Ok(())
}

/// The OSV name of the ecosystem behind a registry's address.
fn ecosystem_of(url: &str) -> Option<&'static str> {
    let host = url.split("://").nth(1).unwrap_or(url).split('/').next()?.trim_start_matches("www.");
    Some(match host {
        "registry.npmjs.org" | "npmjs.com" | "npmjs.org" => "npm",
        "pypi.org" | "pypi.python.org" => "PyPI",
        "crates.io" | "index.crates.io" | "static.crates.io" => "crates.io",
        "proxy.golang.org" | "pkg.go.dev" => "Go",
        "repo.maven.apache.org" | "repo1.maven.org" | "search.maven.org" => "Maven",
        "rubygems.org" => "RubyGems",
        "nuget.org" | "api.nuget.org" => "NuGet",
        "packagist.org" | "repo.packagist.org" => "Packagist",
        "hex.pm" | "repo.hex.pm" => "Hex",
        "pub.dev" => "Pub",
        _ => return None,
    })
}

fn status(node: &Node<'_, '_>) -> Result<Status, Error> {
    match node.need_text("status")? {
        "affected" => Ok(Status::Affected),
        "unaffected" => Ok(Status::NotAffected),
        "unknown" => Ok(Status::Unknown),
        _ => Err(node.need("status")?.wrong("affected, unaffected or unknown is wanted")),
    }
}

/// The scheme that a `versionType` names; `Err` with the name when it is one that this program does not order.
fn scheme(kind: Option<&str>, own: Scheme) -> Result<Scheme, String> {
    match kind.map(str::to_ascii_lowercase).as_deref() {
        None | Some("custom" | "generic" | "") => Ok(own),
        Some("semver") => Ok(if own == Scheme::Generic { Scheme::Semver } else { own }),
        Some("python" | "pypi" | "pep440") => Ok(Scheme::Pypi),
        Some("dpkg" | "deb" | "debian") => Ok(Scheme::Debian),
        Some("apk") => Ok(Scheme::Alpine),
        Some("date") => Ok(Scheme::Lexicographic),
        Some(kind) => Scheme::from_vers(kind).ok_or_else(|| kind.to_owned()),
    }
}

fn version(
    node: &Node<'_, '_>,
    own: Scheme,
    rules: &mut Vec<Rule>,
    fixed: &mut Vec<String>,
) -> Result<(), Error> {
    let status = status(node)?;
    let start = node.need("version")?.text()?;
    let less = node.opt_text("lessThan")?;
    let up_to = node.opt_text("lessThanOrEqual")?;
    let kind = node.opt_text("versionType")?;
    let text = match (less, up_to) {
        (Some(end), _) => format!("{start} to before {end}"),
        (None, Some(end)) => format!("{start} to {end}"),
        (None, None) => start.to_owned(),
    };
    let unreadable = |reason: String| Extent::Unreadable { text: text.clone(), reason };
    if kind == Some("git") {
        let extent = Extent::Commits {
            repository: None,
            introduced: vec![start.to_owned()],
            fixed: less.map(str::to_owned).into_iter().collect(),
        };
        rules.push(Rule { status, extent });
        return Ok(());
    }
    let scheme = match scheme(kind, own) {
        Ok(scheme) => scheme,
        Err(kind) => {
            rules.push(Rule { status, extent: unreadable(format!("unknown version scheme {kind:?}")) });
            return Ok(());
        }
    };
    let ends = [(less, Comparator::Less), (up_to, Comparator::LessOrEqual)];
    let end = ends.into_iter().find_map(|(end, comparator)| Some((end?, comparator)));
    let Some((end, comparator)) = end else {
        let read = if is_nothing(start) && start != "*" {
            Err("no version is given".to_owned())
        } else {
            vers::from_text(scheme, start).map_err(|error| error.to_string())
        };
        rules.push(Rule { status, extent: read.map_or_else(unreadable, Extent::Range) });
        return Ok(());
    };

    // Changes within the range split it; a change stands from its version on.
    let mut from = Vec::new();
    if start != "0" && !is_nothing(start) {
        from.push(Constraint { comparator: Comparator::GreaterOrEqual, version: start.to_owned() });
    }
    let mut changes = Vec::new();
    for item in node.each("changes")? {
        changes.push(item.with(|node| {
            let status = match node.need_text("status")? {
                "affected" => Status::Affected,
                "unaffected" => Status::NotAffected,
                _ => Status::Unknown,
            };
            Ok::<_, Error>((node.need_text("at")?.to_owned(), status))
        })?);
    }
    let mut current = status;
    for (at, next) in changes {
        let mut bounds = std::mem::take(&mut from);
        bounds.push(Constraint { comparator: Comparator::Less, version: at.clone() });
        rules.push(Rule {
            status: current,
            extent: bounded(scheme, bounds).map_or_else(unreadable, Extent::Range),
        });
        from.push(Constraint { comparator: Comparator::GreaterOrEqual, version: at.clone() });
        if current == Status::Affected && next == Status::NotAffected {
            fixed.push(at);
        }
        current = next;
    }
    if !is_nothing(end) {
        from.push(Constraint { comparator, version: end.to_owned() });
        if comparator == Comparator::Less && current == Status::Affected {
            fixed.push(end.to_owned());
        }
    } else if end != "*" {
        rules.push(Rule {
            status: current,
            extent: unreadable("the end of the range is not given".to_owned()),
        });
        return Ok(());
    }
    rules
        .push(Rule { status: current, extent: bounded(scheme, from).map_or_else(unreadable, Extent::Range) });
    Ok(())
}

/// All constraints must hold; a sign inside a version, such as `lessThan: "< 2.0"`, is refused by the scheme.
fn bounded(scheme: Scheme, bounds: Vec<Constraint>) -> Result<Vers, String> {
    Vers::of_alternatives(scheme, vec![bounds]).map_err(|error| error.to_string())
}
