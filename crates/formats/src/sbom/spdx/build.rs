//! Builds the internal form from what is handed over of an SPDX document.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{self, DOCUMENT};
use super::table::relation;
use super::write::PackageExtra;
use crate::sbom::error::{Problem, shorten};
use crate::sbom::extra::{self, EXTENSION};
use crate::sbom::grammar::{Kind, Sink};
use crate::sbom::model::{
    Class, Component, Hash, Licence, LicenceForm, LicenceRole, Parent, Reference, RelationKind, Relationship,
    Sbom, Target,
};
use crate::sbom::read::{Counted, Limits, References};
use crate::sbom::time;

#[derive(Default)]
struct Relation {
    from: Box<str>,
    kind: Box<str>,
    to: Box<str>,
}

#[derive(Default)]
struct ExternalRef {
    category: Box<str>,
    kind: Box<str>,
    locator: Box<str>,
}

enum Frame {
    Document,
    Creation,
    /// A package or file, the files it says it has, and its extension.
    Component(Box<Component>, Vec<Arc<str>>, Option<Box<str>>),
    Hash(Hash),
    External(ExternalRef),
    Relation(Relation),
    Annotation(Box<str>),
    Other,
}

/// Receives an SPDX document.
pub(crate) struct Builder {
    sbom: Sbom,
    counted: Counted,
    frames: Vec<Frame>,
    references: References,
    /// What our own extensions say, by SPDX identifier.
    extras: BTreeMap<Arc<str>, PackageExtra>,
    document_extra: Option<Box<str>>,
}

impl Builder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            sbom: Sbom::default(),
            counted: Counted::new(limits),
            frames: Vec::new(),
            references: References::default(),
            extras: BTreeMap::new(),
            document_extra: None,
        }
    }

    pub(crate) fn finish(mut self) -> Sbom {
        if let Some(extension) = self.document_extra.take() {
            extra::restore(&mut self.sbom, &extension);
        }
        if !self.extras.is_empty() {
            self.restore_components();
        }
        self.sbom
    }

    /// Puts back identifiers, nesting and the subject of a document we wrote.
    fn restore_components(&mut self) {
        let mut index: BTreeMap<Arc<str>, u32> = BTreeMap::new();
        for (i, component) in (0u32..).zip(&self.sbom.components) {
            index.insert(Arc::clone(&component.reference), i);
        }
        let mut subject = None;
        let mut renamed: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
        for (i, component) in self.sbom.components.iter_mut().enumerate() {
            let id = Arc::clone(&component.reference);
            let Some(stated) = self.extras.get(&id) else { continue };
            component.parent = match stated.within.as_deref() {
                None => Parent::Top,
                Some("") => Parent::Subject,
                // A holder that would stand later could form a ring; it is not one we wrote.
                Some(within) => match index.get(within) {
                    Some(at) if (*at as usize) < i => Parent::Component(*at),
                    _ => Parent::Top,
                },
            };
            if let Some(extension) = &stated.component {
                extra::extend(component, extension);
            }
            if stated.subject && subject.is_none() {
                subject = Some(i);
            }
            if component.reference != id {
                renamed.insert(id, Arc::clone(&component.reference));
            }
        }
        let rename = |reference: &mut Arc<str>| {
            if let Some(original) = renamed.get(reference) {
                *reference = Arc::clone(original);
            }
        };
        for relationship in &mut self.sbom.relationships {
            rename(&mut relationship.from);
            if let Target::Ref(to) = &mut relationship.to {
                rename(to);
            }
        }
        // The subject is written last, so no index moves when it leaves.
        if let Some(at) = subject
            && at + 1 == self.sbom.components.len()
        {
            self.sbom.subject = self.sbom.components.pop().map(Box::new);
        }
    }

    fn relate(&mut self, from: Arc<str>, kind: RelationKind, to: &str) -> Result<(), Problem> {
        self.counted.relationship()?;
        let to = match to {
            "NONE" => Target::None,
            "NOASSERTION" => Target::NoAssertion,
            to => Target::Ref(self.references.get(to)),
        };
        self.sbom.relationships.push(Relationship { from, kind, to });
        Ok(())
    }

    fn component_field(&mut self, field: &str, value: &str) -> Result<(), Problem> {
        let reference = matches!(field, "SPDXID" | "hasFiles").then(|| self.references.get(value));
        if field == "SPDXID" && !value.is_empty() {
            self.define(value)?;
        }
        let Some(Frame::Component(component, files, _)) = self.frames.last_mut() else { return Ok(()) };
        let stated = (!matches!(value, "" | "NOASSERTION")).then(|| Box::<str>::from(value));
        let mut licence = |role| {
            if let Some(text) = stated.clone() {
                component.licences.push(Licence { form: LicenceForm::Expression, role, text });
            }
        };
        match field {
            "SPDXID" => component.reference = reference.unwrap_or_default(),
            "hasFiles" => {
                files.extend(reference);
                self.counted.waiting(files.len())?;
            }
            "name" | "fileName" => component.name = value.into(),
            "versionInfo" => component.version = stated,
            "supplier" => component.supplier = names::party(value),
            "originator" => component.manufacturer = names::party(value),
            "licenseDeclared" => licence(LicenceRole::Declared),
            "licenseConcluded" => licence(LicenceRole::Concluded),
            "primaryPackagePurpose" => component.class = names::class(value),
            "validUntilDate" => component.end_of_support = stated,
            "homepage" | "downloadLocation" => {
                let kind = if field == "homepage" { "website" } else { "distribution" };
                if let Some(url) = stated.filter(|url| &**url != "NONE") {
                    component.references.push(Reference { kind: kind.into(), url });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close_component(
        &mut self,
        mut component: Component,
        files: Vec<Arc<str>>,
        extension: Option<Box<str>>,
    ) -> Result<(), Problem> {
        self.counted.component()?;
        component.licences.sort_by_key(|licence| licence.role);
        component.references.sort_by(|a, b| a.kind.cmp(&b.kind));
        for file in files {
            self.relate(Arc::clone(&component.reference), RelationKind::CONTAINS, &file)?;
        }
        if let Some(extra) = extension.and_then(|text| serde_json::from_str(&text).ok()) {
            self.extras.insert(Arc::clone(&component.reference), extra);
        }
        self.sbom.components.push(component);
        Ok(())
    }

    fn close_external(&mut self, external: ExternalRef) {
        let Some(Frame::Component(component, ..)) = self.frames.last_mut() else { return };
        // Producers write PACKAGE_MANAGER as well as PACKAGE-MANAGER.
        let category = external.category.replace('_', "-");
        match (category.as_str(), &*external.kind) {
            ("PACKAGE-MANAGER", "purl") => component.purls.push(external.locator),
            ("SECURITY", "cpe22Type" | "cpe23Type") => component.cpes.push(external.locator),
            _ => {
                let kind = format!("{category} {}", external.kind).into();
                component.references.push(Reference { kind, url: external.locator });
            }
        }
    }

    /// Keeps an annotation that is our own extension.
    fn close_annotation(&mut self, comment: &str) {
        let extension = comment.strip_prefix(EXTENSION).map(|text| text.trim().into());
        match self.frames.last_mut() {
            Some(Frame::Component(_, _, of)) => *of = extension.or_else(|| of.take()),
            _ => self.document_extra = extension.or_else(|| self.document_extra.take()),
        }
    }

    /// An annotation that names the element it is about, as tag-value writes them.
    pub(super) fn annotate(&mut self, element: &str, comment: &str) {
        let Some(extension) = comment.strip_prefix(EXTENSION).map(str::trim) else { return };
        if element == DOCUMENT {
            self.document_extra = Some(extension.into());
        } else if let Ok(extra) = serde_json::from_str(extension) {
            self.extras.insert(Arc::from(element), extra);
        }
    }
}

impl Sink for Builder {
    fn open(&mut self, kind: Kind, _field: &'static str) -> Result<(), Problem> {
        let frame = match kind {
            Kind::Document => Frame::Document,
            Kind::Creation => Frame::Creation,
            Kind::Package => Frame::Component(Box::default(), Vec::new(), None),
            Kind::File => {
                let file = Component { class: Class::File, ..Component::default() };
                Frame::Component(Box::new(file), Vec::new(), None)
            }
            Kind::Checksum => Frame::Hash(Hash { algorithm: "".into(), value: "".into() }),
            Kind::ExternalRef => Frame::External(ExternalRef::default()),
            Kind::Relationship => Frame::Relation(Relation::default()),
            Kind::Annotation => Frame::Annotation("".into()),
            _ => Frame::Other,
        };
        self.frames.push(frame);
        Ok(())
    }

    fn scalar(&mut self, _kind: Kind, field: &'static str, value: &str) -> Result<(), Problem> {
        let metadata = &mut self.sbom.metadata;
        let text = || (!value.is_empty()).then(|| Box::<str>::from(value));
        match self.frames.last_mut() {
            Some(Frame::Document) => match field {
                "name" => metadata.name = text(),
                "documentNamespace" => metadata.id = text(),
                "documentDescribes" => self.relate(Arc::from(DOCUMENT), RelationKind::DESCRIBES, value)?,
                _ => {}
            },
            Some(Frame::Creation) => match field {
                "created" => metadata.timestamp = time::normalise(value).map(String::into_boxed_str),
                "creators" => metadata.creators.extend(names::creator(value)),
                _ => {}
            },
            Some(Frame::Component(..)) => self.component_field(field, value)?,
            Some(Frame::Hash(hash)) => match field {
                "algorithm" => hash.algorithm = names::algorithm_from(value).into(),
                _ => hash.value = value.to_ascii_lowercase().into(),
            },
            Some(Frame::External(external)) => match field {
                "referenceCategory" => external.category = value.into(),
                "referenceType" => external.kind = value.into(),
                _ => external.locator = value.into(),
            },
            Some(Frame::Relation(relation)) => match field {
                "spdxElementId" => relation.from = value.into(),
                "relationshipType" => relation.kind = value.into(),
                _ => relation.to = value.into(),
            },
            Some(Frame::Annotation(comment)) if field == "comment" => *comment = value.into(),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, _kind: Kind) -> Result<(), Problem> {
        match self.frames.pop() {
            Some(Frame::Component(component, files, extension)) => {
                self.close_component(*component, files, extension)
            }
            Some(Frame::Hash(hash)) => {
                if let Some(Frame::Component(component, ..)) = self.frames.last_mut() {
                    component.hashes.push(hash);
                }
                Ok(())
            }
            Some(Frame::External(external)) => {
                self.close_external(external);
                Ok(())
            }
            Some(Frame::Relation(stated)) => {
                let kind = relation(&stated.kind)
                    .ok_or_else(|| Problem::value(&stated.kind, "a relationship type of SPDX"))?;
                let from = self.references.get(&stated.from);
                self.relate(from, kind, &stated.to)
            }
            Some(Frame::Annotation(comment)) => {
                self.close_annotation(&comment);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn define(&mut self, reference: &str) -> Result<(), Problem> {
        self.counted.reference()?;
        if self.references.insert(reference) {
            Ok(())
        } else {
            Err(Problem::DuplicateReference { reference: shorten(reference) })
        }
    }
}
