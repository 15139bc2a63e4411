//! ESP-IDF: manifests of one release aggregated into one YAML file (`manifests: [{dest, manifest}]`).

use std::io::BufRead;
use std::sync::Arc;

use super::{ComponentList, Exclusion};
use crate::sbom::check::Check;
use crate::sbom::error::{Error, Fault, Problem};
use crate::sbom::grammar::{Items, Kind, List, Object, Sink, Ty, field};
use crate::sbom::model::{Component, Party, PartyKind, Reference};
use crate::sbom::read::Counted;
use crate::sbom::walk::{Trail, Walk};
use crate::sbom::{Limits, order};
use crate::source::{Bounded, Bounds, Place, YamlPull, yaml_text};

const TEXT: Ty = Ty::Text(Check::Any);

static ROOT: Object = Object {
    kind: Kind::Document,
    name: "the list",
    open_below: 0,
    rule: None,
    fields: &[field("manifests", Ty::List(&ENTRIES)).must()],
};
static ENTRIES: List = List { item: Ty::Obj(&ENTRY), xml: Items::Repeated };
static ENTRY: Object = Object {
    kind: Kind::Package,
    name: "an entry",
    open_below: 0,
    rule: None,
    fields: &[field("dest", Ty::Text(Check::NotEmpty)).must(), field("manifest", Ty::Obj(&MANIFEST)).must()],
};
static MANIFEST: Object = Object {
    kind: Kind::Component,
    name: "a manifest",
    open_below: 0,
    rule: None,
    fields: &[
        field("name", TEXT),
        field("version", TEXT),
        field("supplier", TEXT),
        field("originator", TEXT),
        field("url", TEXT),
        field("cpe", Ty::List(&TEXTS)),
        field("cve-exclude-list", Ty::List(&EXCLUSIONS)),
    ],
};
static TEXTS: List = List { item: TEXT, xml: Items::Repeated };
static EXCLUSIONS: List = List { item: Ty::Obj(&EXCLUSION), xml: Items::Repeated };
static EXCLUSION: Object = Object {
    kind: Kind::Annotation,
    name: "an exclusion",
    open_below: 0,
    rule: None,
    fields: &[field("cve", Ty::Text(Check::NotEmpty)).must(), field("reason", TEXT)],
};

struct Builder {
    list: ComponentList,
    counted: Counted,
    component: Component,
    exclusions: Vec<Exclusion>,
}

/// Reads the aggregated manifests. A component is identified by the directory it lands in; a `{}` in a CPE stands
/// for its version.
///
/// # Errors
/// [`Error`] with place and reason.
pub fn read<R: BufRead>(reader: R, limits: &Limits) -> Result<ComponentList, Error> {
    let begin = |trouble| Fault::Trouble(trouble).at(Place::default());
    let bounded = Bounded::open(reader, limits.bytes).map_err(|error| begin(error.into()))?;
    let text = yaml_text(bounded).map_err(begin)?;
    let mut builder = Builder {
        list: ComponentList::default(),
        counted: Counted::new(*limits),
        component: Component::default(),
        exclusions: Vec::new(),
    };
    let bounds = Bounds { depth: limits.depth, token: limits.text };
    let mut walk = Walk { sink: &mut builder, version: 0, lenient: true, trail: Trail::default() };
    walk.document(&mut YamlPull::new(&text, bounds), &ROOT)?;
    let mut list = builder.list;
    list.sbom = order::normalise(list.sbom);
    list.exclusions.sort_unstable();
    Ok(list)
}

/// `Organization: NAME` and `Person: NAME`, as in SPDX.
fn party(text: &str) -> Party {
    match text.split_once(':') {
        Some(("Person", name)) => Party { kind: PartyKind::Person, name: name.trim().into() },
        Some(("Organization", name)) => Party { kind: PartyKind::Organization, name: name.trim().into() },
        _ => Party { kind: PartyKind::Organization, name: text.into() },
    }
}

impl Sink for Builder {
    fn open(&mut self, kind: Kind, _field: &'static str) -> Result<(), Problem> {
        match kind {
            Kind::Package => {
                self.counted.component()?;
                self.component = Component::default();
                self.exclusions.clear();
            }
            Kind::Annotation => self.exclusions.push(Exclusion {
                component: String::new(),
                cve: String::new(),
                reason: String::new(),
            }),
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, kind: Kind, field: &'static str, value: &str) -> Result<(), Problem> {
        let component = &mut self.component;
        match (kind, field) {
            (Kind::Package, _) => component.reference = Arc::from(value),
            (Kind::Annotation, _) => {
                if let Some(exclusion) = self.exclusions.last_mut() {
                    match field {
                        "cve" => value.clone_into(&mut exclusion.cve),
                        _ => value.clone_into(&mut exclusion.reason),
                    }
                }
            }
            (_, "name") => component.name = value.into(),
            (_, "version") => component.version = Some(value.into()),
            (_, "supplier") => component.supplier = Some(party(value)),
            (_, "originator") => component.manufacturer = Some(party(value)),
            (_, "url") => component.references.push(Reference { kind: "website".into(), url: value.into() }),
            (_, "cpe") => component.cpes.push(value.into()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, kind: Kind) -> Result<(), Problem> {
        if kind != Kind::Package {
            return Ok(());
        }
        let mut component = std::mem::take(&mut self.component);
        if component.name.is_empty() {
            let last = component.reference.rsplit('/').next().unwrap_or_default();
            component.name = last.into();
        }
        if let Some(version) = component.version.as_deref() {
            for cpe in &mut component.cpes {
                *cpe = cpe.replace("{}", version).into();
            }
        }
        for mut exclusion in self.exclusions.drain(..) {
            component.reference.as_ref().clone_into(&mut exclusion.component);
            self.list.exclusions.push(exclusion);
        }
        self.list.sbom.components.push(component);
        Ok(())
    }

    fn define(&mut self, _reference: &str) -> Result<(), Problem> {
        Ok(())
    }
}
