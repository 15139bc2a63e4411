//! XLSX (ECMA-376 Part 1, SpreadsheetML) in and out, as much as a table needs: shared and inline strings, numbers as
//! they are stored, booleans, results of formulas. Not here: dates, which stay the serial numbers the file holds, styles,
//! merged cells, and the older binary formats.

use super::archive::{Archive, write as pack};
use super::model::Source;
use super::set::ForeignSet;
use super::table::{Mapping, Row, items, rows};
use super::xhtml::escape;
use super::{Error, File, Limits};
use crate::source::{Bounded, Trouble, XmlEvent, XmlPull};

/// Most characters a cell can hold in the programs that read XLSX.
const MAX_CELL: usize = 32_767;

type Pull<'b> = XmlPull<&'b [u8]>;

/// Reads one sheet of a workbook, the first when no name is given; its first row names the columns.
///
/// # Errors
/// As the CSV reader, and when the archive or the workbook is damaged or passes a bound.
pub fn read(
    file: File<'_>,
    sheet: Option<&str>,
    mapping: &Mapping,
    limits: &Limits,
) -> Result<ForeignSet, Error> {
    let archive = Archive::open(file, limits)?;
    let part = |name: &str| -> Result<Option<Vec<u8>>, Error> {
        archive.find(name).map(|entry| archive.read(entry)).transpose()
    };
    let source = Source::file(file.name);
    let Some(workbook) = part("xl/workbook.xml")? else {
        return Err(Error::invalid("not XLSX: there is no xl/workbook.xml", &source));
    };
    let sheets = listed(&workbook, "xl/workbook.xml", "sheet", limits)?;
    let wanted = sheets.iter().find(|attributes| match sheet {
        Some(name) => attribute(attributes, "name") == Some(name),
        None => true,
    });
    let Some(wanted) = wanted else {
        let names: Vec<&str> = sheets.iter().filter_map(|a| attribute(a, "name")).collect();
        return Err(Error::invalid(
            format!("there is no such sheet; the sheets are {}", names.join(", ")),
            &source,
        ));
    };
    let relations = part("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let relations = listed(&relations, "xl/_rels/workbook.xml.rels", "Relationship", limits)?;
    let id = wanted.iter().find(|(name, _, prefixed)| *prefixed && name == "id").map(|(_, value, _)| value);
    let target = relations.iter().find(|r| attribute(r, "Id") == id.map(String::as_str));
    let Some(target) = target.and_then(|relation| attribute(relation, "Target")) else {
        return Err(Error::invalid("the sheet's part is not named", &source));
    };
    let name = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
    let Some(sheet) = part(&name)? else {
        return Err(Error::invalid(format!("the sheet's part {name} is missing"), &source));
    };
    let shared = match part("xl/sharedStrings.xml")? {
        Some(bytes) => strings(&bytes, limits)?,
        None => Vec::new(),
    };
    let rows = Sheet { name: &name, shared: &shared, limits, text: 0 }.rows(&sheet)?;
    items(file.name, rows, mapping, limits)
}

fn pull<'b>(bytes: &'b [u8], name: &str, limits: &Limits) -> Result<Pull<'b>, Error> {
    let src = Bounded::open(bytes, limits.bytes as u64)
        .map_err(|e| Error::trouble(Trouble::from(e), name, (1, 1)))?;
    Ok(XmlPull::new(src, limits.bounds()))
}

fn next(pull: &mut Pull<'_>, name: &str) -> Result<XmlEvent, Error> {
    pull.next().map_err(|trouble| Error::trouble(trouble, name, pull.position()))
}

/// Name, value, and whether the name has a prefix.
type Attributes = Vec<(String, String, bool)>;

fn attribute<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(n, _, prefixed)| !prefixed && n == name).map(|(_, value, _)| value.as_str())
}

/// The attributes of each element of one name.
fn listed(bytes: &[u8], part: &str, element: &str, limits: &Limits) -> Result<Vec<Attributes>, Error> {
    let mut found = Vec::new();
    if bytes.is_empty() {
        return Ok(found);
    }
    let mut pull = pull(bytes, part, limits)?;
    loop {
        match next(&mut pull, part)? {
            XmlEvent::Start if pull.name() == element => {
                if found.len() >= limits.files {
                    return Err(Error::limit("parts", limits.files, Source::file(part)));
                }
                let attributes = pull.attributes().iter();
                found.push(attributes.map(|a| (a.name.clone(), a.value.clone(), a.prefixed)).collect());
            }
            XmlEvent::Finish => return Ok(found),
            _ => {}
        }
    }
}

/// The shared strings; runs of rich text are joined, phonetic hints left out.
fn strings(bytes: &[u8], limits: &Limits) -> Result<Vec<String>, Error> {
    const PART: &str = "xl/sharedStrings.xml";
    let mut found: Vec<String> = Vec::new();
    let mut pull = pull(bytes, PART, limits)?;
    let mut open: Vec<String> = Vec::new();
    loop {
        match next(&mut pull, PART)? {
            XmlEvent::Start => {
                if pull.name() == "si" {
                    if found.len() >= limits.nodes {
                        return Err(Error::limit("shared strings", limits.nodes, Source::file(PART)));
                    }
                    found.push(String::new());
                }
                open.push(pull.name().to_owned());
            }
            XmlEvent::End => {
                open.pop();
            }
            XmlEvent::Text => {
                let text =
                    open.last().is_some_and(|name| name == "t") && !open.iter().any(|name| name == "rPh");
                if let (true, Some(last)) = (text, found.last_mut()) {
                    last.push_str(pull.text());
                }
            }
            XmlEvent::Finish => return Ok(found),
        }
    }
}

struct Sheet<'a> {
    name: &'a str,
    shared: &'a [String],
    limits: &'a Limits,
    /// Bytes of cells so far: a short sheet can name a long shared string many times.
    text: usize,
}

impl Sheet<'_> {
    fn rows(mut self, bytes: &[u8]) -> Result<Vec<Row>, Error> {
        let mut pull = pull(bytes, self.name, self.limits)?;
        let mut rows: Vec<Row> = Vec::new();
        let (mut number, mut column, mut next_column) = (0u64, 0usize, 0usize);
        let mut kind = String::new();
        let mut value = String::new();
        let mut inside = false;
        loop {
            match next(&mut pull, self.name)? {
                XmlEvent::Start => match pull.name() {
                    "row" => {
                        number = pull.attribute("r").and_then(|r| r.parse().ok()).unwrap_or(number + 1);
                        next_column = 0;
                        let at = Source::at(self.name, (number, 1));
                        if rows.len() > self.limits.items {
                            return Err(Error::limit("rows", self.limits.items, at));
                        }
                        rows.push(Row { at: (number, 1), cells: Vec::new() });
                    }
                    "c" => {
                        column = pull.attribute("r").and_then(column_of).unwrap_or(next_column);
                        next_column = column + 1;
                        if column >= self.limits.columns {
                            let at = Source::at(self.name, (number, column as u64 + 1));
                            return Err(Error::limit("columns", self.limits.columns, at));
                        }
                        pull.attribute("t").unwrap_or_default().clone_into(&mut kind);
                        value.clear();
                    }
                    "v" | "t" => inside = true,
                    _ => {}
                },
                XmlEvent::Text if inside => value.push_str(pull.text()),
                XmlEvent::Text => {}
                XmlEvent::End => {
                    // The pull reader does not name what closes, and nothing stands inside a value.
                    if inside {
                        inside = false;
                        self.cell(&mut rows, column, &kind, &value, number)?;
                        value.clear();
                    }
                }
                XmlEvent::Finish => break,
            }
        }
        let width = rows.first().map_or(0, |row| row.cells.len());
        for row in &mut rows {
            if row.cells.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
                let at = Source::at(self.name, row.at);
                return Err(Error::invalid("a row with more cells than the first row names", &at));
            }
            row.cells.resize(width, String::new());
        }
        Ok(rows)
    }

    fn cell(
        &mut self,
        rows: &mut [Row],
        column: usize,
        kind: &str,
        value: &str,
        row: u64,
    ) -> Result<(), Error> {
        let at = Source::at(self.name, (row, column as u64 + 1));
        let text = match kind {
            "s" => {
                let found = value.trim().parse().ok().and_then(|n: usize| self.shared.get(n));
                found
                    .map(String::as_str)
                    .ok_or_else(|| Error::invalid("a cell names a shared string that is not there", &at))?
            }
            "b" if value == "1" => "true",
            "b" => "false",
            _ => value,
        };
        self.text = self.text.saturating_add(text.len());
        if self.text > self.limits.bytes {
            return Err(Error::limit("bytes of cells", self.limits.bytes, at));
        }
        if let Some(row) = rows.last_mut() {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            // Rich inline text comes in several pieces.
            if let Some(cell) = row.cells.get_mut(column) {
                cell.push_str(text);
            }
        }
        Ok(())
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0usize, |n, letter| n * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

/// Writes a set as a workbook with one sheet and the columns of [`Mapping::default`], all cells text. Equal sets give
/// equal bytes.
///
/// # Errors
/// When a cell is longer than spreadsheets hold, or has characters that XML cannot.
pub fn write(set: &ForeignSet) -> Result<Vec<u8>, Error> {
    let mut sheet = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    );
    for row in rows(set)? {
        let item = row.first().cloned().unwrap_or_default();
        sheet.push_str("<row>");
        for cell in row {
            let reason = if cell.chars().count() > MAX_CELL {
                Some("a cell is longer than the 32767 characters that spreadsheets hold")
            } else if cell.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')) {
                Some("a control character that XML does not allow")
            } else {
                None
            };
            if let Some(reason) = reason {
                return Err(Error::Unwritable { item, reason: reason.to_owned() });
            }
            sheet.push_str("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
            escape(&mut sheet, &cell);
            sheet.push_str("</t></is></c>");
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let part = |text: &str| {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{text}").into_bytes()
    };
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{MAIN}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{MAIN}.worksheet+xml\"/></Types>"
    );
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{PACKAGE}/relationships\">\
             <Relationship Id=\"rId1\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let workbook = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{OFFICE}\">\
         <sheets><sheet name=\"Records\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let files = [
        ("[Content_Types].xml", part(&types)),
        ("_rels/.rels", part(&relation("officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", part(&workbook)),
        ("xl/_rels/workbook.xml.rels", part(&relation("worksheet", "worksheets/sheet1.xml"))),
        ("xl/worksheets/sheet1.xml", sheet.into_bytes()),
    ];
    pack(&files).ok_or_else(|| Error::Unwritable {
        item: String::new(),
        reason: "the workbook is larger than an archive without ZIP64 holds".to_owned(),
    })
}
