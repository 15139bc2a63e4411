//! One record in normal form: the bytes that are hashed, and an index into them. Reading files lives in `source`;
//! what the fields mean lives in `schema`. Specified in `docs/spec/record-normal-form.md`.

use crate::digest::Digest;
use crate::limits::{MAX_FIELDS, MAX_VALUES};

/// First line of every normal form; the number is the version of the form.
pub const HEADER: &str = "vouchsafe-record/1\n";
/// Name of the field that holds the body of a Markdown record.
pub const TEXT: &str = "text";
/// Prefix of the fields that are links: `links.refines`.
pub const LINKS: &str = "links.";

/// One revision of one record.
///
/// Holds its own normal form and nothing twice: fields are spans of it. About 100 bytes beside the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    normal: Box<str>,
    fields: Box<[FieldSpan]>,
    values: Box<[Span]>,
    revision: Digest,
    /// Where it was read.
    pub place: Place,
}

/// Where a record was read: a file of the set it belongs to and a line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Index into the file names of the `RecordSet`.
    pub file: u32,
    /// Line of the record's first character.
    pub line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FieldSpan {
    name: Span,
    first: u32,
    count: u32,
    line: u32,
}

/// A field of a record, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    record: &'a Record,
    span: FieldSpan,
}

impl<'a> Field<'a> {
    /// Its name; links carry the prefix `links.`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.record.slice(self.span.name)
    }

    /// Its values in order; a scalar is one value.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let (record, first) = (self.record, self.span.first as usize);
        let spans = record.values.get(first..first + self.span.count as usize).unwrap_or(&[]);
        spans.iter().map(move |span| record.slice(*span))
    }

    /// Line of the file where the field begins, counted from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.span.line
    }
}

impl Record {
    fn slice(&self, span: Span) -> &str {
        self.normal.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The record's identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text_of("id")
    }

    /// The name of its kind, as written.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text_of("kind")
    }

    /// Its title; empty when it has none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.text_of("title")
    }

    /// SHA-256 of the normal form: the revision's name.
    #[must_use]
    pub fn revision(&self) -> Digest {
        self.revision
    }

    /// The normal form itself.
    #[must_use]
    pub fn normal_form(&self) -> &str {
        &self.normal
    }

    /// Where its id is written: the line to show for the record as a whole.
    #[must_use]
    pub fn id_place(&self) -> Place {
        let line = self.field("id").map_or(self.place.line, |field| field.line());
        Place { file: self.place.file, line }
    }

    /// All fields, links included, sorted by name.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'_>> {
        self.fields.iter().map(|span| Field { record: self, span: *span })
    }

    /// The field of this name, when the record has a value for it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field<'_>> {
        let at = self.fields.binary_search_by(|span| self.slice(span.name).cmp(name)).ok()?;
        self.fields.get(at).map(|span| Field { record: self, span: *span })
    }

    /// The first value of a field, or the empty string.
    #[must_use]
    pub fn text_of(&self, name: &str) -> &str {
        self.field(name).and_then(|field| field.values().next()).unwrap_or("")
    }

    /// The links: type and targets.
    pub fn links(&self) -> impl Iterator<Item = (&str, Field<'_>)> {
        let from = self.fields.partition_point(|span| self.slice(span.name) < LINKS);
        self.fields.iter().skip(from).map_while(move |span| {
            let kind = self.slice(span.name).strip_prefix(LINKS)?;
            Some((kind, Field { record: self, span: *span }))
        })
    }

    /// SHA-256 over the named fields alone, in the form of the normal form: what suspicion of links to this record
    /// depends on. `names` must be sorted.
    #[must_use]
    pub fn digest_of(&self, names: &[Box<str>]) -> Digest {
        let mut form = String::with_capacity(self.normal.len());
        form.push_str(HEADER);
        for field in self.fields().filter(|f| names.binary_search_by(|n| (**n).cmp(f.name())).is_ok()) {
            write_field(&mut form, field.name(), field.values(), |_, _| ());
        }
        Digest::of(form.as_bytes())
    }

    /// SHA-256 over one field, as in `digest_of`; of an absent field, the digest of the header alone.
    #[must_use]
    pub fn digest_of_field(&self, name: &str) -> Digest {
        let mut form = String::from(HEADER);
        if let Some(field) = self.field(name) {
            write_field(&mut form, field.name(), field.values(), |_, _| ());
        }
        Digest::of(form.as_bytes())
    }
}

/// Writes `name count` and each value as `length:value`, telling `seen` where each value lies.
fn write_field<'v>(
    to: &mut String,
    name: &str,
    values: impl ExactSizeIterator<Item = &'v str>,
    mut seen: impl FnMut(usize, usize),
) {
    to.push_str(name);
    to.push(' ');
    push_number(to, values.len());
    to.push('\n');
    for value in values {
        push_number(to, value.len());
        to.push(':');
        let start = to.len();
        to.push_str(value);
        seen(start, to.len());
        to.push('\n');
    }
}

/// Decimal digits without going through the formatting machinery, which shows at 100,000 records.
fn push_number(to: &mut String, number: usize) {
    if number >= 10 {
        push_number(to, number / 10);
    }
    to.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

/// Collects the fields of a record in any order and writes its normal form. Reusable: `finish` empties it.
#[derive(Debug, Default)]
pub struct Builder<'s> {
    fields: Vec<Pending<'s>>,
    values: Vec<Text<'s>>,
    order: Vec<usize>,
}

type Text<'s> = std::borrow::Cow<'s, str>;

#[derive(Debug)]
struct Pending<'s> {
    link: bool,
    name: Text<'s>,
    first: usize,
    count: usize,
    line: u32,
}

impl<'s> Builder<'s> {
    /// Opens a field; the values that follow belong to it. `link` puts it under `links.`.
    ///
    /// # Errors
    /// When the record already has `MAX_FIELDS` fields.
    pub fn open(&mut self, name: Text<'s>, link: bool, line: u32) -> Result<(), TooLarge> {
        if self.fields.len() >= MAX_FIELDS {
            return Err(TooLarge);
        }
        self.fields.push(Pending { link, name, first: self.values.len(), count: 0, line });
        Ok(())
    }

    /// Adds a value to the open field. White space around it is dropped, line ends become LF; an empty value counts
    /// as none.
    ///
    /// # Errors
    /// When the field already has `MAX_VALUES` values.
    pub fn value(&mut self, value: Text<'s>) -> Result<(), TooLarge> {
        let value = if value.contains('\r') {
            Text::Owned(value.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            value
        };
        let trimmed = match value {
            Text::Borrowed(text) => Text::Borrowed(text.trim()),
            Text::Owned(text) if text.trim().len() == text.len() => Text::Owned(text),
            Text::Owned(text) => Text::Owned(text.trim().to_owned()),
        };
        let Some(field) = self.fields.last_mut() else { return Ok(()) };
        if trimmed.is_empty() {
            return Ok(());
        }
        if field.count >= MAX_VALUES {
            return Err(TooLarge);
        }
        field.count += 1;
        self.values.push(trimmed);
        Ok(())
    }

    /// Whether a field of this name was opened; with the line where.
    #[must_use]
    pub fn opened(&self, name: &str, link: bool) -> Option<u32> {
        self.fields.iter().find(|f| f.link == link && f.name == name).map(|f| f.line)
    }

    /// Forgets what was collected.
    pub fn clear(&mut self) {
        self.fields.clear();
        self.values.clear();
    }

    /// Writes the normal form and empties the builder. Fields without a value are left out; link targets are sorted
    /// and freed of repetition, because their order says nothing.
    pub fn finish(&mut self, place: Place) -> Record {
        for field in self.fields.iter_mut().filter(|f| f.link) {
            let end = field.first + field.count;
            if let Some(targets) = self.values.get_mut(field.first..end) {
                targets.sort_unstable();
                let mut kept = usize::from(!targets.is_empty());
                for at in 1..targets.len() {
                    if targets[at] != targets[kept - 1] {
                        targets.swap(at, kept);
                        kept += 1;
                    }
                }
                field.count = kept;
            }
        }
        self.order.clear();
        self.order.extend((0..self.fields.len()).filter(|&at| self.fields[at].count > 0));
        let fields = &self.fields;
        self.order.sort_unstable_by(|&a, &b| full_name(&fields[a]).cmp(full_name(&fields[b])));
        let room: usize = HEADER.len()
            + self.values.iter().map(|v| v.len() + 6).sum::<usize>()
            + self.fields.iter().map(|f| f.name.len() + 12).sum::<usize>();
        let mut normal = String::with_capacity(room);
        normal.push_str(HEADER);
        let mut spans = Vec::with_capacity(self.order.len());
        let mut values = Vec::with_capacity(self.values.len());
        for &at in &self.order {
            let field = &self.fields[at];
            let start = normal.len();
            if field.link {
                normal.push_str(LINKS);
            }
            let name = Span { start: narrow(start), end: narrow(normal.len() + field.name.len()) };
            let first = narrow(values.len());
            let of = self.values.get(field.first..field.first + field.count).unwrap_or(&[]);
            write_field(&mut normal, &field.name, of.iter().map(|v| &**v), |from, to| {
                values.push(Span { start: narrow(from), end: narrow(to) });
            });
            spans.push(FieldSpan { name, first, count: narrow(field.count), line: field.line });
        }
        self.clear();
        let revision = Digest::of(normal.as_bytes());
        Record {
            normal: normal.into_boxed_str(),
            fields: spans.into_boxed_slice(),
            values: values.into_boxed_slice(),
            revision,
            place,
        }
    }
}

fn full_name<'a>(field: &'a Pending<'_>) -> impl Iterator<Item = u8> + use<'a> {
    (if field.link { LINKS } else { "" }).bytes().chain(field.name.bytes())
}

/// Sizes are bounded by `MAX_FILE_BYTES`, far below 2^32.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A record met a bound of `limits` (fields or values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_FIELDS} fields or {MAX_VALUES} values in one record")]
pub struct TooLarge;

#[cfg(test)]
mod tests;
