//! Unique device identification: carriers of GS1, HIBCC and ICCBBA, and the EU's Basic UDI-DI. Read leniently: whatever was
//! scanned is kept, what could be made of it is said, and what is wrong with it is a finding. Published and registered
//! identifiers with wrong check digits exist, so a check digit is reported, never demanded.
//!
//! Not here: which device bears an identifier (`world`), registries.

pub mod check;
pub mod date;
pub mod gs1;
pub mod hibc;
pub mod iccbba;

use check::{gs1_holds, gs1_pair_holds};
use gs1::{Element, link, table};

pub use check::CheckDigit;
pub use date::Date;

/// Longest carrier looked at, in bytes; a longer one is kept and said to be too long.
pub const MAX_SCANNED: usize = gs1::MAX_MESSAGE;

/// Who issued an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agency {
    /// GS1.
    Gs1,
    /// HIBCC.
    Hibcc,
    /// ICCBBA.
    Iccbba,
}

impl Agency {
    /// Its name, as FDA's database writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gs1 => "GS1",
            Self::Hibcc => "HIBCC",
            Self::Iccbba => "ICCBBA",
        }
    }
}

/// What could be made of a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Udi {
    /// What was scanned, verbatim.
    pub scanned: String,
    /// Who issued it, if its form says.
    pub agency: Option<Agency>,
    /// Whether it is a Basic UDI-DI, which no device carries.
    pub basic: bool,
    /// Device identifier: GTIN of 14 digits, labeler, product and unit, or the code of ICCBBA.
    pub di: Option<String>,
    /// Check digit or character of the identifier.
    pub check: CheckDigit,
    /// Serial number.
    pub serial: Option<String>,
    /// Lot or batch.
    pub lot: Option<String>,
    /// Expiry.
    pub expiry: Option<Date>,
    /// Manufacture.
    pub made: Option<Date>,
    /// Software version (GS1 8012).
    pub software: Option<String>,
    /// Donation identification number (ICCBBA).
    pub donation: Option<String>,
    /// What is wrong or could not be read, in words.
    pub findings: Vec<String>,
}

impl Udi {
    fn new(scanned: &str) -> Self {
        Self {
            scanned: scanned.to_owned(),
            agency: None,
            basic: false,
            di: None,
            check: CheckDigit::Absent,
            serial: None,
            lot: None,
            expiry: None,
            made: None,
            software: None,
            donation: None,
            findings: Vec::new(),
        }
    }

    /// The one device it names: agency, device identifier and serial number. Two carriers of one device give the same,
    /// however they were written. `None` where it names a kind of device only.
    #[must_use]
    pub fn instance(&self) -> Option<(Agency, &str, &str)> {
        Some((self.agency?, self.di.as_deref()?, self.serial.as_deref()?))
    }

    fn finding(&mut self, text: impl Into<String>) {
        self.findings.push(text.into());
    }
}

/// Reads whatever was scanned, typed or imported. Never fails: at worst nothing is made of it.
#[must_use]
pub fn parse(scanned: &str) -> Udi {
    let mut udi = Udi::new(scanned);
    // HL7 escapes the ampersand that data identifiers of ICCBBA begin with.
    let unescaped = scanned.replace("\\T\\", "&");
    let text = unescaped.trim_matches(['\r', '\n', '\t']);
    // A space at the end can be a check character of HIBC.
    let trimmed = text.trim();
    if scanned.len() > MAX_SCANNED {
        udi.finding(format!("longer than {MAX_SCANNED} bytes"));
    } else if trimmed.is_empty() {
        udi.finding("there is nothing");
    } else if trimmed.starts_with("++") {
        hibc_basic(&mut udi, trimmed);
    } else if trimmed.starts_with('+') || trimmed.starts_with("*+") {
        hibc(&mut udi, text.trim_start());
    } else if trimmed.starts_with(['=', '&']) {
        iccbba(&mut udi, trimmed);
    } else if link::is_link(trimmed) {
        linked(&mut udi, trimmed);
    } else if trimmed.starts_with('(') {
        match gs1::split_bracketed(trimmed) {
            Ok(elements) => gs1_elements(&mut udi, &elements),
            Err(e) => udi.finding(e.to_string()),
        }
    } else {
        gs1_plain(&mut udi, trimmed);
    }
    udi
}

/// A link, or as much of its path as can be read.
fn linked(udi: &mut Udi, text: &str) {
    match link::parse(text, link::Leniency::ALL) {
        Ok(elements) => gs1_elements(udi, &elements),
        Err(e) => {
            let path = text.split(['?', '#']).next().unwrap_or_default();
            let segments: Vec<&str> = path.split('/').skip(3).collect();
            let key = segments.iter().position(|s| *s == "01");
            let pairs = key.and_then(|at| segments.get(at..)).unwrap_or_default().chunks_exact(2);
            let elements = pairs.filter_map(|pair| match pair {
                [ai, value] => Some(Element { ai: (*ai).to_owned(), value: (*value).to_owned() }),
                _ => None,
            });
            let elements: Vec<Element> = elements.collect();
            if !elements.is_empty() {
                gs1_elements(udi, &elements);
            }
            udi.finding(e.to_string());
        }
    }
}

/// Digits alone, or a message with or without its first separator.
fn gs1_plain(udi: &mut Udi, text: &str) {
    if matches!(text.len(), 8 | 12 | 13 | 14) && text.bytes().all(|b| b.is_ascii_digit()) {
        udi.agency = Some(Agency::Gs1);
        gtin(udi, text);
        return;
    }
    let data = ["]C1", "]d2", "]e0", "]Q3", "]J1"].iter().find_map(|prefix| text.strip_prefix(prefix));
    let data = data.unwrap_or(text);
    let separator = if data.contains(gs1::SEPARATOR) { gs1::SEPARATOR } else { '^' };
    let mut rest = data.strip_prefix(separator).unwrap_or(data);
    let mut elements = Vec::new();
    while !rest.is_empty() {
        match gs1::first(rest, separator, data.len() - rest.len()) {
            Ok((element, next)) => {
                elements.push(element);
                rest = next;
            }
            Err(e) => {
                udi.finding(e.to_string());
                break;
            }
        }
    }
    // Whatever begins with two digits looks like an element; only with a device identifier is it one.
    if elements.iter().any(|e| matches!(e.ai.as_str(), "01" | "02" | "8006" | "8013")) {
        gs1_elements(udi, &elements);
    } else {
        udi.finding("no form of GS1, HIBCC or ICCBBA");
    }
}

fn gtin(udi: &mut Udi, digits: &str) {
    if digits.len() != 14 {
        udi.finding(format!("the GTIN has {} digits", digits.len()));
    }
    udi.check = CheckDigit::of(gs1_holds(digits));
    // Fourteen digits as text: the shorter forms are the same number with zeros before it.
    let fits = digits.len() <= 14 && digits.bytes().all(|b| b.is_ascii_digit());
    udi.di = Some(if fits { format!("{digits:0>14}") } else { digits.to_owned() });
}

fn gs1_elements(udi: &mut Udi, elements: &[Element]) {
    udi.agency = Some(Agency::Gs1);
    for Element { ai, value } in elements {
        match ai.as_str() {
            "01" => gtin(udi, value),
            "10" => udi.lot = Some(value.clone()),
            "11" => udi.made = date::yymmdd(value),
            "17" => udi.expiry = date::yymmdd(value),
            "21" => udi.serial = Some(value.clone()),
            "8012" => udi.software = Some(value.clone()),
            "8013" => {
                udi.basic = true;
                udi.check = CheckDigit::of(gs1_pair_holds(value));
                udi.di = Some(value.clone());
            }
            _ => {}
        }
        match table::find(ai) {
            None => udi.finding(format!("({ai}) is no application identifier")),
            Some(known) => {
                if let Err(e) = gs1::validate(known, value) {
                    udi.finding(e.to_string());
                }
            }
        }
    }
    if udi.di.is_none() {
        udi.finding("there is no device identifier (01)");
    }
}

fn hibc(udi: &mut Udi, text: &str) {
    let label = hibc::read(text);
    udi.agency = Some(Agency::Hibcc);
    udi.di = label.di();
    udi.check = label.checked.unwrap_or(CheckDigit::Absent);
    if udi.check == CheckDigit::Invalid {
        udi.finding("the check character is wrong");
    }
    if label.link.is_some() {
        udi.finding("a secondary label: the device identifier stands on the primary one");
    }
    (udi.serial, udi.lot) = (label.serial, label.lot);
    (udi.expiry, udi.made) = (label.expiry, label.made);
    udi.findings.extend(label.findings);
}

fn hibc_basic(udi: &mut Udi, text: &str) {
    udi.agency = Some(Agency::Hibcc);
    udi.basic = true;
    udi.check = CheckDigit::of(gs1_pair_holds(text));
    if udi.check == CheckDigit::Invalid {
        udi.finding("the check characters are wrong");
    }
    udi.di = Some(text.to_owned());
}

fn iccbba(udi: &mut Udi, text: &str) {
    let label = iccbba::read(text);
    udi.agency = Some(Agency::Iccbba);
    if label.di.is_none() {
        udi.finding("there is no device identifier (=/)");
    }
    (udi.di, udi.serial, udi.donation, udi.lot) = (label.di, label.serial, label.donation, label.lot);
    (udi.expiry, udi.made) = (label.expiry, label.made);
    udi.findings.extend(label.findings);
}

#[cfg(test)]
mod tests;
