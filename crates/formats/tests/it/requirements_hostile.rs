//! Hostile and broken requirement sets: refused with place and reason, or read with nothing fetched or expanded.

use std::fmt::Write as _;

use formats::requirements::{
    Dialect, Error, File, ForeignItem, ForeignSet, Limits, Mapping, Value, Xhtml, read_bounded, read_csv,
    read_doorstop, read_jira_json, read_needs, read_reqif, read_reqifz, read_sdoc, read_xlsx, write_reqif,
};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const OPEN: &str =
    "<REQ-IF xmlns=\"http://www.omg.org/spec/ReqIF/20110401/reqif.xsd\"><CORE-CONTENT><REQ-IF-CONTENT>";
const CLOSE: &str = "</REQ-IF-CONTENT></CORE-CONTENT></REQ-IF>";

fn file(bytes: &[u8]) -> File<'_> {
    File { name: "set", bytes }
}

fn reqif(content: &str) -> Result<ForeignSet, Error> {
    read_reqif(file(format!("{HEAD}{OPEN}{content}{CLOSE}").as_bytes()), &Limits::default())
}

/// A ZIP archive with one stored entry, and the sizes its directory claims.
fn stored(name: &str, content: &[u8], claimed: u32) -> Vec<u8> {
    let crc = !content.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    });
    let length = u32::try_from(content.len()).unwrap();
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for long in [crc, length, claimed, u32::try_from(name.len()).unwrap()] {
        common.extend_from_slice(&long.to_le_bytes());
    }
    let mut out = b"PK\x03\x04".to_vec();
    out.extend_from_slice(&common);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(content);
    let directory = u32::try_from(out.len()).unwrap();
    out.extend_from_slice(b"PK\x01\x02\x14\x00");
    out.extend_from_slice(&common);
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let size = u32::try_from(out.len()).unwrap() - directory;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    let bomb = format!(
        "{HEAD}<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n{OPEN}<SPEC-OBJECTS>\n\
         <SPEC-OBJECT IDENTIFIER=\"a\"><VALUES><ATTRIBUTE-VALUE-XHTML><THE-VALUE>&b;</THE-VALUE>\
         </ATTRIBUTE-VALUE-XHTML></VALUES></SPEC-OBJECT></SPEC-OBJECTS>{CLOSE}"
    );
    let Error::Malformed { reason, source_at } =
        read_reqif(file(bomb.as_bytes()), &Limits::default()).unwrap_err()
    else {
        panic!()
    };
    assert!(reason.contains("&b; is not expanded"), "{reason}");
    assert_eq!((source_at.place.line, source_at.file.as_str()), (4, "set"));
    let outside = bomb.replace("<!ENTITY a \"ha\">", "<!ENTITY b SYSTEM \"file:///etc/hostname\">");
    assert!(read_reqif(file(outside.as_bytes()), &Limits::default()).is_err());
    let attribute = bomb.replace("IDENTIFIER=\"a\"", "IDENTIFIER=\"&b;\"");
    assert!(read_reqif(file(attribute.as_bytes()), &Limits::default()).is_err());
    for text in ["links: &a [x]\nmore: *a\n", "<<: *a\n"] {
        let config = b"settings: {prefix: R, digits: 3}\n";
        let files = [
            File { name: ".doorstop.yml", bytes: config },
            File { name: "R001.yml", bytes: text.as_bytes() },
        ];
        let error = read_doorstop(&files, &Limits::default()).unwrap_err();
        assert!(
            matches!(error, Error::Malformed { ref source_at, .. } if source_at.file == "R001.yml"),
            "{error}"
        );
    }
}

#[test]
fn archives_that_lie_or_swell_are_refused() {
    let limits = Limits::default();
    let document = format!("{HEAD}{OPEN}{CLOSE}");
    let good = stored("a.reqif", document.as_bytes(), u32::try_from(document.len()).unwrap());
    assert_eq!(read_reqifz(file(&good), &limits).unwrap().items.len(), 0);
    let lie = stored("a.reqif", document.as_bytes(), 5);
    assert!(matches!(read_reqifz(file(&lie), &limits), Err(Error::Archive { .. })));
    // One kilobyte that claims 60 MiB, and one that claims more than any set may hold.
    for (claimed, part) in [(60 << 20, "for each packed byte"), (u32::MAX - 1, "in one entry")] {
        let error = read_reqifz(file(&stored("a.reqif", &[0; 1024], claimed)), &limits).unwrap_err();
        assert!(error.to_string().contains(part) && error.to_string().contains("set/a.reqif"), "{error}");
    }
    let none = stored("a.txt", b"x", 1);
    assert!(read_reqifz(file(&none), &limits).unwrap_err().to_string().contains("no .reqif"));
    assert!(matches!(read_reqifz(file(document.as_bytes()), &limits), Err(Error::Archive { .. })));
    let no_book = stored("a.txt", b"x", 1);
    assert!(read_xlsx(file(&no_book), None, &Mapping::default(), &limits).is_err());
}

#[test]
fn nesting_and_amounts_are_bounded() {
    let limits = Limits::default();
    let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
    assert!(reqif(&deep).unwrap_err().to_string().contains("more than 100 levels"));
    let json = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    assert!(matches!(read_jira_json(file(json.as_bytes()), &limits), Err(Error::TooLarge { max: 100, .. })));
    let mut sections = "[DOCUMENT]\nTITLE: x\n".to_owned();
    for n in 0..200 {
        write!(sections, "\n[[SECTION]]\nUID: {n}\n").unwrap();
    }
    assert!(matches!(
        read_sdoc(&[file(sections.as_bytes())], &limits),
        Err(Error::TooLarge { max: 100, .. })
    ));
    let few = Limits { nodes: 20, items: 2, columns: 3, ..limits };
    let objects: String = (0..20).map(|n| format!("<SPEC-OBJECT IDENTIFIER=\"i{n}\"/>")).collect();
    let document = format!("{HEAD}{OPEN}<SPEC-OBJECTS>{objects}</SPEC-OBJECTS>{CLOSE}");
    assert!(matches!(
        read_reqif(file(document.as_bytes()), &few),
        Err(Error::TooLarge { what: "elements", .. })
    ));
    let some = Limits { items: 2, ..limits };
    assert!(matches!(
        read_reqif(file(document.as_bytes()), &some),
        Err(Error::TooLarge { what: "items", .. })
    ));
    assert!(matches!(
        read_needs(file(b"[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,0,1,2,3]"), &few),
        Err(Error::TooLarge { what: "values", .. })
    ));
    let csv = |text: &str| read_csv(file(text.as_bytes()), Dialect::default(), &Mapping::default(), &few);
    assert!(matches!(csv("id,a,b,c\n"), Err(Error::TooLarge { what: "columns", .. })));
    assert!(matches!(csv("id\n1\n2\n3\n4\n"), Err(Error::TooLarge { what: "rows", .. })));
}

/// 100 MB are refused by their length, without being parsed, and a stream of them is not read to its end.
#[test]
fn a_hundred_megabytes_are_refused_early() {
    let limits = Limits::default();
    let large = vec![b' '; 100 << 20];
    let refused =
        |outcome: Result<ForeignSet, Error>| matches!(outcome, Err(Error::TooLarge { what: "bytes", .. }));
    assert!(refused(read_reqif(file(&large), &limits)));
    assert!(refused(read_reqifz(file(&large), &limits)));
    assert!(refused(read_needs(file(&large), &limits)));
    assert!(refused(read_sdoc(&[file(&large)], &limits)));
    assert!(refused(read_doorstop(&[file(&large)], &limits)));
    assert!(refused(read_csv(file(&large), Dialect::default(), &Mapping::default(), &limits)));
    assert!(refused(read_xlsx(file(&large), None, &Mapping::default(), &limits)));
    assert!(matches!(read_bounded(std::io::repeat(b' '), &limits), Err(Error::TooLarge { .. })));
    assert_eq!(read_bounded(&b"abc"[..], &limits).unwrap(), b"abc");
}

#[test]
fn wrong_encodings_name_the_place() {
    let limits = Limits::default();
    let latin = format!(
        "{HEAD}{OPEN}<SPEC-OBJECTS>\n<SPEC-OBJECT IDENTIFIER=\"x\" LONG-NAME=\"?\"/></SPEC-OBJECTS>{CLOSE}"
    );
    let mut latin = latin.into_bytes();
    let at = latin.iter().rposition(|&b| b == b'?').unwrap();
    latin[at] = 0xE4;
    let Error::Encoding { source_at, .. } = read_reqif(file(&latin), &limits).unwrap_err() else { panic!() };
    assert_eq!(source_at.place.line, 3);
    let declared = format!("{HEAD}{OPEN}{CLOSE}").replace("UTF-8", "windows-1252");
    assert!(matches!(read_reqif(file(declared.as_bytes()), &limits), Err(Error::Encoding { .. })));
    let sdoc = b"[DOCUMENT]\nTITLE: x\n\n[TEXT]\nSTATEMENT: \xff\n";
    let Error::Encoding { source_at, .. } = read_sdoc(&[file(sdoc)], &limits).unwrap_err() else { panic!() };
    assert_eq!(source_at.place.line, 5);
    assert!(matches!(read_needs(file(b"{\"a\":\"\xff\"}"), &limits), Err(Error::Encoding { .. })));
    let utf32 = [0xFF, 0xFE, 0, 0, b'<', 0, 0, 0];
    assert!(matches!(read_reqif(file(&utf32), &limits), Err(Error::Encoding { .. })));
}

#[test]
fn broken_sdoc_names_the_line() {
    for (text, line) in [
        ("", 1),
        ("TITLE: x\n", 1),
        ("[REQUIREMENT]\nUID: x\n", 1),
        ("[DOCUMENT]\nTITLE: x\n\n[REQUIREMENT]\nno field\n", 5),
        ("[DOCUMENT]\nTITLE: x\n\n[TEXT]\nSTATEMENT: >>>\nnever closed\n", 5),
        ("[DOCUMENT]\nTITLE: x\n\n[[SECTION]]\nTITLE: a\n", 4),
        ("[DOCUMENT]\nTITLE: x\n\n[[/SECTION]]\n", 4),
        ("[DOCUMENT]\nTITLE: x\n\n[R]\nRELATIONS:\n- VALUE: x\n", 6),
        ("[DOCUMENT]\nTITLE: x\n\n[R]\nRELATIONS:\n- TYPE: Parent\n", 6),
        ("[DOCUMENT]\nTITLE: x\n\n[R]\nUID: a\n\n[R]\nUID: a\n", 7),
    ] {
        let error = read_sdoc(&[file(text.as_bytes())], &Limits::default()).unwrap_err();
        let (Error::Malformed { source_at, .. } | Error::Invalid { source_at, .. }) = &error else {
            panic!("{error}")
        };
        assert_eq!(source_at.place.line, line, "{text}: {error}");
    }
}

#[test]
fn ambiguous_input_is_refused() {
    let twice =
        "<SPEC-OBJECTS><SPEC-OBJECT IDENTIFIER=\"a\"/>\n<SPEC-OBJECT IDENTIFIER=\"a\"/></SPEC-OBJECTS>";
    let error = reqif(twice).unwrap_err().to_string();
    assert!(
        error.contains("\"a\" is given twice, first set, line 2") && error.contains("(set, line 3"),
        "{error}"
    );
    assert!(reqif("<SPEC-OBJECTS><SPEC-OBJECT/></SPEC-OBJECTS>").is_err());
    assert!(read_reqif(file(b"<html/>"), &Limits::default()).is_err());
    assert!(
        read_needs(file(b"{\"a\":1,\"a\":2}"), &Limits::default()).unwrap_err().to_string().contains("twice")
    );
}

/// Ids and values of any content come back, and markup cannot break out of its element.
#[test]
fn writing_cannot_be_broken_out_of() {
    let names = ["plain", "1 starts with a digit", "a\"><b>&\n", "vs.x", "ü/ö_x41_", "_x", ""];
    let mut set = ForeignSet { tool: formats::requirements::Tool::Jira, ..ForeignSet::default() };
    for name in names.iter().filter(|name| !name.is_empty()) {
        let mut item = ForeignItem { id: (*name).to_owned(), ..ForeignItem::default() };
        for value in [
            Value::Text("\t<a b=\"c\">&amp;\r\n ]]> ".to_owned()),
            Value::Null,
            Value::Map(vec![("k\"".to_owned(), Value::List(vec![Value::Real("1.50".to_owned())]))]),
        ] {
            item.attributes.push(formats::requirements::Attribute::new(*name, value));
        }
        set.items.push(item);
    }
    let written = write_reqif(&set, "2026-01-01T00:00:00Z").unwrap();
    let again = read_reqif(file(written.as_bytes()), &Limits::default()).unwrap();
    assert_eq!(again.findings, []);
    for (item, back) in set.items.iter().zip(&again.items) {
        assert_eq!(back.id, item.id);
        let values = |item: &ForeignItem| {
            item.attributes.iter().map(|a| (a.name.clone(), a.value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(values(back), values(item));
    }
    let xhtml = |markup: &str| Value::Xhtml(Xhtml { markup: markup.to_owned(), ..Xhtml::default() });
    let mut broken = set.clone();
    broken.items[0].attributes[0].value = xhtml("</THE-VALUE><evil/>");
    assert!(matches!(write_reqif(&broken, ""), Err(Error::Unwritable { item, .. }) if item == "plain"));
    let mut control = set;
    control.items[0].attributes[0].value = Value::Text("bell \u{7}".to_owned());
    assert!(matches!(write_reqif(&control, ""), Err(Error::Unwritable { .. })));
}

/// Whatever is cut off, a reader answers; and what it accepts, it can write.
#[test]
fn every_cut_is_answered() {
    let limits = Limits::default();
    let object = "<SPEC-OBJECT IDENTIFIER=\"a\" LONG-NAME=\"ü\"><VALUES><ATTRIBUTE-VALUE-STRING THE-VALUE=\"x\"/></VALUES></SPEC-OBJECT>";
    let reqif = format!("{HEAD}{OPEN}<SPEC-OBJECTS>{object}</SPEC-OBJECTS>{CLOSE}");
    let needs = r#"{"current_version":"1","versions":{"1":{"needs":{"A":{"id":"A","links":["B[x]"]}}}}}"#;
    let sdoc = "[DOCUMENT]\nTITLE: x\n\n[[S]]\nUID: ü\n\n[R]\nUID: a\nTEXT: >>>\nx\n<<<\nRELATIONS:\n- TYPE: Parent\n  VALUE: b\n\n[[/S]]\n";
    let csv = "id,kind,text\nR1,\"a\nb\",\"c\"\"\"\n";
    for (text, what) in [(reqif.as_str(), 0), (needs, 1), (sdoc, 2), (csv, 3)] {
        let mut refused = 0;
        for end in 0..=text.len() {
            let part = file(text.as_bytes().get(..end).unwrap());
            let outcome = match what {
                0 => read_reqif(part, &limits),
                1 => read_needs(part, &limits),
                2 => read_sdoc(&[part], &limits),
                _ => read_csv(part, Dialect::default(), &Mapping::default(), &limits),
            };
            match outcome {
                Ok(set) => assert!(write_reqif(&set, "").is_ok()),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 3 && refused <= text.len(), "{what}: {refused}");
    }
}
