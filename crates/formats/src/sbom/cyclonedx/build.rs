//! Builds the internal form from what the walkers hand over of a CycloneDX document.

use std::sync::Arc;

use crate::sbom::error::{Problem, shorten};
use crate::sbom::extra;
use crate::sbom::grammar::{Kind, Sink, Version};
use crate::sbom::model::{
    Class, Component, Creator, CreatorKind, Hash, Licence, LicenceForm, LicenceRole, Parent, Party,
    PartyKind, Property, Reference, RelationKind, Relationship, Sbom, Scope, Target,
};
use crate::sbom::read::{Counted, Limits, References};
use crate::sbom::time;

enum Frame {
    Bom,
    Metadata,
    Tools,
    /// A component; the subject where there is no index.
    Component(Option<usize>, Mix),
    Named(Party),
    Contact(Box<str>),
    Tool {
        vendor: Box<str>,
        name: Box<str>,
        version: Box<str>,
    },
    Hash(Hash),
    Licence(Licence),
    /// A licence choice of an expression, if it is one.
    Choice(Licence),
    Property(Property),
    Reference(Reference),
    Swid,
    /// Links wait for `ref`, which may stand after them.
    Dependency {
        of: Option<Arc<str>>,
        links: Vec<(RelationKind, Arc<str>)>,
        nested: bool,
    },
    Provides,
}

/// What the licences of one component are: 1.0 to 1.6 forbid mixtures and a second expression.
#[derive(Clone, Copy, Default)]
struct Mix {
    licences: usize,
    expressions: usize,
}

/// Receives a CycloneDX document.
pub(crate) struct Builder {
    sbom: Sbom,
    counted: Counted,
    frames: Vec<Frame>,
    fields: Vec<&'static str>,
    /// Open objects of a part that is dropped.
    dropped: usize,
    references: References,
    forbid_mixed_licences: bool,
}

impl Builder {
    pub(crate) fn new(version: Version, xml: bool, limits: Limits) -> Self {
        Self {
            sbom: Sbom::default(),
            counted: Counted::new(limits),
            frames: Vec::new(),
            fields: Vec::new(),
            dropped: 0,
            references: References::default(),
            // Up to 1.4 the JSON schema leaves single choices free; XML never did, until 1.7.
            forbid_mixed_licences: version < 17 && (xml || version >= 15),
        }
    }

    pub(crate) fn finish(mut self) -> Sbom {
        extra::restore_document(&mut self.sbom);
        self.sbom
    }

    fn component(&mut self, index: Option<usize>) -> Option<&mut Component> {
        match index {
            Some(index) => self.sbom.components.get_mut(index),
            None => self.sbom.subject.as_deref_mut(),
        }
    }

    fn relate(&mut self, from: Arc<str>, kind: RelationKind, to: Target) -> Result<(), Problem> {
        self.counted.relationship()?;
        self.sbom.relationships.push(Relationship { from, kind, to });
        Ok(())
    }

    fn open_component(&mut self, field: &'static str) -> Result<Option<Frame>, Problem> {
        let parent = match (self.frames.last(), field) {
            (Some(Frame::Metadata), "component") => {
                self.sbom.subject = Some(Box::default());
                return Ok(Some(Frame::Component(None, Mix::default())));
            }
            (Some(Frame::Bom), "components") => Parent::Top,
            (Some(Frame::Component(None, _)), "components") => Parent::Subject,
            (Some(Frame::Component(Some(index), _)), "components") => {
                Parent::Component(u32::try_from(*index).unwrap_or(u32::MAX))
            }
            (Some(Frame::Tools), _) => {
                return Ok(Some(Frame::Tool { vendor: "".into(), name: "".into(), version: "".into() }));
            }
            _ => return Ok(None),
        };
        self.counted.component()?;
        let index = self.sbom.components.len();
        self.sbom.components.push(Component { parent, ..Component::default() });
        Ok(Some(Frame::Component(Some(index), Mix::default())))
    }

    fn component_field(&mut self, index: Option<usize>, field: &str, value: &str) {
        let reference = (field == "bom-ref").then(|| self.references.get(value));
        let Some(component) = self.component(index) else { return };
        let text = || (!value.is_empty()).then(|| Box::<str>::from(value));
        match field {
            "type" => component.class = class(value),
            "bom-ref" => component.reference = reference.unwrap_or_default(),
            "author" => component.author = text(),
            "publisher" => component.publisher = text(),
            "group" => component.group = text(),
            "name" => component.name = value.into(),
            "version" => component.version = text(),
            "versionRange" => component.version_range = text(),
            "isExternal" => component.external = matches!(value, "true" | "1"),
            "scope" => {
                component.scope = match value {
                    "optional" => Some(Scope::Optional),
                    "excluded" => Some(Scope::Excluded),
                    _ => None,
                }
            }
            "cpe" => component.cpes.extend(text()),
            "purl" => component.purls.extend(text()),
            _ => {}
        }
    }

    fn attach(&mut self, frame: Frame, field: &'static str) -> Result<(), Problem> {
        match frame {
            Frame::Component(index, _) => {
                if let Some(component) = self.component(index) {
                    if component.version_range.is_some() && !component.external {
                        return Err(Problem::Rule("only an external component may have a range of versions"));
                    }
                    extra::lift_support(component);
                    extra::restore_component(component);
                }
            }
            Frame::Named(party) if !party.name.is_empty() => match (self.frames.last(), field) {
                (Some(Frame::Metadata), "supplier") => self.sbom.metadata.supplier = Some(party),
                (Some(Frame::Metadata), _) => self.sbom.metadata.manufacturer = Some(party),
                (Some(Frame::Component(index, _)), _) => {
                    let index = *index;
                    if let Some(component) = self.component(index) {
                        match field {
                            "supplier" => component.supplier = Some(party),
                            _ => component.manufacturer = Some(party),
                        }
                    }
                }
                _ => {}
            },
            Frame::Contact(name) if !name.is_empty() => match self.frames.last() {
                Some(Frame::Metadata) => {
                    self.sbom.metadata.creators.push(Creator { kind: CreatorKind::Person, name });
                }
                Some(Frame::Component(index, _)) => {
                    let index = *index;
                    if let Some(component) = self.component(index) {
                        component.author = Some(match component.author.take() {
                            Some(others) => format!("{others}, {name}").into(),
                            None => name,
                        });
                    }
                }
                _ => {}
            },
            Frame::Tool { vendor, name, version } => {
                let name =
                    [&*vendor, &*name].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
                let name = if version.is_empty() { name } else { format!("{name}-{version}") };
                if !name.is_empty() {
                    let creator = Creator { kind: CreatorKind::Tool, name: name.into() };
                    self.sbom.metadata.creators.push(creator);
                }
            }
            Frame::Hash(hash) => self.on_component(|component| component.hashes.push(hash)),
            Frame::Licence(licence) => self.attach_licence(licence)?,
            Frame::Choice(licence) if !licence.text.is_empty() => self.attach_licence(licence)?,
            Frame::Property(property) => match self.frames.last() {
                Some(Frame::Bom | Frame::Metadata) => self.sbom.metadata.properties.push(property),
                _ => self.on_component(|component| component.properties.push(property)),
            },
            Frame::Reference(reference) => {
                self.on_component(|component| component.references.push(reference));
            }
            Frame::Dependency { of: Some(of), links, nested } => {
                if links.is_empty() && !nested {
                    self.relate(Arc::clone(&of), RelationKind::DEPENDS_ON, Target::None)?;
                }
                for (kind, to) in links {
                    self.relate(Arc::clone(&of), kind, Target::Ref(to))?;
                }
                if let Some(Frame::Dependency { links, .. }) = self.frames.last_mut() {
                    links.push((RelationKind::DEPENDS_ON, of));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives something to the component that is open, if one is.
    fn on_component(&mut self, give: impl FnOnce(&mut Component)) {
        if let Some(Frame::Component(index, _)) = self.frames.last() {
            let index = *index;
            if let Some(component) = self.component(index) {
                give(component);
            }
        }
    }

    fn attach_licence(&mut self, licence: Licence) -> Result<(), Problem> {
        // In JSON the licence closes inside its choice; both belong to what is below.
        let depth = self.frames.len();
        let skip = usize::from(matches!(self.frames.last(), Some(Frame::Choice(_))));
        let Some(Frame::Component(index, mix)) =
            depth.checked_sub(1 + skip).and_then(|at| self.frames.get_mut(at))
        else {
            return Ok(());
        };
        match licence.form {
            LicenceForm::Expression => mix.expressions += 1,
            _ => mix.licences += 1,
        }
        let mixed = mix.expressions > 1 || (mix.expressions == 1 && mix.licences > 0);
        let index = *index;
        if mixed && self.forbid_mixed_licences {
            return Err(Problem::Rule("before 1.7 a component has either licences or one expression"));
        }
        if let Some(component) = self.component(index) {
            component.licences.push(licence);
        }
        Ok(())
    }
}

fn class(value: &str) -> Class {
    match value {
        "application" => Class::Application,
        "framework" => Class::Framework,
        "library" => Class::Library,
        "container" => Class::Container,
        "platform" => Class::Platform,
        "operating-system" => Class::OperatingSystem,
        "device" => Class::Device,
        "device-driver" => Class::DeviceDriver,
        "firmware" => Class::Firmware,
        "file" => Class::File,
        "machine-learning-model" => Class::MachineLearningModel,
        "data" => Class::Data,
        "cryptographic-asset" => Class::CryptographicAsset,
        _ => Class::Other,
    }
}

impl Sink for Builder {
    fn open(&mut self, kind: Kind, field: &'static str) -> Result<(), Problem> {
        let licence = |form| Licence { form, role: LicenceRole::Unstated, text: "".into() };
        let frame = match kind {
            _ if self.dropped > 0 => None,
            Kind::Bom => Some(Frame::Bom),
            Kind::Metadata => Some(Frame::Metadata),
            Kind::Tools => Some(Frame::Tools),
            Kind::Tool => Some(Frame::Tool { vendor: "".into(), name: "".into(), version: "".into() }),
            Kind::Component => self.open_component(field)?,
            Kind::Organisation => {
                Some(Frame::Named(Party { kind: PartyKind::Organization, name: "".into() }))
            }
            Kind::Contact => Some(Frame::Contact("".into())),
            Kind::Hash => Some(Frame::Hash(Hash { algorithm: "".into(), value: "".into() })),
            Kind::Licence => Some(Frame::Licence(licence(LicenceForm::Id))),
            Kind::Choice => Some(Frame::Choice(licence(LicenceForm::Expression))),
            Kind::Property => Some(Frame::Property(Property { name: "".into(), value: "".into() })),
            Kind::Reference => Some(Frame::Reference(Reference { kind: "".into(), url: "".into() })),
            Kind::Swid => Some(Frame::Swid),
            Kind::Dependency => {
                let nested = matches!(self.frames.last(), Some(Frame::Dependency { .. }));
                Some(Frame::Dependency { of: None, links: Vec::new(), nested })
            }
            Kind::Provides => Some(Frame::Provides),
            _ => None,
        };
        match frame {
            Some(frame) => {
                self.frames.push(frame);
                self.fields.push(field);
            }
            None => self.dropped += 1,
        }
        Ok(())
    }

    fn scalar(&mut self, _kind: Kind, field: &'static str, value: &str) -> Result<(), Problem> {
        if self.dropped > 0 {
            return Ok(());
        }
        let metadata = &mut self.sbom.metadata;
        let reference = match self.frames.last() {
            Some(Frame::Dependency { .. } | Frame::Provides) => Some(self.references.get(value)),
            _ => None,
        };
        match self.frames.last_mut() {
            Some(Frame::Bom) => match field {
                "serialNumber" => metadata.id = Some(value.into()),
                "version" => {
                    let version = value.parse().map_err(|_| Problem::value(value, "a 32-bit number"))?;
                    metadata.version = Some(version);
                }
                _ => {}
            },
            Some(Frame::Metadata) if field == "timestamp" => {
                metadata.timestamp = time::normalise(value).map(String::into_boxed_str);
            }
            Some(Frame::Component(index, _)) => {
                let index = *index;
                self.component_field(index, field, value);
            }
            Some(Frame::Named(Party { name, .. }) | Frame::Contact(name)) if field == "name" => {
                *name = value.into();
            }
            Some(Frame::Contact(name)) if field == "email" && name.is_empty() => *name = value.into(),
            Some(Frame::Tool { vendor, name, version }) => match field {
                "vendor" | "group" => *vendor = value.into(),
                "name" => *name = value.into(),
                "version" => *version = value.into(),
                _ => {}
            },
            Some(Frame::Hash(hash)) => match field {
                "alg" => hash.algorithm = value.into(),
                _ => hash.value = value.to_ascii_lowercase().into(),
            },
            Some(Frame::Licence(licence) | Frame::Choice(licence)) => match field {
                "id" | "expression" => licence.text = value.into(),
                "name" => {
                    licence.form = LicenceForm::Name;
                    licence.text = value.into();
                }
                "acknowledgement" => {
                    licence.role = match value {
                        "declared" => LicenceRole::Declared,
                        _ => LicenceRole::Concluded,
                    }
                }
                _ => {}
            },
            Some(Frame::Property(property)) => match field {
                "name" => property.name = value.into(),
                _ => property.value = value.into(),
            },
            Some(Frame::Reference(reference)) => match field {
                "type" => reference.kind = value.into(),
                "url" => reference.url = value.into(),
                _ => {}
            },
            Some(Frame::Swid) if field == "tagId" => {
                let at = self.frames.len().checked_sub(2);
                if let Some(Frame::Component(index, _)) = at.and_then(|at| self.frames.get(at)) {
                    let index = *index;
                    if let Some(component) = self.component(index) {
                        component.swid = Some(value.into());
                    }
                }
            }
            Some(Frame::Dependency { of, .. }) if field == "ref" => *of = reference,
            Some(Frame::Dependency { links, .. }) => {
                let kind = match field {
                    "dependsOn" => RelationKind::DEPENDS_ON,
                    _ => RelationKind::PROVIDES,
                };
                links.push((kind, reference.unwrap_or_default()));
                self.counted.waiting(links.len())?;
            }
            Some(Frame::Provides) => {
                let at = self.frames.len().checked_sub(2);
                if let Some(Frame::Dependency { links, .. }) = at.and_then(|at| self.frames.get_mut(at)) {
                    links.push((RelationKind::PROVIDES, reference.unwrap_or_default()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, _kind: Kind) -> Result<(), Problem> {
        if self.dropped > 0 {
            self.dropped -= 1;
            return Ok(());
        }
        match (self.frames.pop(), self.fields.pop()) {
            (Some(frame), Some(field)) => self.attach(frame, field),
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
