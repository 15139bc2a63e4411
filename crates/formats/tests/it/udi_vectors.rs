//! Published vectors of GS1's engine and of a HIBC reader, and the table of identifiers against GS1's dictionary.
//!
//! The engine's vectors were made with its options on and off in turn, which the rows do not say. A row that succeeds must
//! succeed here with every leniency on, and the text be the one expected; a row that fails must fail with every leniency
//! off. Of rows that fail, those without a succeeding twin must also fail with every leniency on.

use std::collections::BTreeSet;

use formats::udi::gs1::link::{Leniency, STEM, generate, parse};
use formats::udi::gs1::scan::{self, Symbology};
use formats::udi::gs1::table::{self, Check, Kind};
use formats::udi::gs1::{bracketed, brackets, compose, message};
use formats::udi::{CheckDigit, hibc};
use serde_json::Value;

use crate::data;

fn rows(name: &str) -> Option<Vec<Vec<Value>>> {
    let file = data::text(&data::folder("vectors/udi-gs1-hibc")?, "gs1-engine-vectors.json");
    let all: Value = serde_json::from_str(&file).expect("JSON");
    let rows = all[name]["tests"].as_array().expect("rows");
    Some(rows.iter().map(|r| r.as_array().expect("a row").clone()).collect())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn element_strings_with_brackets() {
    let Some(rows) = rows("parseAIdata") else { return };
    assert_eq!(rows.len(), 27);
    for row in rows {
        let read = bracketed(text(&row[1]), false);
        assert_eq!(read.is_ok(), row[0] == true, "{row:?}: {read:?}");
        if let Ok(elements) = read {
            assert_eq!(compose(&elements, '^'), text(&row[2]), "{row:?}");
            assert_eq!(bracketed(&brackets(&elements), false), Ok(elements), "written and read again");
        }
    }
}

#[test]
fn messages_with_separators() {
    let Some(rows) = rows("processAIdata") else { return };
    assert_eq!(rows.len(), 79);
    for row in rows {
        let read = message(text(&row[1]), '^');
        assert_eq!(read.is_ok(), row[0] == true, "{row:?}: {read:?}");
        if let Ok(elements) = read {
            let again = compose(&elements, '^');
            assert_eq!(message(&again, '^'), Ok(elements));
        }
    }
}

#[test]
fn digital_links() {
    let Some(rows) = rows("parseDLuri") else { return };
    assert_eq!(rows.len(), 118);
    let good: BTreeSet<&str> = rows.iter().filter(|r| r[0] == true).map(|r| text(&r[1])).collect();
    let (mut failing, mut lenient) = (0, 0);
    for row in &rows {
        let uri = text(&row[1]);
        let (plain, all) = (parse(uri, Leniency::default()), parse(uri, Leniency::ALL));
        if row[0] == true {
            let elements = all.unwrap_or_else(|e| panic!("{uri}: {e}"));
            assert_eq!(compose(&elements, '^'), text(&row[2]), "{uri}");
            match plain {
                Ok(plain) => assert_eq!(plain, elements),
                Err(_) => lenient += 1,
            }
        } else {
            failing += 1;
            assert!(plain.is_err(), "{uri}: {plain:?}");
            assert!(all.is_err() || good.contains(uri), "{uri}: {all:?}");
        }
    }
    assert_eq!((failing, lenient), (45, 15), "rows that fail; rows that need a leniency");
}

#[test]
fn digital_links_are_written() {
    let Some(rows) = rows("testGenerateDLuri") else { return };
    assert_eq!(rows.len(), 22);
    for row in &rows {
        let stem = row[1].as_str().unwrap_or(STEM);
        let write = |leniency: Leniency| {
            let elements = bracketed(text(&row[2]), leniency.unknown).ok()?;
            generate(&elements, stem, leniency).ok()
        };
        let (strict, lenient) = (write(Leniency::default()), write(Leniency::ALL));
        if row[0] == true {
            assert_eq!(lenient.as_deref(), Some(text(&row[3])), "{row:?}");
        } else {
            assert_eq!(strict, None, "{row:?}");
        }
    }
}

fn symbology(name: &str) -> Option<Symbology> {
    Some(match name {
        "QR" => Symbology::Qr,
        "DM" => Symbology::DataMatrix,
        "DotCode" => Symbology::DotCode,
        "DataBarExpanded" => Symbology::DataBarExpanded,
        "DataBarOmni" => Symbology::DataBarOmni,
        "DataBarLimited" => Symbology::DataBarLimited,
        "GS1_128_CCA" | "GS1_128_CCC" => Symbology::Gs1128,
        "UPCA" => Symbology::UpcA,
        "UPCE" => Symbology::UpcE,
        "EAN13" => Symbology::Ean13,
        "EAN8" => Symbology::Ean8,
        "NONE" => return None,
        other => panic!("{other}"),
    })
}

#[test]
fn scan_data_is_read() {
    let Some(rows) = rows("testProcessScanData") else { return };
    assert_eq!(rows.len(), 54);
    for row in rows {
        let read = scan::read(text(&row[1]));
        let expected =
            (row[0] == true).then(|| (symbology(text(&row[2])).expect("one"), text(&row[3]).to_owned()));
        assert_eq!(read.as_ref().ok(), expected.as_ref(), "{row:?}: {read:?}");
    }
}

#[test]
fn scan_data_is_written() {
    let Some(rows) = rows("testGenerateScanData") else { return };
    assert_eq!(rows.len(), 45);
    let mut written_rows = 0;
    for row in &rows {
        let written = symbology(text(&row[0])).and_then(|s| scan::write(s, text(&row[1])).ok());
        assert_eq!(written.as_deref(), row[2].as_str(), "{row:?}");
        written_rows += usize::from(row[2].is_string());
    }
    assert_eq!(written_rows, 35, "rows with a result");
}

#[test]
fn hibc_labels() {
    let Some(folder) = data::folder("vectors/udi-gs1-hibc") else { return };
    let rows = data::cases(&folder, "hibc-vectors.json");
    assert_eq!(rows.len(), 79);
    let mut checked = 0;
    for row in &rows {
        if let Some(pair) = row["isMatch"].as_array() {
            let (primary, secondary) = (hibc::read(text(&pair[0])), hibc::read(text(&pair[1])));
            assert_eq!(hibc::belong(&primary, &secondary), row["expect"] == true, "{row}");
            continue;
        }
        let label = hibc::read(text(&row["barcode"]));
        assert_eq!(label.findings, Vec::<String>::new(), "{row}");
        let expect = &row["expect"];
        let kind = match (&label.labeler, label.lot.is_some() | label.serial.is_some()) {
            (None, _) => "type.Line2",
            (Some(_), false) if label.expiry.is_none() && label.quantity.is_none() => "type.Line1",
            (Some(_), _) => "type.Concatenated",
        };
        assert_eq!(kind, text(&expect["type"]), "{row}");
        for (name, got) in [
            ("labelerId", label.labeler.clone()),
            ("product", label.product.clone()),
            ("lot", label.lot.clone()),
            ("serial", label.serial.clone()),
            ("check", label.check.map(String::from)),
            ("link", label.link.map(String::from)),
        ] {
            assert_eq!(got.as_deref(), expect[name].as_str(), "{name} of {row}");
        }
        assert_eq!(label.unit.map(u64::from), expect["uom"].as_u64(), "{row}");
        assert_eq!(label.quantity.map(u64::from), expect["quantity"].as_u64(), "{row}");
        // Dates before a serial number to the hour are in the label and not in the row.
        if let Some(date) = expect["date"].as_str() {
            assert_eq!(label.expiry.map(|d| d.to_string()).as_deref(), Some(date), "{row}");
        }
        checked += usize::from(label.checked == Some(CheckDigit::Valid));
    }
    assert_eq!(checked, 2, "the check characters of these labels are placeholders");
}

#[test]
fn the_table_is_that_of_the_dictionary() {
    let Some(folder) = data::folder("vectors/gs1-syntax") else { return };
    let file = data::text(&folder, "gs1-syntax-dictionary.txt");
    let mut seen = BTreeSet::new();
    for line in file.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace().peekable();
        let codes = words.next().expect("identifiers");
        let flags = words.next_if(|w| !w.starts_with(['N', 'X', 'Y', 'Z', '['])).unwrap_or_default();
        let mut parts = Vec::new();
        while let Some(word) = words.next_if(|w| w.starts_with(['N', 'X', 'Y', 'Z', '['])) {
            parts.push(word);
        }
        let keys: Vec<&str> = words.filter_map(|w| w.strip_prefix("dlpkey")).collect();
        let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
        let number = |code: &str| code.parse::<u32>().expect("digits");
        for code in number(first)..=number(last) {
            let code = format!("{code:0width$}", width = first.len());
            let ai = table::find(&code).unwrap_or_else(|| panic!("({code}) is missing"));
            seen.insert(code.clone());
            assert_eq!((ai.predefined, ai.attribute), (flags.contains('*'), flags.contains('?')), "({code})");
            assert_eq!(ai.parts.len(), parts.len(), "({code})");
            for (part, word) in ai.parts.iter().zip(&parts) {
                let optional = word.starts_with('[');
                let word = word.replace(['[', ']'], "");
                let mut linters = word.split(',');
                let format = linters.next().expect("a format");
                let linters: Vec<&str> = linters.collect();
                let kind = match format.get(..1) {
                    Some("N") => Kind::Digits,
                    Some("X") => Kind::Text,
                    Some("Y") => Kind::Upper,
                    _ => Kind::Base64,
                };
                let length = format.get(1..).expect("a length");
                let (min, max) = match length.strip_prefix("..") {
                    Some(most) => (1, most.parse().expect("a number")),
                    None => (length.parse().expect("a number"), length.parse().expect("a number")),
                };
                assert_eq!(
                    (part.kind, part.min, part.max, part.optional),
                    (kind, min, max, optional),
                    "({code})"
                );
                let check = linters.iter().find_map(|l| {
                    Some(match *l {
                        "csum" => Check::Digit,
                        "csumalpha" => Check::Pair,
                        "yymmd0" => Check::MonthDate,
                        "yymmdd" => Check::Date,
                        "yyyymmdd" => Check::LongDate,
                        "hhmi" => Check::Time,
                        "zero" => Check::Zero,
                        "nonzero" => Check::NotZero,
                        "pieceoftotal" => Check::Piece,
                        _ => return None,
                    })
                });
                // Times of delivery windows may be 9999.
                if !code.starts_with("432") {
                    assert_eq!(part.check, check.unwrap_or(Check::None), "({code})");
                }
            }
            let expected = keys.first().map(|key| {
                let sequences = key.strip_prefix('=').into_iter().flat_map(|all| all.split('|'));
                sequences.map(|s| s.split(',').map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
            });
            let got = ai.key.as_ref().map(|all| {
                all.iter().map(|s| s.iter().map(|q| (*q).to_owned()).collect()).collect::<Vec<Vec<String>>>()
            });
            assert_eq!(got, expected, "({code})");
        }
    }
    let ours: BTreeSet<String> = table::all().iter().map(|ai| ai.code.clone()).collect();
    assert_eq!(ours, seen);
    println!("{} identifiers", seen.len());
}
