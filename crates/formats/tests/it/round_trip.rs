//! What is written reads back equal: any SBOM, through CycloneDX and SPDX, and every real one of the shared data.

use std::io::Cursor;
use std::sync::Arc;

use formats::sbom::{
    Class, Component, Creator, CreatorKind, Hash, Licence, LicenceForm, LicenceRole, Limits, Metadata,
    Parent, Party, PartyKind, Property, Reference, RelationKind, Relationship, Sbom, Scope, Target,
    from_canonical, read, to_canonical, write_cyclonedx_json, write_cyclonedx_xml, write_spdx_json,
    write_spdx_tag_value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::cyclonedx::open;
use crate::data;

fn text() -> impl Strategy<Value = Box<str>> {
    "[a-zA-Z0-9äß:/@#.+\"<&-][a-zA-Z0-9äß :/@#.+\"<&-]{0,8}[a-z]".prop_map(String::into_boxed_str)
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![
        Just(Class::Unstated),
        Just(Class::Library),
        Just(Class::Firmware),
        Just(Class::File),
        Just(Class::Source),
        Just(Class::CryptographicAsset),
        Just(Class::Other),
    ]
}

fn party() -> impl Strategy<Value = Party> {
    (prop_oneof![Just(PartyKind::Organization), Just(PartyKind::Person)], text())
        .prop_map(|(kind, name)| Party { kind, name })
}

fn licence() -> impl Strategy<Value = Licence> {
    let role =
        prop_oneof![Just(LicenceRole::Unstated), Just(LicenceRole::Declared), Just(LicenceRole::Concluded)];
    let form = prop_oneof![
        Just((LicenceForm::Id, "MIT".into())),
        Just((LicenceForm::Id, "Apache-2.0".into())),
        text().prop_map(|t| (LicenceForm::Name, t)),
        Just((LicenceForm::Expression, "MIT OR Apache-2.0".into())),
    ];
    (role, form).prop_map(|(role, (form, text))| Licence { form, role, text })
}

fn hash() -> impl Strategy<Value = Hash> {
    prop_oneof![
        "[0-9a-f]{64}".prop_map(|v| Hash { algorithm: "SHA-256".into(), value: v.into() }),
        "[0-9a-f]{40}".prop_map(|v| Hash { algorithm: "SHA-1".into(), value: v.into() }),
        "[0-9a-f]{8}".prop_map(|v| Hash { algorithm: "ADLER32".into(), value: v.into() }),
        "[0-9a-f]{64}".prop_map(|v| Hash { algorithm: "Streebog-256".into(), value: v.into() }),
    ]
}

fn link() -> impl Strategy<Value = Reference> {
    let kind = prop_oneof![
        Just("website"),
        Just("distribution"),
        Just("vcs"),
        Just("OTHER thing"),
        Just("SECURITY advisory"),
        Just("odd")
    ];
    (kind, text()).prop_map(|(kind, url)| Reference { kind: kind.into(), url })
}

fn component() -> impl Strategy<Value = Component> {
    let names = (option::of(text()), text(), option::of(text()), option::of(text()), option::of(text()));
    let ids = (vec(text(), 0..3), vec("cpe:(2[.]3:|/)a:x:[a-z]{1,4}".prop_map(String::into_boxed_str), 0..3));
    let lists = (vec(hash(), 0..3), vec(licence(), 0..4), vec(link(), 0..4));
    let parties = (option::of(party()), option::of(party()), option::of(text()), option::of(text()));
    let end = option::of(prop_oneof![Just("2030-01-01T00:00:00Z".into()), Just("2030-01-01".into()), text()]);
    let states = (class(), any::<bool>(), option::of(text()), end);
    let properties = vec((text(), text()).prop_map(|(name, value)| Property { name, value }), 0..3);
    let scope = option::of(prop_oneof![Just(Scope::Optional), Just(Scope::Excluded)]);
    (names, ids, lists, parties, states, properties, scope).prop_map(
        |(
            (group, name, version, author, publisher),
            (purls, cpes),
            (hashes, licences, references),
            (supplier, manufacturer, swid, version_range),
            (class, external, support, end_of_support),
            properties,
            scope,
        )| {
            let fixed = version.is_some();
            Component {
                author,
                class,
                cpes,
                end_of_support,
                external,
                group,
                hashes,
                licences,
                manufacturer,
                name,
                properties,
                publisher,
                purls,
                references,
                scope,
                supplier,
                support,
                swid,
                version,
                version_range: version_range.filter(|_| external && !fixed),
                ..Component::default()
            }
        },
    )
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let kind =
        prop_oneof![Just(CreatorKind::Person), Just(CreatorKind::Organization), Just(CreatorKind::Tool)];
    let creator = (kind, text()).prop_map(|(kind, name)| Creator { kind, name });
    let id = prop_oneof![Just("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79".into()), text()];
    let time = prop_oneof![Just("2026-01-02T03:04:05Z".into())];
    (
        vec(creator, 0..3),
        option::of(id),
        option::of(text()),
        option::of(time),
        option::of(0u32..9),
        option::of(party()),
    )
        .prop_map(|(creators, id, name, timestamp, version, supplier)| Metadata {
            creators,
            id,
            name,
            timestamp,
            version,
            supplier,
            ..Metadata::default()
        })
}

fn sbom() -> impl Strategy<Value = Sbom> {
    let kinds = prop_oneof![
        Just(RelationKind::DEPENDS_ON),
        Just(RelationKind::PROVIDES),
        Just(RelationKind::CONTAINS),
        Just(RelationKind::DESCRIBES)
    ];
    let relation = (0usize..9, kinds, 0usize..12);
    let named = (component(), any::<bool>(), any::<prop::sample::Index>());
    (vec(named, 0..7), vec(relation, 0..8), metadata(), option::of(component())).prop_map(
        |(components, relations, metadata, subject)| {
            let mut sbom = Sbom { metadata, ..Sbom::default() };
            let mut refs: Vec<Arc<str>> = vec![Arc::from("SPDXRef-DOCUMENT"), Arc::from("dangling thing")];
            for (i, (mut component, spdx, parent)) in components.into_iter().enumerate() {
                let reference = if spdx { format!("SPDXRef-{i}") } else { format!("ref {i}") };
                component.reference = Arc::from(reference);
                refs.push(Arc::clone(&component.reference));
                // Sometimes inside an earlier one, sometimes inside the subject, else at the top.
                component.parent = match parent.index(i + 2) {
                    0 => Parent::Top,
                    1 if subject.is_some() => Parent::Subject,
                    1 => Parent::Top,
                    at => Parent::Component(u32::try_from(at - 2).unwrap()),
                };
                sbom.components.push(component);
            }
            for (from, kind, to) in relations {
                let to = match to {
                    10 => Target::None,
                    11 => Target::NoAssertion,
                    to => Target::Ref(Arc::clone(&refs[to % refs.len()])),
                };
                let from = Arc::clone(&refs[from % refs.len()]);
                sbom.relationships.push(Relationship { from, kind, to });
            }
            sbom.subject = subject.map(|mut s| {
                s.reference = Arc::from("the subject");
                Box::new(s)
            });
            // The canonical form puts it in order.
            from_canonical(&to_canonical(&sbom)).unwrap()
        },
    )
}

fn again(bytes: impl AsRef<[u8]>) -> Sbom {
    read(Cursor::new(bytes.as_ref()), &Limits::default())
        .unwrap_or_else(|e| panic!("{e}\n{}", String::from_utf8_lossy(bytes.as_ref())))
        .sbom
}

proptest! {
    #[test]
    fn any_sbom_survives(sbom in sbom()) {
        prop_assert_eq!(&again(write_cyclonedx_json(&sbom)), &sbom, "CycloneDX");
        prop_assert_eq!(&again(write_cyclonedx_xml(&sbom)), &sbom, "CycloneDX XML");
        prop_assert_eq!(&again(write_spdx_json(&sbom)), &sbom, "SPDX JSON");
        prop_assert_eq!(&again(write_spdx_tag_value(&sbom)), &sbom, "SPDX tag-value");
    }
}

#[test]
fn every_real_sbom_survives() {
    let mut survived = 0;
    for set in ["sbom/cyclonedx-bom-examples", "sbom/spdx-tools-python", "sbom/medical-device-case-study"] {
        let Some(folder) = data::folder(set) else { return };
        for path in data::files(&folder, "") {
            let Ok(document) = open(&path) else { continue };
            let sbom = document.sbom;
            assert_eq!(from_canonical(&to_canonical(&sbom)).unwrap(), sbom, "{}", path.display());
            assert!(again(write_cyclonedx_json(&sbom)) == sbom, "CycloneDX of {}", path.display());
            assert!(again(write_spdx_json(&sbom)) == sbom, "SPDX JSON of {}", path.display());
            survived += 1;
        }
    }
    assert!(survived > 60, "{survived}");
}
