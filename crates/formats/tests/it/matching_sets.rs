//! Verdicts over whole sets: what a record says about its own versions comes out again, and no "no" is silent.

use std::collections::BTreeMap;

use formats::advisory::{Advisory, Extent, read};
use formats::matching::{Component, Step, Verdict, assess};
use formats::purl::Purl;
use formats::vers::Comparator;

use crate::data;

fn load(folder: &str, ending: &str) -> Option<Vec<Advisory>> {
    let folder = data::folder(folder)?;
    let files = data::files(&folder, ending).into_iter().filter(|file| !file.ends_with("statements.json"));
    Some(files.flat_map(|file| read(&std::fs::read(file).unwrap()).unwrap().advisories).collect())
}

fn verdict(purl: &str, advisory: &Advisory) -> (Verdict, Vec<Step>) {
    let (purl, _) = Purl::read(purl).unwrap();
    let found = assess(&Component { purl: Some(&purl), ..Component::default() }, advisory, &[]);
    (found.verdict, found.steps)
}

#[test]
fn every_rustsec_bound_is_judged_as_it_says() {
    let Some(advisories) = load("vuln/rustsec-osv", ".json") else { return };
    let (mut affected, mut fixed) = (0, 0);
    for advisory in advisories.iter().filter(|a| a.withdrawn.is_none()) {
        for entry in &advisory.affected {
            let name = entry.coordinates.name.as_deref().unwrap();
            for rule in &entry.rules {
                let Extent::Range(vers) = &rule.extent else { panic!("{}", advisory.id) };
                for constraint in vers.constraints() {
                    let (found, steps) =
                        verdict(&format!("pkg:cargo/{name}@{}", constraint.version), advisory);
                    match constraint.comparator {
                        Comparator::GreaterOrEqual | Comparator::Equal | Comparator::LessOrEqual => {
                            assert_eq!(found, Verdict::Affected, "{} {constraint:?} {steps:?}", advisory.id);
                            affected += 1;
                        }
                        _ => {
                            assert_eq!(found, Verdict::Fixed, "{} {constraint:?} {steps:?}", advisory.id);
                            fixed += 1;
                        }
                    }
                }
            }
            let (found, _) = verdict(&format!("pkg:cargo/{name}-other@1.0.0"), advisory);
            assert_eq!(found, Verdict::NotAffected, "{}", advisory.id);
            let (found, _) = verdict(&format!("pkg:cargo/{name}@not-a-version"), advisory);
            let all =
                entry.rules.iter().all(|rule| matches!(&rule.extent, Extent::Range(vers) if vers.is_all()));
            assert!(found == Verdict::Undetermined || all, "{} {found:?}", advisory.id);
        }
    }
    assert_eq!((affected, fixed), (1447, 989));
}

#[test]
fn no_openssl_record_ends_as_a_silent_no() {
    let Some(advisories) = load("vuln/openssl-cve5", ".json") else { return };
    let mut counts: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    for version in ["0.9.8zh", "1.0.1f", "1.0.2zc-dev", "1.1.1w", "3.0.7", "3.0.7-acme", "n/a"] {
        for advisory in &advisories {
            let (found, steps) = verdict(&format!("pkg:generic/openssl@{version}"), advisory);
            *counts.entry((version, found)).or_default() += 1;
            if matches!(found, Verdict::NotAffected | Verdict::Fixed) {
                let excluded =
                    steps.iter().filter(|step| matches!(step, Step::RuleDoesNotHold { .. })).count();
                let entries: usize = advisory.affected.iter().map(|entry| entry.rules.len()).sum();
                assert_eq!(excluded, entries, "{} {version}: {steps:?}", advisory.id);
            }
        }
    }
    let count = |version, verdict| counts.get(&(version, verdict)).copied().unwrap_or(0);
    let open = |version| count(version, Verdict::Undetermined);
    // One record speaks of the FIPS module's own versions.
    for (version, affected) in
        [("0.9.8zh", 0), ("1.0.1f", 68), ("1.0.2zc-dev", 30), ("1.1.1w", 24), ("3.0.7", 55)]
    {
        assert_eq!((count(version, Verdict::Affected), open(version)), (affected, 1), "{version}");
    }
    // A build of somebody's own is open exactly where 3.0.7 itself bounds a range.
    assert_eq!((count("3.0.7-acme", Verdict::Affected), open("3.0.7-acme")), (54, 4));
    assert_eq!(open("n/a"), 272);
}
