//! YAML as the same [`Event`]s as JSON, over `saphyr-parser`. Anchors and aliases are refused, so nothing is ever
//! expanded; keys must be scalars; one document. The text is held whole, bounded by [`MAX_BYTES`].

use std::borrow::Cow;
use std::io::{BufRead, Read};

use saphyr_parser::{Event as Yaml, Parser, ScalarStyle, StrInput};

use super::{Bounded, Bounds, Event, Pull, Trouble};

/// YAML is a format for people: a document above this size is refused (32 MiB).
pub(crate) const MAX_BYTES: u64 = 32 << 20;

/// Reads the text for a [`YamlPull`].
pub(crate) fn text<R: BufRead>(mut src: Bounded<R>) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    src.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Trouble::Limit("bytes of YAML", MAX_BYTES));
    }
    String::from_utf8(bytes).map_err(|_| Trouble::Encoding("the text is not UTF-8"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Sequence,
    /// A mapping, and whether a key comes next.
    Mapping(bool),
}

/// Streams a YAML text as [`Event`]s.
pub(crate) struct YamlPull<'a> {
    parser: Parser<'a, StrInput<'a>>,
    bounds: Bounds,
    open: Vec<Open>,
    token: Cow<'a, str>,
    documents: usize,
    at: (u64, u64),
}

impl<'a> YamlPull<'a> {
    pub(crate) fn new(text: &'a str, bounds: Bounds) -> Self {
        Self {
            parser: Parser::new_from_str(text),
            bounds,
            open: Vec::new(),
            token: Cow::Borrowed(""),
            documents: 0,
            at: (1, 1),
        }
    }

    fn opened(&mut self, kind: Open) -> Result<(), Trouble> {
        if self.open.len() >= self.bounds.depth {
            return Err(Trouble::Limit("levels of nesting", self.bounds.depth as u64));
        }
        self.value_seen()?;
        self.open.push(kind);
        Ok(())
    }

    /// Notes that a key or value stands here; says whether it is a key.
    fn value_seen(&mut self) -> Result<bool, Trouble> {
        match self.open.last_mut() {
            Some(Open::Mapping(key)) => {
                *key = !*key;
                Ok(!*key)
            }
            Some(Open::Sequence) => Ok(false),
            None if self.documents > 1 => Err(Trouble::syntax("a second YAML document")),
            None => Ok(false),
        }
    }

    fn key_position(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping(true)))
    }
}

impl Pull for YamlPull<'_> {
    fn next(&mut self) -> Result<Event<'_>, Trouble> {
        loop {
            let Some(event) = self.parser.next_event() else { return Ok(Event::End) };
            let (event, span) = event.map_err(|e| {
                self.at = (e.marker().line() as u64, e.marker().col() as u64 + 1);
                Trouble::Syntax(e.info().to_owned())
            })?;
            self.at = (span.start.line() as u64, span.start.col() as u64 + 1);
            match event {
                Yaml::Nothing | Yaml::StreamStart | Yaml::DocumentEnd => {}
                Yaml::DocumentStart(_) => self.documents += 1,
                Yaml::StreamEnd => return Ok(Event::End),
                Yaml::Alias(_) => return Err(Trouble::syntax("aliases are not expanded")),
                Yaml::Scalar(_, _, anchor, _)
                | Yaml::SequenceStart(anchor, _)
                | Yaml::MappingStart(anchor, _)
                    if anchor > 0 =>
                {
                    return Err(Trouble::syntax("anchors are not accepted"));
                }
                Yaml::SequenceStart(..) | Yaml::MappingStart(..) if self.key_position() => {
                    return Err(Trouble::syntax("a list or mapping as a key"));
                }
                Yaml::SequenceStart(..) => {
                    self.opened(Open::Sequence)?;
                    return Ok(Event::ArrayStart);
                }
                Yaml::MappingStart(..) => {
                    self.opened(Open::Mapping(true))?;
                    return Ok(Event::ObjectStart);
                }
                Yaml::SequenceEnd => {
                    self.open.pop();
                    return Ok(Event::ArrayEnd);
                }
                Yaml::MappingEnd => {
                    self.open.pop();
                    return Ok(Event::ObjectEnd);
                }
                Yaml::Scalar(text, style, _, _) => {
                    if text.len() > self.bounds.token {
                        return Err(Trouble::Limit("bytes in one string", self.bounds.token as u64));
                    }
                    let key = self.value_seen()?;
                    self.token = text;
                    let text: &str = &self.token;
                    return Ok(match style {
                        _ if key => Event::Key(text),
                        ScalarStyle::Plain if matches!(text, "" | "~" | "null" | "Null" | "NULL") => {
                            Event::Null
                        }
                        ScalarStyle::Plain => Event::Plain(text),
                        _ => Event::Text(text),
                    });
                }
            }
        }
    }

    fn position(&self) -> (u64, u64) {
        self.at
    }
}
