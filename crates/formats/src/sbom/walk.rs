//! Follows the tables of a format through JSON or YAML events and gives a sink what it has checked.
//! Not here: XML (see `walk_xml.rs`), and what the values mean. Recursion is bounded by the puller's depth.

use std::fmt::Write as _;

use super::check::Check;
use super::error::{Error, Fault, Problem, shorten};
use super::grammar::{Field, List, Object, Seen, Sink, Ty, Version};
use crate::source::{Event, Place, Pull};

/// Where a walker stands, as names and indices from the root.
#[derive(Default)]
pub(crate) struct Trail(Vec<Step>);

enum Step {
    Name(&'static str),
    Index(usize),
}

impl Trail {
    pub(crate) fn name(&mut self, name: &'static str) {
        self.0.push(Step::Name(name));
    }

    pub(crate) fn index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    /// Steps back. Not called on the way out of a failure, so that the trail still shows where it was.
    pub(crate) fn back(&mut self) {
        self.0.pop();
    }

    pub(crate) fn place(&self, (line, column): (u64, u64)) -> Place {
        let mut path = String::new();
        for step in &self.0 {
            let _ = match step {
                Step::Name(name) => write!(path, "/{name}"),
                Step::Index(index) => write!(path, "/{index}"),
            };
        }
        Place { line, column, path }
    }
}

/// A walker over JSON or YAML.
pub(crate) struct Walk<'s, S> {
    pub(crate) sink: &'s mut S,
    pub(crate) version: Version,
    /// SPDX: null reads as absent, and so does an unknown field (its schemas leave objects open).
    pub(crate) lenient: bool,
    pub(crate) trail: Trail,
}

enum Found {
    Object,
    Array,
    Scalar,
    Null,
}

impl<S: Sink> Walk<'_, S> {
    /// Reads a whole document whose root is `object`.
    pub(crate) fn document(&mut self, pull: &mut impl Pull, object: &'static Object) -> Result<(), Error> {
        self.root(pull, object).map_err(|fault| fault.at(self.trail.place(pull.position())))
    }

    fn root(&mut self, pull: &mut impl Pull, object: &'static Object) -> Result<(), Fault> {
        match pull.next()? {
            Event::ObjectStart => self.object(pull, object, "")?,
            other => return Err(wrong("an object", &other).into()),
        }
        match pull.next()? {
            Event::End => Ok(()),
            other => Err(wrong("the end of the document", &other).into()),
        }
    }

    /// The fields of an object whose start has been read.
    pub(crate) fn object(
        &mut self,
        pull: &mut impl Pull,
        object: &'static Object,
        field: &'static str,
    ) -> Result<(), Fault> {
        self.sink.open(object.kind, field)?;
        let mut seen = Seen { object, mask: 0, version: self.version };
        loop {
            let found = match pull.next()? {
                Event::ObjectEnd => break,
                Event::Key(key) => match object.json_field(key, self.version) {
                    Some(found) => Some(found),
                    None if self.lenient || self.version < object.open_below => None,
                    None => {
                        return Err(Problem::UnknownField { field: shorten(key), object: object.name }.into());
                    }
                },
                other => return Err(wrong("a field", &other).into()),
            };
            let Some((index, field)) = found else {
                self.any(pull)?;
                continue;
            };
            if seen.mask & (1 << index) != 0 {
                return Err(
                    Problem::RepeatedField { field: field.name.to_owned(), object: object.name }.into()
                );
            }
            self.trail.name(field.name);
            if self.value(pull, object, field, &field.ty)? {
                seen.mask |= 1 << index;
            }
            self.trail.back();
        }
        seen.complete()?;
        self.sink.close(object.kind)?;
        Ok(())
    }

    /// A value of the type; false when it is null and null reads as absent.
    fn value(
        &mut self,
        pull: &mut impl Pull,
        object: &'static Object,
        field: &'static Field,
        ty: &Ty,
    ) -> Result<bool, Fault> {
        let found = match pull.next()? {
            Event::ObjectStart => Found::Object,
            Event::ArrayStart => Found::Array,
            Event::Null => Found::Null,
            Event::Text(text) => {
                self.scalar(object, field, ty, text, Quoted::Yes)?;
                Found::Scalar
            }
            Event::Plain(text) => {
                self.scalar(object, field, ty, text, Quoted::Maybe)?;
                Found::Scalar
            }
            Event::Number(text) => {
                self.scalar(object, field, ty, text, Quoted::Number)?;
                Found::Scalar
            }
            Event::Bool(b) => {
                self.scalar(object, field, ty, if b { "true" } else { "false" }, Quoted::Bool)?;
                Found::Scalar
            }
            other => return Err(wrong("a value", &other).into()),
        };
        match (found, ty) {
            (Found::Scalar, _) => {}
            (Found::Null, Ty::Any) => {}
            (Found::Null, _) if self.lenient => return Ok(false),
            (Found::Object, Ty::Obj(inner) | Ty::Either(_, inner)) => self.object(pull, inner, field.name)?,
            (Found::Array, Ty::List(list) | Ty::Either(list, _)) => self.items(pull, object, field, list)?,
            (Found::Object, Ty::Any) => self.rest_of_any(pull, 1)?,
            (Found::Array, Ty::Any) => self.rest_of_any(pull, 1)?,
            (Found::Object, _) => return Err(mismatch(ty, "an object").into()),
            (Found::Array, _) => return Err(mismatch(ty, "a list").into()),
            (Found::Null, _) => return Err(mismatch(ty, "null").into()),
        }
        Ok(true)
    }

    fn items(
        &mut self,
        pull: &mut impl Pull,
        object: &'static Object,
        field: &'static Field,
        list: &'static List,
    ) -> Result<(), Fault> {
        for index in 0.. {
            self.trail.index(index);
            // The end of a list shows only when its next item is asked for.
            match (pull.next()?, &list.item) {
                (Event::ArrayEnd, _) => {
                    self.trail.back();
                    return Ok(());
                }
                (Event::ObjectStart, Ty::Obj(inner)) => self.object(pull, inner, field.name)?,
                (Event::Text(text), item @ Ty::Text(_)) => {
                    self.scalar(object, field, item, text, Quoted::Yes)?;
                }
                (Event::Plain(text), item @ Ty::Text(_)) => {
                    self.scalar(object, field, item, text, Quoted::Maybe)?;
                }
                (Event::ObjectStart | Event::ArrayStart, Ty::Any) => self.rest_of_any(pull, 1)?,
                (_, Ty::Any) => {}
                (other, item) => return Err(wrong(expected(item), &other).into()),
            }
            self.trail.back();
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        object: &'static Object,
        field: &'static Field,
        ty: &Ty,
        text: &str,
        quoted: Quoted,
    ) -> Result<(), Fault> {
        let good = match (ty, quoted) {
            (Ty::Any, _) => return Ok(()),
            (Ty::Text(_) | Ty::Bool | Ty::Int(_), Quoted::Maybe) => true,
            (Ty::Text(_), Quoted::Yes) | (Ty::Bool, Quoted::Bool) | (Ty::Int(_), Quoted::Number) => true,
            _ => false,
        };
        if !good {
            return Err(mismatch(ty, quoted.name()).into());
        }
        hand_over(self.sink, self.version, object, field, ty, text)
    }

    /// Passes over one value.
    fn any(&mut self, pull: &mut impl Pull) -> Result<(), Fault> {
        match pull.next()? {
            Event::ObjectStart | Event::ArrayStart => self.rest_of_any(pull, 1),
            _ => Ok(()),
        }
    }

    fn rest_of_any(&mut self, pull: &mut impl Pull, mut open: usize) -> Result<(), Fault> {
        let mut named = false;
        while open > 0 {
            let identifier = named;
            named = false;
            match pull.next()? {
                Event::ObjectStart | Event::ArrayStart => open += 1,
                Event::ObjectEnd | Event::ArrayEnd => open -= 1,
                Event::Key(key) => named = key == "bom-ref",
                // The JSON schemas leave the identifiers of such parts free to repeat, and their examples do.
                Event::Text(text) if identifier => Check::Define.test(text, self.version)?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Quoted {
    Yes,
    Maybe,
    Number,
    Bool,
}

impl Quoted {
    fn name(self) -> &'static str {
        match self {
            Self::Yes | Self::Maybe => "a text",
            Self::Number => "a number",
            Self::Bool => "true or false",
        }
    }
}

/// Checks a scalar and gives it to the sink; for JSON, YAML and XML alike.
pub(crate) fn hand_over(
    sink: &mut impl Sink,
    version: Version,
    object: &'static Object,
    field: &'static Field,
    ty: &Ty,
    text: &str,
) -> Result<(), Fault> {
    match ty {
        Ty::Text(check) => {
            check.test(text, version)?;
            if matches!(check, Check::Define) && !text.is_empty() {
                sink.define(text)?;
            }
        }
        Ty::Bool if matches!(text, "true" | "false" | "1" | "0") => {}
        Ty::Bool => return Err(Problem::value(text, "true or false").into()),
        Ty::Int(least) => {
            if !text.parse::<i64>().is_ok_and(|n| n >= *least) {
                return Err(Problem::value(text, "an integer in range").into());
            }
        }
        _ => return Ok(()),
    }
    Ok(sink.scalar(object.kind, field.name, text)?)
}

pub(crate) fn expected(ty: &Ty) -> &'static str {
    match ty {
        Ty::Text(_) => "a text",
        Ty::Bool => "true or false",
        Ty::Int(_) => "a number",
        Ty::Obj(_) => "an object",
        Ty::List(_) => "a list",
        Ty::Either(..) => "a list or an object",
        Ty::Any => "a value",
    }
}

fn mismatch(ty: &Ty, found: &'static str) -> Problem {
    Problem::WrongType { expected: expected(ty), found }
}

fn wrong(expected: &'static str, found: &Event<'_>) -> Problem {
    let found = match found {
        Event::ObjectStart => "an object",
        Event::ArrayStart => "a list",
        Event::ObjectEnd | Event::ArrayEnd | Event::End => "an end",
        Event::Key(_) => "a name",
        Event::Text(_) | Event::Plain(_) => "a text",
        Event::Number(_) => "a number",
        Event::Bool(_) => "true or false",
        Event::Null => "null",
    };
    Problem::WrongType { expected, found }
}
