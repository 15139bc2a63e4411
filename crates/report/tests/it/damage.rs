//! Every kind of damage is found and named: bytes changed in a member, and members changed with all digests put right again, as
//! someone would who means to mislead.

use std::io::Cursor;

use report::index::{Index, SCHEMA};
use report::verify::Problem;
use report::zip::{Archive, Method, Writer};
use serde_json::Value;
use tlog::Hash;

use crate::good::verified;
use crate::story::{SERIALS, Story};

type Members = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Members {
    let mut archive = Archive::open(Cursor::new(bytes.to_vec())).expect("a package");
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    names.into_iter().map(|n| (n.clone(), archive.read(&n).expect("a member"))).collect()
}

fn pack(members: &Members) -> Vec<u8> {
    let mut w = Writer::new(Vec::new());
    for (name, bytes) in members {
        w.member(name, bytes, Method::Stored).expect("written");
    }
    w.finish().expect("finished").0
}

/// Changes members and leaves the index as it was.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Members)) -> Vec<u8> {
    let mut members = unpack(bytes);
    change(&mut members);
    pack(&members)
}

/// Changes members and the index, and puts all digests right.
fn forged(bytes: &[u8], change: impl FnOnce(&mut Members, &mut Index)) -> Vec<u8> {
    let mut members = unpack(bytes);
    let mut index = Index::parse(member(&mut members, "index.json")).expect("an index");
    change(&mut members, &mut index);
    index.members.retain(|m| members.iter().any(|(name, _)| *name == m.path));
    for m in &mut index.members {
        let bytes = &members.iter().find(|(name, _)| *name == m.path).expect("listed").1;
        (m.sha256, m.bytes) = (Hash::of(bytes).to_string(), bytes.len() as u64);
    }
    let digest = Hash::of(&index.bytes()).to_string();
    *member(&mut members, "index.json") = index.bytes();
    if let Some((_, documents)) = members.iter_mut().find(|(name, _)| name == "documents.json") {
        let mut list: Value = serde_json::from_slice(documents).expect("a list");
        list["evidence"] = digest.into();
        *documents = serde_json::to_vec(&list).expect("JSON");
    }
    pack(&members)
}

fn member<'m>(members: &'m mut Members, name: &str) -> &'m mut Vec<u8> {
    &mut members.iter_mut().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn flip(bytes: &mut [u8]) {
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
}

fn problems(bytes: &[u8]) -> Vec<Problem> {
    verified(bytes, None).expect("a package").problems
}

fn names(found: &[Problem], member: &str, says: &str) {
    assert!(found.iter().any(|p| p.member == member && p.what.contains(says)), "{member}, {says}: {found:?}");
}

#[test]
fn one_changed_byte_in_any_member_is_named() {
    let story = Story::tell();
    let (bytes, _) = story.package(&format!("device:{}", SERIALS[0]), None, cfg!(feature = "pdf"));
    assert_eq!(problems(&bytes), []);
    for (name, content) in unpack(&bytes) {
        if content.is_empty() {
            continue;
        }
        let other = changed(&bytes, |m| flip(member(m, &name)));
        match verified(&other, Some(&story.policy())) {
            Ok(r) => assert!(r.problems.iter().any(|p| p.member == name), "{name}: {:?}", r.problems),
            // An index that is no index any more.
            Err(e) => assert!(name == "index.json" && e.to_string().contains("index.json"), "{name}: {e}"),
        }
    }
}

#[test]
fn members_that_are_missing_or_more_than_stated_are_named() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", None, false);
    for name in ["checkpoint", "hashes", "trust.policy", "tables/releases.jsonl", "entries/000000.cborseq"] {
        let other = changed(&bytes, |m| m.retain(|(n, _)| n != name));
        names(&problems(&other), name, "missing");
    }
    let other = changed(&bytes, |m| m.push(("tables/extra.jsonl".into(), Vec::new())));
    names(&problems(&other), "tables/extra.jsonl", "index.json does not state it");
    let other = changed(&bytes, |m| m.push(("documents/letter.pdf".into(), b"%PDF".to_vec())));
    names(&problems(&other), "documents/letter.pdf", "documents.json does not state it");
    let blob = unpack(&bytes).into_iter().find(|(n, _)| n.starts_with("blobs/")).expect("a blob").0;
    let other = forged(&bytes, |m, _| m.retain(|(n, _)| *n != blob));
    names(&problems(&other), &blob, "neither there nor said to be missing");
}

#[test]
fn who_claims_to_be_another_version_is_not_believed_beyond_the_entries() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", None, false);
    let look = |bytes: &[u8]| verified(bytes, None).expect("readable");
    assert!(look(&bytes).holds_throughout());
    let other = forged(&bytes, |_, index| {
        index.generator.version = "0.1.1".into();
        // Right by its table, and called something that it is not.
        let figure = index.figures.iter_mut().find(|f| f.table == "corrections").expect("a figure");
        figure.title = "Devices affected".into();
    });
    let found = look(&other);
    assert!(found.holds() && found.foreign && !found.holds_throughout(), "{:?}", found.problems);
    assert!(found.unchecked.iter().any(|line| line.contains("the figure `")), "{:?}", found.unchecked);
    assert!(found.figures < found.index.figures.len() as u64);
    let flattering = forged(&bytes, |_, index| index.about = "judged safe by everybody".into());
    names(&problems(&flattering), "index.json", "not its scope in words");
}

#[test]
fn forged_members_with_right_digests_are_found_by_what_they_say() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", None, false);
    assert_eq!(problems(&forged(&bytes, |_, _| {})), [], "nothing changed, nothing found");

    // A row that flatters, and the figure that would follow from it.
    let other = forged(&bytes, |m, _| {
        let table = member(m, "tables/vulnerabilities.jsonl");
        *table =
            String::from_utf8(table.clone()).expect("text").replace("affected", "not_affected").into_bytes();
    });
    names(&problems(&other), "tables/vulnerabilities.jsonl", "not those that the entries give");
    let other = forged(&bytes, |m, _| {
        let table = member(m, "tables/devices.jsonl");
        *table = String::from_utf8(table.clone())
            .expect("text")
            .replace("firmware 1.0.0", "firmware 1.1.0")
            .into_bytes();
    });
    names(&problems(&other), "tables/devices.jsonl", "not those that the entries give");
    let other = forged(&bytes, |m, _| {
        let table = member(m, "tables/trace.jsonl");
        *table = String::from_utf8(table.clone()).expect("text").replace("refines", "verifies").into_bytes();
    });
    names(&problems(&other), "tables/trace.jsonl", "not those that the entries give");
    let other = forged(&bytes, |_, i| {
        i.figures.iter_mut().filter(|f| f.name == "affected").for_each(|f| f.value = 0.into());
    });
    names(&problems(&other), "index.json", "the figure `affected` is not what its table gives");
    let other = forged(&bytes, |_, i| {
        i.figures.iter_mut().filter(|f| f.name == "affected").for_each(|f| {
            f.conditions.insert("status".into(), "fixed".into());
            f.value = 0.into();
        });
    });
    names(&problems(&other), "index.json", "defined otherwise");

    // A blob under a name that is not its digest.
    let blob = unpack(&bytes).into_iter().find(|(n, _)| n.starts_with("blobs/")).expect("a blob").0;
    let other = forged(&bytes, |m, _| flip(member(m, &blob)));
    names(&problems(&other), &blob, "its digest is not its name");

    // The tree: an entry changed, an entry left out, a hash too many.
    let other = forged(&bytes, |m, _| {
        let entries = member(m, "entries/000000.cborseq");
        let at = entries.len() - 20;
        entries[at] ^= 1; // In the signature of the last entry.
    });
    names(&problems(&other), "entries/000000.cborseq", "the proof of authorship does not hold");
    let other = forged(&bytes, |m, _| member(m, "hashes").extend([0; 32]));
    names(&problems(&other), "hashes", "more hashes");
    let other = forged(&bytes, |m, _| member(m, "hashes").push(0));
    names(&problems(&other), "hashes", "not a list of hashes");

    // The checkpoint: another root, no signature that counts.
    let other = forged(&bytes, |m, _| {
        let note = member(m, "checkpoint");
        *note = String::from_utf8(note.clone())
            .expect("text")
            .replacen("log.example/test\n", "log.example/other\n", 1)
            .into_bytes();
    });
    names(&problems(&other), "checkpoint", "another log, size or root");
    let other = forged(&bytes, |_, i| i.tree.root = Hash([0; 32]).to_string());
    names(&problems(&other), "checkpoint", "another log, size or root");
    let other = forged(&bytes, |m, _| *member(m, "trust.policy") = crate::story::other_policy().into_bytes());
    names(&problems(&other), "checkpoint", "no key that the package carries has signed it");
    let other = forged(&bytes, |m, _| *member(m, "trust.policy") = b"nonsense\n".to_vec());
    names(&problems(&other), "trust.policy", "");

    // What the index says of the log.
    let other = forged(&bytes, |_, i| i.simulated = true);
    names(&problems(&other), "index.json", "simulated");
    let other = forged(&bytes, |_, i| i.at = "yesterday".into());
    names(&problems(&other), "index.json", "its moment");
    let other = forged(&bytes, |_, i| i.entries.left_out = 5);
    names(&problems(&other), "index.json", "another number of entries");
    let other = forged(&bytes, |_, i| i.known.size -= 1);
    assert!(!problems(&other).is_empty(), "another size of what was known");
}

#[test]
fn entries_of_another_log_do_not_lead_to_this_checkpoint() {
    let (a, b) = (Story::tell(), Story::tell());
    let (mine, _) = a.package("all", None, false);
    let (theirs, _) = b.package("all", Some(b.early), false);
    let foreign = unpack(&theirs).into_iter().find(|(n, _)| n.starts_with("entries/")).expect("entries").1;
    let other = forged(&mine, |m, _| *member(m, "entries/000000.cborseq") = foreign);
    assert!(!problems(&other).is_empty());
}

#[test]
fn leaving_out_an_entry_of_a_device_is_shown_by_its_stream_or_the_tree() {
    let story = Story::tell();
    let (bytes, _) = story.package(&format!("device:{}", SERIALS[0]), None, false);
    // Without its last entry, and everything else as it was, the tree has a hash too few, one too many, or another root, as its
    // shape will have it.
    let other = forged(&bytes, |m, i| {
        let entries = member(m, "entries/000000.cborseq");
        let mut at = 0;
        let mut last = 0;
        while at < entries.len() {
            last = at;
            let mut r = evidence::cbor::Reader::new(&entries[at..]);
            r.array_of(2, "an entry").expect("an array");
            r.uint().expect("an index");
            r.bytes(65_535).expect("bytes");
            at += r.position();
        }
        entries.truncate(last);
        i.entries.held -= 1;
        i.entries.left_out += 1;
    });
    let found = problems(&other);
    assert!(found.iter().any(|p| p.member == "hashes" || p.member == "entries"), "{found:?}");
}

#[test]
fn files_that_are_no_package_are_refused_with_the_reason() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", None, false);
    let refused = |bytes: &[u8], says: &str| {
        let error = verified(bytes, None).expect_err(says).to_string();
        assert!(error.contains(says), "{says}: {error}");
    };
    for n in [0, 1, 21, 22, 100, bytes.len() / 2, bytes.len() - 1] {
        refused(&bytes[..n], "cut off");
    }
    let future = changed(&bytes, |m| {
        let index = member(m, "index.json");
        *index = String::from_utf8(index.clone())
            .expect("text")
            .replace(SCHEMA, "vouchsafe-package@v2")
            .into_bytes();
    });
    refused(&future, "a package of the later version `vouchsafe-package@v2`");
    let other = changed(&bytes, |m| *member(m, "index.json") = b"{}".to_vec());
    refused(&other, "its index.json");
    let none = changed(&bytes, |m| m.retain(|(n, _)| n != "index.json"));
    refused(&none, "it has no index.json");
    // Deep nesting must not end the program.
    let deep = changed(&bytes, |m| {
        *member(m, "index.json") = [b"{\"schema\":".as_slice(), &[b'['; 100_000]].concat();
    });
    refused(&deep, "its index.json");
}
