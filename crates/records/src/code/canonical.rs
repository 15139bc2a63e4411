//! Canonical bytes of what the code says of records and of what tools measured of it, so that a log can keep them and they
//! mean the same later: JSON with names in a fixed order and without white space. What is read must be what is written.

use super::{AnalysisFinding, CodeFile, CodeScan, Mark, Measured, Verb};
use crate::limits::MAX_CODE_FILES;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of both forms. A change in what any document reads as raises it.
pub const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    form: u32,
    files: Vec<File>,
    trouble: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: Box<str>,
    sha256: String,
    marks: Vec<Marked>,
    names: Vec<(Box<str>, u32)>,
    unread: Box<str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    verifies: bool,
    id: Box<str>,
    line: u32,
    end: u32,
    sha256: String,
    head: Box<str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    form: u32,
    source: String,
    commit: String,
    artefact: String,
    lines: BTreeMap<String, BTreeMap<u32, u64>>,
    tool: String,
    findings: Vec<Found>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    rule: String,
    message: String,
    file: String,
    line: u32,
    error: bool,
}

fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with keys other than texts and numbers, which alone could fail, do not occur.
    serde_json::to_vec(value).unwrap_or_default()
}

fn scan_form(scan: &CodeScan) -> Scan {
    let mark = |mark: &Mark| Marked {
        verifies: mark.verb == Verb::Verifies,
        id: mark.id.clone(),
        line: mark.line,
        end: mark.end,
        sha256: mark.digest.to_string(),
        head: mark.head.clone(),
    };
    let file = |file: &CodeFile| File {
        path: file.path.clone(),
        sha256: file.digest.to_string(),
        marks: file.marks.iter().map(mark).collect(),
        names: file.names.clone(),
        unread: file.unread.clone(),
    };
    Scan { form: FORM, files: scan.files.iter().map(file).collect(), trouble: scan.trouble.clone() }
}

/// The bytes of a scan.
#[must_use]
pub fn scan_to_canonical(scan: &CodeScan) -> Vec<u8> {
    bytes(&scan_form(scan))
}

/// Reads a scan back; `None` for bytes that are not its canonical form, or have more files than a scan may have.
#[must_use]
pub fn scan_from_canonical(from: &[u8]) -> Option<CodeScan> {
    let read: Scan = serde_json::from_slice(from).ok()?;
    if read.form != FORM || read.files.len() > MAX_CODE_FILES {
        return None;
    }
    let mark = |mark: Marked| {
        Some(Mark {
            verb: if mark.verifies { Verb::Verifies } else { Verb::Implements },
            id: mark.id,
            line: mark.line,
            end: mark.end,
            digest: mark.sha256.parse().ok()?,
            head: mark.head,
        })
    };
    let file = |file: File| {
        Some(CodeFile {
            path: file.path,
            digest: file.sha256.parse().ok()?,
            marks: file.marks.into_iter().map(mark).collect::<Option<_>>()?,
            names: file.names,
            unread: file.unread,
        })
    };
    let files: Vec<CodeFile> = read.files.into_iter().map(file).collect::<Option<_>>()?;
    let scan = CodeScan { files, trouble: read.trouble };
    // Files are looked up by their order.
    let sorted = scan.files.windows(2).all(|two| matches!(two, [a, b] if a.path < b.path));
    (sorted && scan_to_canonical(&scan) == from).then_some(scan)
}

/// The bytes of a measurement.
#[must_use]
pub fn measured_to_canonical(measured: &Measured) -> Vec<u8> {
    let found = |finding: &AnalysisFinding| Found {
        rule: finding.rule.clone(),
        message: finding.message.clone(),
        file: finding.file.clone(),
        line: finding.line,
        error: finding.error,
    };
    bytes(&Run {
        form: FORM,
        source: measured.source.clone(),
        commit: measured.commit.clone(),
        artefact: measured.artefact.clone(),
        lines: measured.lines.clone(),
        tool: measured.tool.clone(),
        findings: measured.findings.iter().map(found).collect(),
    })
}

/// Reads a measurement back; `None` for bytes that are not its canonical form.
#[must_use]
pub fn measured_from_canonical(from: &[u8]) -> Option<Measured> {
    let read: Run = serde_json::from_slice(from).ok()?;
    let found = |f: Found| AnalysisFinding {
        rule: f.rule,
        message: f.message,
        file: f.file,
        line: f.line,
        error: f.error,
    };
    let measured = Measured {
        source: read.source,
        commit: read.commit,
        artefact: read.artefact,
        lines: read.lines,
        tool: read.tool,
        findings: read.findings.into_iter().map(found).collect(),
        ..Measured::default()
    };
    (read.form == FORM && measured_to_canonical(&measured) == from).then_some(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{CodeConfig, Selection, scan_given};

    #[test]
    fn what_was_written_is_read_again_and_nothing_else_is() {
        let config = CodeConfig { files: vec!["src/**".to_owned()], ..CodeConfig::default() };
        let text: &[u8] = b"#include \"b.h\"\n// @implements SWR-1\nint a(void)\n{\n  return 1;\n}\n";
        let scan = scan_given([("src/a.c", text), ("src/b.h", b"int a(void);\n")], &Selection::new(&config));
        assert_eq!((scan.files.len(), scan.files[0].marks.len(), scan.files[0].names.len()), (2, 1, 1));
        let bytes = scan_to_canonical(&scan);
        assert_eq!(scan_from_canonical(&bytes), Some(scan));
        let spaced = String::from_utf8(bytes.clone()).unwrap().replacen(':', ": ", 1);
        assert_eq!(scan_from_canonical(spaced.as_bytes()), None);
        let turned = String::from_utf8(bytes).unwrap().replace("src/a.c", "src/z.c");
        assert_eq!(scan_from_canonical(turned.as_bytes()), None, "not in order");
        let measured = Measured {
            source: "lcov.info".to_owned(),
            lines: BTreeMap::from([("src/a.c".to_owned(), BTreeMap::from([(5, 2), (40, 0)]))]),
            ..Measured::default()
        };
        let bytes = measured_to_canonical(&measured);
        assert_eq!(measured_from_canonical(&bytes), Some(measured));
        assert_eq!(measured_from_canonical(b"{}"), None);
    }
}
