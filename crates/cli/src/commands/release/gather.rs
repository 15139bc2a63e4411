//! What a release is made of, read from files: bills of materials, artefacts, measurements. Everything is read and checked
//! before anything is kept.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use evidence::facts::release::Artefact;
use evidence::types::{Interpreted, NamedDigest};
use formats::sbom::{self, Encoding, Finding, Limits, Sbom, Standard};
use sha2::{Digest, Sha256};
use tlog::Hash;

use super::known::digits;
use crate::commands::Context;
use crate::failure::Failure;
use crate::session::Session;

/// Name of the parser of bills of materials, as facts name it.
const PARSER: &str = "sbom";
/// Media type of the normalised form.
const NORMALISED: &str = "application/vnd.vouchsafe.sbom+json";
/// Bytes read at once.
const PIECE: usize = 64 << 10;

/// SHA-256 and length of what a reader gives, in bounded memory.
pub(crate) fn hash_reader(mut reader: impl Read) -> std::io::Result<(Hash, u64)> {
    let (mut hasher, mut length, mut piece) = (Sha256::new(), 0u64, vec![0; PIECE]);
    loop {
        let n = match reader.read(&mut piece) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(read) = piece.get(..n).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        length = length.saturating_add(n as u64);
    }
    Ok((Hash(hasher.finalize().into()), length))
}

/// SHA-256 and length of a file, in bounded memory.
pub(crate) fn hash_file(path: &Path) -> Result<(Hash, u64), Failure> {
    let fail = |e: std::io::Error| Failure::file("reading", path, &e);
    let file = File::open(path).map_err(fail)?;
    hash_reader(file).map_err(fail)
}

/// A bill of materials that was read. The document itself stays in its file.
pub(crate) struct ReadSbom {
    pub(crate) path: PathBuf,
    digest: Hash,
    length: u64,
    pub(crate) standard: Standard,
    encoding: Encoding,
    canonical: Vec<u8>,
    /// Names of its components, those that findings name.
    pub(crate) components: usize,
    pub(crate) findings: Vec<(Finding, Option<String>)>,
}

/// Reads a bill of materials.
pub(crate) fn read_sbom(context: &Context, path: &Path) -> Result<ReadSbom, Failure> {
    let doing = format!("reading the SBOM {}", path.display());
    let (digest, length) = hash_file(path)?;
    let bar = context.ui.progress(&format!("Reading {}", file_name(path)), length);
    let file = File::open(path).map_err(|e| Failure::file("reading", path, &e))?;
    let read = sbom::read(BufReader::with_capacity(PIECE, file), &Limits::default());
    bar.finish_and_clear();
    let document = read.map_err(|e| Failure::input(&doing, e))?;
    let findings = named(&document.sbom);
    Ok(ReadSbom {
        path: path.to_owned(),
        digest,
        length,
        standard: document.standard,
        encoding: document.encoding,
        canonical: sbom::to_canonical(&document.sbom),
        components: document.sbom.components.len(),
        findings,
    })
}

/// What an SBOM lacks, each with the component that lacks it.
pub(super) fn named(sbom: &Sbom) -> Vec<(Finding, Option<String>)> {
    let name = |finding: &Finding| {
        let component = sbom.components.get(finding.component?)?;
        let version = component.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
        Some(if component.name.is_empty() {
            "(no name)".to_owned()
        } else {
            format!("{}{version}", component.name)
        })
    };
    sbom::quality(sbom).into_iter().map(|finding| (name(&finding), finding)).map(|(n, f)| (f, n)).collect()
}

impl ReadSbom {
    /// What the fact will say of it, without keeping anything.
    pub(crate) fn interpreted(&self) -> Interpreted {
        let blob = |digest, length, media_type: &str| evidence::types::BlobRef {
            digest,
            length,
            media_type: media_type.to_owned(),
        };
        Interpreted {
            raw: blob(self.digest, self.length, media_type(self.standard, self.encoding)),
            parser: PARSER.to_owned(),
            parser_version: u64::from(sbom::PARSER_VERSION),
            normalised: blob(Hash::of(&self.canonical), self.canonical.len() as u64, NORMALISED),
        }
    }

    /// Keeps document and normalised form beside the log.
    pub(crate) fn keep(&self, session: &Session) -> Result<(), Failure> {
        session.put_file(&self.path, self.digest, self.length, media_type(self.standard, self.encoding))?;
        session.put_blob(&self.canonical, NORMALISED).map(drop)
    }
}

/// Media types: CycloneDX registered its own; SPDX those of `application/spdx+json` and `text/spdx`.
fn media_type(standard: Standard, encoding: Encoding) -> &'static str {
    match (standard, encoding) {
        (Standard::CycloneDx(..), Encoding::Xml) => "application/vnd.cyclonedx+xml",
        (Standard::CycloneDx(..), _) => "application/vnd.cyclonedx+json",
        (Standard::Spdx(..), Encoding::Json) => "application/spdx+json",
        (Standard::Spdx(..), Encoding::TagValue) => "text/spdx",
        (Standard::Spdx(..), Encoding::Yaml) => "application/yaml",
        (Standard::Spdx(..), Encoding::Xml) => "application/xml",
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Built files, by name.
pub(super) fn artefacts(paths: &[PathBuf]) -> Result<Vec<Artefact>, Failure> {
    let mut artefacts: Vec<Artefact> = Vec::with_capacity(paths.len());
    for path in paths {
        let (digest, length) = hash_file(path)?;
        artefacts.push(Artefact { name: file_name(path), digest, length });
    }
    artefacts.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in artefacts.windows(2) {
        if let [a, b] = pair
            && a.name == b.name
        {
            return Err(Failure::input("naming the artefacts", format!("two files are called `{}`", a.name))
                .hint("a release tells its files apart by name: give them names of their own"));
        }
    }
    Ok(artefacts)
}

/// `NAME=DIGEST`, or `NAME=@FILE` for the digest of a file; sorted by name.
pub(super) fn named_digests(doing: &str, all: &[String]) -> Result<Vec<NamedDigest>, Failure> {
    let mut named = Vec::with_capacity(all.len());
    for text in all {
        let wrong = |problem: String| {
            Failure::input(doing, problem).hint("write NAME=SHA256, or NAME=@FILE for the digest of a file")
        };
        let (name, value) = text.split_once('=').ok_or_else(|| wrong(format!("`{text}` has no `=`")))?;
        if name.is_empty() {
            return Err(wrong(format!("`{text}` has no name")));
        }
        let digest = match value.strip_prefix('@') {
            Some(path) => hash_file(Path::new(path))?.0,
            None => digits(value).map_err(wrong)?,
        };
        named.push(NamedDigest { name: name.to_owned(), digest });
    }
    named.sort_by(|a, b| (&a.name, a.digest).cmp(&(&b.name, b.digest)));
    named.dedup();
    Ok(named)
}

/// A standard by its name and version.
pub(super) fn standard(standard: Standard) -> String {
    match standard {
        Standard::CycloneDx(major, minor) => format!("CycloneDX {major}.{minor}"),
        Standard::Spdx(major, minor) => format!("SPDX {major}.{minor}"),
    }
}
