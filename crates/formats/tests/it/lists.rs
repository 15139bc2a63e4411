//! Component lists of Buildroot and ESP-IDF.

use std::fs::File;
use std::io::BufReader;

use formats::sbom::list::{pkg_stats, read_esp_idf, read_manifest};
use formats::sbom::{Limits, RelationKind};

use crate::data;

#[test]
fn buildroot() {
    let Some(folder) = data::folder("sbom/buildroot/tests/_data") else { return };
    let open = |name: &str| BufReader::new(File::open(folder.join(name)).unwrap());
    let sbom = read_manifest(open("manifest.csv"), &Limits::default()).unwrap();
    assert_eq!(sbom.components.len(), 92);
    let attr = sbom.components.iter().find(|c| &*c.name == "attr").unwrap();
    assert_eq!(attr.version.as_deref(), Some("2.4.48"));
    let needs: Vec<&str> = sbom
        .relationships
        .iter()
        .filter(|r| &*r.from == "attr" && r.kind == RelationKind::DEPENDS_ON)
        .map(|r| match &r.to {
            formats::sbom::Target::Ref(to) => &**to,
            _ => "",
        })
        .collect();
    assert_eq!(needs, ["skeleton-init-common", "skeleton-init-systemd", "toolchain-external-laird-arm"]);
    for (name, packages) in [("manifest_simple.csv", 2), ("raspi_manifest.csv", 5)] {
        assert!(
            read_manifest(open(name), &Limits::default()).unwrap().components.len() <= packages,
            "{name}"
        );
    }
    let list = pkg_stats(open("cpe_data_show_pkg_stats.json"), &Limits::default()).unwrap();
    assert_eq!(list.sbom.components.len(), 47);
    assert_eq!((list.found.len(), list.exclusions.len()), (84, 13));
    assert!(
        list.sbom.components.iter().any(|c| c.cpes.iter().any(|cpe| cpe.contains(":gnu:automake:1.16.5:")))
    );
}

#[test]
fn esp_idf() {
    let Some(folder) = data::folder("sbom/esp-idf-manifests/aggregated_manifests") else { return };
    let (mut files, mut components, mut exclusions, mut with_cpe) = (0, 0, 0, 0);
    for path in data::files(&folder, "") {
        let list = read_esp_idf(BufReader::new(File::open(&path).unwrap()), &Limits::default())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        files += 1;
        components += list.sbom.components.len();
        exclusions += list.exclusions.len();
        with_cpe += list.sbom.components.iter().filter(|c| !c.cpes.is_empty()).count();
        assert!(list.exclusions.iter().all(|e| e.cve.starts_with("CVE-") && !e.reason.is_empty()));
        assert!(list.sbom.components.iter().all(|c| c.cpes.iter().all(|cpe| !cpe.contains("{}"))));
    }
    assert_eq!((files, components, exclusions, with_cpe), (46, 676, 187, 514));
}
