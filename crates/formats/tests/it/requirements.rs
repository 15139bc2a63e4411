//! Sets of other tools in YAML, SDoc and JSON, with the counts their description states, and what survives ReqIF.

use std::path::{Path, PathBuf};

use formats::requirements::{
    Error, File, ForeignSet, Limits, Link, Value, read_doorstop, read_needs, read_rdm, read_reqif, read_sdoc,
    write_needs, write_reqif,
};

use super::data::{files, folder, name};

type Reader = fn(&[File<'_>], &Limits) -> Result<ForeignSet, Error>;

fn load(root: &Path, paths: &[PathBuf], reader: Reader) -> ForeignSet {
    let contents: Vec<(String, Vec<u8>)> = paths
        .iter()
        .map(|path| {
            (path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect();
    let files: Vec<File<'_>> = contents.iter().map(|(name, bytes)| File { name, bytes }).collect();
    reader(&files, &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn sdoc(set: &str) -> Option<ForeignSet> {
    let root = folder(set)?;
    Some(load(&root, &files(&root, ".sdoc"), read_sdoc))
}

/// Nodes of a kind, and links, of the files whose names contain a part.
fn of_file(set: &ForeignSet, file: &str, kind: &str) -> (usize, usize) {
    let items = || set.items.iter().filter(|item| item.source.file.contains(file));
    (items().filter(|item| item.kind == kind).count(), items().map(|item| item.links.len()).sum())
}

#[test]
fn strictdoc_documents() {
    let Some(set) = sdoc("req/strictdoc-own-docs") else { return };
    assert_eq!(of_file(&set, "strictdoc_20_l1", "REQUIREMENT"), (69, 15));
    assert_eq!(of_file(&set, "strictdoc_21_l2", "REQUIREMENT"), (133, 204));
    assert_eq!(of_file(&set, "strictdoc_22_l3", "REQUIREMENT"), (36, 34));
    // Measured: the other documents add sections, texts, features and a backlog; no parent is missing.
    assert_eq!((set.documents.len(), set.items.len(), set.links().count()), (15, 1095, 267));
    assert_eq!(set.dangling(), []);
    let files = set.links().filter(|(_, link)| link.external && link.kind == "File").count();
    assert_eq!(files, 37);
    let item = set.items.iter().find(|item| item.id == "SDOC-SRS-153").unwrap();
    assert_eq!((item.title.as_str(), item.kind.as_str()), ("ReqIF-to-SDoc import", "DESIGN"));
    let parent = set.items.iter().find(|parent| Some(&parent.id) == item.parent.as_ref()).unwrap();
    assert_eq!((parent.title.as_str(), parent.kind.as_str()), ("ReqIF interface", "SECTION"));
}

#[test]
fn zephyr_requirements() {
    let Some(set) = sdoc("req/zephyr-reqmgmt") else { return };
    assert_eq!(of_file(&set, "", "REQUIREMENT"), (288, 257));
    assert_eq!(set.dangling(), []);
    assert_eq!(set.documents.len(), 28);
}

fn doorstop() -> Option<ForeignSet> {
    let root = folder("req/doorstop-own")?;
    Some(load(&root, &files(&root, ".yml"), read_doorstop))
}

#[test]
fn doorstop_stamps_are_computed_again() {
    let Some(set) = doorstop() else { return };
    let stated = |holds: Option<bool>| {
        let statements = set.items.iter().flat_map(|item| item.statements.iter().map(move |s| (item, s)));
        statements.filter(|(_, s)| s.holds == holds).map(|(item, _)| item.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(stated(Some(true)).len(), 45);
    assert_eq!(stated(None), ["EXT001", "EXT002"]);
    assert_eq!(stated(Some(false)), ["TUT017"]);
    let stamped =
        |holds| set.links().filter(|(_, l)| !l.attributes.is_empty() && l.holds == holds).collect::<Vec<_>>();
    assert_eq!((stamped(Some(true)).len(), stamped(None).len()), (33, 0));
    let [(from, Link { target, .. })] = stamped(Some(false))[..] else { panic!() };
    assert_eq!((from.id.as_str(), target.as_str()), ("HLT001", "TUT017"));
    // Measured: four documents; one file of settings for LaTeX and one template are no items.
    assert_eq!((set.items.len(), set.documents.len(), set.dangling().len()), (48, 4, 0));
    assert_eq!(set.findings.len(), 2);
    // The text is changed by one letter: its review and the links to it no longer hold.
    let item = set.items.iter().find(|item| item.id == "REQ003").unwrap();
    assert_eq!((item.title.as_str(), item.kind.as_str()), ("Identifiers", "REQ"));
}

#[test]
fn a_changed_doorstop_item_is_seen() {
    let Some(root) = folder("req/doorstop-own") else { return };
    let read = |path: &str| std::fs::read(root.join(path)).unwrap();
    let (config, child_config) = (read("reqs/.doorstop.yml"), read("reqs/tutorial/.doorstop.yml"));
    let (child, other) = (read("reqs/tutorial/TUT001.yml"), read("reqs/REQ004.yml"));
    let changed = String::from_utf8(read("reqs/REQ003.yml")).unwrap().replace("unique", "Unique");
    let set = read_doorstop(
        &[
            File { name: ".doorstop.yml", bytes: &config },
            File { name: "t/.doorstop.yml", bytes: &child_config },
            File { name: "t/TUT001.yml", bytes: &child },
            File { name: "REQ003.yml", bytes: changed.as_bytes() },
            File { name: "REQ004.yml", bytes: &other },
        ],
        &Limits::default(),
    )
    .unwrap();
    let links: Vec<_> = set.links().map(|(_, link)| (link.target.as_str(), link.holds)).collect();
    assert_eq!(links, [("REQ003", Some(false)), ("REQ004", Some(true))]);
    assert_eq!(set.items[1].statements[0].holds, Some(false));
}

#[test]
fn rdm_data() {
    let Some(root) = folder("req/innolitics-rdm") else { return };
    let data = root.join("rdm/init_files/data");
    let set = load(&data, &files(&data, ".yml"), read_rdm);
    // Counted by hand; all links but one lead to system requirements that are not part of the data.
    assert_eq!((set.items.len(), set.links().count(), set.dangling().len()), (17, 17, 16));
    let approvals: Vec<_> = set.items.iter().flat_map(|item| &item.statements).collect();
    assert_eq!((approvals.len(), approvals[0].meaning.as_str(), approvals[0].holds), (1, "approved", None));
    assert!(!approvals[0].by.is_empty() && approvals[0].source.file == "history.yml");
    assert_eq!(set.items.iter().filter(|item| item.made_up).count(), 5);
}

fn needs() -> Option<Vec<PathBuf>> {
    Some(files(&folder("req/sphinx-needs")?, ".json"))
}

fn read_one(path: &Path) -> Result<ForeignSet, Error> {
    read_needs(
        File { name: path.to_str().unwrap(), bytes: &std::fs::read(path).unwrap() },
        &Limits::default(),
    )
}

#[test]
fn needs_files_are_accepted_and_refused_by_name() {
    let Some(paths) = needs() else { return };
    let (mut accepted, mut refused) = (0, Vec::new());
    for path in &paths {
        let stem = name(path).trim_end_matches(".json").to_owned();
        // Schemas and variant data stand beside the exports and are none.
        let none = stem.starts_with("schema") || stem == "variant_data";
        let bad =
            ["_invalid", "_not_valid", "_no_needs", "_empty_file"].iter().any(|end| stem.ends_with(end));
        match read_one(path) {
            Ok(_) => {
                assert!(!none && !bad, "{}", path.display());
                accepted += 1;
            }
            Err(error) => {
                assert!(none || bad, "{}: {error}", path.display());
                if bad {
                    refused.push((stem, error.to_string()));
                }
            }
        }
    }
    assert_eq!((accepted, refused.len()), (19, 4), "{refused:?}");
}

/// Counted with another parser.
#[test]
fn needs_counts() {
    let Some(root) = folder("req/sphinx-needs/tests/doc_test") else { return };
    for (name, expected) in [
        ("doc_link_conditions/needs_test_conditions.json", (3, 3, 3)),
        ("doc_needs_builder/custom_needs_test.json", (3, 3, 2)),
        ("doc_needsfile/needs_errors.json", (4, 3, 2)),
        ("external_doc/needs_test.json", (14, 6, 0)),
        ("external_doc/needs_test_small.json", (3, 4, 2)),
        ("need_constraints/needs_test_small.json", (4, 1, 0)),
        ("needs_from_toml/folder/external_needs.json", (1, 0, 0)),
    ] {
        let set = read_one(&root.join(name)).unwrap();
        assert_eq!((set.items.len(), set.links().count(), set.dangling().len()), expected, "{name}");
    }
    let set = read_one(&root.join("doc_link_conditions/needs_test_conditions.json")).unwrap();
    let link = &set.items[0].links[0];
    assert_eq!(
        (link.target.as_str(), &link.attributes[0].value),
        ("REQ_001", &Value::Text("status==\"open\"".into()))
    );
}

#[test]
fn needs_come_back_without_loss() {
    let Some(paths) = needs() else { return };
    let mut done = 0;
    for path in &paths {
        let Ok(set) = read_one(path) else { continue };
        let written = write_needs(&set).unwrap();
        let before: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let after: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(after, before, "{}", path.display());
        let again = read_needs(File { name: "", bytes: written.as_bytes() }, &Limits::default()).unwrap();
        assert_eq!(again.without_places(), set.without_places(), "{}", path.display());
        done += 1;
    }
    assert_eq!(done, 19);
}

/// What our form keeps of an item, without what ReqIF gives ids to. Links to files come first in ReqIF.
fn kept(set: ForeignSet) -> Vec<impl PartialEq + std::fmt::Debug> {
    let attributes = |attributes: Vec<formats::requirements::Attribute>| {
        attributes.into_iter().map(|a| (a.name, a.value)).collect::<Vec<_>>()
    };
    let items = set.without_places().items.into_iter();
    items
        .map(|mut item| {
            item.links.sort_by_key(|link| !link.external);
            let links =
                item.links.into_iter().map(|l| (l.kind, l.target, l.external, attributes(l.attributes)));
            let links: Vec<_> = links.collect();
            (
                (item.id, item.label, item.kind, item.named.alternative, item.parent, item.position),
                item.title,
                item.text,
                attributes(item.attributes),
                links,
            )
        })
        .collect()
}

#[test]
fn sets_of_all_tools_survive_reqif() {
    let mut sets = Vec::new();
    sets.extend(sdoc("req/strictdoc-own-docs"));
    sets.extend(sdoc("req/zephyr-reqmgmt"));
    sets.extend(doorstop());
    for path in needs().unwrap_or_default() {
        sets.extend(read_one(&path).ok());
    }
    if sets.is_empty() {
        return;
    }
    assert_eq!(sets.len(), 22);
    for set in sets {
        let written = write_reqif(&set, "2026-01-01T00:00:00Z").unwrap();
        let file = File { name: "", bytes: written.as_bytes() };
        let again = read_reqif(file, &Limits::default()).unwrap();
        // Dangling links are findings in ReqIF; nothing else may be one.
        let other: Vec<_> =
            again.findings.iter().filter(|f| !f.reason.contains("is not in the set")).collect();
        assert!(other.is_empty(), "{other:?}");
        let again_written = write_reqif(&again, "2026-01-01T00:00:00Z").unwrap();
        let third =
            read_reqif(File { name: "", bytes: again_written.as_bytes() }, &Limits::default()).unwrap();
        assert_eq!(kept(again.clone()), kept(set));
        assert!(third.without_places() == again.without_places());
    }
}

#[test]
fn sets_of_other_tools_become_needs() {
    let Some(set) = doorstop() else { return };
    let written = write_needs(&set).unwrap();
    let again = read_needs(File { name: "", bytes: written.as_bytes() }, &Limits::default()).unwrap();
    let view = |set: &ForeignSet| -> Vec<_> {
        let links = |item: &formats::requirements::ForeignItem| {
            item.links.iter().map(|l| l.target.clone()).collect::<Vec<_>>()
        };
        set.items
            .iter()
            .map(|i| (i.id.clone(), i.kind.clone(), i.title.clone(), i.text.clone(), links(i)))
            .collect()
    };
    assert_eq!(view(&again), view(&set));
}
