//! The strict path through front matter: a full YAML parser, of whose events only maps of scalars and lists of scalars
//! pass. Anchors, aliases and tags are refused (nothing can expand); events and depth are bounded, so the work is
//! linear in the front matter, itself at most `MAX_FRONT_MATTER_BYTES`.

use crate::limits::{MAX_YAML_DEPTH, MAX_YAML_EVENTS};
use crate::record::Builder;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::borrow::Cow;

/// What is wrong with the front matter: line within it (from 0), message, fix.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) line: u32,
    pub(super) message: String,
    pub(super) fix: &'static str,
}

const SHAPE: &str = "write `field: value`, `field: [a, b]`, or link types under `links:`";
const QUOTE: &str = "quote the value: \"…\"";

/// Reads the lines between the `---` into the builder; `first` is the number of the first line.
pub(super) fn read_strict<'s>(builder: &mut Builder<'s>, text: &'s str, first: u32) -> Result<(), Malformed> {
    let mut reader = Reader { builder, first, stack: Vec::with_capacity(4), key: None };
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, span) = event.map_err(|error| Malformed {
            line: line(error.marker().line()),
            message: format!("not YAML: {}", error.info()),
            fix: QUOTE,
        })?;
        let at = line(span.start.line());
        if count >= MAX_YAML_EVENTS {
            return Err(fail(at, format!("more than {MAX_YAML_EVENTS} YAML events"), "split the record"));
        }
        reader.take(event, at)?;
    }
    Ok(())
}

fn line(number: usize) -> u32 {
    u32::try_from(number.saturating_sub(1)).unwrap_or(u32::MAX)
}

fn fail(line: u32, message: impl Into<String>, fix: &'static str) -> Malformed {
    Malformed { line, message: message.into(), fix }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Fields,
    Links,
    List,
}

struct Reader<'b, 's> {
    builder: &'b mut Builder<'s>,
    first: u32,
    stack: Vec<Level>,
    key: Option<(Cow<'s, str>, u32)>,
}

impl<'s> Reader<'_, 's> {
    fn take(&mut self, event: Event<'s>, at: u32) -> Result<(), Malformed> {
        match event {
            Event::Alias(_) => Err(fail(at, "aliases are not allowed in records", "write the value out")),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                Err(fail(at, "anchors are not allowed in records", "write the value out"))
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(fail(at, "YAML tags are not allowed in records", QUOTE)),
            Event::Scalar(text, style, ..) => self.scalar(text, style, at),
            Event::SequenceStart(..) => self.list(at),
            Event::MappingStart(..) => self.map(at),
            Event::SequenceEnd | Event::MappingEnd => {
                self.stack.pop();
                Ok(())
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => Ok(()),
        }
    }

    fn scalar(&mut self, text: Cow<'s, str>, style: ScalarStyle, at: u32) -> Result<(), Malformed> {
        let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        match self.stack.last() {
            None if null => Ok(()),
            None => Err(fail(at, "the front matter is not a map of fields", SHAPE)),
            Some(Level::List) => self.value(if null { Cow::Borrowed("") } else { text }, at),
            Some(level) => {
                let link = *level == Level::Links;
                let Some((key, at)) = self.key.take() else {
                    if !super::is_name(&text) {
                        let shown = text.escape_debug();
                        return Err(fail(
                            at,
                            format!("`{shown}` cannot name a field"),
                            "use letters, digits, `_` and `-`",
                        ));
                    }
                    self.key = Some((text, at));
                    return Ok(());
                };
                if key == "links" && !link {
                    return if null {
                        Ok(())
                    } else {
                        Err(fail(at, "`links` is not a map of link types", SHAPE))
                    };
                }
                self.open(key, link, at)?;
                self.value(if null { Cow::Borrowed("") } else { text }, at)
            }
        }
    }

    fn list(&mut self, at: u32) -> Result<(), Malformed> {
        let (Some(level), Some((key, at))) = (self.stack.last().copied(), self.key.take()) else {
            return Err(fail(at, "a list where none can stand", SHAPE));
        };
        if key == "links" && level == Level::Fields {
            return Err(fail(at, "`links` is not a map of link types", SHAPE));
        }
        self.open(key, level == Level::Links, at)?;
        self.push(Level::List, at)
    }

    fn map(&mut self, at: u32) -> Result<(), Malformed> {
        match (self.stack.last(), self.key.take()) {
            (None, _) => self.push(Level::Fields, at),
            (Some(Level::Fields), Some((key, _))) if key == "links" => self.push(Level::Links, at),
            _ => Err(fail(at, "a map where none can stand", SHAPE)),
        }
    }

    fn push(&mut self, level: Level, at: u32) -> Result<(), Malformed> {
        if self.stack.len() >= MAX_YAML_DEPTH {
            return Err(fail(at, format!("nested deeper than {MAX_YAML_DEPTH} levels"), SHAPE));
        }
        self.stack.push(level);
        Ok(())
    }

    fn open(&mut self, name: Cow<'s, str>, link: bool, at: u32) -> Result<(), Malformed> {
        if let Some(before) = self.builder.opened(&name, link) {
            let message = format!("`{name}` stands twice; first on line {before}");
            return Err(fail(at, message, "keep one of the two"));
        }
        self.builder
            .open(name, link, self.first + at)
            .map_err(|error| fail(at, error.to_string(), "split the record"))
    }

    fn value(&mut self, text: Cow<'s, str>, at: u32) -> Result<(), Malformed> {
        self.builder.value(text).map_err(|error| fail(at, error.to_string(), "split the record"))
    }
}
