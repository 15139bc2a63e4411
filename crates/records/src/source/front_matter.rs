//! The fast path through front matter: the block style everybody writes. Anything else, errors included, is left to
//! `yaml`, which reads all of the permitted subset and says what is wrong. Both give the same record (tested).

use crate::record::Builder;
use std::borrow::Cow;

/// The text is not in the simple style (or is wrong): ask the YAML parser.
#[derive(Debug)]
pub(super) struct NotSimple;

/// Reads `text` (the lines between the `---`) into the builder; `first` is the number of its first line. On
/// `NotSimple` the builder holds leftovers and has to be cleared.
pub(super) fn read_simple<'s>(builder: &mut Builder<'s>, text: &'s str, first: u32) -> Result<(), NotSimple> {
    let mut lines = Lines { rest: text, number: first };
    while let Some(line) = lines.next()? {
        let (key, rest) = key_of(line.text)?;
        if line.indent != 0 {
            return Err(NotSimple);
        }
        if key == "links" {
            if !rest.is_empty() {
                return Err(NotSimple);
            }
            let mut level = None;
            while let Some(inner) = lines.peek()?.filter(|inner| inner.indent > 0) {
                if *level.get_or_insert(inner.indent) != inner.indent {
                    return Err(NotSimple);
                }
                lines.next()?;
                let (kind, rest) = key_of(inner.text)?;
                open(builder, kind, true, inner.number)?;
                value(builder, &mut lines, rest, inner.indent)?;
            }
        } else {
            open(builder, key, false, line.number)?;
            value(builder, &mut lines, rest, 0)?;
        }
    }
    Ok(())
}

fn open<'s>(builder: &mut Builder<'s>, name: &'s str, link: bool, line: u32) -> Result<(), NotSimple> {
    if builder.opened(name, link).is_some() {
        return Err(NotSimple);
    }
    builder.open(Cow::Borrowed(name), link, line).map_err(|_| NotSimple)
}

/// A scalar, a flow list on the same line, or `- ` lines below, at or beyond the key's indentation.
fn value<'s>(
    builder: &mut Builder<'s>,
    lines: &mut Lines<'s>,
    rest: &'s str,
    indent: usize,
) -> Result<(), NotSimple> {
    if rest.is_empty() {
        let mut level = None;
        while let Some(line) = lines.peek()? {
            let Some(item) = line.text.strip_prefix("- ").filter(|_| line.indent >= indent) else {
                if line.indent > indent {
                    return Err(NotSimple);
                }
                break;
            };
            if *level.get_or_insert(line.indent) != line.indent {
                return Err(NotSimple);
            }
            lines.next()?;
            push(builder, scalar(item.trim(), false)?)?;
        }
        return Ok(());
    }
    if let Some(list) = rest.strip_prefix('[') {
        let list = list.strip_suffix(']').ok_or(NotSimple)?;
        if !list.trim().is_empty() {
            for item in list.split(',') {
                push(builder, scalar(item.trim(), true)?)?;
            }
        }
    } else {
        push(builder, scalar(rest, false)?)?;
    }
    // A deeper line would continue a plain scalar.
    if lines.peek()?.is_some_and(|line| line.indent > indent) { Err(NotSimple) } else { Ok(()) }
}

fn push<'s>(builder: &mut Builder<'s>, text: &'s str) -> Result<(), NotSimple> {
    builder.value(Cow::Borrowed(text)).map_err(|_| NotSimple)
}

/// A scalar whose YAML value is its own text.
fn scalar(text: &str, in_list: bool) -> Result<&str, NotSimple> {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.first() else { return Err(NotSimple) };
    if first == b'"' || first == b'\'' {
        let inner = text.get(1..).and_then(|rest| rest.strip_suffix(char::from(first))).ok_or(NotSimple)?;
        let odd = |b: u8| b == first || b == b'\\' || (in_list && b == b',');
        return if inner.bytes().any(odd) { Err(NotSimple) } else { Ok(inner) };
    }
    if !(first.is_ascii_alphanumeric() || first >= 0x80 || matches!(first, b'/' | b'.' | b'(' | b'<' | b'+'))
    {
        return Err(NotSimple);
    }
    let mut last = 0_u8;
    for &byte in bytes {
        let odd = match byte {
            b'#' => last == b' ',
            b' ' => last == b':' || (in_list && matches!(last, b'-' | b'?')),
            // An indicator that stands alone means something in a flow list.
            b'-' | b'?' if in_list => last == b' ',
            b',' | b'[' | b']' | b'{' | b'}' | b':' if in_list => true,
            _ => byte < b' ' || byte == 0x7f,
        };
        if odd {
            return Err(NotSimple);
        }
        last = byte;
    }
    match text {
        "null" | "Null" | "NULL" => Err(NotSimple),
        _ if last == b':' || (in_list && matches!(last, b'-' | b'?')) => Err(NotSimple),
        _ => Ok(text),
    }
}

/// `key: rest`, with the rest trimmed.
fn key_of(line: &str) -> Result<(&str, &str), NotSimple> {
    let (key, rest) = line.split_once(':').ok_or(NotSimple)?;
    let plain = key.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && super::is_name(key);
    if plain && (rest.is_empty() || rest.starts_with(' ')) { Ok((key, rest.trim())) } else { Err(NotSimple) }
}

struct Lines<'s> {
    rest: &'s str,
    number: u32,
}

#[derive(Clone, Copy)]
struct Line<'s> {
    indent: usize,
    text: &'s str,
    number: u32,
}

impl<'s> Lines<'s> {
    fn take(&self) -> Result<Option<(Line<'s>, Self)>, NotSimple> {
        let (mut rest, mut number) = (self.rest, self.number);
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let line = line.strip_suffix('\r').unwrap_or(line);
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            let text = text.trim_end_matches(' ');
            if text.contains(['\t', '\r']) {
                return Err(NotSimple);
            }
            if !text.is_empty() && !text.starts_with('#') {
                return Ok(Some((Line { indent, text, number }, Lines { rest: after, number: number + 1 })));
            }
            (rest, number) = (after, number + 1);
        }
        Ok(None)
    }

    fn peek(&self) -> Result<Option<Line<'s>>, NotSimple> {
        Ok(self.take()?.map(|(line, _)| line))
    }

    fn next(&mut self) -> Result<Option<Line<'s>>, NotSimple> {
        let Some((line, after)) = self.take()? else { return Ok(None) };
        *self = after;
        Ok(Some(line))
    }
}
