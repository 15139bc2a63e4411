//! What goes over the network comes back as it was, and nothing else is read.

use device::wire::{Answer, Freshness, Outcome, Statement, Verdict, split};
use device::{Batch, Item, settled};
use evidence::facts::fleet::{Appraisal, AppraisalReason};
use evidence::{Entry, Hash, SourceKind};
use proptest::prelude::*;
use testkit::Author;

fn entry(n: u64) -> Vec<u8> {
    let device = Author::device(n);
    device.sign(device.body(evidence::Fact::Attested(evidence::Evidence::default()))).encode()
}

#[test]
fn a_batch_splits_into_its_entries() {
    let (a, b) = (entry(1), entry(2));
    let batch = [a.clone(), b.clone()].concat();
    let (first, rest) = split(&batch).expect("an entry");
    assert_eq!((first, rest), (&a[..], &b[..]));
    assert_eq!(split(rest).expect("an entry").1, b"");
    for cut in 0..a.len() {
        assert!(split(&a[..cut]).is_err());
    }
    // An entry that is not COSE is not split off.
    let person = Author::person(1);
    let ssh = person
        .sign(person.body(evidence::facts::sources::SourceRenamed { source: person.id, name: "x".into() }));
    assert!(split(&ssh.encode()).is_err());
    assert_eq!(person.id.kind(), SourceKind::Person);
}

#[test]
fn answers_and_freshness_come_back() {
    let answer = Answer {
        entry: Some(Hash([1; 32])),
        index: Some(7),
        code: Some("late".into()),
        detail: Some("older than the window".into()),
        retry_after: Some(30),
        receipt: Some("c2sp.org/tlog-proof@v1\n".into()),
        verdict: Some(Verdict {
            status: Appraisal::Warning,
            vector: [2, 0, -1, 0, 0, 96, 0, 32],
            reasons: vec![AppraisalReason::ReleaseKnown, AppraisalReason::SequenceGap],
        }),
        ..Answer::bare(Outcome::Logged)
    };
    for a in [answer, Answer::bare(Outcome::Later)] {
        let raw = [a.encode(), vec![0]].concat();
        assert_eq!(Answer::decode(&raw), Ok((a, &[0][..])));
    }
    assert!(Answer::decode(&[0xa1, 1, 5]).is_err());
    // A verdict is whole: its status alone is none, nor is a part that the vector does not have.
    assert!(Answer::decode(&[0xa2, 1, 1, 8, 2]).is_err());
    assert!(Answer::decode(&[0xa4, 1, 1, 8, 2, 9, 0xa1, 7, 2, 10, 0x80]).is_ok());
    assert!(Answer::decode(&[0xa4, 1, 1, 8, 2, 9, 0xa1, 8, 2, 10, 0x80]).is_err());
    let statements = vec![Statement::Handover("h\n".into()), Statement::Recovered(vec![0xa0])];
    for statements in [statements, Vec::new()] {
        let f = Freshness { generation: 3, checkpoint: "c\n".into(), statements };
        assert_eq!(Freshness::decode(&f.encode()), Ok(f));
    }
    // An empty list is left out.
    assert!(Freshness::decode(&[0xa3, 1, 0, 2, 0x60, 3, 0x80]).is_err());
}

#[test]
fn only_what_was_answered_for_good_is_settled() {
    let items: Vec<Item> = (1..=4)
        .map(|n| {
            let bytes = entry(n);
            Item { number: n, entry: Entry::decode(&bytes).expect("an entry").hash(), bytes }
        })
        .collect();
    let named = |n: usize, outcome| Answer { entry: Some(items[n].entry), ..Answer::bare(outcome) };
    let batch = Batch { items: items.clone() };
    let answers = [named(0, Outcome::Logged), named(1, Outcome::Refused), named(2, Outcome::Later)];
    assert_eq!(settled(&batch, &answers), 2);
    assert_eq!(settled(&batch, &[named(1, Outcome::Logged)]), 0, "an answer to another entry");
    let unknown = Answer { code: Some("unknown_key".into()), ..named(0, Outcome::Later) };
    assert_eq!(settled(&batch, &[unknown]), 1);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Freshness::decode(&raw);
        let _ = Answer::decode(&raw);
        let _ = split(&raw);
    }
}
