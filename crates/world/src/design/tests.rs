//! The design history against plain lists: present revisions, past moments, pages of any length, voided entries, bytes of the
//! states, and what is refused.

use std::collections::BTreeMap;

use evidence::entry::Proof;
use evidence::facts::design::{
    BaselineMade, CommitPushed, LinkAccepted, LinkWithdrawn, RecordRetired, RecordRevised, ResultReported,
    Verdict,
};
use evidence::facts::log::{Tick, Voided};
use evidence::keys::Algorithm;
use evidence::types::{BlobRef, EntryRef, Fixed};
use evidence::{Body, Entry, Fact, PublicKey, SourceId, SourceKind, Time};
use proptest::prelude::*;
use tlog::Hash;

use super::{DesignView, Held, RecordEvent, baseline_root};
use crate::decide::Refusal;
use crate::release::Known;
use crate::world::World;

const PRODUCT: &str = "pump";

fn hash(n: u64) -> Hash {
    Hash::of(&n.to_be_bytes())
}

fn revised(record: &str, line: &str, n: u64, supersedes: Option<u64>) -> Fact {
    RecordRevised {
        record: record.into(),
        kind: "software-requirement".into(),
        product: PRODUCT.into(),
        line: line.into(),
        item: None,
        revision: hash(n),
        content: BlobRef { digest: hash(n), length: 9, media_type: "text/plain".into() },
        supersedes: supersedes.map(hash),
        commit: None,
        path: None,
        editorial: None,
    }
    .into()
}

fn retired(record: &str, n: u64) -> Fact {
    let (record, product, line) = (record.into(), PRODUCT.into(), "main".into());
    RecordRetired { record, product, line, revision: hash(n) }.into()
}

fn accepted(from: &str, to: &str, n: u64) -> Fact {
    LinkAccepted {
        from: from.into(),
        from_revision: hash(0),
        link: "refines".into(),
        to: to.into(),
        to_revision: hash(n),
        product: PRODUCT.into(),
        line: "main".into(),
    }
    .into()
}

fn result(test: &str, verdict: Verdict) -> Fact {
    ResultReported {
        test: test.into(),
        test_revision: None,
        verdict,
        commit: None,
        artefact: None,
        report: None,
        ran_at: None,
        environment: None,
        actual: None,
        duration_ms: None,
        product: PRODUCT.into(),
        line: "main".into(),
    }
    .into()
}

/// Facts in a world, whoever said them.
struct Told(World);

impl Told {
    fn new() -> Self {
        Self(World::new())
    }

    fn say(&mut self, fact: impl Into<Fact>) -> EntryRef {
        let index = self.0.size();
        let key = PublicKey::ed25519([0xd0; 32]);
        let body = Body {
            source: SourceId::derive(SourceKind::Service, &key).expect("a service"),
            stream: 1,
            sequence: index,
            previous: (index > 0).then_some(hash(9)),
            time: None,
            beacon: None,
            reason: None,
            on_behalf_of: None,
            fact: fact.into(),
        };
        let proof =
            Proof::Cose { algorithm: Algorithm::Ed25519, kid: Fixed([0; 8]), signature: Fixed([0; 64]) };
        let entry = Entry::new(body, proof).expect("a readable body");
        self.0.apply(&entry, entry.hash());
        EntryRef { index, entry: entry.hash() }
    }

    fn now(&self) -> DesignView<'_> {
        self.at(self.0.size())
    }

    fn at(&self, size: u64) -> DesignView<'_> {
        DesignView::known(&self.0, Known::new(size, self.0.journal()))
    }

    fn refusal(&self, fact: impl Into<Fact>) -> Option<Refusal> {
        super::decide(&self.0, &fact.into())
    }
}

fn time(index: u64) -> Time {
    Time::from_seconds(1_000 + index).expect("a time")
}

fn present(view: &DesignView<'_>, limit: usize) -> Vec<(String, Hash)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = view.records(PRODUCT, "main", after.as_deref(), limit);
        assert!(page.items.len() <= limit, "a page is as long as asked");
        all.extend(page.items.into_iter().map(|r| (r.said.record, r.said.revision)));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn a_record_stands_at_its_last_revision_in_its_line_until_it_is_retired() {
    let mut t = Told::new();
    t.say(revised("SWR-1", "main", 1, None));
    t.say(revised("SWR-1", "2.x", 2, None));
    t.say(revised("SWR-1", "main", 3, Some(1)));
    t.say(revised("SWR-10", "main", 4, None));
    t.say(retired("SWR-1", 3));
    let revision = |size, line| t.at(size).record(PRODUCT, line, "SWR-1").map(|r| r.said.revision);
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(|n| revision(n, "main")),
        [None, Some(hash(1)), Some(hash(1)), Some(hash(3)), Some(hash(3)), None]
    );
    assert_eq!(revision(5, "2.x"), Some(hash(2)));
    let history = t.now().history(PRODUCT, "main", "SWR-1");
    assert!(matches!(
        history[..],
        [RecordEvent::Revised(_), RecordEvent::Revised(_), RecordEvent::Retired(_)]
    ));
    assert_eq!(t.now().lines().collect::<Vec<_>>(), [(PRODUCT, "2.x"), (PRODUCT, "main")]);
    assert_eq!(t.at(1).lines().count(), 1);
}

#[test]
fn what_was_so_and_what_was_known_are_two_questions() {
    let mut t = Told::new();
    t.say(Tick { time: time(0) });
    t.say(revised("SWR-1", "main", 1, None));
    t.say(Tick { time: time(1) });
    let wrong = t.say(revised("SWR-1", "main", 2, Some(1)));
    let known_then = t.0.size();
    t.say(Tick { time: time(2) });
    let approval = t.say(revised("SWR-2", "main", 3, None));
    t.say(Voided { entry: wrong, approval });
    let at = |moment: u64, known: u64| {
        let view = t.0.design_at(time(moment), known);
        view.record(PRODUCT, "main", "SWR-1").map(|r| r.said.revision)
    };
    let now = t.0.size();
    assert_eq!(at(1, known_then), Some(hash(2)), "before it was voided, it was the revision");
    assert_eq!(at(1, now), Some(hash(1)), "known now, it never was");
    assert_eq!((at(0, now), at(0, known_then)), (Some(hash(1)), Some(hash(1))));
    assert_eq!(t.0.design_at(time(1), now).record(PRODUCT, "main", "SWR-2"), None, "it came later");
}

#[test]
fn texts_that_hold_the_bytes_of_keys_are_kept_apart() {
    let mut t = Told::new();
    for (n, id) in ["a", "a\0", "a\0b", "a\u{1}", "a\u{1}\u{1}", "ab", "a\0\u{1}", ""].into_iter().enumerate()
    {
        t.say(revised(id, "main", n as u64, None));
    }
    for (n, id) in ["a", "a\0", "a\0b", "a\u{1}", "a\u{1}\u{1}", "ab", "a\0\u{1}", ""].into_iter().enumerate()
    {
        let found = t.now().record(PRODUCT, "main", id).map(|r| r.said.revision);
        assert_eq!(found, Some(hash(n as u64)), "{id:?}");
        assert_eq!(t.now().history(PRODUCT, "main", id).len(), 1, "{id:?}");
    }
    let ids: Vec<String> = present(&t.now(), 3).into_iter().map(|(id, _)| id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    assert_eq!((ids.len(), &ids), (8, &sorted));
}

#[test]
fn links_hold_until_they_are_withdrawn() {
    let mut t = Told::new();
    t.say(accepted("SWR-1", "SYS-1", 1));
    t.say(accepted("SWR-1", "SYS-2", 1));
    t.say(accepted("SWR-1", "SYS-1", 2));
    let (from, link, to) = ("SWR-1".to_owned(), "refines".to_owned(), "SYS-2".to_owned());
    t.say(LinkWithdrawn { from, link, to, product: PRODUCT.into(), line: "main".into() });
    let targets = |size| {
        let view = t.at(size);
        let links = view.links_from(PRODUCT, "main", "SWR-1");
        links.into_iter().map(|l| (l.said.to, l.said.to_revision)).collect::<Vec<_>>()
    };
    assert_eq!(targets(2), [("SYS-1".into(), hash(1)), ("SYS-2".into(), hash(1))]);
    assert_eq!(targets(4), [("SYS-1".into(), hash(2))]);
}

#[test]
fn results_and_commits_come_in_their_order() {
    let mut t = Told::new();
    for verdict in [Verdict::Passed, Verdict::Failed, Verdict::Passed] {
        t.say(result("TC-1", verdict));
    }
    t.say(result("TC-2", Verdict::Skipped));
    let verdicts: Vec<Verdict> =
        t.at(2).results(PRODUCT, "main", "TC-1").into_iter().map(|r| r.said.verdict).collect();
    assert_eq!(verdicts, [Verdict::Passed, Verdict::Failed]);
    assert_eq!(t.now().all_results(PRODUCT, "main", None, 10).items.len(), 4);
    let last = t.now().last_results(PRODUCT, "main", None, 10).items;
    assert_eq!(last.iter().map(|r| r.index).collect::<Vec<_>>(), [2, 3]);
    for (repository, commit) in [("app", "a1"), ("firmware", "f1"), ("app", "a2")] {
        t.say(CommitPushed {
            repository: repository.into(),
            commit: commit.into(),
            parents: vec![],
            authored: Time::EPOCH,
            signed_by: None,
            lock: None,
            product: PRODUCT.into(),
            line: "main".into(),
            configuration: None,
            code: None,
            implements: vec![],
            claimed: vec![],
            signature: None,
            object: None,
        });
    }
    let heads: Vec<String> = t.now().heads(PRODUCT, "main").into_iter().map(|c| c.said.commit).collect();
    assert_eq!(heads, ["f1", "a2"]);
}

#[test]
fn a_revision_follows_the_one_that_counts_and_nothing_is_said_twice() {
    let mut t = Told::new();
    let first = revised("SWR-1", "main", 1, None);
    assert_eq!(t.refusal(first.clone()), None);
    t.say(first.clone());
    assert!(t.refusal(first).is_some(), "the same again");
    assert!(t.refusal(revised("SWR-1", "main", 2, None)).is_some(), "it supersedes something");
    assert!(t.refusal(revised("SWR-1", "main", 2, Some(7))).is_some(), "it supersedes something else");
    assert_eq!(t.refusal(revised("SWR-1", "main", 2, Some(1))), None);
    let Fact::RecordRevised(mut other) = revised("SWR-9", "main", 2, None) else { panic!("a revision") };
    other.content.digest = hash(5);
    assert!(t.refusal(other).is_some(), "content of another revision");
    t.say(retired("SWR-1", 1));
    assert_eq!(t.refusal(retired("SWR-1", 1)), None, "to retire twice changes nothing");
    assert_eq!(t.refusal(revised("SWR-1", "main", 1, None)), None, "it may come back");
    t.say(accepted("SWR-1", "SYS-1", 1));
    assert!(
        t.refusal(accepted("SWR-1", "SYS-1", 1)).is_some()
            && t.refusal(accepted("SWR-1", "SYS-1", 2)).is_none()
    );
    let baseline = |name: &str, size| BaselineMade {
        name: name.into(),
        product: PRODUCT.into(),
        line: "main".into(),
        size,
        root: hash(0),
        records: 0,
    };
    assert!(t.refusal(baseline("1.0", 99)).is_some(), "ahead of the log");
    assert_eq!(t.refusal(baseline("1.0", 2)), None);
    t.say(baseline("1.0", 2));
    assert!(t.refusal(baseline("1.0", 3)).is_some(), "a name is given once");
}

#[test]
fn the_root_of_a_baseline_is_the_tree_hash_of_its_leaves() {
    let leaf = |record: &[u8], n: u64| {
        let mut bytes = vec![0x82, 0x60 + u8::try_from(record.len()).expect("short")];
        bytes.extend_from_slice(record);
        bytes.extend_from_slice(&[0x58, 32]);
        bytes.extend_from_slice(&hash(n).0);
        tlog::leaf_hash(&bytes)
    };
    let root = baseline_root([("A", hash(1)), ("B", hash(2))]);
    assert_eq!(root, tlog::node_hash(&leaf(b"A", 1), &leaf(b"B", 2)));
    assert_eq!(baseline_root([]), tlog::EMPTY_ROOT);
}

proptest! {
    #[test]
    fn pages_states_and_past_moments_agree_with_a_plain_list(
        said in proptest::collection::vec((0u8..6, any::<bool>()), 0..60),
        limit in 1usize..5,
        cut in 0u64..60,
    ) {
        let mut t = Told::new();
        let (mut now, mut then) = (BTreeMap::new(), BTreeMap::new());
        for (n, (record, retire)) in said.iter().enumerate() {
            let (n, id) = (n as u64, format!("R-{record}"));
            if n == cut {
                then = now.clone();
                t.0.freeze();
            }
            match now.get(&id).copied() {
                Some(old) if *retire => {
                    t.say(retired(&id, old));
                    now.remove(&id);
                }
                old => {
                    t.say(revised(&id, "main", n, old));
                    now.insert(id, n);
                }
            }
        }
        if t.0.size() <= cut {
            then = now.clone();
            t.0.freeze();
        }
        let plain = |m: &BTreeMap<String, u64>| m.iter().map(|(k, v)| (k.clone(), hash(*v))).collect::<Vec<_>>();
        prop_assert_eq!(present(&t.now(), limit), plain(&now));
        prop_assert_eq!(present(&t.at(cut.min(t.0.size())), limit), plain(&then));
        // What was frozen comes back as what it was.
        let mut back = Told::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let states = t.0.frozen("design", after.as_deref(), limit).expect("states");
            let Some(last) = states.last() else { break };
            after = Some(last.key.clone());
            for state in &states {
                back.0.restore("design", state).expect("restored");
                let mut bad = state.clone();
                bad.key[1] ^= 1;
                prop_assert!(back.0.restore("design", &bad).is_err());
            }
        }
        back.0.restored(t.0.size());
        prop_assert_eq!(present(&back.now(), 7), plain(&then));
        prop_assert_eq!(back.0.design().lines.len(), usize::from(!back.0.design().is_empty()));
        let held: Vec<Held<RecordRevised>> = back.now().records(PRODUCT, "main", None, 100).items;
        let at = t.at(cut.min(t.0.size()));
        prop_assert_eq!(held, at.records(PRODUCT, "main", None, 100).items);
    }
}

fn pushed(repository: &str, commit: &str) -> CommitPushed {
    CommitPushed {
        repository: repository.into(),
        commit: commit.into(),
        parents: vec![],
        authored: Time::EPOCH,
        signed_by: None,
        lock: None,
        product: PRODUCT.into(),
        line: "main".into(),
        configuration: None,
        code: None,
        implements: vec![],
        claimed: vec![],
        signature: None,
        object: None,
    }
}

#[test]
fn a_repository_revises_its_own_records_only() {
    let mut t = Told::new();
    let system = t.say(pushed("system", "s1"));
    let cloud = t.say(pushed("cloud", "c1"));
    let of = |commit: &EntryRef, n: u64, supersedes: Option<u64>| {
        let Fact::RecordRevised(fact) = revised("SYS-1", "main", n, supersedes) else { unreachable!() };
        Fact::RecordRevised(RecordRevised { commit: Some(commit.clone()), ..fact })
    };
    let refused = |t: &Told, fact: &Fact| super::decide(&t.0, fact).map(|refusal| format!("{refusal:?}"));
    let first = of(&system, 1, None);
    assert_eq!(refused(&t, &first), None);
    t.say(first);
    let other = refused(&t, &of(&cloud, 2, Some(1))).expect("it stands from another repository");
    assert!(other.contains("from the repository `system`"), "{other}");
    assert_eq!(refused(&t, &of(&system, 2, Some(1))), None);
    t.say(retired("SYS-1", 1));
    assert_eq!(refused(&t, &of(&cloud, 2, None)), None, "nobody has it any more");
}

#[test]
fn a_signature_of_git_counts_by_the_sources_of_the_log_alone() {
    use evidence::facts::design::{GitScheme, GitSignature, GitVerdict};

    use super::GitStanding;
    let t = Told::new();
    let signature = |verdict, keyring| GitSignature {
        scheme: if keyring { GitScheme::OpenPgp } else { GitScheme::Ssh },
        verdict,
        key: "SHA256:x".into(),
        name: Some("Lead".into()),
        keyring: keyring.then(|| BlobRef { digest: hash(1), length: 1, media_type: "k".into() }),
        signer: SourceId::derive(SourceKind::Person, &PublicKey::ed25519([0xd0; 32])),
    };
    let word = |by: Option<Hash>, s: Option<&GitSignature>| t.now().git_standing(0, by.as_ref(), s);
    assert_eq!(word(None, None), GitStanding::Unsigned);
    let unknown = GitStanding::UnknownKey { key: "SHA256:x".into() };
    // Whoever pushed may say `good` and name a source: this log knows no such key.
    assert_eq!(word(Some(hash(7)), Some(&signature(GitVerdict::Good, false))), unknown);
    assert_eq!(word(None, Some(&signature(GitVerdict::Good, false))), unknown, "no key at all");
    assert_eq!(word(Some(hash(7)), Some(&signature(GitVerdict::UnknownKey, false))), unknown);
    assert_eq!(word(Some(hash(7)), Some(&signature(GitVerdict::Bad, false))), GitStanding::Bad);
    assert_eq!(word(None, Some(&signature(GitVerdict::Unchecked, true))), GitStanding::Unchecked);
    assert!(
        word(None, Some(&signature(GitVerdict::Good, true))).is_verified(),
        "by the keyring that is named"
    );
    assert!(!word(None, Some(&signature(GitVerdict::UnknownKey, true))).is_verified());
}
