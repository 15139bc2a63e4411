//! The keys of the index miss nothing: whatever two share no key, assessing them finds nothing but another product.

use formats::advisory::{Advisory, read};
use formats::matching::{Component, Keys, Step, Verdict, assess};
use formats::purl::Purl;
use formats::sbom;

use crate::data;

/// A component of its own: what [`Component`] borrows.
struct Owned {
    name: String,
    version: Option<String>,
    vendor: Option<String>,
    purl: Option<Purl>,
    cpes: Vec<String>,
}

impl Owned {
    fn borrowed(&self) -> Component<'_> {
        Component {
            name: Some(&self.name),
            version: self.version.as_deref(),
            vendor: self.vendor.as_deref(),
            purl: self.purl.as_ref(),
            cpes: &self.cpes,
        }
    }
}

fn odd(name: &str, vendor: Option<&str>, purl: Option<&str>, cpes: &[&str]) -> Owned {
    Owned {
        name: name.to_owned(),
        version: Some("1.0".to_owned()),
        vendor: vendor.map(str::to_owned),
        purl: purl.map(|text| Purl::read(text).unwrap().0),
        cpes: cpes.iter().map(|&cpe| cpe.to_owned()).collect(),
    }
}

fn components(folder: &std::path::Path) -> Vec<Owned> {
    let mut all = Vec::new();
    for path in data::files(folder, ".json") {
        let Ok(read) =
            sbom::read(std::io::Cursor::new(std::fs::read(&path).unwrap()), &sbom::Limits::default())
        else {
            continue;
        };
        all.extend(read.sbom.components.iter().step_by(3).map(|c| Owned {
            name: c.name.to_string(),
            version: c.version.as_deref().map(str::to_owned),
            vendor: c.supplier.as_ref().map(|party| party.name.to_string()),
            purl: c.purls.first().and_then(|purl| Purl::read(purl).ok()).map(|(purl, _)| purl),
            cpes: c.cpes.iter().map(ToString::to_string).collect(),
        }));
    }
    all.extend([
        odd("", None, None, &[]),
        odd("OpenSSL", Some("OpenSSL Software Foundation"), None, &[]),
        odd("openssl-libs", Some("OpenSSL"), None, &["cpe:2.3:a:openssl:openssl:3.0.1:*:*:*:*:*:*:*"]),
        odd("x", None, None, &["cpe:2.3:o:freertos:*:*:*:*:*:*:*:*:*", "no cpe"]),
        odd("y", None, None, &["no cpe"]),
        odd("___", None, Some("pkg:generic/___@1"), &[]),
        odd("libssl", None, Some("pkg:deb/libssl3@3.0.2?distro=debian-12&upstream=openssl"), &[]),
        odd("Patient Monitor B", Some("Philips"), None, &[]),
        odd("Patient", Some("Philips"), None, &[]),
    ]);
    all
}

#[test]
fn what_shares_no_key_is_another_product() {
    let Some(boms) = data::folder("sbom") else { return };
    let mut advisories: Vec<Advisory> = Vec::new();
    for (set, ending, step) in [
        ("vuln/rustsec-osv", ".json", 9),
        ("vuln/oss-fuzz-osv", ".yaml", 9),
        ("vuln/openssl-cve5", ".json", 9),
        ("vuln/cisa-csaf-medical", ".json", 7),
        ("vuln/osv-schema", ".json", 1),
        ("vuln/csaf-conformance", ".json", 5),
    ] {
        let Some(folder) = data::folder(set) else { return };
        for path in data::files(&folder, ending).iter().step_by(step) {
            advisories
                .extend(read(&std::fs::read(path).unwrap()).map_or_else(|_| Vec::new(), |c| c.advisories));
        }
    }
    let components = components(&boms);
    assert!(
        components.len() > 1_500 && advisories.len() > 300,
        "{} × {}",
        components.len(),
        advisories.len()
    );
    let keyed: Vec<Keys> = components.iter().map(|c| Keys::of_component(&c.borrowed())).collect();
    let (mut apart, mut met, mut looked) = (0_u64, 0_u64, 0_u64);
    for (n, advisory) in advisories.iter().enumerate() {
        let products: Vec<Keys> =
            advisory.affected.iter().map(|a| Keys::of_product(&a.coordinates)).collect();
        for (at, (component, keys)) in components.iter().zip(&keyed).enumerate() {
            let meets = advisory.affected.is_empty() || products.iter().any(|product| product.meets(keys));
            met += u64::from(meets);
            // Every odd component against everything, of the others a changing tenth.
            if meets || (at + n) % 10 != 0 && at + 9 < components.len() {
                apart += u64::from(!meets);
                continue;
            }
            looked += 1;
            let found = assess(&component.borrowed(), advisory, &[]);
            let other = |s: &Step| matches!(s, Step::OtherProduct { .. } | Step::Withdrawn { .. });
            assert!(
                found.verdict == Verdict::NotAffected && found.steps.iter().all(other),
                "{:?} and {}: {:?}",
                component.borrowed(),
                advisory.id,
                found.steps
            );
        }
    }
    println!("{met} pairs meet, {} do not, of which {looked} were assessed", apart + looked);
    assert!(
        met * 5 < apart + looked,
        "the keys must spare most of the work: {met} of {}",
        apart + looked + met
    );
}
