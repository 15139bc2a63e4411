//! HIBC supplier labels (ANSI/HIBC 2.6): primary, secondary, and both in one symbol; the Basic UDI-DI of HIBCC.

use super::check::{CheckDigit, hibc_holds};
use super::date::{self, Date};

/// What a label says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Labeler, four characters, the first a letter.
    pub labeler: Option<String>,
    /// Product or catalogue number.
    pub product: Option<String>,
    /// Unit of measure: 0 the unit of use, 1 to 8 packages, 9 a variable quantity.
    pub unit: Option<u8>,
    /// Lot.
    pub lot: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Expiry.
    pub expiry: Option<Date>,
    /// Manufacture.
    pub made: Option<Date>,
    /// Quantity.
    pub quantity: Option<u32>,
    /// Check character of the primary label, as a secondary label repeats it.
    pub link: Option<char>,
    /// Check character, the last one.
    pub check: Option<char>,
    /// Whether the check character follows from the rest.
    pub checked: Option<CheckDigit>,
    /// What could not be read, in words.
    pub findings: Vec<String>,
}

impl Label {
    /// The device identifier: labeler, product and unit, as FDA's database has it.
    #[must_use]
    pub fn di(&self) -> Option<String> {
        let (labeler, product, unit) = (self.labeler.as_ref()?, self.product.as_ref()?, self.unit?);
        Some(format!("{labeler}{product}{unit}"))
    }
}

/// Whether a secondary label belongs to a primary one: it repeats its check character.
#[must_use]
pub fn belong(primary: &Label, secondary: &Label) -> bool {
    primary.labeler.is_some() && secondary.link.is_some() && secondary.link == primary.check
}

/// Reads a label. What cannot be read is a finding; nothing is refused.
#[must_use]
pub fn read(scanned: &str) -> Label {
    let mut label = Label::default();
    // Asterisks are the start and stop of Code 39, which some readers send along.
    let text = scanned.strip_prefix('*').unwrap_or(scanned);
    let text = text.strip_suffix('*').unwrap_or(text);
    let Some(body) = text.strip_prefix('+') else {
        label.findings.push("a HIBC label begins with +".into());
        return label;
    };
    let Some((at, check)) = body.char_indices().next_back() else {
        label.findings.push("the label is empty".into());
        return label;
    };
    label.check = Some(check);
    label.checked = Some(CheckDigit::of(hibc_holds(text.get(..=at).unwrap_or_default(), check)));
    let body = body.get(..at).unwrap_or_default();
    if body.starts_with(|c: char| c == '$' || c.is_ascii_digit()) {
        let link = body.chars().next_back();
        let end = body.len() - link.map_or(0, char::len_utf8);
        label.link = link;
        secondary(&mut label, body.get(..end).unwrap_or_default());
        return label;
    }
    let (primary, rest) = body.split_once('/').map_or((body, None), |(p, rest)| (p, Some(rest)));
    self::primary(&mut label, primary);
    let mut segments = rest.into_iter().flat_map(|rest| rest.split('/'));
    if let Some(first) = segments.next() {
        if first.starts_with(|c: char| c == '$' || c.is_ascii_digit())
            && !first.starts_with("14D")
            && !first.starts_with("16D")
        {
            secondary(&mut label, first);
        } else {
            supplement(&mut label, first);
        }
    }
    segments.for_each(|segment| supplement(&mut label, segment));
    label
}

fn primary(label: &mut Label, text: &str) {
    let plain = text.is_ascii() && text.len() >= 6 && text.starts_with(|c: char| c.is_ascii_alphabetic());
    let (labeler, rest) = if plain { text.split_at(4) } else { ("", "") };
    let unit = rest.bytes().next_back().filter(u8::is_ascii_digit).map(|b| b - b'0');
    let Some(unit) = unit else {
        label.findings.push("the primary part is not labeler, product and unit".into());
        return;
    };
    let product = rest.get(..rest.len() - 1).unwrap_or_default();
    if product.len() > 18 {
        label.findings.push("the product number is longer than 18 characters".into());
    }
    label.labeler = Some(labeler.to_owned());
    label.product = Some(product.to_owned());
    label.unit = Some(unit);
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `$lot`, `$+serial`, `$$…lot`, `$$+…serial`, or a day of a year and a lot.
fn secondary(label: &mut Label, text: &str) {
    if let Some(rest) = text.strip_prefix("$$") {
        let (serial, rest) = rest.strip_prefix('+').map_or((false, rest), |rest| (true, rest));
        let rest = quantity(label, rest);
        let rest = expiry(label, rest);
        *(if serial { &mut label.serial } else { &mut label.lot }) = some(rest);
    } else if let Some(serial) = text.strip_prefix("$+") {
        label.serial = some(serial);
    } else if let Some(lot) = text.strip_prefix('$') {
        label.lot = some(lot);
    } else {
        let (day, lot) = text.split_at_checked(5).unwrap_or((text, ""));
        label.expiry = date::yyjjj(day);
        if label.expiry.is_none() {
            label.findings.push("the secondary part begins with no day of a year".into());
        }
        label.lot = some(lot);
    }
}

fn quantity<'a>(label: &mut Label, text: &'a str) -> &'a str {
    let length = match text.bytes().next() {
        Some(b'8') => 2,
        Some(b'9') => 5,
        _ => return text,
    };
    let digits = text.get(1..=length).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let Some(number) = digits.and_then(|d| d.parse().ok()) else {
        label.findings.push("a quantity that is no number".into());
        return text;
    };
    label.quantity = Some(number);
    text.get(length + 1..).unwrap_or_default()
}

/// The date before a lot or serial number; its first digit says how it is written.
fn expiry<'a>(label: &mut Label, text: &'a str) -> &'a str {
    let (skip, length) = match text.bytes().next() {
        Some(b'0' | b'1') => (0, 4),
        Some(b'2' | b'3') => (1, 6),
        Some(b'4') => (1, 8),
        Some(b'5') => (1, 5),
        Some(b'6') => (1, 7),
        Some(b'7') => return text.get(1..).unwrap_or_default(),
        _ => return text,
    };
    let digits = text.get(skip..skip + length);
    let hour = |d: &str, at: usize, read: fn(&str) -> Option<Date>| {
        let (day, hour) = d.split_at_checked(at)?;
        date::with_hour(read(day), hour)
    };
    label.expiry = digits.and_then(|d| match text.bytes().next() {
        Some(b'0' | b'1') => date::mmyy(d),
        Some(b'2') => date::mmddyy(d),
        Some(b'3') => date::yymmdd(d),
        Some(b'4') => hour(d, 6, date::yymmdd),
        Some(b'5') => date::yyjjj(d),
        _ => hour(d, 5, date::yyjjj),
    });
    if label.expiry.is_none() {
        label.findings.push("a date that is none".into());
    }
    text.get(skip + length..).unwrap_or_default()
}

/// `S` serial, `14D` expiry, `16D` manufacture, `Q` quantity.
fn supplement(label: &mut Label, text: &str) {
    let mut dated = |text: &str| {
        let date = date::yyyymmdd(text);
        if date.is_none() {
            label.findings.push("a date that is none".into());
        }
        date
    };
    if let Some(text) = text.strip_prefix("14D") {
        label.expiry = dated(text).or(label.expiry);
    } else if let Some(text) = text.strip_prefix("16D") {
        label.made = dated(text);
    } else if let Some(serial) = text.strip_prefix('S') {
        label.serial = some(serial);
    } else if let Some(Ok(number)) = text.strip_prefix('Q').map(str::parse) {
        label.quantity = Some(number);
    } else {
        label
            .findings
            .push(format!("a part that nobody reads: {}", text.chars().take(40).collect::<String>()));
    }
}
