//! Buildroot: `legal-info/manifest.csv`, and the JSON of `pkg-stats`.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use serde::Deserialize;

use super::{ComponentList, Exclusion};
use crate::sbom::error::{Error, Fault, Problem, shorten};
use crate::sbom::model::{
    Component, Licence, LicenceForm, LicenceRole, Reference, RelationKind, Relationship, Sbom, Target,
};
use crate::sbom::{Limits, order};
use crate::source::{Bounded, Place, Trouble};

/// A list of packages above this size is refused (64 MiB).
const MAX_BYTES: u64 = 64 << 20;
const COLUMNS: [&str; 3] = ["PACKAGE", "VERSION", "LICENSE"];

fn open<R: BufRead>(reader: R, limits: &Limits) -> Result<Bounded<R>, Error> {
    Bounded::open(reader, limits.bytes.min(MAX_BYTES))
        .map_err(|error| Fault::Trouble(error.into()).at(Place::default()))
}

/// Reads the legal-info table: a component for each row, `DEPENDS_ON` for each dependency named.
///
/// # Errors
/// [`Error`] with the line when it is no CSV with the columns of the table.
pub fn read_manifest<R: BufRead>(reader: R, limits: &Limits) -> Result<Sbom, Error> {
    let mut table = csv::ReaderBuilder::new().from_reader(open(reader, limits)?);
    let head = table.headers().map_err(csv_error)?.clone();
    let column = |name: &str| head.iter().position(|h| h.trim() == name);
    for name in COLUMNS {
        if column(name).is_none() {
            return Err(Error::Unsupported { found: format!("a table without the column {name}") });
        }
    }
    let (package, version, license) = (column("PACKAGE"), column("VERSION"), column("LICENSE"));
    let (site, needs) = (column("SOURCE SITE"), column("DEPENDENCIES WITH LICENSES"));
    let mut sbom = Sbom::default();
    for row in table.records() {
        let row = row.map_err(csv_error)?;
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map(str::trim).unwrap_or_default();
        let line = row.position().map_or(0, csv::Position::line);
        let place = || Place { line, column: 1, path: String::new() };
        let name = cell(package);
        if name.is_empty() {
            return Err(
                Fault::Problem(Problem::MissingField { field: "PACKAGE", object: "a row" }).at(place())
            );
        }
        if sbom.components.len() >= limits.components {
            let fault = Problem::TooMany { what: "components", max: limits.components };
            return Err(Fault::Problem(fault).at(place()));
        }
        let from: Arc<str> = Arc::from(name);
        for to in dependencies(cell(needs)) {
            if sbom.relationships.len() >= limits.relationships {
                let fault = Problem::TooMany { what: "relationships", max: limits.relationships };
                return Err(Fault::Problem(fault).at(place()));
            }
            let to = Target::Ref(Arc::from(to));
            sbom.relationships.push(Relationship {
                from: Arc::clone(&from),
                kind: RelationKind::DEPENDS_ON,
                to,
            });
        }
        sbom.components.push(package_component(from, cell(version), cell(license), cell(site)));
    }
    Ok(order::normalise(sbom))
}

fn package_component(name: Arc<str>, version: &str, license: &str, site: &str) -> Component {
    let mut component = Component { name: Box::from(&*name), reference: name, ..Component::default() };
    component.version = (!version.is_empty()).then(|| version.into());
    if !matches!(license, "" | "unknown") {
        component.licences.push(Licence {
            form: LicenceForm::Name,
            role: LicenceRole::Declared,
            text: license.into(),
        });
    }
    if !site.is_empty() {
        component.references.push(Reference { kind: "distribution".into(), url: site.into() });
    }
    component
}

/// The names in `NAME [LICENCE] NAME [LICENCE]`; a licence may hold spaces, commas and parentheses.
fn dependencies(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(']').filter_map(|part| part.split('[').next()).map(str::trim).filter(|name| !name.is_empty())
}

fn csv_error(error: csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    let place = Place { line, column: 1, path: String::new() };
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Fault::Trouble(Trouble::from(error)).at(place),
        _ => Fault::Trouble(Trouble::Syntax(shorten(&reason))).at(place),
    }
}

#[derive(Deserialize)]
struct Stats {
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    current_version: Option<String>,
    #[serde(default)]
    license: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    cpeid: Option<String>,
    #[serde(default)]
    cves: Vec<String>,
    #[serde(default)]
    ignored_cves: Vec<String>,
}

/// Reads the JSON of `pkg-stats`: components with version and CPE, the CVEs it matched and those it was told to
/// ignore. Virtual packages without a version are listed without one.
///
/// # Errors
/// [`Error`] with line and column.
pub fn pkg_stats<R: BufRead>(reader: R, limits: &Limits) -> Result<ComponentList, Error> {
    let mut text = Vec::new();
    open(reader, limits)?
        .read_to_end(&mut text)
        .map_err(|error| Fault::Trouble(error.into()).at(Place::default()))?;
    let stats: Stats = serde_json::from_slice(&text).map_err(|error| {
        let place = Place { line: error.line() as u64, column: error.column() as u64, path: String::new() };
        Fault::Trouble(Trouble::Syntax(error.to_string())).at(place)
    })?;
    let mut list = ComponentList::default();
    for (name, package) in stats.packages {
        let version = package.current_version.unwrap_or_default();
        let mut component = package_component(
            Arc::from(name.as_str()),
            &version,
            package.license.as_deref().unwrap_or_default(),
            package.url.as_deref().unwrap_or_default(),
        );
        component
            .cpes
            .extend(package.cpeid.filter(|cpe| cpe.starts_with("cpe:")).map(String::into_boxed_str));
        list.sbom.components.push(component);
        let exclusion = |cve| Exclusion { component: name.clone(), cve, reason: String::new() };
        list.exclusions.extend(package.ignored_cves.into_iter().map(exclusion));
        list.found.extend(package.cves.into_iter().map(|cve| (name.clone(), cve)));
    }
    list.sbom = order::normalise(list.sbom);
    Ok(list)
}
