//! Our own dependencies against the RustSec set, by our own matcher: the check that a download of advisories would be.

use formats::advisory::{Advisory, read};
use formats::matching::{Component, Verdict, assess};
use formats::purl::Purl;

use crate::data;

/// Advisories on packages that stand in the lock file and are not built: an optional dependency that no feature of ours
/// turns on. The test asks cargo whether that is still so.
const NOT_BUILT: &[(&str, &str)] = &[
    // ssh-key names it for RSA keys, which we refuse.
    ("RUSTSEC-2023-0071", "rsa"),
];

/// Advisories on packages that typesetting brings along, with the reason why they stay. Typst is handed templates of ours and
/// values as data, never a document, style or picture from outside.
const NOT_REACHED: &[(&str, &str, &str)] = &[
    ("RUSTSEC-2026-0194", "quick-xml", "0.38 reads bibliography styles, which no template of ours uses"),
    ("RUSTSEC-2026-0195", "quick-xml", "0.38 reads bibliography styles, which no template of ours uses"),
    (
        "RUSTSEC-2024-0320",
        "yaml-rust",
        "unmaintained; reads syntax definitions, which no template of ours loads",
    ),
    ("RUSTSEC-2024-0436", "paste", "unmaintained; a macro that has run when the program is built"),
    ("RUSTSEC-2025-0141", "bincode", "unmaintained; reads syntax definitions that typst itself carries"),
    ("RUSTSEC-2026-0192", "ttf-parser", "unmaintained; reads the fonts that typst itself carries"),
    ("RUSTSEC-2026-0206", "rustybuzz", "unmaintained; shapes text with the fonts that typst itself carries"),
];

/// Whether a package is part of what is built, on this machine's target.
fn is_built(name: &str) -> bool {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--workspace", "--edges", "normal,build", "--invert", name])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    !tree.stdout.is_empty()
}

#[test]
fn no_locked_package_is_affected_by_an_advisory() {
    let Some(folder) = data::folder("vuln/rustsec-osv") else { return };
    let advisories: Vec<Advisory> = data::files(&folder, ".json")
        .iter()
        .filter(|file| !file.ends_with("statements.json"))
        .flat_map(|file| read(&std::fs::read(file).unwrap()).unwrap().advisories)
        .collect();
    assert_eq!(advisories.len(), 1205);
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let (mut packages, mut open, mut stays) = (0, Vec::new(), Vec::new());
    for block in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
            line.and_then(|rest| rest.strip_suffix('"'))
        };
        // Our own crates have no source.
        if field("source").is_none() {
            continue;
        }
        packages += 1;
        let (name, version) = (field("name").unwrap(), field("version").unwrap());
        let (purl, _) = Purl::read(&format!("pkg:cargo/{name}@{version}")).unwrap();
        let component = Component { purl: Some(&purl), ..Component::default() };
        for advisory in &advisories {
            let found = assess(&component, advisory, &[]);
            let idle = NOT_BUILT.iter().any(|(id, of)| (*id, *of) == (&*advisory.id, name) && !is_built(of));
            if !matches!(found.verdict, Verdict::Affected | Verdict::Undetermined) || idle {
                continue;
            }
            let known = NOT_REACHED.iter().find(|(id, of, _)| (*id, *of) == (&*advisory.id, name));
            // The quick-xml that reads what comes from outside is ours, and newer.
            if let Some((id, ..)) = known.filter(|_| name != "quick-xml" || version.starts_with("0.38.")) {
                stays.push(*id);
            } else {
                open.push(format!("{name} {version}: {} {:?}", advisory.id, found.verdict));
            }
        }
    }
    assert!(packages > 50, "{packages} packages: the lock file was not read");
    assert!(open.is_empty(), "{open:#?}");
    for (id, of, _) in NOT_REACHED {
        assert!(stays.contains(id), "{id} does not concern {of} any more: take it off the list");
    }
}

#[test]
fn what_is_built_is_told_from_what_is_only_locked() {
    assert!(is_built("serde_json"));
}
