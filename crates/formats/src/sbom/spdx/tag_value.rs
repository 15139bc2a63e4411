//! Reads SPDX tag-value: lines of `Tag: value`, values over several lines in `<text>`. A file that stands after a
//! package belongs to it (SPDX 2.3 clause 8: the order is the statement).

use super::build::Builder;
use super::names::{ALGORITHM_VALUES, DOCUMENT};
use crate::sbom::check::Check;
use crate::sbom::error::{Error, Fault, Problem, shorten};
use crate::sbom::grammar::{Kind, Sink, Version};
use crate::sbom::model::Sbom;
use crate::sbom::read::Limits;
use crate::source::{Place, Trouble};

/// How far down `SPDXVersion` is looked for, past comments.
const HEAD_LINES: usize = 1000;

/// Whether the text has the mandatory first tag.
pub(crate) fn is_tag_value(text: &str) -> bool {
    text.lines().take(HEAD_LINES).any(|line| line.trim_start().starts_with("SPDXVersion:"))
}

/// Which element the tags now speak of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Document,
    Package,
    File,
    /// A snippet, an extracted licence, a review: not kept.
    Other,
}

struct Reader {
    builder: Builder,
    section: Section,
    /// Identifier of the package that files now belong to.
    package: Option<String>,
    annotation: String,
    seen: Vec<&'static str>,
}

/// Reads a whole document.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<(Version, Sbom), Error> {
    let mut reader = Reader {
        builder: Builder::new(*limits),
        section: Section::Document,
        package: None,
        annotation: String::new(),
        seen: Vec::new(),
    };
    let mut version = None;
    let mut lines = (1u64..).zip(text.lines());
    let place = |line, tag: &str| Place { line, column: 1, path: tag.to_owned() };
    let opened = reader.builder.open(Kind::Document, "");
    opened.map_err(|problem| Fault::from(problem).at(Place::default()))?;
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = line.split_once(':') else {
            let fault =
                Fault::Trouble(Trouble::Syntax(format!("expected TAG: VALUE, found {:?}", shorten(line))));
            return Err(fault.at(place(number, "")));
        };
        let mut value = value.trim().to_owned();
        if let Some(rest) = value.strip_prefix("<text>") {
            let mut whole = rest.to_owned();
            while !whole.contains("</text>") {
                let Some((_, next)) = lines.next() else {
                    return Err(
                        Fault::Trouble(Trouble::syntax("a <text> that does not end")).at(place(number, tag))
                    );
                };
                whole.push('\n');
                whole.push_str(next);
            }
            value = whole.split("</text>").next().unwrap_or_default().to_owned();
        }
        if value.len() > limits.text {
            return Err(Fault::from(Problem::TooMany { what: "bytes in one text", max: limits.text })
                .at(place(number, tag)));
        }
        if tag == "SPDXVersion" {
            let Some(stated) = super::version(&value) else {
                return Err(Error::Unsupported { found: format!("SPDX version {:?}", shorten(&value)) });
            };
            version = Some(stated);
        }
        reader.line(tag.trim(), &value).map_err(|problem| Fault::from(problem).at(place(number, tag)))?;
    }
    let finished = reader.end_section().and_then(|()| {
        for field in ["SPDXVersion", "DataLicense", "SPDXID", "DocumentName", "DocumentNamespace"] {
            if !reader.seen.contains(&field) {
                return Err(Problem::MissingField { field, object: "the document" });
            }
        }
        Ok(())
    });
    finished.map_err(|problem| Fault::from(problem).at(Place::default()))?;
    match version {
        Some(version) => Ok((version, reader.builder.finish())),
        None => Err(Error::Unsupported { found: "tag-value without SPDXVersion".to_owned() }),
    }
}

impl Reader {
    fn line(&mut self, tag: &str, value: &str) -> Result<(), Problem> {
        match tag {
            "SPDXVersion" => self.seen.push("SPDXVersion"),
            "DataLicense" => self.seen.push("DataLicense"),
            "DocumentName" => {
                self.seen.push("DocumentName");
                self.builder.scalar(Kind::Document, "name", value)?;
            }
            "DocumentNamespace" => {
                Check::NotEmpty.test(value, 0)?;
                self.seen.push("DocumentNamespace");
                self.builder.scalar(Kind::Document, "documentNamespace", value)?;
            }
            "Creator" => self.one(Kind::Creation, &[("creators", value)])?,
            "Created" => {
                Check::TimeOrEmpty.test(value, 0)?;
                self.one(Kind::Creation, &[("created", value)])?;
            }
            "PackageName" => self.begin(Section::Package, Some((Kind::Package, "name", value)))?,
            "FileName" => self.begin(Section::File, Some((Kind::File, "fileName", value)))?,
            "SnippetSPDXID" | "LicenseID" | "Reviewer" => self.begin(Section::Other, None)?,
            "SPDXID" => self.identifier(value)?,
            "Relationship" => {
                let mut words = value.split_whitespace();
                let (from, kind, to) = (words.next(), words.next(), words.next());
                let (Some(from), Some(kind), Some(to), None) = (from, kind, to, words.next()) else {
                    return Err(Problem::value(
                        value,
                        "an identifier, a relationship type and an identifier",
                    ));
                };
                self.relate(from, kind, to)?;
            }
            "AnnotationComment" => value.clone_into(&mut self.annotation),
            "SPDXREF" => {
                let comment = std::mem::take(&mut self.annotation);
                self.builder.annotate(value, &comment);
            }
            _ if self.section == Section::Package => self.package_tag(tag, value)?,
            _ if self.section == Section::File => self.file_tag(tag, value)?,
            _ => {}
        }
        Ok(())
    }

    fn identifier(&mut self, value: &str) -> Result<(), Problem> {
        match self.section {
            Section::Document => {
                self.seen.push("SPDXID");
                if value != DOCUMENT {
                    return Err(Problem::value(value, DOCUMENT));
                }
            }
            Section::Package => {
                self.package = Some(value.to_owned());
                self.builder.scalar(Kind::Package, "SPDXID", value)?;
            }
            Section::File => {
                self.builder.scalar(Kind::File, "SPDXID", value)?;
                if let Some(package) = self.package.clone() {
                    self.relate(&package, "CONTAINS", value)?;
                }
            }
            Section::Other => {}
        }
        Ok(())
    }

    fn package_tag(&mut self, tag: &str, value: &str) -> Result<(), Problem> {
        let field = match tag {
            "PackageVersion" => "versionInfo",
            "PackageSupplier" => "supplier",
            "PackageOriginator" => "originator",
            "PackageDownloadLocation" => "downloadLocation",
            "PackageHomePage" => "homepage",
            "PackageLicenseConcluded" => "licenseConcluded",
            "PackageLicenseDeclared" => "licenseDeclared",
            "PrimaryPackagePurpose" => "primaryPackagePurpose",
            "ValidUntilDate" => {
                Check::TimeOrEmpty.test(value, 0)?;
                "validUntilDate"
            }
            "PackageChecksum" => return self.checksum(value),
            "ExternalRef" => {
                let mut words = value.splitn(3, char::is_whitespace).map(str::trim);
                let (Some(category), Some(kind), Some(locator)) = (words.next(), words.next(), words.next())
                else {
                    return Err(Problem::value(value, "a category, a type and a locator"));
                };
                let fields =
                    [("referenceCategory", category), ("referenceType", kind), ("referenceLocator", locator)];
                return self.one(Kind::ExternalRef, &fields);
            }
            _ => return Ok(()),
        };
        self.builder.scalar(Kind::Package, field, value)
    }

    fn file_tag(&mut self, tag: &str, value: &str) -> Result<(), Problem> {
        match tag {
            "FileChecksum" => self.checksum(value),
            "LicenseConcluded" => self.builder.scalar(Kind::File, "licenseConcluded", value),
            _ => Ok(()),
        }
    }

    fn checksum(&mut self, value: &str) -> Result<(), Problem> {
        let Some((algorithm, value)) = value.split_once(':') else {
            return Err(Problem::value(value, "an algorithm, a colon and a value"));
        };
        Check::OneOf(ALGORITHM_VALUES, "a checksum algorithm of SPDX").test(algorithm.trim(), 0)?;
        self.one(Kind::Checksum, &[("algorithm", algorithm.trim()), ("checksumValue", value.trim())])
    }

    fn relate(&mut self, from: &str, kind: &str, to: &str) -> Result<(), Problem> {
        let fields = [("spdxElementId", from), ("relationshipType", kind), ("relatedSpdxElement", to)];
        self.one(Kind::Relationship, &fields)
    }

    /// An object that stands on one line.
    fn one(&mut self, kind: Kind, fields: &[(&'static str, &str)]) -> Result<(), Problem> {
        self.builder.open(kind, "")?;
        for (field, value) in fields {
            self.builder.scalar(kind, field, value)?;
        }
        self.builder.close(kind)
    }

    fn begin(&mut self, section: Section, named: Option<(Kind, &'static str, &str)>) -> Result<(), Problem> {
        self.end_section()?;
        self.section = section;
        if section == Section::Package {
            self.package = None;
        }
        if let Some((kind, field, value)) = named {
            self.builder.open(kind, "")?;
            self.builder.scalar(kind, field, value)?;
        }
        Ok(())
    }

    fn end_section(&mut self) -> Result<(), Problem> {
        match self.section {
            Section::Package => self.builder.close(Kind::Package),
            Section::File => self.builder.close(Kind::File),
            Section::Document | Section::Other => Ok(()),
        }
    }
}
