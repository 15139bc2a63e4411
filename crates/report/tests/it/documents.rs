//! Documents: the same bytes each time, the figures of the index in them, and what must stand on each page.

use std::io::Write;
use std::process::{Command, Stdio};

use report::verify::DocumentsAgain;
use serde_json::Value;

use crate::good::verified;
use crate::story::{SERIALS, Story};

/// The text of a PDF by poppler's pdftotext; `None` where it is not installed.
fn text(pdf: &[u8]) -> Option<String> {
    let mut child = match Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(_) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED: pdftotext is not installed (poppler-utils)");
            return None;
        }
        Err(e) => panic!("pdftotext: {e}"),
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    let bytes = pdf.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().expect("it ends");
    writer.join().expect("a thread").expect("written");
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

#[test]
fn documents_are_made_again_byte_for_byte_and_say_what_the_index_says() {
    let story = Story::tell();
    for scope in ["all".to_owned(), format!("device:{}", SERIALS[0])] {
        let (bytes, built) = story.package(&scope, None, true);
        let r = verified(&bytes, Some(&story.policy())).expect("reads");
        assert_eq!(r.problems, []);
        assert_eq!(r.documents, DocumentsAgain::Same);
        assert_eq!(r.documents_good as usize, built.documents.len());
        let documents = report::documents::render(&built.evidence).expect("typeset");
        let mut shown = 0;
        for document in &documents {
            assert!(document.pdf.starts_with(b"%PDF-"));
            let Some(text) = text(&document.pdf) else { return };
            let pages: Vec<&str> = text.split('\u{c}').filter(|p| !p.trim().is_empty()).collect();
            assert_eq!(pages.len() as u64, document.pages, "{}", document.path);
            for (n, page) in pages.iter().enumerate() {
                for needed in [
                    format!("Page {} of {}", n + 1, document.pages),
                    built.evidence.digest.to_string(),
                    built.evidence.index.tree.root.clone(),
                    built.evidence.index.at.clone(),
                ] {
                    assert!(page.contains(&needed), "{} page {}: no {needed}\n{page}", document.path, n + 1);
                }
                assert!(!page.contains("Simulated log"), "this log is none");
            }
            for figure in &built.evidence.index.figures {
                let Value::Number(value) = &figure.value else { continue };
                let lines = text.lines().filter(|l| {
                    l.trim_start().starts_with(&figure.title)
                        && l.split_whitespace().last() == Some(&figure.name)
                });
                for line in lines {
                    let words: Vec<&str> = line.split_whitespace().collect();
                    assert_eq!(words[words.len() - 2].replace(',', ""), value.to_string(), "{line}");
                    shown += 1;
                }
            }
        }
        assert!(shown >= 15, "{scope}: {shown} figures are printed");
    }
}

#[test]
fn a_document_that_says_otherwise_is_found_though_its_digest_is_right() {
    let story = Story::tell();
    let (bytes, built) = story.package("release:1.0.0", None, true);
    let mut other = built.evidence.clone();
    let table = other.tables.iter_mut().find(|t| t.definition.name == "vulnerabilities");
    table.expect("a table").rows.clear();
    // The documents of a log in which nothing was decided, under the digest of this one.
    let flattering = report::documents::render(&other).expect("typeset");
    let mut archive = report::zip::Archive::open(std::io::Cursor::new(bytes)).expect("a package");
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut w = report::zip::Writer::new(Vec::new());
    for name in names {
        let mut content = archive.read(&name).expect("a member");
        if let Some(document) = flattering.iter().find(|d| d.path == name) {
            content = document.pdf.clone();
        }
        if name == "documents.json" {
            let mut list: Value = serde_json::from_slice(&content).expect("JSON");
            list["documents"] =
                flattering.iter().map(|d| serde_json::to_value(d.listed()).expect("JSON")).collect();
            content = serde_json::to_vec(&list).expect("JSON");
        }
        w.member(&name, &content, report::zip::Method::Stored).expect("written");
    }
    let forged = w.finish().expect("finished").0;
    let r = verified(&forged, Some(&story.policy())).expect("reads");
    assert!(
        r.problems.iter().any(|p| p.member == "documents/releases-and-vulnerabilities.pdf"
            && p.what.contains("comes out otherwise")),
        "{:?}",
        r.problems
    );
}

#[test]
fn documents_hide_no_failure_and_show_texts_signatures_and_whole_digests() {
    let story = Story::tell();
    let (_, built) = story.package("release:1.1.0", None, false);
    let documents = report::documents::render(&built.evidence).expect("typeset");
    let text_of = |name: &str| {
        let path = format!("documents/{name}.pdf");
        let found = documents.iter().find(|d| d.path == path).expect("a document");
        // Words, however lines break.
        text(&found.pdf).map(|t| t.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let Some(matrix) = text_of("trace-matrix") else { return };
    assert!(matrix.contains("failed (#"), "{matrix}");
    assert!(matrix.contains("not current"), "{matrix}");
    let records = text_of("records").expect("text");
    for said in ["Made by nobody.", "Infusion of fluids", "approve by", "All times are UTC."] {
        assert!(records.contains(said), "no {said}: {records}");
    }
    let releases = text_of("releases-and-vulnerabilities").expect("text");
    for said in ["no person's approval stated", "is not computed in this document", "Update to 1.1.0."] {
        assert!(releases.replace('\u{2019}', "'").contains(said), "no {said}: {releases}");
    }
    for document in &documents {
        let text = text(&document.pdf).expect("text");
        assert!(!text.contains('\u{200b}'), "{}: a digest is copied with blanks in it", document.path);
    }
}

#[test]
fn a_simulated_log_says_so_on_each_page() {
    let story = Story::tell();
    let (_, mut built) = story.package("release:1.1.0", None, false);
    built.evidence.index.simulated = true;
    for document in report::documents::render(&built.evidence).expect("typeset") {
        let Some(text) = text(&document.pdf) else { return };
        assert_eq!(
            text.matches("Simulated log: no time and no device in it is real.").count() as u64,
            document.pages
        );
    }
}
