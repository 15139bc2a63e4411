//! Both formats as their producers write them, and what is refused.

use super::{Coverage, Error, Limits, read};

const LCOV: &str = "TN:unit\nSF:src/alarm.c\nFN:3,raise\nFNDA:7,raise\nFNF:1\nFNH:1\nDA:3,7,abc=\nDA:4,0\nBRDA:4,0,0,-\nBRF:2\nBRH:1\nLF:2\nLH:1\nend_of_record\nTN:system\nSF:src/alarm.c\nDA:4,2\nDA:5,-1\nend_of_record\n";
const COBERTURA: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.5" version="7.4" timestamp="1700000000"><sources><source>/build/src</source></sources>
<packages><package name="p"><classes><class name="alarm" filename="alarm.py"><methods><method name="m" signature="()"><lines>
<line number="3" hits="7"/></lines></method></methods><lines><line number="3" hits="7"/>
<line number="4" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines></class>
<class name="alarm.Inner" filename="alarm.py"><methods/><lines><line number="4" hits="2" condition-coverage="50% (1/2)"/></lines></class></classes></package></packages></coverage>"#;

fn of(text: &str) -> Result<Coverage, Error> {
    read(text.as_bytes(), &Limits::default())
}

#[test]
fn lcov_adds_up_what_several_tests_ran() {
    let coverage = of(LCOV).unwrap();
    let file = &coverage.files["src/alarm.c"];
    assert_eq!(file.lines.iter().map(|(l, h)| (*l, *h)).collect::<Vec<_>>(), [(3, 7), (4, 2), (5, 0)]);
    assert_eq!((file.counts(), file.branches), ((2, 3), (1, 2)));
}

#[test]
fn cobertura_counts_a_line_once_however_often_it_stands_there() {
    let coverage = of(COBERTURA).unwrap();
    assert_eq!(&*coverage.sources[0], "/build/src");
    assert_eq!(coverage.timestamp.as_deref(), Some("1700000000"));
    let file = &coverage.files["alarm.py"];
    assert_eq!(file.lines.iter().map(|(l, h)| (*l, *h)).collect::<Vec<_>>(), [(3, 7), (4, 2)]);
    assert_eq!(file.branches, (1, 2));
}

#[test]
fn half_a_measurement_and_other_documents_are_refused_with_the_place() {
    let cut = LCOV.rsplit_once("end_of_record").unwrap().0;
    for (text, wanted) in [
        ("", "the file is empty"),
        (" \n ", "the file is empty"),
        ("hello", "neither an lcov tracefile nor Cobertura"),
        ("TN:x\n", "there is no record"),
        (cut, "ends inside a record"),
        ("SF:a\nDA:x,1\nend_of_record\n", "line 2"),
        ("SF:a\nSF:b\n", "inside a record"),
        ("SF:a\nnonsense\n", "line 2"),
        ("<testsuites/>", "the root is <testsuites>"),
        (COBERTURA.rsplit_once("</coverage>").unwrap().0, "not well-formed"),
        ("<coverage><class/></coverage>", "without `filename`"),
        ("<coverage><class filename=\"a\"><line number=\"x\" hits=\"1\"/></class></coverage>", "<line>"),
        ("<!DOCTYPE c [<!ENTITY a \"b\">]><coverage>&a;</coverage>", "not well-formed"),
    ] {
        let error = of(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text:?}: {error}");
    }
    let limits = Limits { files: 1, ..Limits::default() };
    let two = "SF:a\nend_of_record\nSF:b\nend_of_record\n";
    assert!(read(two.as_bytes(), &limits).unwrap_err().to_string().contains("more than 1 source files"));
    let limits = Limits { lines: 2, ..Limits::default() };
    assert!(read(LCOV.as_bytes(), &limits).unwrap_err().to_string().contains("measured lines"));
    let limits = Limits { token: 16, ..Limits::default() };
    let long = format!("SF:{}\nend_of_record\n", "a".repeat(64));
    assert!(read(long.as_bytes(), &limits).unwrap_err().to_string().contains("in one token"));
}
