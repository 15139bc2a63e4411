//! Published proof vectors: every file of each group, with the number of files known beforehand.

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use serde_json::Value;
use tlog::Hash;
use tlog::proof::{
    verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};

use crate::data;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// A hash of another length than 32 bytes cannot be expressed in our types: it is refused where it is read.
fn hash(value: &Value) -> Option<Hash> {
    let bytes = Base64::decode_vec(value.as_str().unwrap()).unwrap();
    Some(Hash(bytes.try_into().ok()?))
}

/// The roots of consistency vectors are byte strings that are only compared, some of them of another length
/// ("don't care"): those become their digest, which keeps equal ones equal and different ones different.
fn root(value: &Value) -> Option<Hash> {
    hash(value).or_else(|| Some(Hash::of(&Base64::decode_vec(value.as_str()?).ok()?)))
}

fn proof(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().map_or_else(|| Some(Vec::new()), |list| list.iter().map(hash).collect())
}

/// Runs a group and asserts how many vectors it has that must verify and that must be refused.
fn group(name: &str, good: usize, bad: usize, verify: impl Fn(&Value, &dyn Fn(&str) -> u64) -> Option<bool>) {
    let Some(folder) = data::folder("vectors/merkle-proofs/testdata") else { return };
    let mut paths = Vec::new();
    files(&folder.join(name), &mut paths);
    let mut counts = [0, 0];
    for path in paths {
        let vector: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let refused = vector["wantErr"].as_bool().unwrap();
        let number = |field: &str| vector[field].as_u64().unwrap();
        let verified = verify(&vector, &number).unwrap_or(false);
        assert_eq!(verified, !refused, "{}", path.display());
        counts[usize::from(refused)] += 1;
    }
    assert_eq!(counts, [good, bad], "vectors of {name} that must verify, that must be refused");
}

#[test]
fn inclusion() {
    group("inclusion", 6, 92, |v, n| {
        let proof = proof(&v["proof"])?;
        Some(
            verify_inclusion(n("leafIdx"), n("treeSize"), &hash(&v["leafHash"])?, &proof, &hash(&v["root"])?)
                .is_ok(),
        )
    });
}

#[test]
fn consistency() {
    group("consistency", 6, 92, |v, n| {
        let (proof, old, new) = (proof(&v["proof"])?, root(&v["root1"])?, root(&v["root2"])?);
        Some(verify_consistency(n("size1"), n("size2"), &proof, &old, &new).is_ok())
    });
}

#[test]
fn subtree_inclusion() {
    group("subtreeinclusion", 12, 192, |v, n| {
        let (proof, leaf, root) = (proof(&v["proof"])?, hash(&v["leafHash"])?, hash(&v["root"])?);
        Some(verify_subtree_inclusion(n("leafIdx"), n("start"), n("end"), &leaf, &proof, &root).is_ok())
    });
}

#[test]
fn subtree_consistency() {
    group("subtreeconsistency", 12, 106, |v, n| {
        let (proof, part, root) = (proof(&v["proof"])?, root(&v["root1"])?, root(&v["root2"])?);
        Some(verify_subtree_consistency(n("start"), n("end"), n("size"), &proof, &part, &root).is_ok())
    });
}
