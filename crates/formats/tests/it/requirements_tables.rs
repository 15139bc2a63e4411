//! CSV, XLSX and Jira exports.

use formats::requirements::{
    Dialect, Error, File, ForeignSet, Limits, Mapping, Value, read_csv, read_jira_csv, read_jira_json,
    read_xlsx, write_csv, write_xlsx,
};

use super::data::folder;

fn file(bytes: &[u8]) -> File<'_> {
    File { name: "t", bytes }
}

fn exported() -> Mapping {
    Mapping {
        id: "uid".to_owned(),
        default_kind: "requirement".to_owned(),
        links: vec![("links".to_owned(), "parent".to_owned())],
        link_prefix: String::new(),
        ..Mapping::default()
    }
}

fn counts(set: &ForeignSet) -> (usize, usize, usize) {
    (set.items.len(), set.links().count(), set.dangling().len())
}

/// The same export in three notations, counted by hand; the spreadsheet and the TSV lack the row named `invalid`.
#[test]
fn an_export_in_three_notations() {
    let Some(folder) = folder("req/doorstop-own/doorstop/cli/tests/files") else { return };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let limits = Limits::default();
    let comma = read_csv(file(&read("exported.csv")), Dialect::default(), &exported(), &limits).unwrap();
    assert_eq!(counts(&comma), (6, 5, 2));
    let tab = Dialect { delimiter: b'\t', ..Dialect::default() };
    let tab = read_csv(file(&read("exported.tsv")), tab, &exported(), &limits).unwrap();
    assert_eq!(counts(&tab), (5, 4, 2));
    let sheet = read_xlsx(file(&read("exported.xlsx")), None, &exported(), &limits).unwrap();
    assert_eq!(counts(&sheet), (5, 4, 2));
    for (a, b) in sheet.items.iter().zip(&tab.items) {
        assert_eq!((&a.id, &a.text, a.links.len()), (&b.id, &b.text, b.links.len()));
    }
    assert_eq!(comma.items[0].text, "Hello, world!");
    assert_eq!(comma.items[0].links[1].target, "SYS002");
    assert!(read_xlsx(file(&read("exported.xlsx")), Some("None"), &exported(), &limits).is_err());
    let wrong = Mapping { id: "key".to_owned(), ..exported() };
    let error = read_csv(file(&read("exported.csv")), Dialect::default(), &wrong, &limits).unwrap_err();
    assert!(error.to_string().contains("no column \"key\"; the columns are uid, level, text"), "{error}");
}

const TABLE: &str = "id,kind,title,text,links:refines,owner\n\
                     R1,req,One,\"=1+1, \"\"quoted\"\"\nnext\",,'x\n\
                     R2,req,Two,-x,\"R1\nR9\",'=y\n";

#[test]
fn tables_come_back() {
    let plain = Dialect { guard: false, ..Dialect::default() };
    let limits = Limits::default();
    let set = read_csv(file(TABLE.as_bytes()), plain, &Mapping::default(), &limits).unwrap();
    assert_eq!(counts(&set), (2, 2, 1));
    for dialect in [plain, Dialect::default(), Dialect { delimiter: b';', guard: true }] {
        let written = write_csv(&set, dialect).unwrap();
        let again = read_csv(file(written.as_bytes()), dialect, &Mapping::default(), &limits).unwrap();
        assert_eq!(again.without_places(), set.clone().without_places());
        // No cell of a guarded table is a formula.
        let cells = csv::ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .from_reader(written.as_bytes())
            .into_records();
        let formulas = cells.flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
        let formulas = formulas.filter(|cell| cell.starts_with(['=', '-'])).count();
        assert_eq!(formulas, if dialect.guard { 0 } else { 2 });
    }
    let packed = write_xlsx(&set).unwrap();
    let again = read_xlsx(file(&packed), Some("Records"), &Mapping::default(), &limits).unwrap();
    assert_eq!(again.without_places(), set.without_places());
}

#[test]
fn broken_tables_name_the_row() {
    let read = |text: &str| {
        read_csv(file(text.as_bytes()), Dialect::default(), &Mapping::default(), &Limits::default())
    };
    for (text, line, part) in [
        ("id,title\nR1,a\nR2\n", 3, "a row of 1 cells, where the first row has 2"),
        ("id,title\nR1,a\n,b\n", 3, "a row without an id"),
        ("id,title\nR1,a\n\nR1,b\n", 4, "the id \"R1\" is given twice"),
        ("id,id\nR1,R2\n", 1, "the column \"id\" is given twice"),
    ] {
        let (Error::Malformed { source_at, .. } | Error::Invalid { source_at, .. }) = read(text).unwrap_err()
        else {
            panic!("{text}")
        };
        assert_eq!(source_at.place.line, line, "{text}");
        assert!(read(text).unwrap_err().to_string().contains(part), "{text}");
    }
    assert!(read("").is_err());
    let latin =
        read_csv(file(b"id\nR1\n\xe4\n"), Dialect::default(), &Mapping::default(), &Limits::default());
    let Error::Encoding { source_at, .. } = latin.unwrap_err() else { panic!() };
    assert_eq!(source_at.place.line, 3);
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain("id\nR1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let set = read_csv(file(&utf16), Dialect::default(), &Mapping::default(), &Limits::default()).unwrap();
    assert_eq!(set.items[0].id, "R1");
}

const JIRA: &str = "Summary,Issue key,Issue id,Issue Type,Parent id,Description,Labels,Labels,Outward issue link (Blocks),Outward issue link (Blocks),Inward issue link (Blocks),Custom field (Epic Link)\n\
                    Epic,P-1,1001,Epic,,,a,b,,,,\n\
                    Story,P-2,1002,Story,1001,\"Line\nnext\",,,P-3,X-9,,P-1\n\
                    Task,P-3,1003,Task,1002,,a,,,,P-2,\n\
                    Other,P-4,1004,Task,,,,,,,Y-7,\n";

#[test]
fn jira_tables() {
    let set = read_jira_csv(file(JIRA.as_bytes()), &Limits::default()).unwrap();
    assert_eq!(counts(&set), (4, 4, 2));
    let links: Vec<_> = set.links().map(|(i, l)| (&*i.id, &*l.kind, &*l.target)).collect();
    assert_eq!(
        links,
        [
            ("P-2", "Blocks", "P-3"),
            ("P-2", "Blocks", "X-9"),
            ("P-2", "Epic Link", "P-1"),
            ("P-4", "Blocks (inward)", "Y-7")
        ]
    );
    assert_eq!(set.items[2].parent.as_deref(), Some("P-2"));
    assert_eq!((set.items[1].text.as_str(), set.items[1].kind.as_str()), ("Line\nnext", "Story"));
    let labels = set.items[0].attributes.iter().find(|a| a.name == "Labels").unwrap();
    assert_eq!(labels.value, Value::List(vec![Value::Text("a".into()), Value::Text("b".into())]));
    assert!(read_jira_csv(file(b"Summary\nx\n"), &Limits::default()).is_err());
}

#[test]
fn jira_searches() {
    let text = r#"{"issues": [
        {"id": "1", "key": "P-1", "fields": {"summary": "One", "issuetype": {"name": "Story"}, "description": "plain",
         "issuelinks": [{"type": {"name": "Blocks"}, "outwardIssue": {"key": "P-2"}},
                        {"type": {"name": "Relates"}, "inwardIssue": {"key": "Z-1"}}]}},
        {"id": "2", "key": "P-2", "fields": {"summary": "Two", "parent": {"key": "P-1"}, "description":
         {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"},
          {"type": "text", "text": "b"}]}, {"type": "bulletList", "content": [{"type": "listItem", "content":
          [{"type": "paragraph", "content": [{"type": "text", "text": "c"}]}]}]}]},
         "issuelinks": [{"type": {"name": "Blocks"}, "inwardIssue": {"key": "P-1"}}]}}]}"#;
    let set = read_jira_json(file(text.as_bytes()), &Limits::default()).unwrap();
    assert_eq!(counts(&set), (2, 2, 1));
    assert_eq!((set.items[1].text.as_str(), set.items[1].parent.as_deref()), ("ab\n- c", Some("P-1")));
    // Parents in a circle: both stay, none above itself.
    let circle =
        r#"[{"key":"A","fields":{"parent":{"key":"B"}}},{"key":"B","fields":{"parent":{"key":"A"}}}]"#;
    let set = read_jira_json(file(circle.as_bytes()), &Limits::default()).unwrap();
    assert_eq!((set.items[0].parent.as_deref(), set.items[1].parent.as_deref()), (None, Some("A")));
    assert!(read_jira_json(file(b"{}"), &Limits::default()).is_err());
}

/// Items whose attributes have nothing in common would make a table of their square.
#[test]
fn a_table_too_wide_is_not_written() {
    let mut set = ForeignSet::default();
    for n in 0..5_000 {
        let mut item = formats::requirements::ForeignItem { id: n.to_string(), ..Default::default() };
        item.attributes.push(formats::requirements::Attribute::text(format!("a{n}"), "x"));
        set.items.push(item);
    }
    let refused = |outcome: Result<(), Error>| matches!(outcome, Err(Error::Unwritable { reason, .. }) if reason.contains("too many"));
    assert!(refused(write_csv(&set, Dialect::default()).map(drop)));
    assert!(refused(write_xlsx(&set).map(drop)));
}
