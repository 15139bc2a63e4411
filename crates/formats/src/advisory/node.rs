//! A value with its place in the document, so that every refusal can say where.

use serde_json::{Map, Value};

use super::{Error, Finding};

/// Most characters of a value that are repeated in an error.
const SHOWN: usize = 80;

/// A value and the way to it. Cheap: the place is written out only for an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'v, 'p> {
    pub(super) value: &'v Value,
    parent: Option<&'p Node<'v, 'p>>,
    step: Step<'v>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'v> {
    Root,
    Key(&'v str),
    Index(usize),
}

impl<'v, 'p> Node<'v, 'p> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self { value, parent: None, step: Step::Root }
    }

    /// The JSON pointer to this value; `/` for the document itself.
    pub(super) fn place(&self) -> String {
        let mut steps = Vec::new();
        let mut node = Some(self);
        while let Some(this) = node {
            match this.step {
                Step::Root => {}
                Step::Key(key) => steps.push(key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => steps.push(index.to_string()),
            }
            node = this.parent;
        }
        steps.reverse();
        format!("/{}", steps.join("/"))
    }

    pub(super) fn shape(&self, reason: &'static str) -> Error {
        Error::Shape { place: self.place(), reason }
    }

    pub(super) fn wrong(&self, reason: &'static str) -> Error {
        let text = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        Error::Value { place: self.place(), reason, value: text.chars().take(SHOWN).collect() }
    }

    pub(super) fn finding(&self, reason: impl Into<String>) -> Finding {
        Finding { place: self.place(), reason: reason.into() }
    }

    /// A field of an object; absent when it is not there or null.
    pub(super) fn get(&'p self, key: &'static str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, parent: Some(self), step: Step::Key(key) })
    }

    pub(super) fn need(&'p self, key: &'static str) -> Result<Self, Error> {
        if !self.value.is_object() {
            return Err(self.shape("an object is wanted"));
        }
        self.get(key).ok_or_else(|| {
            let missing = Self { value: &Value::Null, parent: Some(self), step: Step::Key(key) };
            missing.shape("missing")
        })
    }

    pub(super) fn text(&self) -> Result<&'v str, Error> {
        self.value.as_str().ok_or_else(|| self.shape("a string is wanted"))
    }

    pub(super) fn opt_text(&'p self, key: &'static str) -> Result<Option<&'v str>, Error> {
        self.get(key).map(|node| node.text()).transpose()
    }

    pub(super) fn need_text(&'p self, key: &'static str) -> Result<&'v str, Error> {
        let node = self.need(key)?;
        let text = node.text()?;
        if text.trim().is_empty() { Err(node.shape("empty")) } else { Ok(text) }
    }

    /// The items of a list; none when the field is not there.
    pub(super) fn each(&'p self, key: &'static str) -> Result<Vec<Item<'v, 'p>>, Error> {
        let Some(list) = self.get(key) else { return Ok(Vec::new()) };
        match list.value {
            Value::Array(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, value)| Item { value, list: self, key, index })
                .collect()),
            _ => Err(list.shape("a list is wanted")),
        }
    }

    /// The strings of a list; none when the field is not there.
    pub(super) fn strings(&'p self, key: &'static str) -> Result<Vec<String>, Error> {
        let mut strings = Vec::new();
        for item in self.each(key)? {
            strings.push(item.with(|node| node.text().map(str::to_owned))?);
        }
        Ok(strings)
    }

    pub(super) fn object(&self) -> Result<&'v Map<String, Value>, Error> {
        self.value.as_object().ok_or_else(|| self.shape("an object is wanted"))
    }
}

/// An item of a list below a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'v, 'p> {
    pub(super) value: &'v Value,
    list: &'p Node<'v, 'p>,
    key: &'static str,
    index: usize,
}

impl<'v> Item<'v, '_> {
    /// Works on the item with its place.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Node<'v, '_>) -> T) -> T {
        let list = Node { value: self.value, parent: Some(self.list), step: Step::Key(self.key) };
        let item = Node { value: self.value, parent: Some(&list), step: Step::Index(self.index) };
        work(&item)
    }
}
