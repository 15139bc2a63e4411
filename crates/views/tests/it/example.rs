//! The example product: what its README says of each advisory and release is what the rules come to.

use formats::matching::Verdict;

use crate::stage::{Stage, everything, steps, verdict};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/infusion-pump");
const RELEASES: [(&str, &str, &str); 5] = [
    ("firmware", "2.0.0", "firmware-2.0.0"),
    ("firmware", "2.1.0", "firmware-2.1.0"),
    ("firmware", "2.1.1", "firmware-2.1.1"),
    ("app", "1.6.2", "app-1.6.2"),
    ("service", "3.4.0", "cloud-3.4.0"),
];

fn text(path: &str) -> String {
    std::fs::read_to_string(format!("{EXAMPLE}/{path}")).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn told() -> Stage {
    let mut stage = Stage::new();
    for (n, (item, version, file)) in (1u8..).zip(RELEASES) {
        let bom = text(&format!("sbom/{file}.cdx.json"));
        stage.release_of(item, "main", version, &[&bom], &[(item, n)]);
    }
    let mut files: Vec<_> =
        std::fs::read_dir(format!("{EXAMPLE}/advisories")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files.sort();
    assert_eq!(files.len(), 9);
    for file in files {
        stage.advisory(&std::fs::read_to_string(file).unwrap());
    }
    stage
}

#[test]
fn the_example_comes_to_what_its_readme_says() {
    let stage = told();
    let table = text("advisories/README.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| CVE-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 9);
    let mut seen = 0;
    for row in rows {
        let answer = stage.ask(&everything(row[0]));
        for ((item, version, _), cell) in RELEASES.iter().zip(&row[2..]) {
            let expected = match *cell {
                "-" | "not affected, by version" => Verdict::NotAffected,
                cell if cell.starts_with("affected") => Verdict::Affected,
                "fixed" => Verdict::Fixed,
                "undetermined" => Verdict::Undetermined,
                other => panic!("{other}"),
            };
            let label = format!("{item} {version}");
            let steps = steps(&answer, &label);
            assert_eq!(verdict(&answer, &label), expected, "{} in {label}: {steps}", row[0]);
            // What has no component of that name says so; everything else has a step that names the advisory.
            assert_eq!(*cell == "-", steps.starts_with("none of the "), "{} in {label}: {steps}", row[0]);
            assert!(*cell == "-" || steps.contains(row[0]), "{steps}");
            seen += 1;
        }
    }
    assert_eq!(seen, 45);
}

#[test]
fn a_component_has_its_path_in_the_release() {
    let stage = told();
    let answer = stage.ask(&everything("CVE-2025-27809"));
    let release = answer.releases.iter().find(|r| r.release.label() == "firmware 2.1.0").unwrap();
    let found = release.components.iter().find(|c| c.judged.verdict == Verdict::Affected).unwrap();
    let path = found.paths.first().unwrap();
    assert_eq!(path.first().map(String::as_str), Some("infusion-pump-firmware 2.1.0"), "{path:?}");
    assert!(path.len() >= 3 && path.last().is_some_and(|last| last.contains("3.6.2")), "{path:?}");
    let json = answer.to_json();
    let first = &json["releases"][0];
    assert_eq!(first["verdict"], "affected", "{first}");
    for key in ["release", "component", "verdict", "steps", "path"] {
        assert!(!first[key].is_null(), "{key} in {first}");
    }
}

#[test]
fn who_carries_a_component_is_answered_by_package_and_version() {
    let stage = told();
    let carried = |purl: &str| {
        let answer = stage.ask(&everything(purl));
        RELEASES.map(|(item, version, _)| verdict(&answer, &format!("{item} {version}")) == Verdict::Affected)
    };
    assert_eq!(carried("pkg:generic/zlib"), [true, true, true, false, true]);
    assert_eq!(carried("pkg:generic/zlib@1.3.1"), [false, true, true, false, true]);
    assert_eq!(carried("pkg:npm/zlib"), [false; 5]);
}
