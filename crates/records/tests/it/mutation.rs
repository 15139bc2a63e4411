//! From the product without a gap: each single damage yields exactly the gaps it should, and no other.

use crate::example::{Example, passed};
use records::facts::Outcome;

/// Damages the product and compares the gaps (errors and warnings).
fn damage(how: impl FnOnce(&mut Example), expected: &[&str]) {
    let mut example = Example::new();
    how(&mut example);
    let gaps = example.gaps();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(gaps, expected);
}

#[test]
fn a_link_from_a_requirement_to_its_origin_is_removed() {
    // Still implements a control, so 62304-5.2.1 holds; SYS-1 is no longer taken up, verified or planned in software.
    damage(
        |example| example.replace("SWR-1", "  refines: [SYS-1]\n", ""),
        &["13485-7.3.4-refined SYS-1", "13485-7.3.6-verified SYS-1"],
    );
}

#[test]
fn the_link_that_implements_a_control_is_removed() {
    damage(
        |example| example.replace("SWR-1", "  implements-control: [RCM-1]\n", ""),
        &["14971-7.2-implemented RCM-1", "62304-5.2.3 RCM-1", "62304-7.2.2 RCM-1", "62304-7.3.3 RCM-1"],
    );
}

#[test]
fn the_verification_of_effectiveness_is_removed_but_not_that_of_implementation() {
    // The case itself is the same in all that matters, so its result stays current.
    damage(
        |example| example.replace("TC-SYS", "  verifies-effectiveness: [RCM-1]\n", ""),
        &["14971-7.2-effectiveness RCM-1"],
    );
}

#[test]
fn the_verifying_test_no_longer_verifies_the_requirement() {
    damage(
        |example| example.replace("TC-SYS", "  verifies: [SWR-1]\n", ""),
        &["13485-7.3.6-verified SYS-1", "62304-5.7.1 SWR-1"],
    );
}

#[test]
fn the_text_of_a_requirement_changes() {
    damage(
        |example| example.replace("SWR-1", "Text of SWR-1", "Another text of SWR-1"),
        &[
            "link.suspect TC-SYS SWR-1",
            "link.suspect REV-1 SWR-1",
            // The result is of the former text.
            "62304-5.7.1 SWR-1",
            "13485-7.3.6-verified SYS-1",
            "14971-7.2-implementation RCM-1",
            "14971-7.2-effectiveness RCM-1",
            "62304-7.3.1 RCM-1",
        ],
    );
}

#[test]
fn the_text_of_a_need_changes_and_everything_below_is_in_question() {
    damage(
        |example| example.replace("UN-1", "Text of UN-1", "Another text of UN-1"),
        &[
            "link.suspect SYS-1 UN-1",
            "link.suspect TC-VAL UN-1",
            "link.in-question SWR-1 UN-1",
            "link.in-question TC-SYS UN-1",
        ],
    );
}

#[test]
fn a_field_that_does_not_matter_changes() {
    damage(
        |example| example.replace("SWR-1", "title: Title of SWR-1", "title: Title of SWR-1\ntags: [late]"),
        &[],
    );
}

#[test]
fn a_result_is_removed() {
    damage(
        |example| example.results.retain(|result| &*result.case != "TC-SYS"),
        &[
            "13485-7.3.6-verified SYS-1",
            "14971-7.2-effectiveness RCM-1",
            "14971-7.2-implementation RCM-1",
            "62304-5.7.1 SWR-1",
            "62304-7.3.1 RCM-1",
        ],
    );
}

#[test]
fn a_later_result_failed() {
    damage(
        |example| {
            let mut failed = passed("TC-INT", 2000);
            failed.outcome = Outcome::Failed;
            failed.bind(&example.set());
            example.results.push(failed);
        },
        &["62304-5.6.3 SW-1", "62304-5.6.8 TC-INT"],
    );
}

#[test]
fn an_older_failure_does_not_count() {
    damage(
        |example| {
            let mut failed = passed("TC-INT", 10);
            failed.outcome = Outcome::Failed;
            failed.bind(&example.set());
            example.results.push(failed);
        },
        &[],
    );
}

#[test]
fn a_result_lacks_what_was_tested() {
    damage(
        |example| {
            let result = example.results.iter_mut().find(|result| &*result.case == "TC-SYS").unwrap();
            result.configuration = "".into();
            result.commit = "".into();
        },
        &["62304-5.1.11 TC-SYS", "62304-5.7.5 TC-SYS"],
    );
}

/// The product with its class lowered to A, where less is asked, accepted and without what only C asks for.
fn class_a() -> Example {
    let mut example = Example::new();
    example.replace("SW-1", "safety-class: C", "safety-class: A");
    example.replace("SW-1", "segregation: none needed, all of class C\n", "");
    for id in ["DD-1", "DD-2"] {
        example.files.remove(&format!("q/{id}.md"));
    }
    example.replace("REV-1", "SWR-1, DD-1, DD-2, TC-INT", "SWR-1");
    example.replace("SU-1", "additional-criteria: [fault-handling, boundaries]\n", "");
    example.replace("SU-1", "acceptance-criteria: all tests pass\n", "");
    example.replace("SOUP-1", "environment: any\n", "");
    example.accept(&[]);
    let set = example.set();
    example.results.iter_mut().for_each(|result| result.bind(&set));
    example
}

#[test]
fn class_a_asks_for_less() {
    assert_eq!(class_a().gaps(), Vec::<String>::new());
}

#[test]
fn the_class_is_raised() {
    let mut example = class_a();
    example.replace("SW-1", "safety-class: A", "safety-class: B");
    let mut expected = vec![
        "62304-5.3.4 SOUP-1",
        "62304-5.5.3 SU-1",
        "62304-5.6.5 TC-INT",
        // The class matters to those who linked to the system.
        "62304-5.1.2 SW-1",
        "link.suspect DOC-1 SW-1",
        "link.suspect SI-1 SW-1",
        "link.suspect TOOL-1 SW-1",
        "link.in-question TC-INT SW-1",
    ];
    expected.sort_unstable();
    assert_eq!(example.gaps(), expected);
    example.accept(&[]);
    assert_eq!(example.gaps(), ["62304-5.3.4 SOUP-1", "62304-5.5.3 SU-1", "62304-5.6.5 TC-INT"]);
    example.replace("SW-1", "safety-class: B", "safety-class: C");
    example.accept(&[]);
    assert_eq!(
        example.gaps(),
        [
            "62304-5.3.4 SOUP-1",
            "62304-5.3.5 SW-1",
            "62304-5.4.2 SU-1",
            "62304-5.4.3 IF-1",
            "62304-5.5.3 SU-1",
            "62304-5.5.4 SU-1",
            "62304-5.6.5 TC-INT"
        ]
    );
}

#[test]
fn an_unassigned_class_is_c() {
    let mut example = class_a();
    example.replace("SW-1", "safety-class: A\n", "");
    example.accept(&[]);
    let gaps = example.gaps();
    assert!(gaps.contains(&"62304-4.3-class SW-1".to_owned()), "{gaps:?}");
    assert!(gaps.contains(&"62304-5.4.2 SU-1".to_owned()), "{gaps:?}");
}

#[test]
fn the_order_is_reversed() {
    // The requirement in its present form came to be after the test was run on it.
    damage(
        |example| {
            example.specified.insert("SWR-1".to_owned(), 5000);
        },
        &["core.specified-before-run TC-SYS retrospective"],
    );
}

#[test]
fn a_change_is_approved_after_it_was_implemented() {
    let change = "---\nid: CR-1\nkind: change-request\ntitle: Alarm\nstatus: open\n---\n\nBecause.\n";
    let order = |implemented: u64, claimed: bool| {
        let mut example = Example::new();
        example.files.insert("q/CR-1.md".to_owned(), change.to_owned());
        example.write();
        let mut options = example.options();
        let at = records::facts::Moment { order: implemented, claimed };
        options.happenings.push(("CR-1".to_owned(), records::facts::Happening::Implemented, at));
        let (_, _, report) = records::command::evaluate(&mut options).unwrap();
        let late: Vec<_> = report.gaps.iter().filter(|gap| gap.rule.id == "13485-7.3.9-order").collect();
        late.first().map(|gap| (gap.retrospective, gap.claimed, gap.why.clone()))
    };
    // Approved at 500.
    assert_eq!(order(500, false), None, "in the same moment is not too late");
    assert_eq!(
        order(499, false),
        Some((true, false, "CR-1 was approved only after CR-1 was implemented".to_owned()))
    );
    assert!(
        order(499, true).is_some_and(|(late, claimed, why)| late && claimed && why.ends_with(" (claimed)"))
    );
}

#[test]
fn soup_of_another_version_was_not_reviewed() {
    damage(
        |example| example.replace("SOUP-1", "\nversion: \"1.2\"", "\nversion: \"1.3\""),
        &["62304-7.1.3-version SOUP-1"],
    );
    damage(|example| example.replace("SOUP-1", "anomaly-reviewer: lead\n", ""), &["62304-7.1.3 SOUP-1"]);
    let mut example = Example::new();
    example.replace("SOUP-1", "\nversion: \"1.2\"", "\nversion: \"1.3\"");
    let (_, report) = example.evaluator();
    let gap = report.gaps.iter().find(|gap| gap.rule.id == "62304-7.1.3-version").unwrap();
    assert_eq!(gap.why, "`anomaly-reviewed-version` of SOUP-1 is `1.2`, and its `version` is `1.3`");
}

#[test]
fn an_approval_is_missing() {
    damage(|example| example.unapproved.push("SYS-1"), &["13485-7.3.3-approved SYS-1"]);
}

#[test]
fn a_plan_no_longer_provides_a_topic() {
    damage(|example| example.replace("DOC-1", "integration-plan, ", ""), &["62304-5.1.5 SW-1"]);
}

#[test]
fn a_justification_closes_a_gap_and_lapses_with_what_it_justifies() {
    let mut example = Example::new();
    example.replace("SYS-1", "---\n\nText", "tags: [a]\n---\n\nText");
    example.replace("DOC-1", "integration-plan, ", "");
    let text = "---\nid: JUST-1\nkind: justification\ntitle: No integration\nrules: [62304-5.1.5]\nlinks:\n  justifies: [SW-1]\n---\n\nOne item only.\n";
    example.files.insert("q/JUST-1.md".to_owned(), text.to_owned());
    example.write();
    assert_eq!(example.gaps(), ["62304-5.1.5 SW-1", "link.unaccepted JUST-1 SW-1"], "not accepted yet");
    example.accept(&["JUST-1"]);
    assert_eq!(example.gaps(), Vec::<String>::new());
    example.replace("SW-1", "Text of SW-1", "Two items now");
    let gaps = example.gaps();
    assert!(gaps.contains(&"62304-5.1.5 SW-1".to_owned()), "{gaps:?}");
    assert!(gaps.contains(&"link.suspect JUST-1 SW-1".to_owned()), "{gaps:?}");
}

#[test]
fn a_record_without_links_of_a_kind_at_all_is_named() {
    damage(
        |example| {
            example.files.retain(|name, _| !name.contains("SW-1.md"));
            example.replace("DOC-1", "PROD-1, SW-1", "PROD-1");
            example.replace(
                "SI-1",
                "links:\n  part-of: [SW-1]\n",
                "safety-class: C\nrationale: as before\nsegregation: none\n",
            );
            example.replace("TOOL-1", "links:\n  used-for: [SW-1]\n", "");
            let set = example.set();
            example.accept(&[]);
            example.results.iter_mut().for_each(|result| result.bind(&set));
        },
        &["iec62304.needs-software-system  software-system"],
    );
}
