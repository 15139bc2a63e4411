//! JSON and YAML as a small tree whose nodes know their place. Bounded in nodes and depth; a name given twice in one
//! object is refused, because readers elsewhere would take either. Not here: what the values mean.

use super::model::{Source, Value};
use super::{Error, File, Limits};
use crate::source::{Bounded, Event, JsonPull, Pull, Trouble, YamlPull, yaml_text};

/// A value and where it begins (JSON: where it was read).
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: (u64, u64),
    pub(super) data: Data,
}

#[derive(Debug)]
pub(super) enum Data {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    pub(super) fn map(&self) -> Option<&[(String, Self)]> {
        if let Data::Map(entries) = &self.data { Some(entries) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Data::List(items) = &self.data { Some(items) } else { None }
    }

    /// The text of a scalar as written; `None` for null, lists and maps.
    pub(super) fn scalar(&self) -> Option<String> {
        match &self.data {
            Data::Text(text) | Data::Number(text) => Some(text.clone()),
            Data::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    pub(super) fn str(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) | Data::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The scalar of a field; empty where it is not there.
    pub(super) fn field(&self, key: &str) -> String {
        self.get(key).and_then(Self::scalar).unwrap_or_default()
    }

    pub(super) fn value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(truth) => Value::Boolean(*truth),
            Data::Number(text) if text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) => {
                Value::Real(text.clone())
            }
            Data::Number(text) => Value::Integer(text.clone()),
            Data::Text(text) => Value::Text(text.clone()),
            Data::List(items) => Value::List(items.iter().map(Self::value).collect()),
            Data::Map(entries) => {
                Value::Map(entries.iter().map(|(name, node)| (name.clone(), node.value())).collect())
            }
        }
    }
}

enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

pub(super) fn json(file: File<'_>, limits: &Limits) -> Result<Node, Error> {
    limits.check_file(file.name, file.bytes)?;
    let src = Bounded::open(file.bytes, limits.bytes as u64)
        .map_err(|e| Error::trouble(Trouble::from(e), file.name, (1, 1)))?;
    build(&mut JsonPull::new(src, limits.bounds()), file.name, limits)
}

pub(super) fn yaml(file: File<'_>, limits: &Limits) -> Result<Node, Error> {
    limits.check_file(file.name, file.bytes)?;
    let text = Bounded::open(file.bytes, limits.bytes as u64)
        .map_err(Trouble::from)
        .and_then(yaml_text)
        .map_err(|e| Error::trouble(e, file.name, (1, 1)))?;
    build(&mut YamlPull::new(&text, limits.bounds()), file.name, limits)
}

fn build(pull: &mut dyn Pull, file: &str, limits: &Limits) -> Result<Node, Error> {
    let mut open: Vec<(Open, (u64, u64))> = Vec::new();
    let mut root = None;
    let mut nodes = 0usize;
    loop {
        let event = match pull.next() {
            Ok(event) => own(&event),
            Err(trouble) => return Err(Error::trouble(trouble, file, pull.position())),
        };
        let at = pull.position();
        nodes += 1;
        if nodes > limits.nodes {
            return Err(Error::limit("values", limits.nodes, Source::at(file, at)));
        }
        let done = match event {
            Step::List => {
                open.push((Open::List(Vec::new()), at));
                continue;
            }
            Step::Map => {
                open.push((Open::Map(Vec::new(), None), at));
                continue;
            }
            Step::Key(name) => {
                if let Some((Open::Map(_, key), _)) = open.last_mut() {
                    *key = Some(name);
                }
                continue;
            }
            Step::Scalar(data) => Node { at, data },
            Step::Close => match open.pop() {
                Some((Open::List(items), at)) => Node { at, data: Data::List(items) },
                Some((Open::Map(entries, _), at)) => {
                    let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
                    names.sort_unstable();
                    if let Some((twice, _)) = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
                        let reason = format!("the name {twice:?} is given twice in one object");
                        return Err(Error::invalid(reason, &Source::at(file, at)));
                    }
                    Node { at, data: Data::Map(entries) }
                }
                None => continue,
            },
            Step::End => {
                return root.ok_or_else(|| Error::Malformed {
                    reason: "there is no value".to_owned(),
                    source_at: Source::at(file, at),
                });
            }
        };
        match open.last_mut() {
            None => root = Some(done),
            Some((Open::List(items), _)) => items.push(done),
            Some((Open::Map(entries, key), _)) => entries.push((key.take().unwrap_or_default(), done)),
        }
    }
}

enum Step {
    List,
    Map,
    Key(String),
    Scalar(Data),
    Close,
    End,
}

fn own(event: &Event<'_>) -> Step {
    match *event {
        Event::ObjectStart => Step::Map,
        Event::ArrayStart => Step::List,
        Event::ObjectEnd | Event::ArrayEnd => Step::Close,
        Event::Key(name) => Step::Key(name.to_owned()),
        Event::Text(text) => Step::Scalar(Data::Text(text.to_owned())),
        Event::Plain(text) => Step::Scalar(plain(text)),
        Event::Number(text) => Step::Scalar(Data::Number(text.to_owned())),
        Event::Bool(truth) => Step::Scalar(Data::Bool(truth)),
        Event::Null => Step::Scalar(Data::Null),
        Event::End => Step::End,
    }
}

/// YAML 1.2 core schema, as far as the tools read here use it.
fn plain(text: &str) -> Data {
    match text {
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if number(whole) && number(fraction) {
        Data::Number(text.to_owned())
    } else {
        Data::Text(text.to_owned())
    }
}
