//! An SBOM in the terms of CycloneDX 1.6, for both writers: what a reader of 1.6 would understand of it, and the
//! extension that carries the rest (see `extra.rs`). Not here: JSON and XML.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table_parts::{ALGORITHMS, REFERENCE_TYPES};
use crate::sbom::check::{Check, is_serial_number};
use crate::sbom::extra::{self, DocumentExtra, END_OF_SUPPORT, EXTENSION, SUPPORT};
use crate::sbom::model::{
    Class, Component, CreatorKind, Licence, LicenceForm, Metadata, Parent, PartyKind, Property, RelationKind,
    Sbom, Scope, Target,
};
use crate::sbom::{order, time};

const VERSION: u8 = 16;

/// A whole document.
pub(super) struct Terms {
    /// Normalised.
    pub(super) sbom: Sbom,
    pub(super) metadata: Metadata,
    /// Of the document, the extension last.
    pub(super) properties: Vec<Property>,
    pub(super) dependencies: Vec<Links>,
}

/// One entry of the dependency graph.
pub(super) struct Links {
    pub(super) of: Arc<str>,
    pub(super) depends: Vec<Arc<str>>,
    pub(super) provides: Vec<Arc<str>>,
    /// It is stated that it depends on nothing.
    pub(super) none: bool,
}

/// One component.
pub(super) struct Told {
    pub(super) said: Component,
    /// Support level, end of support, its own, the extension.
    pub(super) properties: Vec<Property>,
}

pub(super) fn terms(sbom: &Sbom) -> Terms {
    let sbom = order::normalise(sbom.clone());
    let mut extra = DocumentExtra::default();
    let dependencies = dependencies(&sbom, &mut extra);
    let metadata = said_metadata(&sbom.metadata);
    extra.metadata = extra::difference(&sbom.metadata, &metadata).map(String::into_boxed_str);
    let mut properties = sbom.metadata.properties.clone();
    if extra.metadata.is_some() || !extra.relationships.is_empty() {
        // Plain structs of strings always serialise.
        let value = serde_json::to_string(&extra).unwrap_or_default().into();
        properties.push(Property { name: EXTENSION.into(), value });
    }
    Terms { sbom, metadata, properties, dependencies }
}

pub(super) fn tell(actual: &Component) -> Told {
    let said = said(actual);
    let stated = [(SUPPORT, &said.support), (END_OF_SUPPORT, &said.end_of_support)];
    let stated = stated
        .into_iter()
        .filter_map(|(name, value)| Some(Property { name: name.into(), value: value.clone()? }));
    let mut properties: Vec<Property> = stated.chain(said.properties.iter().cloned()).collect();
    if let Some(extension) = extra::difference(actual, &said) {
        properties.push(Property { name: EXTENSION.into(), value: extension.into() });
    }
    Told { said, properties }
}

/// The type as 1.6 spells it.
pub(super) fn type_name(class: Class) -> &'static str {
    match class {
        Class::Application => "application",
        Class::Framework => "framework",
        Class::Container => "container",
        Class::Platform => "platform",
        Class::OperatingSystem => "operating-system",
        Class::Device => "device",
        Class::DeviceDriver => "device-driver",
        Class::Firmware => "firmware",
        Class::File => "file",
        Class::MachineLearningModel => "machine-learning-model",
        Class::Data => "data",
        Class::CryptographicAsset => "cryptographic-asset",
        Class::Library | Class::Unstated | Class::Source | Class::Archive | Class::Install | Class::Other => {
            "library"
        }
    }
}

/// The components of each holder: those at the top, those in the subject, and by index of the component that holds
/// them.
pub(super) fn held<T>(sbom: &Sbom, mut make: impl FnMut(&Component, Vec<T>) -> T) -> (Vec<T>, Vec<T>) {
    let mut inside: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    let (mut top, mut subject) = (Vec::new(), Vec::new());
    // From the last to the first, since a component stands after the one that holds it; so no recursion.
    for (index, one) in (0u32..).zip(&sbom.components).collect::<Vec<_>>().into_iter().rev() {
        let mut own = inside.remove(&index).unwrap_or_default();
        own.reverse();
        let made = make(one, own);
        match one.parent {
            Parent::Top => top.push(made),
            Parent::Subject => subject.push(made),
            Parent::Component(holder) => inside.entry(holder).or_default().push(made),
        }
    }
    top.reverse();
    subject.reverse();
    (top, subject)
}

pub(super) fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Optional => "optional",
        Scope::Excluded => "excluded",
    }
}

/// What a reader of 1.6 would understand of the component; every difference goes into the extension.
fn said(actual: &Component) -> Component {
    let mut said = actual.clone();
    said.class = match actual.class {
        Class::Unstated | Class::Source | Class::Archive | Class::Install | Class::Other => Class::Library,
        class => class,
    };
    said.purls.truncate(1);
    said.cpes.truncate(1);
    said.external = false;
    said.version_range = None;
    for party in [&mut said.supplier, &mut said.manufacturer].into_iter().flatten() {
        party.kind = PartyKind::Organization;
    }
    said.hashes.retain(|h| {
        ALGORITHMS.test(&h.algorithm, VERSION).is_ok() && Check::HashValue.test(&h.value, VERSION).is_ok()
    });
    said.references.retain(|r| REFERENCE_TYPES.test(&r.kind, VERSION).is_ok());
    said.licences = licences(&actual.licences);
    said
}

/// Version 1.6 has either licences or one expression; a mixture is written as licences by name.
fn licences(actual: &[Licence]) -> Vec<Licence> {
    let expressions = actual.iter().filter(|l| l.form == LicenceForm::Expression).count();
    let name = |l: &Licence| match l.form {
        LicenceForm::Id if Check::LicenceId.test(&l.text, VERSION).is_ok() => l.clone(),
        _ => Licence { form: LicenceForm::Name, ..l.clone() },
    };
    if expressions == 1 && actual.len() == 1 { actual.to_vec() } else { actual.iter().map(name).collect() }
}

fn said_metadata(actual: &Metadata) -> Metadata {
    let mut said = actual.clone();
    said.name = None;
    said.id = actual.id.clone().filter(|id| is_serial_number(id));
    said.version = actual.version.filter(|v| *v >= 1);
    said.timestamp = actual.timestamp.clone().filter(|t| time::normalise(t).as_deref() == Some(&**t));
    let of = |kind| actual.creators.iter().filter(move |c| c.kind == kind && !c.name.is_empty()).cloned();
    said.creators = of(CreatorKind::Person).chain(of(CreatorKind::Tool)).collect();
    for party in [&mut said.supplier, &mut said.manufacturer].into_iter().flatten() {
        party.kind = PartyKind::Organization;
    }
    said
}

fn dependencies(sbom: &Sbom, extra: &mut DocumentExtra) -> Vec<Links> {
    let mut by_ref: BTreeMap<&Arc<str>, Links> = BTreeMap::new();
    let links =
        |of: &Arc<str>| Links { of: Arc::clone(of), depends: Vec::new(), provides: Vec::new(), none: false };
    let mut nones = Vec::new();
    for relationship in &sbom.relationships {
        let from = &relationship.from;
        match (&relationship.to, relationship.kind) {
            _ if from.is_empty() => extra.relationships.push(relationship.clone()),
            (Target::Ref(to), RelationKind::DEPENDS_ON) if !to.is_empty() => {
                by_ref.entry(from).or_insert_with(|| links(from)).depends.push(Arc::clone(to));
            }
            (Target::Ref(to), RelationKind::PROVIDES) if !to.is_empty() => {
                by_ref.entry(from).or_insert_with(|| links(from)).provides.push(Arc::clone(to));
            }
            (Target::None, RelationKind::DEPENDS_ON) => nones.push(relationship),
            _ => extra.relationships.push(relationship.clone()),
        }
    }
    for relationship in nones {
        let from = &relationship.from;
        let entry = by_ref.entry(from).or_insert_with(|| links(from));
        if entry.depends.is_empty() && entry.provides.is_empty() {
            entry.none = true;
        } else {
            extra.relationships.push(relationship.clone());
        }
    }
    by_ref.into_values().collect()
}
