//! The incremental engine against the full one; suspicion, editorial changes, manual runs.

use crate::example::{Example, keys, passed, revision};
use proptest::prelude::*;
use records::command::{self, Accept};
use records::engine::{Change, Evaluator};
use records::facts::{Approval, Happening, Meaning, Moment, Outcome};
use records::lock::parse_lock;
use records::record::Record;
use records::source::{Parsed, read_markdown};
use records::tree;

fn parse(text: &str) -> Record {
    let mut parsed = Parsed::default();
    read_markdown(0, text.as_bytes(), &mut parsed);
    assert_eq!(parsed.problems, []);
    parsed.records.pop().unwrap()
}

/// One change chosen by numbers, as text so that failures can be read.
fn change(example: &Example, pick: (usize, usize, usize)) -> Change {
    let files: Vec<(&String, &String)> =
        example.files.iter().filter(|(name, _)| name.ends_with(".md")).collect();
    let (name, text) = files[pick.0 % files.len()];
    let id = name.trim_start_matches("q/").trim_end_matches(".md");
    let lines: Vec<&str> = text.lines().collect();
    match pick.1 % 10 {
        0 => Change::Remove(id.to_owned()),
        1 => Change::Put(parse(&text.replace("Text of", "Changed text of"))),
        2 => {
            // One line of the record is gone, links included.
            let at = 3 + pick.2 % (lines.len() - 3);
            let kept: Vec<&str> = lines
                .iter()
                .enumerate()
                .filter(|(n, line)| *n != at || **line == "---" || **line == "links:")
                .map(|(_, line)| *line)
                .collect();
            Change::Put(parse(&kept.join("\n")))
        }
        3 => Change::NoResults(["TC-SYS", "TC-INT", "TC-UNIT", "TC-VAL"][pick.2 % 4].to_owned()),
        4 => {
            let mut result = passed(["TC-SYS", "TC-INT", "TC-UNIT"][pick.2 % 3], 3000);
            result.outcome = Outcome::Failed;
            result.bind(&example.set());
            Change::Result(Box::new(result))
        }
        6 => Change::Lock(String::new()),
        7 => Change::Approval(Approval {
            record: id.into(),
            revision: revision(&example.set(), id),
            meaning: Meaning::Reject,
            name: "approver".into(),
            at: Moment { order: 600, claimed: false },
        }),
        8 => Change::Happened(
            id.to_owned(),
            Happening::Specified(revision(&example.set(), id)),
            Moment { order: 50 + 10_000 * (pick.2 as u64 % 2), claimed: true },
        ),
        5 => Change::Put(parse(&text.replace("safety-class: C", "safety-class: A"))),
        _ => Change::Put(parse(text)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn re_evaluation_by_footprint_finds_what_full_evaluation_finds(
        picks in proptest::collection::vec((0_usize..100, 0_usize..100, 0_usize..100), 1..6)
    ) {
        let example = Example::new();
        let (mut kept, _) = example.evaluator();
        for pick in &picks {
            kept.change(change(&example, *pick));
        }
        // The same changes without evaluation in between, then everything at once.
        let (fresh, _) = example.evaluator();
        let mut fresh = fresh.into_set();
        for pick in &picks {
            match change(&example, *pick) {
                Change::Put(record) => { fresh.put(record); }
                Change::Remove(id) => { if let Some(node) = fresh.node(&id) { fresh.remove(node); } }
                Change::Result(result) => { let _ = fresh.add_result(*result); }
                Change::NoResults(id) => { if let Some(node) = fresh.node(&id) { fresh.remove_results(node); } }
                Change::Approval(approval) => { fresh.add_approval(approval); }
                Change::Happened(id, what, at) => { fresh.add_happening(&id, what, at); }
                Change::Lock(text) => fresh.set_lock(&parse_lock(0, &text, &mut Vec::new())),
            }
        }
        let full = Evaluator::new(fresh, 1);
        let (kept, full) = (kept.report(), full.report());
        prop_assert_eq!(&kept.gaps, &full.gaps);
        prop_assert_eq!(kept.suspects, full.suspects);
    }
}

#[test]
fn a_change_is_re_evaluated_in_its_neighbourhood_only() {
    let example = Example::new();
    let (mut evaluator, _) = example.evaluator();
    let mut set_size = 0;
    let mut cost = Vec::new();
    // The same change in a set that grows by unrelated records costs the same.
    for round in 0..3 {
        for number in 0..200 * round {
            let id = format!("UN-X{round}-{number}");
            evaluator.change(Change::Put(parse(&format!("---\nid: {id}\nkind: user-need\n---\nx\n"))));
        }
        let text = format!("---\nid: SOUP-1\nkind: soup\ntitle: t{round}\n---\n");
        cost.push(evaluator.change(Change::Put(parse(&text))));
        assert!(evaluator.set().node_count() >= set_size);
        set_size = evaluator.set().node_count();
    }
    assert!(set_size > 600);
    assert_eq!(cost[1], cost[2]);
    assert!(cost[2] < 200, "{cost:?}");
}

#[test]
fn suspicion_names_the_fields_and_the_path_and_acceptance_clears_it() {
    let mut example = Example::new();
    example.replace("UN-1", "title: Title of UN-1", "title: Another");
    let (evaluator, report) = example.evaluator();
    let set = evaluator.set();
    let paths: Vec<(Vec<&str>, Option<Vec<String>>)> = report
        .suspects
        .iter()
        .map(|s| (s.path.iter().map(|n| set.id(*n)).collect(), s.fields.clone()))
        .collect();
    let title = || Some(vec!["title".to_owned()]);
    assert!(paths.contains(&(vec!["UN-1", "SYS-1"], title())), "{paths:?}");
    assert!(paths.contains(&(vec!["UN-1", "SYS-1", "SWR-1", "TC-SYS"], title())), "{paths:?}");
    example.accept(&["SYS-1", "TC-VAL"]);
    // The validation was of the former need.
    let set = example.set();
    example.results.iter_mut().for_each(|result| result.bind(&set));
    assert_eq!(example.gaps(), Vec::<String>::new());
}

#[test]
fn an_editorial_change_clears_what_follows_from_it() {
    let mut example = Example::new();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    *config = config.replace("[product]\n", "[product]\neditorial = \"stated\"\n");
    let before = revision(&example.set(), "UN-1");
    example.replace("UN-1", "Text of UN-1", "The text of UN-1");
    assert!(!example.gaps().is_empty());
    let options = Accept {
        root: example.root().to_path_buf(),
        ids: vec!["UN-1".to_owned()],
        editorial: true,
        by: "lead".to_owned(),
        at: "2026-01-06T00:00:00Z".to_owned(),
        ..Accept::default()
    };
    let mut said = Vec::new();
    command::accept(&options, &mut said).unwrap();
    assert!(String::from_utf8(said).unwrap().contains("is editorial"));
    assert_eq!(example.gaps(), Vec::<String>::new());
    let tree = tree::load(example.root()).unwrap();
    assert!(tree.lock.contains(&format!("editorial UN-1 {before}")));
    // A further change is suspect again.
    example.replace("UN-1", "The text", "A new text");
    assert!(example.gaps().contains(&"link.suspect SYS-1 UN-1".to_owned()));
}

#[test]
fn a_run_by_hand_counts_until_its_case_or_what_it_verifies_changes() {
    let mut example = Example::new();
    example.results.retain(|result| &*result.case != "TC-UNIT");
    let gap = ["62304-5.5.5 SU-1"];
    assert_eq!(example.gaps(), gap);
    let run = "---\nid: RUN-1\nkind: test-run\noutcome: passed\ndate: 2026-01-05\nexecutor: tester\ncommit: abc\nlinks:\n  run-of: [TC-UNIT]\n---\n";
    example.files.insert("q/RUN-1.md".to_owned(), run.to_owned());
    example.write();
    assert!(
        example.gaps().contains(&gap[0].to_owned()),
        "a run that nobody accepted is not bound to a revision"
    );
    example.accept(&["RUN-1"]);
    assert_eq!(example.gaps(), Vec::<String>::new());
    example.replace("SU-1", "Text of SU-1", "Other code");
    example.accept(&["TC-UNIT", "DD-1", "SEQ-1"]);
    assert_eq!(example.gaps(), gap, "the test case was looked at again, but not run again");
    example.accept(&["RUN-1"]);
    assert_eq!(example.gaps(), Vec::<String>::new());
}

#[test]
fn a_result_without_a_revision_is_stale() {
    let mut example = Example::new();
    example.results.iter_mut().filter(|r| &*r.case == "TC-VAL").for_each(|r| r.case_revision = None);
    let (_, report) = example.evaluator();
    let note = report.gaps.iter().find(|gap| gap.rule.id == "13485-7.3.7-validated").unwrap();
    assert!(note.why.contains("stale"), "{}", note.why);
    assert_eq!(keys(&report), Vec::<String>::new(), "validation fails only from release on");
}
