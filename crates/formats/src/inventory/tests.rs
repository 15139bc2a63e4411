//! Tables as people export them, bad rows one by one, and resources.

use super::{CUSTODY, Encoding, Inventory, InventoryError, Mapping, columns, read_fhir, read_table};

fn mapping(columns: &[&str]) -> Mapping {
    let mut mapping = Mapping::default();
    columns.iter().for_each(|c| mapping.map(c).expect("a mapping"));
    mapping
}

#[test]
fn a_table_is_read_by_its_headings() {
    let table = "\u{feff}Equipment;Serial no.;UDI code;FW;Hospital;Installed;State\r\n\
        4711;A9;(01)04012345004007(21)A9;2.1.0;North;01.02.2024;active\r\n\
        4712;\"A;10\";;2.2.0;\"North \"\"old\"\"\";;scrapped\r\n\
        \r\n";
    let mut mapping = mapping(&[
        "asset=Equipment",
        "serial=Serial no.",
        "udi=UDI code",
        "software:firmware=FW",
        "site=Hospital",
        "since=Installed",
        "custody=State",
    ]);
    mapping.custody("active=in-use").expect("a word");
    mapping.custody("scrapped=retired").expect("a word");
    mapping.dates("DD.MM.YYYY").expect("a form");
    let read = read_table(table.as_bytes(), &mapping, Encoding::Utf8).expect("a table");
    assert_eq!((read.refused.len(), read.findings.len()), (0, 0), "{read:?}");
    let [a, b] = read.devices.as_slice() else { panic!("{read:?}") };
    assert_eq!((a.line, a.asset.as_str(), a.serial.as_deref()), (2, "4711", Some("A9")));
    assert_eq!((a.software.as_slice(), a.custody), (&["firmware 2.1.0".to_owned()][..], Some("in-use")));
    assert_eq!(a.since.as_deref(), Some("2024-02-01T00:00:00Z"));
    assert_eq!((b.serial.as_deref(), b.site.as_deref()), (Some("A;10"), Some("North \"old\"")));
    assert_eq!((b.udi.as_deref(), b.since.as_deref(), b.custody), (None, None, Some("retired")));
    assert_eq!(
        mapping.to_line(),
        "asset=Equipment; serial=Serial no.; udi=UDI code; software:firmware=FW; site=Hospital; since=Installed; \
         custody=State; custody:active=in-use; custody:scrapped=retired; dates=DD.MM.YYYY"
    );
}

fn mapping_with_dates(table: &str) -> Inventory {
    let mut mapping = Mapping::default();
    mapping.dates("DD.MM.YYYY").expect("a form");
    read_table(table.as_bytes(), &mapping, Encoding::Utf8).expect("a table")
}

#[test]
fn bad_rows_are_refused_one_by_one_with_place_reason_and_remedy() {
    let table = "asset,serial,custody,since,udi\n\
        A1,1,in-use,2024-02-30,\n\
        A2,2,on loan,,\n\
        ,3,,,\n\
        A4,4,,,,surplus\n\
        A5,5,,,\n\
        A5,6,,,\n\
        A7,\u{1},,,\n\
        A8,8,,2024-02-01,(01)04012345004008(21)9\n\
        A9,9,,2024-02-01T10:00:00Z,(01)04012345004008(21)9\n";
    let read = read_table(table.as_bytes(), &Mapping::default(), Encoding::Utf8).expect("a table");
    let refused: Vec<_> =
        read.refused.iter().map(|r| (r.line, r.column.as_str(), r.reason.as_str())).collect();
    assert_eq!(
        refused,
        [
            (2, "since", "`2024-02-30` is no such day"),
            (3, "custody", "`on loan` is no custody"),
            (4, "asset", "there is no identifier"),
            (5, "", "6 cells under 5 headings"),
            (7, "asset", "`A5` stands in line 6 already"),
            (8, "serial", "it holds control characters"),
        ]
    );
    assert!(read.refused.iter().all(|r| !r.remedy.is_empty()));
    assert!(read.refused[1].remedy.contains("--custody 'on loan=WORD'"));
    assert!(CUSTODY.iter().all(|word| read.refused[1].remedy.contains(word)), "{}", read.refused[1].remedy);
    let german = mapping_with_dates("asset,since\nA1,32.10.2026\nA2,2026/10/01\nA3,31.10.2026\n");
    let said: Vec<_> =
        german.refused.iter().map(|r| (r.reason.as_str(), r.remedy.contains("--dates"))).collect();
    assert_eq!(said, [("`32.10.2026` is no such day", false), ("`2026/10/01` is no date", true)]);
    let taken: Vec<&str> = read.devices.iter().map(|d| d.asset.as_str()).collect();
    assert_eq!(taken, ["A5", "A8", "A9"], "the rest goes in");
    let found: Vec<_> = read.findings.iter().map(|f| (f.line, f.reason.as_str())).collect();
    assert_eq!(
        found,
        [
            (9, "(01): its check digit is wrong"),
            (9, "the UDI has the serial number `9`, the row `8`"),
            (10, "(01): its check digit is wrong"),
            (10, "the UDI names the device of line 9 too"),
        ]
    );
    assert_eq!(read.devices[1].udi.as_deref(), Some("(01)04012345004008(21)9"), "verbatim");
}

#[test]
fn a_table_that_cannot_be_read_says_why() {
    let read = |text: &[u8], m: &Mapping| read_table(text, m, Encoding::Utf8).expect_err("refused");
    let plain = Mapping::default();
    assert_eq!(read(b"", &plain), InventoryError::NoHeadings);
    assert_eq!(read(b"\xff\xfea\0", &plain), InventoryError::Utf16);
    assert_eq!(read(b"a,b\n", &plain), InventoryError::NoAsset(vec!["a".into(), "b".into()]));
    let there = vec!["a".into(), "a".into()];
    assert_eq!(
        read(b"a,a\n", &mapping(&["asset=b"])),
        InventoryError::NoColumn { column: "b".into(), there }
    );
    assert_eq!(read(b"a,a\n", &mapping(&["asset=a"])), InventoryError::TwoColumns("a".into()));
    for bad in ["asset", "colour=A", "software:=A", "asset="] {
        assert!(Mapping::default().map(bad).is_err(), "{bad}");
    }
    assert!(Mapping::default().custody("a=b").is_err());
    for bad in ["DD.MM.YY", "YYYY", "DD.DD.YYYY.MM"] {
        assert!(Mapping::default().dates(bad).is_err(), "{bad}");
    }
    assert_eq!(columns(b"a\tb\tc,d\n", Encoding::Utf8), Ok(vec!["a".into(), "b".into(), "c,d".into()]));
}

#[test]
fn other_encodings_are_read_where_they_are_said() {
    let table = b"asset,site\n1,M\xfcnchen \x80\n";
    let utf8 = read_table(table, &Mapping::default(), Encoding::Utf8).expect("a table");
    assert_eq!((utf8.devices.len(), utf8.refused[0].reason.as_str()), (0, "it is no UTF-8"));
    let windows = read_table(table, &Mapping::default(), Encoding::Windows1252).expect("a table");
    assert_eq!(windows.devices[0].site.as_deref(), Some("München €"));
}

#[test]
fn resources_are_read_in_json_and_xml() {
    let json = br#"{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"Patient","id":"p"}},
        {"resource":{"resourceType":"Device","id":"d1","serialNumber":"9","modelNumber":"P1","status":"active",
            "udiCarrier":[{"carrierHRF":"(01)04012345004007(21)9"}],
            "version":[{"type":{"text":"Firmware revision"},"value":"2.1.0"}]}},
        {"resource":{"resourceType":"Device"}}]}"#;
    let read = read_fhir(json).expect("a bundle");
    assert_eq!((read.devices.len(), read.refused.len()), (1, 1), "{read:?}");
    let xml = br#"<?xml version="1.0"?><Device xmlns="http://hl7.org/fhir"><id value="d1"/>
        <udiCarrier><deviceIdentifier value="04012345004007"/><carrierHRF value="(01)04012345004007(21)9"/></udiCarrier>
        <status value="active"/><serialNumber value="9"/><modelNumber value="P1"/>
        <version><type><text value="Firmware revision"/></type><value value="2.1.0"/></version></Device>"#;
    let same = read_fhir(xml).expect("a resource");
    assert_eq!(same.devices[0].software, ["firmware 2.1.0"]);
    assert_eq!(
        (&same.devices[0].udi, &same.devices[0].asset),
        (&read.devices[0].udi, &read.devices[0].asset)
    );
    for bad in [&b""[..], b"{}", b"[1]", b"<a>", b"<a></b>", b"nothing"] {
        assert!(read_fhir(bad).is_err());
    }
}

#[test]
fn what_is_confidential_can_be_blackened() {
    let table = b"asset;owner\n1;\"Clinic; North\"\n2;\n";
    let kept =
        super::without(table, &Mapping::default(), Encoding::Utf8, &super::Field::Owner).expect("a table");
    assert_eq!(String::from_utf8_lossy(&kept), "asset,owner\n1,[confidential]\n2,\n");
}
