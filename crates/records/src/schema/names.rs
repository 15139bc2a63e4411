//! Everything expressions refer to by name, merged over profile files: kinds with their fields, link types, stages and
//! standards. Rules are compiled in `compile`.

use super::compile::{SchemaError, unknown};
use super::file::{ExprFile, FieldFile, LinkFile, ProfileFile};
use super::{FieldDef, FieldType, Kind, LinkType, Schema};
use std::collections::BTreeMap;

/// Kinds, links, stages and standards of the files, in order; no rules yet.
pub(super) fn names(files: &[ProfileFile]) -> Result<Schema, SchemaError> {
    let mut schema = Schema {
        stages: Vec::new(),
        profiles: Vec::new(),
        kinds: Vec::new(),
        links: Vec::new(),
        standards: BTreeMap::new(),
        clauses: Vec::new(),
        rules: Vec::new(),
        needs: Vec::new(),
        risk: None,
        by_kind: Vec::new(),
    };
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    let mut suspect_on: BTreeMap<&str, &[String]> = BTreeMap::new();
    let mut links: BTreeMap<&str, LinkFile> = BTreeMap::new();
    let mut common: BTreeMap<&str, &FieldFile> = BTreeMap::new();
    for file in files {
        schema.profiles.push((file.name.clone(), file.title.clone()));
        schema.standards.extend(file.standards.clone());
        if !file.stages.is_empty() {
            schema.stages.clone_from(&file.stages);
        }
        common.extend(file.common_fields.iter().map(|(name, field)| (&**name, field)));
        for (name, add) in &file.kinds {
            let kind = kinds.entry(name).or_insert_with(|| Kind {
                name: (**name).into(),
                title: name.clone(),
                prefix: name.to_ascii_uppercase(),
                doc: String::new(),
                suspect_on: Vec::new(),
                fields: Vec::new(),
                profile: file.name.clone(),
            });
            override_text(&mut kind.title, &add.title);
            override_text(&mut kind.prefix, &add.prefix);
            override_text(&mut kind.doc, &add.doc);
            if !add.suspect_on.is_empty() {
                suspect_on.insert(name, &add.suspect_on);
            }
            for (field, def) in &add.fields {
                let def = field_def(&format!("kind {name}"), field, def)?;
                kind.fields.retain(|known| known.name != def.name);
                kind.fields.push(def);
            }
        }
        for (name, add) in &file.links {
            let link = links.entry(name).or_default();
            override_text(&mut link.title, &add.title);
            override_text(&mut link.inverse, &add.inverse);
            override_text(&mut link.doc, &add.doc);
            link.from.extend(add.from.iter().cloned());
            link.to.extend(add.to.iter().cloned());
            link.acyclic |= add.acyclic;
            link.carries_suspicion |= add.carries_suspicion;
            link.inherits_class |= add.inherits_class;
            link.verifies |= add.verifies;
        }
    }
    let topics = topics(files);
    for (name, mut kind) in kinds {
        let mut matters: Vec<Box<str>> = match suspect_on.get(name) {
            Some(fields) => fields.iter().map(|field| (**field).into()).collect(),
            None => {
                kind.fields.iter().map(|f| f.name.clone()).chain(["title".into(), "text".into()]).collect()
            }
        };
        matters.sort_unstable();
        kind.suspect_on = matters;
        for (field, def) in &common {
            if !kind.fields.iter().any(|known| &*known.name == *field) {
                let mut def = field_def("common-fields", field, def)?;
                if *field == "provides" {
                    def.values.clone_from(&topics);
                }
                kind.fields.push(def);
            }
        }
        kind.fields.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        schema.kinds.push(kind);
    }
    for (name, link) in links {
        let place = format!("link {name}");
        schema.links.push(LinkType {
            name: name.into(),
            title: if link.title.is_empty() { name.to_owned() } else { link.title },
            inverse: if link.inverse.is_empty() { format!("{name} of") } else { link.inverse },
            from: schema.want_kinds(&place, &link.from)?,
            to: schema.want_kinds(&place, &link.to)?,
            acyclic: link.acyclic,
            carries: link.carries_suspicion,
            inherits_class: link.inherits_class,
            verifies: link.verifies,
            doc: link.doc,
        });
    }
    Ok(schema)
}

/// Every topic that a clause or rule asks for: the values `provides` may have.
fn topics(files: &[ProfileFile]) -> Vec<Box<str>> {
    fn of<'f>(expr: &'f ExprFile, to: &mut Vec<&'f str>) {
        to.extend(expr.provided.as_deref());
        for inner in expr
            .any
            .iter()
            .chain(&expr.all)
            .flatten()
            .chain(expr.not.as_deref())
            .chain(expr.having.as_deref())
        {
            of(inner, to);
        }
    }
    let mut found = Vec::new();
    for file in files {
        found.extend(file.clause.iter().filter_map(|clause| clause.topic.as_deref()));
        for rule in &file.rule {
            of(&rule.must, &mut found);
            rule.when.iter().for_each(|when| of(when, &mut found));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(Into::into).collect()
}

fn override_text(to: &mut String, with: &str) {
    if !with.is_empty() {
        with.clone_into(to);
    }
}

fn field_def(place: &str, name: &str, file: &FieldFile) -> Result<FieldDef, SchemaError> {
    let kind = match &*file.kind {
        "" | "text" => FieldType::Text,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "enum" => FieldType::Enum,
        "list" => FieldType::List,
        "set" => FieldType::Set,
        "paths" => FieldType::Paths,
        other => {
            return Err(unknown(
                place,
                "field type",
                other,
                ["text", "integer", "number", "boolean", "date", "enum", "list", "set", "paths"].into_iter(),
            ));
        }
    };
    let values = file.values.iter().map(|value| (**value).into()).collect();
    Ok(FieldDef { name: name.into(), kind, values, required: file.required, doc: file.doc.clone() })
}
