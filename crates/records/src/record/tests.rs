//! The normal form, byte by byte, as its specification shows it.

use super::*;
use std::borrow::Cow;

#[test]
fn the_normal_form_of_the_specification() {
    let mut builder = Builder::default();
    for (name, link, values) in [
        ("title", false, &["Occlusion alarm"][..]),
        ("id", false, &["SWR-012"]),
        ("refines", true, &["SYS-004", "SYS-001", "SYS-004"]),
        ("kind", false, &["software-requirement"]),
        ("tags", false, &["b", "a"]),
        ("empty", false, &[""]),
        ("text", false, &["\r\nThe pump shall\r\nalarm.\n"]),
    ] {
        builder.open(Cow::Borrowed(name), link, 1).unwrap();
        values.iter().for_each(|value| builder.value(Cow::Borrowed(value)).unwrap());
    }
    let record = builder.finish(Place::default());
    let expected = "vouchsafe-record/1\nid 1\n7:SWR-012\nkind 1\n20:software-requirement\nlinks.refines 2\n7:SYS-001\n7:SYS-004\ntags 2\n1:b\n1:a\ntext 1\n21:The pump shall\nalarm.\ntitle 1\n15:Occlusion alarm\n";
    assert_eq!(record.normal_form(), expected);
    assert_eq!(record.revision(), Digest::of(expected.as_bytes()));
    let specification = include_str!("../../../../docs/spec/record-normal-form.md");
    assert!(specification.contains(expected), "the example of the specification is this form");
    assert!(specification.contains(&record.revision().to_string()), "{}", record.revision());
    assert_eq!(record.field("tags").unwrap().values().collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(
        record.links().map(|(name, field)| (name, field.values().len())).collect::<Vec<_>>(),
        [("refines", 2)]
    );
    assert!(record.field("empty").is_none());
}

#[test]
fn a_record_is_bounded() {
    let mut builder = Builder::default();
    for number in 0..MAX_FIELDS {
        builder.open(Cow::Owned(format!("f{number}")), false, 1).unwrap();
    }
    assert_eq!(builder.open(Cow::Borrowed("more"), false, 1), Err(TooLarge));
    (0..MAX_VALUES).for_each(|_| builder.value(Cow::Borrowed("v")).unwrap());
    assert_eq!(builder.value(Cow::Borrowed("v")), Err(TooLarge));
}

#[test]
fn matter_depends_on_the_named_fields_alone() {
    let record = |title: &'static str, text: &'static str| {
        let mut builder = Builder::default();
        for (name, value) in [("id", "A"), ("title", title), ("text", text)] {
            builder.open(Cow::Borrowed(name), false, 1).unwrap();
            builder.value(Cow::Borrowed(value)).unwrap();
        }
        builder.finish(Place::default())
    };
    let names: Vec<Box<str>> = vec!["text".into()];
    assert_eq!(record("a", "x").digest_of(&names), record("b", "x").digest_of(&names));
    assert_ne!(record("a", "x").digest_of(&names), record("a", "y").digest_of(&names));
}
