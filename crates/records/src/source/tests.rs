//! The two paths through front matter agree; the normal form keeps what it promises.

use super::front_matter::read_simple;
use super::yaml::read_strict;
use super::*;
use crate::record::{Builder, Place};
use proptest::prelude::*;

fn strict(text: &str) -> Result<Record, String> {
    let mut builder = Builder::default();
    read_strict(&mut builder, text, 2).map_err(|wrong| wrong.message)?;
    Ok(builder.finish(Place::default()))
}

fn simple(text: &str) -> Option<Record> {
    let mut builder = Builder::default();
    read_simple(&mut builder, text, 2).ok()?;
    Some(builder.finish(Place::default()))
}

fn markdown(text: &str) -> Record {
    let mut parsed = Parsed::default();
    read_markdown(0, text.as_bytes(), &mut parsed);
    assert_eq!(parsed.problems, []);
    parsed.records.pop().unwrap()
}

#[test]
fn the_style_everybody_writes_takes_the_fast_path() {
    for text in [
        "id: SWR-012\nkind: software-requirement\ntitle: Occlusion alarm latency\nsafety-class: C\nlinks:\n  refines: [SYS-004]\n  implements-control: [RCM-007]\n",
        "id: A\ntags:\n  - a\n  - b c\nlinks:\n    verifies:\n      - X\n      - Y\n    covers: Z\n# comment\n\nn: 1e-3\n",
        "id: A\ntags:\n- a\n- b\ntitle: \"quoted, with: colon # hash\"\nempty:\nlist: []\ntime: 10:30\n",
        "id: A\r\ntitle: 'x'\r\nlist: [\"a b\", c]\r\n",
    ] {
        assert_eq!(simple(text).unwrap(), strict(text).unwrap(), "{text}");
    }
}

#[test]
fn what_means_something_else_in_yaml_leaves_the_fast_path() {
    for text in [
        "a: [0 -]\n",
        "a: b: c\n",
        "a: x # comment\n",
        "a: &x y\n",
        "a: *x\n",
        "a: |\n  b\n",
        "a: >\n  b\n",
        "a: 'it''s'\n",
        "a: \"x\\n\"\n",
        "a: [b, [c]]\n",
        "a: {b: c}\n",
        "a: x\n  y\n",
        "a: ~\n",
        "a: null\n",
        "\ta: b\n",
        "a: b\na: c\n",
        "a: - b\n",
        "links: x\n",
        "links:\n  a: b\n   c: d\n",
        "a:\n  b: c\n",
        "? a\n",
        "a: [b\n",
        "a: [b, , c]\n",
        "a: [b,]\n",
        "a: @x\n",
        "a: x:\n",
        "- a\n",
        "a: %x\n",
        "'a': b\n",
        "a: [x: y]\n",
        "a:b\n",
        "a: !t b\n",
        "a: - \n",
        "a:\n  - b\n   - c\n",
    ] {
        assert!(simple(text).is_none(), "{text:?}");
    }
}

fn front_matter() -> impl Strategy<Value = String> {
    let scalar = || {
        prop_oneof![
            4 => "[a-zA-Z0-9][a-zA-Z0-9 ._/-]{0,12}",
            1 => "[-a-z0-9:#,'\"\\[\\]{}&*!|>%@` ~]{0,8}",
            1 => Just("null".to_owned()),
            1 => "\"[a-z :#,]{0,6}\"",
            1 => "'[a-z :#,']{0,6}'",
            1 => "[äö€ a-z]{1,6}",
        ]
    };
    let list = proptest::collection::vec(scalar(), 0..4);
    let value = prop_oneof![
        scalar().prop_map(|text| format!(" {text}\n")),
        list.clone().prop_map(|items| format!(" [{}]\n", items.join(", "))),
        (list, 0_usize..4).prop_map(|(items, indent)| {
            let pad = " ".repeat(indent);
            std::iter::once("\n".to_owned())
                .chain(items.iter().map(|item| format!("{pad}- {item}\n")))
                .collect()
        }),
        Just("\n".to_owned()),
    ];
    let line = (
        prop_oneof![4 => "[a-f]", 1 => Just("links".to_owned()), 1 => Just("# note".to_owned()), 1 => Just("  in".to_owned())],
        value,
    );
    proptest::collection::vec(line.prop_map(|(key, value)| format!("{key}:{value}")), 0..6)
        .prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_fast_path_takes_the_parser_reads_alike(text in front_matter()) {
        if let Some(fast) = simple(&text) {
            match strict(&text) {
                Ok(slow) => {
                    prop_assert_eq!(fast.normal_form(), slow.normal_form());
                    prop_assert_eq!(fast, slow);
                }
                Err(why) => prop_assert!(false, "the parser refuses what the fast path takes: {why}\n{text}"),
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_markdown(0, &[b"---\n", &*bytes, b"\n---\n"].concat(), &mut Parsed::default());
        read_csv(0, &[b"id,kind\n", &*bytes].concat(), None, &mut Parsed::default());
    }
}

#[test]
fn form_does_not_change_the_revision_and_content_does() {
    let plain = "---\nid: A-1\nkind: hazard\ntitle: One two\ntags: [x, y]\nlinks:\n  covers: [B, C]\n---\n\nText.\n\nMore.\n";
    let revision = markdown(plain).revision();
    let same = [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.replace("title: One two\ntags: [x, y]", "tags:\n  - x\n  - \"y\"\ntitle: >\n  One\n  two"),
        plain.replace("[B, C]", "[C, B, C]"),
        plain.replace("kind: hazard", "kind:   'hazard'\nempty:\nnone: []"),
        plain.replace("\n\nText", "\n\n\n\nText").replace("More.\n", "More."),
    ];
    for text in same {
        assert_eq!(markdown(&text).revision(), revision, "{text}");
    }
    let other = [
        plain.replace("One two", "One  two"),
        plain.replace("[x, y]", "[y, x]"),
        plain.replace("[B, C]", "[B]"),
        plain.replace("Text.", "text."),
        plain.replace("Text.\n\nMore", "Text.\nMore"),
        plain.replace("A-1", "A-2"),
        plain.replace("covers", "references"),
        plain.replace("kind: hazard", "kind: harm"),
    ];
    for text in other {
        assert_ne!(markdown(&text).revision(), revision, "{text}");
    }
}

#[test]
fn csv_is_rfc_4180() {
    let mut table = Table::new("a,\"b\"\"c\",\"d\ne\"\r\n\r\n,,\n\"x\"");
    let mut cells = Vec::new();
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    while let Some(line) = table.row(&mut cells).unwrap() {
        rows.push((line, cells.iter().map(ToString::to_string).collect()));
    }
    let texts = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(rows, [(1, texts(&["a", "b\"c", "d\ne"])), (4, texts(&["", "", ""])), (5, texts(&["x"]))]);
}
