//! Pieces that the public interface does not reach alone: archives, ids, fragments, stamps.

use super::archive::{Archive, write};
use super::xhtml::{markdown, plain};
use super::{Error, File, Limits, stamp};

fn file(bytes: &[u8]) -> File<'_> {
    File { name: "a.zip", bytes }
}

fn packed() -> Vec<u8> {
    write(&[("a/one.txt", b"one".to_vec()), ("two.txt", vec![b'x'; 10_000])]).unwrap()
}

fn refusal(bytes: &[u8], limits: &Limits) -> String {
    let outcome = Archive::open(file(bytes), limits)
        .and_then(|archive| archive.entries().iter().try_for_each(|entry| archive.read(entry).map(drop)));
    outcome.unwrap_err().to_string()
}

#[test]
fn archives_come_back() {
    let bytes = packed();
    let archive = Archive::open(file(&bytes), &Limits::default()).unwrap();
    let names: Vec<&str> = archive.entries().iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["a/one.txt", "two.txt"]);
    assert_eq!(archive.read(archive.find("two.txt").unwrap()).unwrap(), vec![b'x'; 10_000]);
    assert_eq!(
        write(&[]).map(|empty| Archive::open(file(&empty), &Limits::default()).unwrap().entries().len()),
        Some(0)
    );
}

#[test]
fn every_cut_and_every_flip_is_refused_or_harmless() {
    let bytes = packed();
    for end in 0..bytes.len() {
        assert!(Archive::open(file(&bytes[..end]), &Limits::default()).is_err(), "cut at {end}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        if let Ok(archive) = Archive::open(file(&damaged), &Limits::default()) {
            for entry in archive.entries() {
                // What is still read is what was packed: the checksum stands between.
                if let Ok(content) = archive.read(entry) {
                    assert!(content == b"one" || content == vec![b'x'; 10_000], "flip at {at}");
                }
            }
        }
    }
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let limits = Limits { bytes: 3 << 20, ..Limits::default() };
    let bomb = write(&[("bomb", vec![0; 2 << 20])]).unwrap();
    assert!(refusal(&bomb, &limits).contains("more than 200 unpacked bytes for each packed byte"));
    let two =
        write(&[("a", vec![0; 1 << 20]), ("b", vec![0; 1 << 20]), ("c", vec![0; 1 << 20]), ("d", vec![1])])
            .unwrap();
    assert!(refusal(&two, &limits).contains("more than 3145728 unpacked bytes in one archive"));
    let large = write(&[("a", vec![0; 4 << 20])]).unwrap();
    assert!(refusal(&large, &limits).contains("in one entry"));
    let many = write(&[("a", vec![]), ("b", vec![])]).unwrap();
    assert!(refusal(&many, &Limits { files: 1, ..limits }).contains("more than 1 files in one archive"));
    // A size that lies: the directory says one byte, the data unpacks to more.
    let mut lying = write(&[("a", vec![7; 5000])]).unwrap();
    let directory = lying.windows(4).position(|w| w == [0x50, 0x4b, 1, 2]).unwrap();
    lying[directory + 24..directory + 28].copy_from_slice(&1u32.to_le_bytes());
    assert!(refusal(&lying, &limits).contains("more than it states"));
}

#[test]
fn names_and_overlaps_are_refused() {
    let limits = Limits::default();
    for name in ["/etc/passwd", "../up", "a/../../b", "a\\b"] {
        assert!(refusal(&write(&[(name, vec![1])]).unwrap(), &limits).contains("leads out"), "{name}");
    }
    assert!(refusal(&write(&[("a", vec![1]), ("a", vec![2])]).unwrap(), &limits).contains("given twice"));
    // Both entries point at the first one's data.
    let mut overlapping = write(&[("a", vec![1; 100]), ("b", vec![1; 100])]).unwrap();
    let at: Vec<usize> =
        (0..overlapping.len() - 4).filter(|&n| overlapping[n..n + 4] == [0x50, 0x4b, 1, 2]).collect();
    overlapping[at[1] + 42..at[1] + 46].copy_from_slice(&0u32.to_le_bytes());
    assert!(refusal(&overlapping, &limits).contains("overlap"));
    assert!(matches!(Archive::open(file(b"no archive"), &limits), Err(Error::Archive { .. })));
}

#[test]
fn fragments_become_text() {
    let markup = "<xhtml:div>A <xhtml:b>b</xhtml:b>\n  c<xhtml:br/>d*<xhtml:ul><xhtml:li>x</xhtml:li>\
                  <xhtml:li>y<xhtml:ol><xhtml:li>z</xhtml:li></xhtml:ol></xhtml:li></xhtml:ul>\
                  <xhtml:p>end &lt;&amp;</xhtml:p></xhtml:div>";
    assert_eq!(plain(markup), "A b c\nd*\n\n- x\n- y\n  1. z\n\nend <&");
    assert_eq!(markdown(markup), "A **b** c\nd\\*\n\n- x\n- y\n  1. z\n\nend \\<&");
    let table =
        "<xhtml:table><xhtml:tr><xhtml:td>a</xhtml:td><xhtml:td>b</xhtml:td></xhtml:tr></xhtml:table>";
    assert_eq!(plain(table), "a | b");
    assert_eq!(plain("broken <"), "broken <");
}

#[test]
fn stamps_are_those_of_doorstop() {
    // SHA-256 of nothing and of "abc", in URL-safe base64.
    assert_eq!(stamp::doorstop([]), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(stamp::doorstop(["a", "bc"]), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=");
    assert_eq!(stamp::hex_sha256(b"abc").len(), 64);
}

/// A workbook whose sheet is given; cells without references, empty cells, rich text, booleans, gaps.
#[test]
fn cells_keep_their_columns() {
    let book = |sheet: &str| {
        let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
        let files = [
            (
                "xl/workbook.xml",
                format!(
                    "<workbook {main} xmlns:r=\"urn:r\"><sheets><sheet name=\"A\" r:id=\"x\"/></sheets></workbook>"
                ),
            ),
            ("xl/_rels/workbook.xml.rels", "<R><Relationship Id=\"x\" Target=\"s.xml\"/></R>".to_owned()),
            ("xl/s.xml", format!("<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>")),
            ("xl/sharedStrings.xml", "<sst><si><r><t>sha</t></r><r><t>red</t></r></si></sst>".to_owned()),
        ];
        write(&files.map(|(name, text)| (name, text.into_bytes()))).unwrap()
    };
    let head = "<row><c t=\"inlineStr\"><is><t>id</t></is></c><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c>\
                <c t=\"str\"><v>c</v></c></row>";
    let read = |row: &str, limits: &Limits| {
        super::read_xlsx(file(&book(&format!("{head}{row}"))), None, &super::Mapping::default(), limits)
    };
    let row = "<row r=\"9\"><c><v>1.50</v></c><c s=\"1\"/><c t=\"inlineStr\"><is><r><t>x</t></r><r><t>y</t></r></is></c>\
               <c t=\"b\"><f>1=1</f><v>1</v></c></row><row r=\"12\"><c r=\"A12\" t=\"s\"><v>0</v></c><c r=\"D12\"><v>7</v></c></row>";
    let set = read(row, &Limits::default()).unwrap();
    let cells: Vec<Vec<String>> = set
        .items
        .iter()
        .map(|item| item.attributes.iter().map(|a| super::views::plain(&a.value)).collect())
        .collect();
    assert_eq!(cells, [["1.50", "", "xy", "true"], ["shared", "", "", "7"]]);
    assert_eq!(set.items[1].source.place.line, 12);
    for (row, part) in [
        ("<row><c r=\"XFD1\"><v>1</v></c></row>", "more than 1000 columns"),
        ("<row><c r=\"E1\"><v>1</v></c></row>", "more cells than the first row"),
        ("<row><c t=\"s\"><v>5</v></c></row>", "a shared string that is not there"),
        ("<row><c t=\"s\"><v>0</v></c></row><row><c t=\"s\"><v>0</v></c></row>", "given twice"),
    ] {
        let error = read(row, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn json_text_is_json() {
    use super::Value;
    let value = Value::Map(vec![
        ("a\u{1}\"\\".to_owned(), Value::Text("\u{0}\u{1f}\n\t\r\u{7f}ü😀".to_owned())),
        (
            "n".to_owned(),
            Value::List(vec![
                Value::Integer("007".to_owned()),
                Value::Real("1.50e3".to_owned()),
                Value::Null,
            ]),
        ),
    ]);
    let mut text = String::new();
    super::json::value(&mut text, &value);
    let back: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(back["a\u{1}\"\\"], "\u{0}\u{1f}\n\t\r\u{7f}ü😀");
    // A number that JSON does not know stays text; another keeps its digits.
    assert_eq!(back["n"][0], "007");
    assert!(text.contains("1.50e3"), "{text}");
}
