//! Tables in CSV, as programs for offices write it: commas, semicolons, tabs or bars; UTF-8 with or without a mark, or
//! Windows-1252 where that is said.

use std::borrow::Cow;

use super::{
    CUSTODY, Field, Inventory, InventoryError, Listed, MAX_CELL, MAX_FILE, MAX_ROWS, Mapping, Remark,
};

/// How the bytes are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Windows-1252, which covers Latin-1.
    Windows1252,
}

/// The characters that Windows-1252 has where Latin-1 has controls; five places are empty.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    fn text(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Windows1252 => Some(
                bytes
                    .iter()
                    .map(|b| {
                        let place = usize::from(*b).checked_sub(0x80);
                        place.and_then(|n| WINDOWS.get(n)).copied().unwrap_or(char::from(*b))
                    })
                    .collect(),
            ),
        }
    }
}

/// Without the mark of UTF-8, and refused where the mark is another.
fn unmarked(bytes: &[u8]) -> Result<&[u8], InventoryError> {
    if bytes.len() > MAX_FILE {
        return Err(InventoryError::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(InventoryError::Utf16);
    }
    Ok(bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes))
}

/// The delimiter that the first line has most of, outside quotes.
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| {
        let mut quoted = false;
        let mut found = 0;
        for b in line {
            quoted ^= *b == b'"';
            found += usize::from(!quoted && *b == delimiter);
        }
        found
    };
    // Of equally many, the first.
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',')
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter(bytes)).has_headers(false).flexible(true).from_reader(bytes)
}

fn headings(record: &csv::ByteRecord, encoding: Encoding) -> Vec<String> {
    record.iter().map(|cell| encoding.text(cell).unwrap_or_default().trim().to_owned()).collect()
}

/// The headings of a table.
///
/// # Errors
/// There are none, or the encoding is not read.
pub fn columns(bytes: &[u8], encoding: Encoding) -> Result<Vec<String>, InventoryError> {
    let first = reader(unmarked(bytes)?).into_byte_records().next();
    let first = first.and_then(Result::ok).ok_or(InventoryError::NoHeadings)?;
    Ok(headings(&first, encoding))
}

/// Reads a table.
///
/// # Errors
/// The table as a whole cannot be read; single rows are refused in the answer.
pub fn read(bytes: &[u8], mapping: &Mapping, encoding: Encoding) -> Result<Inventory, InventoryError> {
    let bytes = unmarked(bytes)?;
    let headings = columns(bytes, encoding)?;
    let places = places(mapping, &headings)?;
    let mut out = Inventory::default();
    let mut reader = reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut first = true;
    let mut lines = Lines { byte: 0, line: 1 };
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(out.finish()),
            Ok(true) if std::mem::take(&mut first) => {}
            Ok(true) => {
                if out.devices.len() + out.refused.len() >= MAX_ROWS {
                    return Err(InventoryError::TooManyRows);
                }
                lines.to(bytes, record.position().map_or(0, csv::Position::byte));
                let line = lines.line;
                let row =
                    Row { line, record: &record, headings: &headings, places: &places, mapping, encoding };
                if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
                    continue;
                }
                match row.read() {
                    Ok(device) => out.devices.push(device),
                    Err(remark) => out.refused.push(remark),
                }
            }
            Err(e) => return Err(InventoryError::Malformed(e.to_string())),
        }
    }
}

/// Counts lines as an editor does: a record begins after the ends of the lines before it, whichever they are.
struct Lines {
    byte: usize,
    line: u64,
}

impl Lines {
    fn to(&mut self, bytes: &[u8], byte: u64) {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        let blank = bytes.get(byte..).unwrap_or_default().iter().take_while(|b| b"\r\n".contains(b)).count();
        let passed = bytes.get(self.byte..byte + blank).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.byte = byte + blank;
    }
}

/// The table in UTF-8 and CSV with the cells of one field blackened, for keeping where the values may not stand.
///
/// # Errors
/// As for [`read`].
pub fn without(
    bytes: &[u8],
    mapping: &Mapping,
    encoding: Encoding,
    field: &Field,
) -> Result<Vec<u8>, InventoryError> {
    let bytes = unmarked(bytes)?;
    let places = places(mapping, &columns(bytes, encoding)?)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for (n, record) in reader(bytes).into_byte_records().enumerate() {
        let record = record.map_err(|e| InventoryError::Malformed(e.to_string()))?;
        let cells = record.iter().enumerate().map(|(at, cell)| {
            let black =
                n > 0 && !cell.is_empty() && places.iter().any(|(f, place)| f == field && *place == at);
            if black { Cow::Borrowed("[confidential]") } else { encoding.text(cell).unwrap_or_default() }
        });
        let cells: Vec<Cow<'_, str>> = cells.collect();
        let written = writer.write_record(cells.iter().map(|c| c.as_bytes()));
        written.map_err(|e| InventoryError::Malformed(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| InventoryError::Malformed(e.to_string()))
}

/// Which column holds which field: as mapped, else under the field's own name.
fn places(mapping: &Mapping, headings: &[String]) -> Result<Vec<(Field, usize)>, InventoryError> {
    let find = |name: &str| {
        let mut all = headings.iter().enumerate().filter(|(_, h)| h.eq_ignore_ascii_case(name));
        (all.next().map(|(n, _)| n), all.next().is_some())
    };
    let mut places = Vec::new();
    for (field, column) in &mapping.columns {
        match find(column) {
            (_, true) => return Err(InventoryError::TwoColumns(column.clone())),
            (Some(at), false) => places.push((field.clone(), at)),
            (None, false) => {
                return Err(InventoryError::NoColumn { column: column.clone(), there: headings.to_vec() });
            }
        }
    }
    for name in ["asset", "udi", "serial", "model", "software", "site", "owner", "custody", "since"] {
        let Ok(field) = name.parse::<Field>() else { continue };
        let mapped = places
            .iter()
            .any(|(f, _)| *f == field || matches!((f, &field), (Field::Software(_), Field::Software(_))));
        if let (false, (Some(at), false)) = (mapped, find(name)) {
            places.push((field, at));
        }
    }
    if places.iter().any(|(f, _)| *f == Field::Asset) {
        Ok(places)
    } else {
        Err(InventoryError::NoAsset(headings.to_vec()))
    }
}

struct Row<'a> {
    line: u64,
    record: &'a csv::ByteRecord,
    headings: &'a [String],
    places: &'a [(Field, usize)],
    mapping: &'a Mapping,
    encoding: Encoding,
}

impl Row<'_> {
    fn remark(&self, at: usize, reason: impl Into<String>, remedy: impl Into<String>) -> Remark {
        let column = self.headings.get(at).cloned().unwrap_or_default();
        Remark { line: self.line, column, reason: reason.into(), remedy: remedy.into() }
    }

    fn read(&self) -> Result<Listed, Remark> {
        let surplus = self.record.iter().skip(self.headings.len()).any(|c| !c.is_empty());
        if surplus {
            let reason = format!("{} cells under {} headings", self.record.len(), self.headings.len());
            let remedy = "quote a text that holds the delimiter";
            return Err(self.remark(self.headings.len(), reason, remedy));
        }
        let mut device = Listed { line: self.line, ..Listed::default() };
        for (field, at) in self.places {
            let raw = self.record.get(*at).unwrap_or_default();
            if raw.len() > MAX_CELL {
                let reason = format!("{} bytes are more than {MAX_CELL}", raw.len());
                return Err(self.remark(*at, reason, "shorten it; a quotation mark may be missing"));
            }
            let Some(text) = self.encoding.text(raw) else {
                let remedy = "save the file as UTF-8, or say `--encoding windows-1252`";
                return Err(self.remark(*at, "it is no UTF-8", remedy));
            };
            // Verbatim but for the space around it: that of a HIBC check character counts.
            let text = if *field == Field::Udi { text.trim_start() } else { text.trim() };
            if text.trim().is_empty() {
                continue;
            }
            if text.chars().any(char::is_control) && *field != Field::Udi {
                return Err(self.remark(*at, "it holds control characters", "remove them"));
            }
            self.put(&mut device, field, *at, text)?;
        }
        if device.asset.is_empty() {
            let at = self.places.iter().find(|(f, _)| *f == Field::Asset).map_or(0, |(_, at)| *at);
            return Err(self.remark(
                at,
                "there is no identifier",
                "give the device one, or map another column",
            ));
        }
        Ok(device)
    }

    /// What is wrong with a date: its form, or the day that it names.
    fn no_date(&self, at: usize, text: &str) -> Remark {
        if self.mapping.is_formed(text) {
            return self.remark(at, format!("`{text}` is no such day"), "give a day that the calendar has");
        }
        let remedy = match &self.mapping.dates {
            Some(form) => format!("write it as {form}, as `--dates` says, or as 2026-11-20"),
            None => "write 2026-11-20, or say how dates are written: `--dates DD.MM.YYYY`".to_owned(),
        };
        self.remark(at, format!("`{text}` is no date"), remedy)
    }

    fn put(&self, device: &mut Listed, field: &Field, at: usize, text: &str) -> Result<(), Remark> {
        let said = Some(text.to_owned());
        match field {
            Field::Asset => device.asset = text.to_owned(),
            Field::Udi => device.udi = said,
            Field::Serial => device.serial = said,
            Field::Model => device.model = said,
            Field::Software(None) => device.software.extend(text.split(';').map(|s| s.trim().to_owned())),
            Field::Software(Some(item)) => device.software.push(format!("{item} {text}")),
            Field::Site => device.site = said,
            Field::Owner => device.owner = said,
            Field::Custody => {
                device.custody = Some(self.mapping.custody_of(text).ok_or_else(|| {
                    let words = CUSTODY.join(", ");
                    let remedy =
                        format!("say what it means: `--custody '{text}=WORD'`, where WORD is one of {words}");
                    self.remark(at, format!("`{text}` is no custody"), remedy)
                })?);
            }
            Field::Since => {
                device.since = Some(self.mapping.date_of(text).ok_or_else(|| self.no_date(at, text))?);
            }
        }
        Ok(())
    }
}
