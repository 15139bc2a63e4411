//! The application identifiers of the GS1 General Specifications (section 3.2 and figure 3.2-1): which there are, how long
//! and of what their values are, and where a Digital Link may have them (GS1 Digital Link: URI Syntax, 4).
//!
//! Not here: which identifiers must or must not stand beside each other (associations).

use std::sync::LazyLock;

/// Characters of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Digits.
    Digits,
    /// The 82 characters of ISO/IEC 646 table 1 of the General Specifications.
    Text,
    /// The 39 characters of table 2.
    Upper,
    /// Base 64 with the URL alphabet.
    Base64,
}

/// What must hold for a part beyond its characters and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing.
    None,
    /// Its last digit is a check digit (modulo 10).
    Digit,
    /// Its last two characters are a check pair (modulo 1021 of the Global Model Number).
    Pair,
    /// YYMMDD, where day 00 is a whole month.
    MonthDate,
    /// YYMMDD.
    Date,
    /// YYYYMMDD.
    LongDate,
    /// HHMM.
    Time,
    /// It is 0.
    Zero,
    /// It is not 0.
    NotZero,
    /// Piece and number of pieces, two digits each, neither 0, the piece not after the last.
    Piece,
}

/// A part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Characters.
    pub kind: Kind,
    /// Fewest.
    pub min: usize,
    /// Most.
    pub max: usize,
    /// Whether it may be missing.
    pub optional: bool,
    /// What must hold for it.
    pub check: Check,
}

/// An application identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ai {
    /// Its digits: two to four.
    pub code: String,
    /// Whether its length is predefined, so that no separator need follow.
    pub predefined: bool,
    /// Whether it may stand in the query of a Digital Link.
    pub attribute: bool,
    /// Parts of the value, in order.
    pub parts: Vec<Part>,
    /// The sequences of qualifiers that may follow it in the path of a Digital Link; `None` if it is no key there.
    pub key: Option<Vec<Vec<&'static str>>>,
}

/// Identifiers (ranges where only the last digit differs), `=` where the length is predefined, `?` where it may be an
/// attribute of a Digital Link, and the format in the notation of the General Specifications: `n` digits, `an` text, `a39`
/// the smaller set, `b64`; `..` up to; brackets optional; then what is checked.
const FORMATS: &[(&str, &str, &str)] = &[
    ("00", "=?", "n18 digit"),
    ("01 02", "=?", "n14 digit"),
    ("03", "=", "n14 digit"),
    ("10", "?", "an..20"),
    ("11 12 13 15 16 17", "=?", "n6 month"),
    ("20", "=?", "n2"),
    ("21 22", "", "an..20"),
    ("235", "", "an..28"),
    ("240 241 250 251 400 403 7002 4308 4319 90", "?", "an..30"),
    ("242", "?", "n..6"),
    ("243 420 4318 7020 7021 7022 7240 8002 8012 710 711 712 713 714 715 716 717", "?", "an..20"),
    ("253", "?", "n13 digit|[an..17]"),
    ("254", "", "an..20"),
    ("255", "?", "n13 digit|[n..12]"),
    ("30 37", "?", "n..8"),
    ("3100-5 3110-5 3120-5 3130-5 3140-5 3150-5 3160-5", "=?", "n6"),
    ("3200-5 3210-5 3220-5 3230-5 3240-5 3250-5 3260-5 3270-5 3280-5 3290-5", "=?", "n6"),
    ("3300-5 3310-5 3320-5 3330-5 3340-5 3350-5 3360-5 3370-5", "=?", "n6"),
    ("3400-5 3410-5 3420-5 3430-5 3440-5 3450-5 3460-5 3470-5 3480-5 3490-5", "=?", "n6"),
    ("3500-5 3510-5 3520-5 3530-5 3540-5 3550-5 3560-5 3570-5", "=?", "n6"),
    ("3600-5 3610-5 3620-5 3630-5 3640-5 3650-5 3660-5 3670-5 3680-5 3690-5", "=?", "n6"),
    ("3900-9 3920-9", "?", "n..15"),
    ("3910-9 3930-9", "?", "n3|n..15"),
    ("3940-3 8111", "?", "n4"),
    ("3950-5 8005", "?", "n6"),
    ("401 7023 8004", "?", "an..30"),
    ("402", "?", "n17 digit"),
    ("410 411 412 413 414 415 416 417", "=?", "n13 digit"),
    ("421", "?", "n3|an..9"),
    ("422 424 426", "?", "n3"),
    ("423 425", "?", "n3|[n3]|[n3]|[n3]|[n3]"),
    ("427 7008", "?", "an..3"),
    ("4300 4301 4310 4311 4320", "?", "an..35"),
    ("4302 4303 4304 4305 4306 4312 4313 4314 4315 4316 7257 8110 8112", "?", "an..70"),
    ("4307 4317", "?", "an2"),
    ("4309", "?", "n10|n10"),
    ("4321 4322 4323 7252", "?", "n1"),
    ("4324 4325", "?", "n6 month|n4"),
    ("4326 7006", "?", "n6 date"),
    ("4330 4331 4332 4333", "?", "n6|[an1]"),
    ("7001", "?", "n13"),
    ("7003", "?", "n6 date|n4 time"),
    ("7004", "?", "n..4"),
    ("7005", "?", "an..12"),
    ("7007", "?", "n6 date|[n6 date]"),
    ("7009 7255", "?", "an..10"),
    ("7010", "?", "an..2"),
    ("7011", "?", "n6 date|[n4 time]"),
    ("7030-9", "?", "n3|an..27"),
    ("7040", "", "n1|an1|an1|an1"),
    ("7041", "", "an..4"),
    ("7230-9", "?", "an2|an..28"),
    ("7241", "?", "n2"),
    ("7242", "?", "an..25"),
    ("7250", "?", "n8 long"),
    ("7251", "?", "n8 long|n4 time"),
    ("7253 7254 7259", "?", "an..40"),
    ("7256", "?", "an..90"),
    ("7258", "?", "an3"),
    ("8001", "?", "n4 some|n5 some|n3 some|n1|n1"),
    ("8003", "?", "n1 zero|n13 digit|[an..16]"),
    ("8006 8026", "?", "n14 digit|n4 piece"),
    ("8007", "?", "an..34"),
    ("8008", "?", "n6 date|n2|[n2]|[n2]"),
    ("8009", "?", "an..50"),
    ("8010", "?", "a39..30"),
    ("8011", "", "n..12"),
    ("8013", "?", "an..25 pair"),
    ("8014", "", "an..25 pair"),
    ("8017 8018", "?", "n18 digit"),
    ("8019", "", "n..10"),
    ("8020", "", "an..25"),
    ("8030", "?", "b64..90"),
    ("8040 8041", "", "n15"),
    ("8042", "", "n32"),
    ("8043", "", "n18|[n..2]"),
    ("8200", "", "an..70"),
    ("91-9", "?", "an..90"),
];

/// Keys of a Digital Link, each with its sequences of qualifiers.
const KEYS: &[(&str, &[&[&str]])] = &[
    ("00", &[]),
    ("01", &[&["22", "10", "21"], &["235"]]),
    ("253", &[]),
    ("255", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &[&["254"], &["7040"]]),
    ("415", &[&["8020"]]),
    ("417", &[&["7040"]]),
    ("8003", &[]),
    ("8004", &[&["7040"]]),
    ("8006", &[&["22", "10", "21"]]),
    ("8010", &[&["8011"]]),
    ("8013", &[]),
    ("8017", &[&["8019"]]),
    ("8018", &[&["8019"]]),
];

/// Every identifier, in the order of its digits.
static TABLE: LazyLock<Vec<Ai>> = LazyLock::new(|| {
    let mut table: Vec<Ai> = FORMATS
        .iter()
        .flat_map(|(codes, flags, format)| {
            codes.split(' ').flat_map(spread).map(move |code| ai(code, flags, format))
        })
        .collect();
    table.sort_by(|a, b| a.code.cmp(&b.code));
    table
});

/// Every identifier, in the order of its digits.
#[must_use]
pub fn all() -> &'static [Ai] {
    &TABLE
}

/// The identifier with these digits.
#[must_use]
pub fn find(code: &str) -> Option<&'static Ai> {
    let at = TABLE.binary_search_by(|ai| ai.code.as_str().cmp(code)).ok()?;
    TABLE.get(at)
}

/// The identifier that a text begins with; none begins with another.
#[must_use]
pub fn leading(text: &str) -> Option<&'static Ai> {
    (2..=4).find_map(|n| find(text.get(..n)?))
}

/// `3100-5` as six identifiers.
fn spread(codes: &str) -> impl Iterator<Item = String> {
    let (first, last) = codes.split_once('-').unwrap_or((codes, ""));
    let (stem, from) = first.split_at(first.len().saturating_sub(1));
    let digit = |text: &str| text.bytes().next().filter(u8::is_ascii_digit);
    let from = digit(from).unwrap_or(b'0');
    let to = digit(last).unwrap_or(from);
    (from..=to).map(move |d| format!("{stem}{}", char::from(d)))
}

fn ai(code: String, flags: &str, format: &str) -> Ai {
    let key = KEYS.iter().find(|(key, _)| *key == code);
    let key = key.map(|(_, sequences)| sequences.iter().map(|s| s.to_vec()).collect());
    let (predefined, attribute) = (flags.contains('='), flags.contains('?'));
    Ai { code, predefined, attribute, parts: format.split('|').map(part).collect(), key }
}

fn part(format: &str) -> Part {
    let optional = format.starts_with('[');
    let format = format.trim_matches(['[', ']']);
    let (format, check) = format.split_once(' ').unwrap_or((format, ""));
    let kinds = [("an", Kind::Text), ("a39", Kind::Upper), ("b64", Kind::Base64), ("n", Kind::Digits)];
    let found = kinds.iter().find_map(|(word, kind)| Some((*kind, format.strip_prefix(word)?)));
    let (kind, length) = found.unwrap_or((Kind::Text, format));
    let (fewest, most) = match length.strip_prefix("..") {
        Some(most) => (1, most),
        None => (0, length),
    };
    let max: usize = most.parse().unwrap_or(0);
    let min = if fewest == 0 { max } else { fewest };
    let check = match check {
        "digit" => Check::Digit,
        "pair" => Check::Pair,
        "month" => Check::MonthDate,
        "date" => Check::Date,
        "long" => Check::LongDate,
        "time" => Check::Time,
        "zero" => Check::Zero,
        "some" => Check::NotZero,
        "piece" => Check::Piece,
        _ => Check::None,
    };
    Part { kind, min, max, optional, check }
}
