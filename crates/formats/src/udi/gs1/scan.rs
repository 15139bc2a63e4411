//! What scanners send: a symbology identifier (ISO/IEC 15424) and the data, elements separated by GS, a composite component
//! after `|`. And back, for those who print.
//!
//! A message that begins with `^` holds elements (`^` stands for FNC1); `\^` is data that begins with a caret.

use super::{Gs1Error, MAX_MESSAGE, SEPARATOR, link, message};
use crate::udi::check::{gs1_digit, gs1_holds};

/// A symbology, as far as scanners tell them apart; named as the GS1 engines do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of symbologies")]
pub enum Symbology {
    Qr,
    DataMatrix,
    DotCode,
    DataBarExpanded,
    DataBarOmni,
    DataBarLimited,
    Gs1128,
    UpcA,
    UpcE,
    Ean13,
    Ean8,
}

/// Identifiers of scanned data: for plain data and for elements.
const PREFIXES: [(&str, Symbology, bool); 10] = [
    ("]Q1", Symbology::Qr, false),
    ("]Q3", Symbology::Qr, true),
    ("]d1", Symbology::DataMatrix, false),
    ("]d2", Symbology::DataMatrix, true),
    ("]J0", Symbology::DotCode, false),
    ("]J1", Symbology::DotCode, true),
    ("]e0", Symbology::DataBarExpanded, true),
    ("]C1", Symbology::Gs1128, true),
    ("]E0", Symbology::Ean13, false),
    ("]E4", Symbology::Ean8, false),
];

/// Reads what a scanner sent: the symbology and the message.
///
/// # Errors
/// Nobody knows the symbology identifier, or the data is not what such a symbol holds.
pub fn read(text: &str) -> Result<(Symbology, String), Gs1Error> {
    if text.len() > MAX_MESSAGE {
        return Err(Gs1Error::TooLong);
    }
    let found = PREFIXES
        .iter()
        .find_map(|(prefix, symbology, elements)| Some((*symbology, *elements, text.strip_prefix(prefix)?)));
    let (symbology, elements, data) = found.ok_or(Gs1Error::Form("no symbology identifier that GS1 uses"))?;
    if elements {
        return Ok((symbology, elements_of(data)?));
    }
    let digits = match symbology {
        Symbology::Ean13 => 13,
        Symbology::Ean8 => 8,
        _ => {
            if link::is_link(data) {
                link::parse(data, link::Leniency::ALL)?;
            }
            return Ok((symbology, escaped(data)));
        }
    };
    let (number, composite) = match data.split_once('|') {
        Some((number, composite)) => {
            let composite = composite.strip_prefix("]e0");
            let composite = composite.ok_or(Gs1Error::Form("a composite component begins with ]e0"))?;
            (number, Some(elements_of(composite)?))
        }
        None => (data, None),
    };
    if number.len() != digits || !gs1_holds(number) {
        return Err(Gs1Error::Form("not as many digits as the symbol has, or a wrong check digit"));
    }
    let composite = composite.map(|c| format!("|{c}")).unwrap_or_default();
    Ok((symbology, format!("{number}{composite}")))
}

/// Elements with GS between them, as a message.
fn elements_of(data: &str) -> Result<String, Gs1Error> {
    if data.contains('^') {
        return Err(Gs1Error::Form("a caret is no separator in scanned data"));
    }
    message(&format!("{SEPARATOR}{data}"), SEPARATOR)?;
    Ok(format!("^{}", data.replace(SEPARATOR, "^")))
}

/// Data whose first character that is no backslash is a caret gets one backslash more.
fn escaped(data: &str) -> String {
    if data.trim_start_matches('\\').starts_with('^') { format!("\\{data}") } else { data.to_owned() }
}

fn plain(data: &str) -> &str {
    let caret = data.starts_with('\\') && data.trim_start_matches('\\').starts_with('^');
    if caret { data.get(1..).unwrap_or(data) } else { data }
}

/// What a scanner sends for a symbol with this message.
///
/// # Errors
/// Such a symbol cannot hold it.
pub fn write(symbology: Symbology, text: &str) -> Result<String, Gs1Error> {
    let joined = |prefix: &str, text: &str| {
        let (linear, composite) = text.split_once('|').map_or((text, None), |(l, c)| (l, Some(c)));
        let last = message(linear, '^')?.pop();
        let open = last.is_some_and(|e| !e.predefined());
        let composite = composite.map(|c| message(c, '^').map(|_| c)).transpose()?;
        let mut out = sent(linear);
        if let Some(composite) = composite {
            if open && !linear.ends_with('^') {
                out.push(SEPARATOR);
            }
            out.push_str(&sent(composite));
        }
        Ok(format!("{prefix}{out}"))
    };
    let two = |plain_prefix: &str, elements_prefix: &str| {
        if text.starts_with('^') {
            message(text, '^')?;
            return Ok(format!("{elements_prefix}{}", sent(text)));
        }
        Ok(format!("{plain_prefix}{}", plain(text)))
    };
    match symbology {
        Symbology::Qr => two("]Q1", "]Q3"),
        Symbology::DataMatrix => two("]d1", "]d2"),
        Symbology::DotCode => two("]J0", "]J1"),
        Symbology::DataBarExpanded => joined("]e0", text),
        Symbology::Gs1128 => joined(if text.contains('|') { "]e0" } else { "]C1" }, text),
        Symbology::DataBarOmni | Symbology::DataBarLimited => {
            let (number, composite) = gtin(text, 14)?;
            if symbology == Symbology::DataBarLimited && !number.starts_with(['0', '1']) {
                return Err(Gs1Error::Form("a DataBar Limited symbol holds GTINs that begin with 0 or 1"));
            }
            joined("]e0", &format!("^01{number}{}", composite.map(|c| format!("|{c}")).unwrap_or_default()))
        }
        Symbology::UpcA | Symbology::UpcE | Symbology::Ean13 | Symbology::Ean8 => {
            let (length, prefix) = if symbology == Symbology::Ean8 { (8, "]E4") } else { (13, "]E0") };
            let (number, composite) = gtin(text, length)?;
            let composite =
                composite.map(|c| message(c, '^').map(|_| format!("|]e0{}", sent(c)))).transpose()?;
            Ok(format!("{prefix}{number}{}", composite.unwrap_or_default()))
        }
    }
}

/// A message as it is sent: without the first separator, GS for the others.
fn sent(message: &str) -> String {
    message.strip_prefix('^').unwrap_or(message).replace('^', &SEPARATOR.to_string())
}

/// The number of a symbol that holds nothing else, with so many digits, and the composite component. One digit fewer gets
/// its check digit.
fn gtin(text: &str, length: usize) -> Result<(String, Option<&str>), Gs1Error> {
    let (number, composite) = text.split_once('|').map_or((text, None), |(n, c)| (n, Some(c)));
    let bad = Gs1Error::Form("not as many digits as the symbol has, or a wrong check digit");
    let (digits, whole) = match number.strip_prefix("^01") {
        Some(digits) => (digits, true),
        None => (number, false),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) || (whole && digits.len() != 14) {
        return Err(bad);
    }
    let digits = if whole {
        let (zeros, digits) = digits.split_at(14 - length);
        if zeros.bytes().any(|b| b != b'0') {
            return Err(bad);
        }
        digits.to_owned()
    } else {
        match length - digits.len().min(length) {
            0 => digits.to_owned(),
            // Twelve digits with a good check digit are a UPC number, else an EAN without one.
            1 if length == 13 && gs1_holds(digits) => format!("0{digits}"),
            1 => format!("{digits}{}", gs1_digit(digits).unwrap_or_default()),
            _ => return Err(bad),
        }
    };
    if digits.len() == length && gs1_holds(&digits) { Ok((digits, composite)) } else { Err(bad) }
}
