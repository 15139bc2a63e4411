//! Which definitions a ReqIF document needs beyond those its set brings: kinds, attributes and data types for items of
//! tools that define none. Not here: writing values.

use std::collections::BTreeMap;

use super::super::model::{Attribute, Field, ForeignItem, Kind, Target, Value, ValueType};
use super::super::set::ForeignSet;
use super::super::views;
use super::JSON_TYPE;

/// How a value is written: ReqIF's types, and JSON in a string for what it has no type for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    String,
    Xhtml,
    Integer,
    Real,
    Boolean,
    Date,
    Choice,
    Json,
}

impl Class {
    pub(super) const ALL: [Self; 8] = [
        Self::String,
        Self::Xhtml,
        Self::Integer,
        Self::Real,
        Self::Boolean,
        Self::Date,
        Self::Choice,
        Self::Json,
    ];

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Text(_) => Self::String,
            Value::Xhtml(_) => Self::Xhtml,
            Value::Integer(_) => Self::Integer,
            Value::Real(_) => Self::Real,
            Value::Boolean(_) => Self::Boolean,
            Value::Date(_) => Self::Date,
            // A choice without ids can only be written as text.
            Value::Choice(choices) if choices.iter().any(|choice| choice.id.is_empty()) => Self::String,
            Value::Choice(_) => Self::Choice,
            Value::Null | Value::List(_) | Value::Map(_) => Self::Json,
        }
    }

    /// The ending of the elements' names.
    pub(super) fn element(self) -> &'static str {
        match self {
            Self::String | Self::Json => "STRING",
            Self::Xhtml => "XHTML",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Boolean => "BOOLEAN",
            Self::Date => "DATE",
            Self::Choice => "ENUMERATION",
        }
    }

    /// Id of the data type added for it.
    pub(super) fn datatype(self) -> &'static str {
        match self {
            Self::String => "vouchsafe-string",
            Self::Xhtml => "vouchsafe-xhtml",
            Self::Integer => "vouchsafe-integer",
            Self::Real => "vouchsafe-real",
            Self::Boolean => "vouchsafe-boolean",
            Self::Date => "vouchsafe-date",
            Self::Choice => "vouchsafe-choice",
            Self::Json => JSON_TYPE,
        }
    }
}

/// The kind something is of: by id where it has one, else by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Id(Target, String),
    Name(Target, String),
}

pub(super) fn owner(of: Target, id: &str, name: &str) -> Owner {
    if id.is_empty() { Owner::Name(of, name.to_owned()) } else { Owner::Id(of, id.to_owned()) }
}

/// A kind's added attributes, each with the id of its definition.
pub(super) struct Added {
    pub(super) id: String,
    pub(super) fields: BTreeMap<(String, Class), String>,
    /// Attributes the kind has already under that name and class, with the ids they have in the set.
    reused: BTreeMap<(String, Class), String>,
}

/// Everything that is added.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) owners: BTreeMap<Owner, Added>,
    /// Where the set's own kinds stand, by what they are of and id.
    kinds: BTreeMap<(Target, String), usize>,
}

impl Plan {
    pub(super) fn of(set: &ForeignSet) -> Self {
        let kinds = set.kinds.iter().enumerate().map(|(at, kind)| ((kind.of, kind.named.id.clone()), at));
        let mut plan = Self { owners: BTreeMap::new(), kinds: kinds.collect() };
        for item in &set.items {
            let owner = owner(Target::Item, &item.kind_id, &item.kind);
            plan.add(set, &owner, &item.attributes);
            plan.add(set, &owner, &missing_views(item));
        }
        for (_, link) in set.links().filter(|(_, link)| !link.external) {
            plan.add(set, &owner(Target::Link, &link.kind_id, &link.kind), &link.attributes);
        }
        for stray in &set.strays {
            let link = &stray.link;
            plan.add(set, &owner(Target::Link, &link.kind_id, &link.kind), &link.attributes);
        }
        for document in &set.documents {
            plan.add(set, &owner(Target::Document, &document.kind_id, &document.kind), &document.attributes);
        }
        plan
    }

    fn add(&mut self, set: &ForeignSet, owner: &Owner, attributes: &[Attribute]) {
        let n = self.owners.len();
        let new =
            || Added { id: format!("vouchsafe-kind-{n}"), fields: BTreeMap::new(), reused: BTreeMap::new() };
        let undefined = attributes.iter().filter(|a| a.definition.is_empty());
        let mut undefined = undefined.peekable();
        // A kind that is named by id and needs nothing more needs no addition.
        let untyped = matches!(owner, Owner::Name(_, name) if name.is_empty());
        if undefined.peek().is_none() && (untyped || matches!(owner, Owner::Id(..))) {
            return;
        }
        let added = self.owners.entry(owner.clone()).or_insert_with(new);
        let kind = match owner {
            Owner::Id(of, id) => self.kinds.get(&(*of, id.clone())).and_then(|at| set.kinds.get(*at)),
            Owner::Name(..) => None,
        };
        for attribute in undefined {
            let key = (attribute.name.clone(), Class::of(&attribute.value));
            if added.fields.contains_key(&key) || added.reused.contains_key(&key) {
                continue;
            }
            if let Some(id) = existing(kind, &key) {
                added.reused.insert(key, id);
            } else {
                let id = format!("{}-{}", added.id, added.fields.len());
                added.fields.insert(key, id);
            }
        }
    }

    /// The id of an attribute's definition, and whether it is the set's own, so has to be written as such.
    pub(super) fn definition(&self, owner: &Owner, attribute: &Attribute) -> Option<(&str, bool)> {
        let key = (attribute.name.clone(), Class::of(&attribute.value));
        let added = self.owners.get(owner)?;
        let new = added.fields.get(&key).map(|id| (id.as_str(), false));
        new.or_else(|| added.reused.get(&key).map(|id| (id.as_str(), true)))
    }

    /// Whether the set defines the kind itself.
    pub(super) fn defined(&self, of: Target, id: &str) -> bool {
        self.kinds.contains_key(&(of, id.to_owned()))
    }

    pub(super) fn uses(&self, class: Class) -> bool {
        self.owners.values().any(|added| added.fields.keys().any(|(_, used)| *used == class))
    }
}

/// The id of the attribute of that name and class that the set's own kind has.
fn existing(kind: Option<&Kind>, (name, class): &(String, Class)) -> Option<String> {
    let fits = |field: &&Field| {
        let json = field.datatype == JSON_TYPE;
        field.named.name == *name
            && json == (*class == Class::Json)
            && class.element() == element_of(field.value)
    };
    kind?.fields.iter().find(fits).map(|field| field.named.id.clone())
}

/// The ending of the elements' names for a type of values.
pub(super) fn element_of(value: ValueType) -> &'static str {
    match value {
        ValueType::Text => "STRING",
        ValueType::Xhtml => "XHTML",
        ValueType::Integer => "INTEGER",
        ValueType::Real => "REAL",
        ValueType::Boolean => "BOOLEAN",
        ValueType::Date => "DATE",
        ValueType::Choice => "ENUMERATION",
    }
}

/// Attributes that carry title, text and links to files of an item whose own attributes do not show them.
pub(super) fn missing_views(item: &ForeignItem) -> Vec<Attribute> {
    let mut added = Vec::new();
    let title = views::title(&item.attributes);
    if !item.title.is_empty() && title != item.title && (!title.is_empty() || item.title != item.named.name) {
        added.push(Attribute::text("ReqIF.Name", &*item.title));
    }
    if !item.text.is_empty() && views::text(&item.attributes).0 != item.text {
        added.push(Attribute::text("ReqIF.Text", &*item.text));
    }
    let external = item.links.iter().filter(|link| link.external).map(|link| {
        let attributes = link.attributes.iter().map(|a| (a.name.clone(), a.value.clone())).collect();
        let [kind, target] = [&link.kind, &link.target].map(|text| Value::Text(text.clone()));
        Value::List(vec![kind, target, Value::Map(attributes)])
    });
    let external: Vec<Value> = external.collect();
    if !external.is_empty() {
        added.push(Attribute::new(super::EXTERNAL, Value::List(external)));
    }
    added
}
