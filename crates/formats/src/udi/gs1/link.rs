//! GS1 Digital Link (URI Syntax 1.6): a web address whose path ends with a key and its qualifiers, other elements in the
//! query. Addresses are never fetched.

use super::table::{self, Ai};
use super::{Element, Gs1Error, MAX_MESSAGE, check, validate};

/// Where links begin when nothing else is said.
pub const STEM: &str = "https://id.gs1.org";

/// Leniencies. Strict readers have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Names of keys instead of digits (`gtin`, `lot`, `ser`), as early versions of the standard had.
    pub names: bool,
    /// A GTIN of 8, 12 or 13 digits.
    pub short_gtin: bool,
    /// Identifiers that nobody assigned, in the query.
    pub unknown: bool,
}

impl Leniency {
    /// All of them.
    pub const ALL: Self = Self { names: true, short_gtin: true, unknown: true };
}

/// Names of keys and qualifiers.
const NAMES: [(&str, &str); 20] = [
    ("sscc", "00"),
    ("gtin", "01"),
    ("gdti", "253"),
    ("gcn", "255"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("gln", "414"),
    ("payTo", "415"),
    ("party", "417"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("itip", "8006"),
    ("cpid", "8010"),
    ("gmn", "8013"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("cpv", "22"),
    ("lot", "10"),
    ("ser", "21"),
    ("glnx", "254"),
];

/// Whether a text means to be a link.
#[must_use]
pub fn is_link(text: &str) -> bool {
    rest_of(text).is_some()
}

fn rest_of(text: &str) -> Option<&str> {
    ["http://", "HTTP://", "https://", "HTTPS://"].iter().find_map(|scheme| text.strip_prefix(scheme))
}

/// Reads a link: the key, its qualifiers, and the elements of the query in their order.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str, leniency: Leniency) -> Result<Vec<Element>, Gs1Error> {
    if text.len() > MAX_MESSAGE {
        return Err(Gs1Error::TooLong);
    }
    let rest = rest_of(text).ok_or(Gs1Error::Form("a link begins with https:// or http://"))?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    if !text.bytes().all(legal) {
        return Err(Gs1Error::Form("a character that no web address has"));
    }
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/').ok_or(Gs1Error::Form("the link has no path"))?;
    if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b)) {
        return Err(Gs1Error::Form("the link has no host"));
    }
    let mut elements = in_path(path, leniency)?;
    let key = elements.first().and_then(|e| table::find(&e.ai));
    let key = key.ok_or(Gs1Error::Form("the path names no key"))?;
    let qualifiers: Vec<String> = elements.iter().skip(1).map(|e| e.ai.clone()).collect();
    if !fits(key, &qualifiers.iter().map(String::as_str)) {
        let ai = qualifiers.first().cloned().unwrap_or_default();
        return Err(Gs1Error::Place { ai, problem: "the key has no such qualifiers in this order" });
    }
    for pair in query.split('&') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
            let element = in_query(name, value, key, &qualifiers, leniency)?;
            if elements.iter().any(|e| e.ai == element.ai) {
                return Err(Gs1Error::Place { ai: element.ai, problem: "it stands there twice" });
            }
            elements.push(element);
        }
    }
    Ok(elements)
}

/// The key and the qualifiers at the end of a path.
fn in_path(path: &str, leniency: Leniency) -> Result<Vec<Element>, Gs1Error> {
    let mut found = Vec::new();
    let mut segments = path.rsplit('/');
    while let (Some(value), Some(name)) = (segments.next(), segments.next()) {
        let named = || NAMES.iter().find(|(n, _)| leniency.names && *n == name).map(|(_, ai)| *ai);
        let Some(ai) = table::find(name).or_else(|| table::find(named()?)) else { break };
        let value = padded(ai, decoded(value, false)?, leniency);
        validate(ai, &value)?;
        found.push(Element { ai: ai.code.clone(), value });
        if ai.key.is_some() {
            found.reverse();
            return Ok(found);
        }
    }
    Err(Gs1Error::Form("the path does not end with a key and its qualifiers"))
}

fn in_query(
    name: &str,
    value: &str,
    key: &Ai,
    qualifiers: &[String],
    leniency: Leniency,
) -> Result<Element, Gs1Error> {
    let value = decoded(value, true)?;
    let Some(ai) = table::find(name) else {
        let element = Element::new(name, &value);
        // No identifier begins with another, so `999` is none, while nobody assigned `89` yet.
        if leniency.unknown && (2..=4).contains(&name.len()) && table::leading(name).is_none() {
            return check::unknown(&element).map(|()| element);
        }
        return Err(Gs1Error::NoIdentifier { at: 0, text: name.chars().take(8).collect() });
    };
    let place = |problem| Err(Gs1Error::Place { ai: ai.code.clone(), problem });
    if !ai.attribute {
        return place("it is no attribute");
    }
    if fits(key, &qualifiers.iter().map(String::as_str).chain([name])) || before(key, qualifiers, name) {
        return place("as a qualifier of this key it belongs into the path");
    }
    let value = padded(ai, value, leniency);
    validate(ai, &value)?;
    Ok(Element { ai: ai.code.clone(), value })
}

/// Whether the qualifiers with one more among them, wherever it belongs, would be those of the key.
fn before(key: &Ai, qualifiers: &[String], name: &str) -> bool {
    let all = |sequence: &Vec<&str>| qualifiers.iter().all(|q| sequence.contains(&q.as_str()));
    key.key.iter().flatten().any(|sequence| sequence.contains(&name) && all(sequence))
}

/// Whether qualifiers come in the order of one of the key's sequences.
fn fits<'a>(key: &Ai, qualifiers: &(impl Iterator<Item = &'a str> + Clone)) -> bool {
    let in_order = |sequence: &[&str]| {
        let mut left = sequence.iter();
        qualifiers.clone().all(|q| left.any(|s| *s == q))
    };
    match key.key.as_deref() {
        None => false,
        Some([]) => qualifiers.clone().next().is_none(),
        Some(sequences) => sequences.iter().any(|s| in_order(s)),
    }
}

fn padded(ai: &Ai, value: String, leniency: Leniency) -> String {
    if leniency.short_gtin && ai.code == "01" && matches!(value.len(), 8 | 12 | 13) {
        return format!("{value:0>14}");
    }
    value
}

/// Percent-decoded; in a query `+` is a space.
fn decoded(text: &str, query: bool) -> Result<String, Gs1Error> {
    let bad =
        || Gs1Error::Form("a percent sign without two hexadecimal digits, or what is no text behind it");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'%' => {
                let mut digit = || char::from(bytes.next().unwrap_or(0)).to_digit(16);
                let value = digit().zip(digit()).ok_or_else(bad)?;
                u8::try_from(value.0 * 16 + value.1).unwrap_or(0)
            }
            b'+' if query => b' ',
            b => b,
        });
    }
    String::from_utf8(out).map_err(|_| bad())
}

/// Writes elements as a link: the first key among them with its qualifiers in the path, everything else in the query, those
/// of predefined length first. Repetitions are left out.
///
/// # Errors
/// There is no key, or an element may stand neither in the path nor in the query.
pub fn generate(elements: &[Element], stem: &str, leniency: Leniency) -> Result<String, Gs1Error> {
    let key = |e: &&Element| table::find(&e.ai).is_some_and(|ai| ai.key.is_some());
    let key = elements.iter().find(key).ok_or(Gs1Error::Form("no element is a key"))?;
    let sequences = table::find(&key.ai).and_then(|ai| ai.key.clone()).unwrap_or_default();
    let has = |q: &&str| elements.iter().any(|e| e.ai == **q);
    // Of sequences that hold equally many of them, the first.
    let best = sequences.iter().rev().max_by_key(|s| s.iter().filter(|q| has(q)).count());
    let mut path: Vec<&Element> = vec![key];
    for qualifier in best.into_iter().flatten() {
        path.extend(elements.iter().find(|e| e.ai == *qualifier));
    }
    let mut query: Vec<&Element> = Vec::new();
    for predefined in [true, false] {
        for element in elements.iter().filter(|e| e.predefined() == predefined) {
            if path.iter().chain(&query).any(|e| e.ai == element.ai) {
                continue;
            }
            let fine = table::find(&element.ai).map_or(leniency.unknown, |ai| ai.attribute);
            if !fine {
                let problem = "it is neither a qualifier of the key nor an attribute";
                return Err(Gs1Error::Place { ai: element.ai.clone(), problem });
            }
            query.push(element);
        }
    }
    let mut out = stem.trim_end_matches('/').to_owned();
    for element in path {
        out.push_str(&format!("/{}/{}", element.ai, encoded(&element.value)));
    }
    for (n, element) in query.iter().enumerate() {
        let sign = if n == 0 { '?' } else { '&' };
        out.push_str(&format!("{sign}{}={}", element.ai, encoded(&element.value)));
    }
    Ok(out)
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
