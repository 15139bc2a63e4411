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
    let (mut packages, mut open) = (0, Vec::new());
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
            if matches!(found.verdict, Verdict::Affected | Verdict::Undetermined) && !idle {
                open.push(format!("{name} {version}: {} {:?}", advisory.id, found.verdict));
            }
        }
    }
    assert!(packages > 50, "{packages} packages: the lock file was not read");
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn what_is_built_is_told_from_what_is_only_locked() {
    assert!(is_built("serde_json"));
}
