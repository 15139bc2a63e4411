//! CISA's catalogue of known exploited vulnerabilities, JSON or CSV.
//!
//! Not here: what being exploited means for a deadline.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::advisory::{Document, Error};

/// The columns of the CSV form, in order.
const COLUMNS: [&str; 11] = [
    "cveID",
    "vendorProject",
    "product",
    "vulnerabilityName",
    "dateAdded",
    "shortDescription",
    "requiredAction",
    "dueDate",
    "knownRansomwareCampaignUse",
    "notes",
    "cwes",
];

/// Version of the readers and of the canonical form. A change in what any catalogue reads as raises it.
pub const PARSER_VERSION: u32 = 1;

/// The catalogue. Field names are alphabetical, so that the canonical JSON is sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Entries by CVE identifier.
    pub entries: BTreeMap<String, Entry>,
    /// When it was released, as written; the CSV form has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// Version, such as `2025.08.25`; the CSV form has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// One exploited vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What is to be done.
    pub action: String,
    /// Day of its addition, `YYYY-MM-DD`.
    pub added: String,
    /// CVE identifier.
    pub cve: String,
    /// Weaknesses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<String>,
    /// Day by which federal agencies must have done it.
    pub due: String,
    /// Name.
    pub name: String,
    /// Product.
    pub product: String,
    /// Whether it is known to be used for ransomware.
    pub ransomware: bool,
    /// Vendor or project.
    pub vendor: String,
}

#[derive(Serialize)]
struct Written<'a> {
    catalogue: &'a Catalogue,
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    catalogue: Catalogue,
    version: u32,
}

/// The canonical bytes: JSON in the order of RFC 8785. Same entries, same bytes.
#[must_use]
pub fn to_canonical(catalogue: &Catalogue) -> Vec<u8> {
    // Structs of strings and maps always serialise.
    serde_json::to_vec(&Written { catalogue, version: PARSER_VERSION }).unwrap_or_default()
}

/// Reads canonical bytes back.
///
/// # Errors
/// When they are not the canonical form of this version.
pub fn from_canonical(bytes: &[u8]) -> Result<Catalogue, Error> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| Error::Syntax {
        format: "canonical catalogue",
        line: error.line(),
        column: error.column(),
        reason: error.to_string(),
    })?;
    let canonical = stored.version == PARSER_VERSION && to_canonical(&stored.catalogue) == bytes;
    if canonical {
        Ok(stored.catalogue)
    } else {
        Err(Error::Shape { place: "/".to_owned(), reason: "not the canonical form" })
    }
}

/// Reads the catalogue from either form, if the bytes look like one of them.
///
/// # Errors
/// As [`from_json`] and [`from_csv`].
pub fn recognise(bytes: &[u8]) -> Option<Result<Catalogue, Error>> {
    let text = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    if text.starts_with(b"cveID,") || text.starts_with(b"\"cveID\",") {
        return Some(from_csv(bytes));
    }
    let document = Document::parse(bytes).ok()?;
    document.value().get("catalogVersion").is_some().then(|| from_json(bytes))
}

/// Reads the catalogue from JSON.
///
/// # Errors
/// When it is malformed, an entry lacks a field, a CVE stands twice, or `count` is not the number of entries.
pub fn from_json(bytes: &[u8]) -> Result<Catalogue, Error> {
    let document = Document::parse(bytes)?;
    let top = document.value();
    let text = |key: &str| top.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = top
        .get("vulnerabilities")
        .and_then(Value::as_array)
        .ok_or_else(|| Error::Shape { place: "/vulnerabilities".to_owned(), reason: "a list is wanted" })?;
    let mut entries = BTreeMap::new();
    for (index, value) in list.iter().enumerate() {
        let field = |key: &'static str| {
            value.get(key).and_then(Value::as_str).ok_or_else(|| Error::Shape {
                place: format!("/vulnerabilities/{index}/{key}"),
                reason: "a string is wanted",
            })
        };
        let cwes = value.get("cwes").and_then(Value::as_array);
        let cwes = cwes.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        let place = || format!("/vulnerabilities/{index}");
        insert(&mut entries, field, cwes.unwrap_or_default(), place)?;
    }
    let count = top.get("count").and_then(Value::as_u64);
    if count != u64::try_from(entries.len()).ok() {
        return Err(Error::Shape { place: "/count".to_owned(), reason: "not the number of entries" });
    }
    Ok(Catalogue { version: text("catalogVersion"), released: text("dateReleased"), entries })
}

/// Reads the catalogue from CSV (RFC 4180) with its header line.
///
/// # Errors
/// When it is malformed, the header differs, or a CVE stands twice.
pub fn from_csv(bytes: &[u8]) -> Result<Catalogue, Error> {
    if bytes.len() > crate::advisory::MAX_LEN {
        return Err(Error::TooLong { len: bytes.len() });
    }
    let text = crate::advisory::decode(bytes, &mut Vec::new())?;
    let mut rows = Rows { rest: &text, line: 1 };
    let header = rows.next_row()?.unwrap_or_default();
    if header != COLUMNS {
        return Err(rows.wrong("the header is not that of the catalogue"));
    }
    let mut entries = BTreeMap::new();
    loop {
        let line = rows.line;
        let Some(row) = rows.next_row()? else { break };
        if row.len() != COLUMNS.len() {
            return Err(rows.wrong("not eleven fields"));
        }
        let field = |key: &'static str| {
            let at = COLUMNS.iter().position(|column| *column == key);
            let value = at.and_then(|at| row.get(at)).map(String::as_str);
            value.ok_or_else(|| Error::Shape { place: format!("line {line}"), reason: "a field is missing" })
        };
        let cwes = field("cwes")?
            .split(',')
            .map(str::trim)
            .filter(|cwe| !cwe.is_empty())
            .map(str::to_owned)
            .collect();
        insert(&mut entries, field, cwes, || format!("line {line}"))?;
    }
    Ok(Catalogue { version: None, released: None, entries })
}

fn insert<'a>(
    entries: &mut BTreeMap<String, Entry>,
    field: impl Fn(&'static str) -> Result<&'a str, Error>,
    cwes: Vec<String>,
    place: impl Fn() -> String,
) -> Result<(), Error> {
    let own = |key| field(key).map(str::to_owned);
    let entry = Entry {
        cve: own("cveID")?,
        vendor: own("vendorProject")?,
        product: own("product")?,
        name: own("vulnerabilityName")?,
        added: own("dateAdded")?,
        action: own("requiredAction")?,
        due: own("dueDate")?,
        ransomware: field("knownRansomwareCampaignUse")?.eq_ignore_ascii_case("known"),
        cwes,
    };
    if !crate::advisory::is_cve(&entry.cve) {
        return Err(Error::Value { place: place(), reason: "not a CVE identifier", value: entry.cve });
    }
    let cve = entry.cve.clone();
    match entries.insert(cve, entry) {
        None => Ok(()),
        Some(twice) => Err(Error::Value { place: place(), reason: "a CVE stands twice", value: twice.cve }),
    }
}

/// The rows of a CSV text: fields in quotes may hold commas, line ends and doubled quotes.
struct Rows<'a> {
    rest: &'a str,
    line: usize,
}

impl Rows<'_> {
    fn wrong(&self, reason: &str) -> Error {
        Error::Syntax { format: "CSV", line: self.line, column: 0, reason: reason.to_owned() }
    }

    fn next_row(&mut self) -> Result<Option<Vec<String>>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut row = Vec::new();
        loop {
            let mut field = String::new();
            if let Some(mut rest) = self.rest.strip_prefix('"') {
                loop {
                    let Some((head, tail)) = rest.split_once('"') else {
                        return Err(self.wrong("a quote is not closed"));
                    };
                    field.push_str(head);
                    match tail.strip_prefix('"') {
                        Some(tail) => {
                            field.push('"');
                            rest = tail;
                        }
                        None => {
                            self.rest = tail;
                            break;
                        }
                    }
                }
            } else {
                let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
                let (head, tail) = self.rest.split_at(end);
                if head.contains('"') {
                    return Err(self.wrong("a quote inside a field without quotes"));
                }
                field.push_str(head);
                self.rest = tail;
            }
            self.line += field.matches('\n').count();
            row.push(field);
            if let Some(tail) = self.rest.strip_prefix(',') {
                self.rest = tail;
                continue;
            }
            let tail = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
            match tail {
                Some(tail) => self.rest = tail,
                None if self.rest.is_empty() => {}
                None => return Err(self.wrong("something after a closing quote")),
            }
            self.line += 1;
            return Ok(Some(row));
        }
    }
}
