//! Published examples, also the wrong ones, and what people write.

use super::check::{gs1_digit, gs1_pair, hibc_character};
use super::{Agency, CheckDigit, date, hibc, parse};

#[test]
fn check_digits_are_the_published_ones() {
    for (digits, check) in
        [("03600029145", '2'), ("0400638133393", '1'), ("0061414112345", '2'), ("1061414112345", '9')]
    {
        assert_eq!(gs1_digit(digits), Some(check), "{digits}");
    }
    for (model, pair) in [
        ("1987654Ad4X4bL5ttr2310c", "2K"),
        ("12345A", "NJ"),
        ("12345678901234567890123", "NT"),
        ("++A999MODELIDENTIFIER11", "S8"),
    ] {
        assert_eq!(gs1_pair(model).as_deref(), Some(pair), "{model}");
    }
    for (text, check) in [
        ("+A123BJC5D6E71", 'G'),
        ("+A999ABC1230", 'V'),
        ("+A99912345/$$52001510X3", '3'),
        ("+$$52001510X3G", 'D'),
    ] {
        assert_eq!(hibc_character(text), Some(check), "{text}");
    }
    assert_eq!((gs1_digit("12a"), gs1_pair("é"), hibc_character("a")), (None, None, None));
}

#[test]
fn wrong_check_digits_are_reported_and_nothing_is_dropped() {
    for (gtin, check) in [
        ("00208851107345", CheckDigit::Invalid),
        ("00011954013448", CheckDigit::Invalid),
        ("51022222233336", CheckDigit::Valid),
        ("00643169001763", CheckDigit::Valid),
        ("08717648200274", CheckDigit::Valid),
    ] {
        let udi = parse(&format!("(01){gtin}(21)A1"));
        assert_eq!((udi.di.as_deref(), udi.check), (Some(gtin), check));
        assert_eq!(udi.instance(), Some((Agency::Gs1, gtin, "A1")));
        assert_eq!(udi.findings.is_empty(), check == CheckDigit::Valid, "{:?}", udi.findings);
    }
    let udi =
        parse("+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C");
    assert_eq!((udi.agency, udi.check), (Some(Agency::Hibcc), CheckDigit::Invalid));
    assert_eq!(udi.di.as_deref(), Some("H123PARTNO1234567890120"));
    assert_eq!(
        (udi.lot.as_deref(), udi.serial.as_deref()),
        (Some("LOT123456789012345"), Some("XYZ456789012345678"))
    );
    assert_eq!(udi.expiry.map(|d| d.to_string()).as_deref(), Some("2020-02-02T16"));
    assert_eq!(udi.made.map(|d| d.to_string()).as_deref(), Some("2013-02-02"));
    assert_eq!(parse("+A123BJC5D6E71G").check, CheckDigit::Valid);
    assert_eq!(parse("+BLUEUNICORN7N").check, CheckDigit::Valid);
}

#[test]
fn one_device_is_one_device_however_it_was_written() {
    let same = [
        "(01)04012345004007(21)A9",
        "(21)A9(01)04012345004007(17)271100",
        "010401234500400721A9",
        "\u{1d}010401234500400721A9",
        "]d201040123450040071727110021A9",
        "^010401234500400710L1^21A9",
        "https://id.gs1.org/01/04012345004007/21/A9",
        "https://example.com/any/01/4012345004007/10/L1/21/A9?17=271100",
        "(01)4012345004007(21)A9",
        " (01)04012345004007(21)A9\r\n",
    ];
    for text in &same {
        let udi = parse(text);
        assert_eq!(udi.instance(), Some((Agency::Gs1, "04012345004007", "A9")), "{text}");
        assert_eq!((udi.scanned.as_str(), udi.check), (*text, CheckDigit::Valid));
    }
    // Eight digits, thirteen digits: a finding, and the number as fourteen.
    let short = parse("4012345004007");
    assert_eq!((short.di.as_deref(), short.findings.len()), (Some("04012345004007"), 1));
    assert_eq!(short.instance(), None, "a kind of device");
}

#[test]
fn isbt_128_is_read_by_its_data_identifiers() {
    let text = "=+06000=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123";
    for text in [text.to_owned(), text.replace('&', "\\T\\")] {
        let udi = parse(&text);
        assert_eq!(udi.findings, Vec::<String>::new());
        assert_eq!(udi.instance(), Some((Agency::Iccbba, "A9999XYZ100T0944", "000025")));
        assert_eq!(udi.donation.as_deref(), Some("A99971312345600"));
        assert_eq!(udi.lot.as_deref(), Some("000000000000XYZ123"));
        assert_eq!(udi.expiry.map(|d| d.to_string()).as_deref(), Some("2014-02-01"));
        assert_eq!(udi.made.map(|d| d.to_string()).as_deref(), Some("2013-02-01"));
        assert_eq!((udi.check, udi.scanned), (CheckDigit::Absent, text));
    }
    let bag = parse("=)1234567890&)ABCDEFGHIJ");
    assert_eq!((bag.di.as_deref(), bag.lot.as_deref()), (Some("1234567890"), Some("ABCDEFGHIJ")));
    let cut = parse("=/A9999XYZ");
    assert_eq!((cut.di.as_deref(), cut.findings.len()), (Some("A9999XYZ"), 1));
}

#[test]
fn basic_udi_dis_are_told_apart() {
    let gmn = parse("(8013)1987654Ad4X4bL5ttr2310c2K");
    assert!(gmn.basic && gmn.check == CheckDigit::Valid && gmn.findings.is_empty(), "{gmn:?}");
    assert_eq!(parse("(8013)1987654Ad4X4bL5ttr2310c2L").check, CheckDigit::Invalid);
    let hibcc = parse("++A999MODELIDENTIFIER11S8");
    assert!(hibcc.basic && hibcc.check == CheckDigit::Valid, "{hibcc:?}");
}

#[test]
fn dates_stay_as_precise_as_they_were_said() {
    assert_eq!(date::yymmdd("271100").map(|d| (d.year, d.month, d.day)), Some((2027, 11, None)));
    assert_eq!(date::yymmdd("770101").map(|d| d.year), Some(1977), "fifty-one years on is the last century");
    assert_eq!(date::yymmdd("760101").map(|d| d.year), Some(2076));
    assert_eq!(date::yymmdd("240229").map(|d| d.day), Some(Some(29)));
    for none in ["230229", "271301", "270001", "2701", "27011a", "270132"] {
        assert_eq!(date::yymmdd(none), None, "{none}");
    }
    assert_eq!(date::yyjjj("24366").map(|d| d.to_string()).as_deref(), Some("2024-12-31"));
    assert_eq!(
        (date::yyjjj("23366"), date::yyjjj("24000"), date::cyyjjj("999001").map(|d| d.year)),
        (None, None, Some(1_999))
    );
}

#[test]
fn what_is_no_udi_is_kept_and_said_to_be_none() {
    for text in [
        "", "   ", "SN 12345", "9999", "+", "*", "(", "()", "(01)", "=", "https://", "\u{1d}", "(01)é", "++",
        "]C1",
    ] {
        let udi = parse(text);
        assert_eq!(udi.scanned, text);
        assert!(!udi.findings.is_empty(), "{text}");
    }
    assert!(parse(&"(01)1".repeat(10_000)).findings.len() == 1);
    let secondary = hibc::read("+$$09053C001LC");
    let primary = hibc::read("+Z999009993020351L");
    assert!(hibc::belong(&primary, &secondary) && !hibc::belong(&secondary, &primary));
}
