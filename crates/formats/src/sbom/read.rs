//! Finds out what a document is by its content and reads it. Not here: any format's rules.

use std::io::{BufRead, Seek, SeekFrom};
use std::sync::Arc;

use super::cyclonedx;
use super::error::{Error, Fault, Problem, shorten};
use super::grammar::Version;
use super::model::Sbom;
use super::walk::{Trail, Walk};
use super::walk_xml::WalkXml;
use super::{order, spdx};
use crate::source::{Bounded, Bounds, Event, JsonPull, Place, Pull, XmlEvent, XmlPull, YamlPull};

/// What a document may hold. The defaults take the largest bills of materials in use with room to spare.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the document, as UTF-8. Default 1 GiB.
    pub bytes: u64,
    /// Open objects, lists or elements at once. Default 200; the stack used is proportional.
    pub depth: usize,
    /// Bytes of one text. Default 16 MiB, for attached licence texts.
    pub text: usize,
    /// Components, files included. Default 1,000,000.
    pub components: usize,
    /// Relationships, one for each pair. Default 5,000,000.
    pub relationships: usize,
    /// Identifiers given in the document. Default 5,000,000.
    pub references: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            depth: 200,
            text: 16 << 20,
            components: 1_000_000,
            relationships: 5_000_000,
            references: 5_000_000,
        }
    }
}

impl Limits {
    fn bounds(self) -> Bounds {
        Bounds { depth: self.depth, token: self.text }
    }
}

/// Counts what is kept against the [`Limits`].
pub(crate) struct Counted {
    limits: Limits,
    components: usize,
    relationships: usize,
    references: usize,
}

impl Counted {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, components: 0, relationships: 0, references: 0 }
    }

    pub(crate) fn component(&mut self) -> Result<(), Problem> {
        self.components += 1;
        within("components", self.components, self.limits.components)
    }

    pub(crate) fn relationship(&mut self) -> Result<(), Problem> {
        self.relationships += 1;
        within("relationships", self.relationships, self.limits.relationships)
    }

    pub(crate) fn reference(&mut self) -> Result<(), Problem> {
        self.references += 1;
        within("identifiers", self.references, self.limits.references)
    }

    /// Relationships that wait to be counted until their object closes.
    pub(crate) fn waiting(&self, waiting: usize) -> Result<(), Problem> {
        within("relationships", self.relationships + waiting, self.limits.relationships)
    }
}

fn within(what: &'static str, count: usize, max: usize) -> Result<(), Problem> {
    if count > max { Err(Problem::TooMany { what, max }) } else { Ok(()) }
}

/// The identifiers given in a document, each stored once.
#[expect(clippy::disallowed_types, reason = "asked for single identifiers only; its order never leaves")]
#[derive(Default)]
pub(crate) struct References(std::collections::HashSet<Arc<str>>);

impl References {
    /// Notes an identifier; false when it was given before.
    pub(crate) fn insert(&mut self, reference: &str) -> bool {
        !self.0.contains(reference) && self.0.insert(Arc::from(reference))
    }

    /// The stored identifier, or a new one where it is not given (yet).
    pub(crate) fn get(&self, reference: &str) -> Arc<str> {
        self.0.get(reference).map_or_else(|| Arc::from(reference), Arc::clone)
    }
}

/// The standard a document follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// CycloneDX, with major and minor version.
    CycloneDx(u8, u8),
    /// SPDX, with major and minor version.
    Spdx(u8, u8),
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// YAML.
    Yaml,
    /// SPDX tag-value.
    TagValue,
}

/// A document that was read.
#[derive(Debug)]
pub struct Document {
    /// Found by content, whatever the file is called.
    pub standard: Standard,
    /// Found by content.
    pub encoding: Encoding,
    /// What it says, normalised.
    pub sbom: Sbom,
}

fn standard(version: Version, of: fn(u8, u8) -> Standard) -> Standard {
    of(version / 10, version % 10)
}

/// Reads a bill of materials in any of the formats, found by content.
///
/// Reads once, after a look ahead that ends at the fields that name format and version (at the front of the document
/// in all common tools' output). O(n) time; memory as said in the [module](super).
///
/// # Errors
/// [`Error`] with place and reason; nothing is kept then.
pub fn read<R: BufRead + Seek>(mut reader: R, limits: &Limits) -> Result<Document, Error> {
    let io = |source| Error::Io { source };
    let start = reader.stream_position().map_err(io)?;
    let first = first_byte(&mut reader, limits)?;
    reader.seek(SeekFrom::Start(start)).map_err(io)?;
    match first {
        Some(b'{' | b'[') => {
            let bounded = open(&mut reader, limits)?;
            let found = look_ahead(&mut JsonPull::new(bounded, limits.bounds()))?;
            reader.seek(SeekFrom::Start(start)).map_err(io)?;
            let mut pull = JsonPull::new(open(&mut reader, limits)?, limits.bounds());
            read_events(&mut pull, found, Encoding::Json, limits)
        }
        Some(b'<') => read_xml(reader, limits),
        Some(_) => {
            let text = crate::source::yaml_text(open(&mut reader, limits)?)
                .map_err(|trouble| Fault::from(trouble).at(Place::default()))?;
            if spdx::is_tag_value(&text) {
                let (version, sbom) = spdx::read_tag_value(&text, limits)?;
                return Ok(Document {
                    standard: standard(version, Standard::Spdx),
                    encoding: Encoding::TagValue,
                    sbom: order::normalise(sbom),
                });
            }
            let found = look_ahead(&mut YamlPull::new(&text, limits.bounds()))?;
            read_events(&mut YamlPull::new(&text, limits.bounds()), found, Encoding::Yaml, limits)
        }
        None => Err(Error::Unsupported { found: "an empty document".to_owned() }),
    }
}

fn open<R: BufRead>(reader: R, limits: &Limits) -> Result<Bounded<R>, Error> {
    Bounded::open(reader, limits.bytes).map_err(|error| Fault::Trouble(error.into()).at(Place::default()))
}

/// The first byte that is not white space.
fn first_byte<R: BufRead>(reader: R, limits: &Limits) -> Result<Option<u8>, Error> {
    let mut bounded = open(reader, limits)?;
    loop {
        let chunk = bounded.fill_buf().map_err(|error| Fault::Trouble(error.into()).at(Place::default()))?;
        if chunk.is_empty() {
            return Ok(None);
        }
        if let Some(byte) = chunk.iter().find(|b| !b.is_ascii_whitespace()) {
            return Ok(Some(*byte));
        }
        let n = chunk.len();
        bounded.consume(n);
    }
}

/// What the top-level fields of a JSON or YAML document say it is.
#[derive(Default)]
struct Claim {
    bom_format: Option<String>,
    spec_version: Option<String>,
    spdx_version: Option<String>,
    context: bool,
}

fn look_ahead(pull: &mut impl Pull) -> Result<Claim, Error> {
    let mut claim = Claim::default();
    let done = scan(pull, &mut claim);
    done.map_err(|fault| fault.at(Trail::default().place(pull.position()))).map(|()| claim)
}

fn scan(pull: &mut impl Pull, claim: &mut Claim) -> Result<(), Fault> {
    let mut depth = 0usize;
    let mut key = String::new();
    loop {
        match pull.next()? {
            Event::ObjectStart | Event::ArrayStart => depth += 1,
            Event::ObjectEnd | Event::ArrayEnd => depth = depth.saturating_sub(1),
            Event::Key(name) if depth == 1 => {
                key.clear();
                key.push_str(&shorten(name));
            }
            Event::Text(text) | Event::Plain(text) | Event::Number(text) if depth == 1 => {
                let text = Some(shorten(text));
                match key.as_str() {
                    "bomFormat" => claim.bom_format = text,
                    "specVersion" => claim.spec_version = text,
                    "spdxVersion" => claim.spdx_version = text,
                    "@context" => claim.context = true,
                    _ => {}
                }
                key.clear();
            }
            Event::End => return Ok(()),
            _ => {}
        }
        if claim.spdx_version.is_some() || (claim.bom_format.is_some() && claim.spec_version.is_some()) {
            return Ok(());
        }
    }
}

fn read_events(
    pull: &mut impl Pull,
    claim: Claim,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Document, Error> {
    match claim {
        Claim { bom_format: Some(format), .. } if format != "CycloneDX" => {
            Err(Error::Unsupported { found: format!("a document with bomFormat {format:?}") })
        }
        Claim { bom_format: Some(_), spec_version, .. }
        | Claim { spec_version: spec_version @ Some(_), .. } => {
            let stated = spec_version.unwrap_or_default();
            let Some(version) = cyclonedx::json_version(&stated) else {
                return Err(Error::Unsupported { found: format!("CycloneDX JSON {stated:?}") });
            };
            if encoding == Encoding::Yaml {
                return Err(Error::Unsupported { found: "CycloneDX in YAML".to_owned() });
            }
            if claim.bom_format.is_none() {
                return Err(Error::Unsupported {
                    found: "a document with specVersion but without bomFormat".to_owned(),
                });
            }
            let mut builder = cyclonedx::Builder::new(version, false, *limits);
            let mut walk = Walk { sink: &mut builder, version, lenient: false, trail: Trail::default() };
            walk.document(pull, &cyclonedx::BOM)?;
            Ok(Document {
                standard: standard(version, Standard::CycloneDx),
                encoding,
                sbom: order::normalise(builder.finish()),
            })
        }
        Claim { spdx_version: Some(stated), .. } => {
            let Some(version) = spdx::version(&stated) else {
                return Err(Error::Unsupported { found: format!("SPDX version {stated:?}") });
            };
            let mut builder = spdx::Builder::new(*limits);
            let mut walk = Walk { sink: &mut builder, version, lenient: true, trail: Trail::default() };
            walk.document(pull, &spdx::DOCUMENT)?;
            Ok(Document {
                standard: standard(version, Standard::Spdx),
                encoding,
                sbom: order::normalise(builder.finish()),
            })
        }
        Claim { context: true, .. } => {
            Err(Error::Unsupported { found: "JSON-LD, perhaps SPDX 3".to_owned() })
        }
        _ => Err(Error::Unsupported {
            found: "a document that names neither bomFormat nor spdxVersion".to_owned(),
        }),
    }
}

fn read_xml<R: BufRead + Seek>(mut reader: R, limits: &Limits) -> Result<Document, Error> {
    let start = reader.stream_position().map_err(|source| Error::Io { source })?;
    let mut pull = XmlPull::new(open(&mut reader, limits)?, limits.bounds());
    root(&mut pull).map_err(|fault| fault.at(Trail::default().place(pull.position())))?;
    if let Some((version, namespace)) = cyclonedx::xml_version(pull.namespace())
        && pull.name() == "bom"
    {
        let mut builder = cyclonedx::Builder::new(version, true, *limits);
        let mut walk =
            WalkXml { sink: &mut builder, version, namespace, lenient: false, trail: Trail::default() };
        walk.document(&mut pull, &cyclonedx::BOM)?;
        return Ok(Document {
            standard: standard(version, Standard::CycloneDx),
            encoding: Encoding::Xml,
            sbom: order::normalise(builder.finish()),
        });
    }
    if pull.name() == "Document" && pull.namespace().is_empty() {
        let stated =
            spdx_xml_version(&mut pull).map_err(|fault| fault.at(Trail::default().place(pull.position())))?;
        let Some(version) = spdx::version(&stated) else {
            return Err(Error::Unsupported { found: format!("SPDX version {:?}", shorten(&stated)) });
        };
        drop(pull);
        reader.seek(SeekFrom::Start(start)).map_err(|source| Error::Io { source })?;
        let mut pull = XmlPull::new(open(&mut reader, limits)?, limits.bounds());
        root(&mut pull).map_err(|fault| fault.at(Trail::default().place(pull.position())))?;
        let mut builder = spdx::Builder::new(*limits);
        let mut walk =
            WalkXml { sink: &mut builder, version, namespace: "", lenient: true, trail: Trail::default() };
        walk.document(&mut pull, &spdx::DOCUMENT)?;
        return Ok(Document {
            standard: standard(version, Standard::Spdx),
            encoding: Encoding::Xml,
            sbom: order::normalise(builder.finish()),
        });
    }
    let found =
        format!("XML with the root <{}> of namespace {:?}", shorten(pull.name()), shorten(pull.namespace()));
    Err(Error::Unsupported { found })
}

fn root<R: BufRead>(pull: &mut XmlPull<R>) -> Result<(), Fault> {
    match pull.next()? {
        XmlEvent::Start => Ok(()),
        _ => Err(Problem::Rule("there is no root element").into()),
    }
}

/// The text of `spdxVersion` below the root; empty where there is none.
fn spdx_xml_version<R: BufRead>(pull: &mut XmlPull<R>) -> Result<String, Fault> {
    let mut depth = 1usize;
    let mut version = String::new();
    let mut inside = false;
    loop {
        match pull.next()? {
            XmlEvent::Start => {
                depth += 1;
                inside = depth == 2 && pull.name() == "spdxVersion";
            }
            XmlEvent::Text if inside => version.push_str(pull.text()),
            XmlEvent::End if inside => return Ok(version.trim().to_owned()),
            XmlEvent::End => depth = depth.saturating_sub(1),
            XmlEvent::Finish => return Ok(version),
            XmlEvent::Text => {}
        }
    }
}
