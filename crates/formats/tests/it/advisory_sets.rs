//! Every advisory of the shared sets is read, with the counts that the sets state.

use std::collections::BTreeMap;

use formats::advisory::{Advisory, Error, Extent, Format, Status, read};
use formats::kev;

use crate::data;

fn one(path: &std::path::Path) -> Advisory {
    let contents = read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(contents.advisories.len(), 1, "{}", path.display());
    contents.advisories.into_iter().next().unwrap()
}

fn extents<'a>(advisories: impl IntoIterator<Item = &'a Advisory>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let rules = advisories.into_iter().flat_map(|a| &a.affected).flat_map(|a| &a.rules);
    for rule in rules {
        let kind = match rule.extent {
            Extent::Range(_) => "range",
            Extent::Listed { .. } => "listed",
            Extent::Commits { .. } => "commits",
            _ => "unreadable",
        };
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

#[test]
fn rustsec_loads_whole() {
    let Some(folder) = data::folder("vuln/rustsec-osv") else { return };
    let advisories: Vec<Advisory> = data::files(&folder, ".json").iter().map(|path| one(path)).collect();
    let count = |keep: fn(&Advisory) -> bool| advisories.iter().filter(|a| keep(a)).count();
    assert_eq!(advisories.len(), 1205);
    assert_eq!(count(|a| a.withdrawn.is_some()), 13);
    assert_eq!(count(|a| a.informational.is_some()), 475);
    assert_eq!(count(|a| !a.aliases.is_empty()), 798);
    // Four records have an interval that ends where it begins.
    let flagged: Vec<&str> =
        advisories.iter().filter(|a| !a.findings.is_empty()).map(|a| a.id.as_str()).collect();
    assert_eq!(flagged, ["RUSTSEC-2022-0012", "RUSTSEC-2023-0039", "RUSTSEC-2024-0399", "RUSTSEC-2026-0149"]);
    assert_eq!(extents(&advisories), BTreeMap::from([("range", 1205)]));
    let tagged: Vec<_> = advisories.iter().flat_map(|a| &a.severities).collect();
    assert!(tagged.iter().all(|s| s.score.is_some() != (s.kind == formats::advisory::SeverityKind::Cvss4)));
    assert_eq!(tagged.len(), 359 + 57);
}

#[test]
fn oss_fuzz_loads_whole() {
    let Some(folder) = data::folder("vuln/oss-fuzz-osv") else { return };
    let advisories: Vec<Advisory> = data::files(&folder, ".yaml").iter().map(|path| one(path)).collect();
    assert_eq!(advisories.len(), 579);
    assert_eq!(advisories.iter().filter(|a| a.withdrawn.is_some()).count(), 5);
    let listed = advisories
        .iter()
        .flat_map(|a| &a.affected)
        .filter(|a| a.rules.iter().any(|rule| matches!(rule.extent, Extent::Listed { .. })));
    assert_eq!(listed.count(), 146);
    assert!(advisories.iter().all(|a| a.affected.iter().all(|a| a.coordinates.usable().is_ok())));
    // Two records have neither commits nor versions; they stay open.
    assert_eq!(extents(&advisories), BTreeMap::from([("commits", 577), ("listed", 146), ("unreadable", 2)]));
}

#[test]
fn openssl_cve_records_say_something_about_every_version() {
    let Some(folder) = data::folder("vuln/openssl-cve5") else { return };
    let files: Vec<_> =
        data::files(&folder, ".json").into_iter().filter(|f| !f.ends_with("statements.json")).collect();
    let advisories: Vec<Advisory> = files.iter().map(|path| one(path)).collect();
    assert_eq!(advisories.len(), 272);
    // The FIPS module has versions of its own; its one record stays open instead of becoming a "no".
    let open: Vec<&str> =
        advisories.iter().filter(|a| !a.findings.is_empty()).map(|a| a.id.as_str()).collect();
    assert_eq!(open, ["CVE-2007-5502"]);
    assert_eq!(extents(&advisories), BTreeMap::from([("range", 687), ("unreadable", 1)]));
    let heartbleed = advisories.iter().find(|a| a.id == "CVE-2014-0160").unwrap();
    let affected = &heartbleed.affected[0];
    let holds = |version: &str| {
        affected.rules.iter().any(|rule| match &rule.extent {
            Extent::Range(vers) => rule.status == Status::Affected && vers.contains(version) == Ok(true),
            _ => false,
        })
    };
    assert!(holds("1.0.1") && holds("1.0.1f") && !holds("1.0.1g") && !holds("1.0.0t"));
    assert_eq!(affected.fixed, ["1.0.1g"]);
    // The file of remarks beside the records is none of the formats, and says so.
    let remarks = std::fs::read(folder.join("secjson/statements.json")).unwrap();
    assert_eq!(read(&remarks), Err(Error::UnknownFormat));
}

#[test]
fn the_catalogue_of_exploited_vulnerabilities_is_the_same_in_both_forms() {
    let Some(folder) = data::folder("vuln/cisa-kev") else { return };
    let bytes = |ending: &str| {
        std::fs::read(folder.join(format!("known_exploited_vulnerabilities.{ending}"))).unwrap()
    };
    let json = kev::from_json(&bytes("json")).unwrap();
    let csv = kev::from_csv(&bytes("csv")).unwrap();
    for (form, read) in [("json", &json), ("csv", &csv)] {
        assert_eq!(kev::recognise(&bytes(form)), Some(Ok(read.clone())));
        assert_eq!(kev::from_canonical(&kev::to_canonical(read)).as_ref(), Ok(read));
    }
    assert_eq!(kev::recognise(b"{}"), None);
    assert_eq!(json.version.as_deref(), Some("2025.08.25"));
    assert_eq!((json.entries.len(), csv.entries.len()), (1404, 1404));
    let differ: Vec<_> =
        json.entries.values().filter(|entry| csv.entries.get(&entry.cve) != Some(*entry)).collect();
    assert_eq!(differ, Vec::<&kev::Entry>::new());
}

#[test]
fn osv_of_many_databases_loads_and_irregular_records_are_flagged() {
    let Some(folder) = data::folder("vuln/osv-schema/tools") else { return };
    let mut read_whole = 0;
    for path in data::files(&folder, ".json") {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(contents) = read(&bytes) else { continue };
        let name = path.file_name().unwrap().to_str().unwrap();
        if contents.format != Format::Osv {
            continue;
        }
        read_whole += 1;
        let irregular = contents.advisories.iter().any(|a| !a.findings.is_empty());
        if name.starts_with("nondistinct") || name.starts_with("nointroduced") {
            assert!(irregular, "{name}");
        }
    }
    assert_eq!(read_whole, 25);
}

#[test]
fn vex_examples_give_statements() {
    let Some(folder) = data::folder("sbom/cyclonedx-bom-examples/VEX") else { return };
    let mut states: BTreeMap<Status, usize> = BTreeMap::new();
    let files = data::files(&folder, "vex.json");
    for path in &files {
        let contents =
            read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(contents.format, Format::CycloneDx);
        for statement in &contents.statements {
            *states.entry(statement.status).or_default() += 1;
            // One example names no product: it is kept, and flagged.
            assert_eq!(statement.products.is_empty(), path.ends_with("Use-Cases/Case-7/vex.json"));
            assert!(!statement.products.is_empty() || !statement.findings.is_empty());
        }
    }
    let expected = [
        (Status::Affected, 14),
        (Status::NotAffected, 81),
        (Status::Fixed, 6),
        (Status::UnderInvestigation, 7),
    ];
    assert_eq!((files.len(), states), (21, BTreeMap::from(expected)));
}

/// The examples that stand in the specification, those that are JSON.
#[test]
fn the_examples_of_the_openvex_specification_are_read_or_refused_with_a_place() {
    let Some(folder) = data::folder("vuln/openvex-spec") else { return };
    let text = data::text(&folder, "OPENVEX-SPEC.md");
    let (mut statements, mut refused) = (0, Vec::new());
    for block in text.split("```json").skip(1).filter_map(|rest| rest.split("```").next()) {
        if !block.contains("@context") {
            continue;
        }
        match read(block.as_bytes()) {
            Ok(contents) => {
                assert_eq!(contents.format, Format::OpenVex);
                statements += contents.statements.len();
            }
            Err(error) => refused.push(error.to_string()),
        }
    }
    // Two examples have a comma too many, which JSON does not allow.
    assert_eq!(statements, 2);
    assert!(refused.len() == 2 && refused.iter().all(|r| r.contains("line") && r.contains("trailing comma")));
}
