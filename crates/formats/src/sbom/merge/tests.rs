//! Parts put together: identifiers stay apart, relationships follow, and both formats write what reads back equal.

use std::io::Cursor;

use super::{Part, merge};
use crate::sbom::{
    Class, Component, Limits, Metadata, Parent, RelationKind, Relationship, Sbom, Target, read, to_canonical,
    write_cyclonedx_json, write_spdx_json,
};

fn component(name: &str, reference: &str, parent: Parent) -> Component {
    Component {
        class: Class::Library,
        name: name.into(),
        version: Some("1".into()),
        reference: reference.into(),
        parent,
        ..Component::default()
    }
}

fn depends(from: &str, to: &str) -> Relationship {
    Relationship { from: from.into(), kind: RelationKind::DEPENDS_ON, to: Target::Ref(to.into()) }
}

fn document(leaf: &str) -> Sbom {
    Sbom {
        subject: Some(Box::new(component("firmware", "root", Parent::Top))),
        components: vec![
            component("outer", "a", Parent::Subject),
            component(leaf, "b", Parent::Component(0)),
            component("nameless", "", Parent::Top),
        ],
        relationships: vec![depends("root", "a"), depends("a", "b"), depends("a", "elsewhere")],
        metadata: Metadata::default(),
    }
}

fn part(name: &str, sboms: Vec<Sbom>) -> Part {
    Part { component: component(name, name, Parent::Top), sboms }
}

#[test]
fn parts_keep_their_components_apart() {
    let parts = vec![part("one", vec![document("x")]), part("two", vec![document("y"), document("z")])];
    let metadata = Metadata { timestamp: Some("2026-11-20T12:00:00Z".into()), ..Metadata::default() };
    let whole = merge(component("pump", "", Parent::Top), metadata, parts);
    assert_eq!(whole.components.len(), 2 + 3 * 3);
    let path = |name: &str| {
        let at = whole.components.iter().position(|c| &*c.name == name).expect("there");
        whole.path(at).iter().map(|c| c.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(path("x"), ["pump", "one", "outer", "x"]);
    assert_eq!(path("z"), ["pump", "two", "outer", "z"]);
    let of = |name: &str| whole.components.iter().find(|c| &*c.name == name).map(|c| c.reference.to_string());
    assert_eq!((of("x").as_deref(), of("y").as_deref()), (Some("b"), Some("part-2/b")));
    let mut references: Vec<&str> = whole.components.iter().map(|c| &*c.reference).collect();
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), whole.components.len(), "identifiers are given once");
    for relationship in [
        depends("subject", "one"),
        depends("one", "a"),
        depends("two", "part-2/a"),
        depends("part-2/a", "part-2/b"),
    ] {
        assert!(whole.relationships.contains(&relationship), "{relationship:?}");
    }
    // Two of the subject, and two of each document: what pointed out of a document is gone.
    assert_eq!(whole.relationships.len(), 2 + 3 * 2);
    for written in [write_cyclonedx_json(&whole), write_spdx_json(&whole)] {
        let again = read(Cursor::new(&written), &Limits::default()).expect("reads").sbom;
        assert_eq!(to_canonical(&again), to_canonical(&whole));
    }
}
