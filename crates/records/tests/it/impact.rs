//! What a change touches, from the example without a gap.

use crate::example::Example;
use records::impact::{How, Touched, impact};

fn touched(how: impl FnOnce(&mut Example)) -> Touched {
    let mut example = Example::new();
    let before = example.set();
    how(&mut example);
    impact(&before, &example.set())
}

fn ids(list: &[records::impact::Reached]) -> Vec<&str> {
    list.iter().map(|reached| &*reached.id).collect()
}

#[test]
fn nothing_changed() {
    assert_eq!(touched(|_| ()), Touched::default());
}

#[test]
fn the_text_of_a_requirement_reaches_its_tests_and_the_risk_it_controls() {
    let touched = touched(|example| example.replace("SWR-1", "Text of SWR-1", "Another text"));
    let [record] = &*touched.records else { panic!("{:?}", touched.records) };
    assert_eq!((&*record.id, record.how, record.matters), ("SWR-1", How::Changed, true));
    assert_eq!(record.fields, ["text"]);
    let suspect: Vec<&str> = touched.links.iter().map(|link| &*link.from).collect();
    assert_eq!(suspect, ["REV-1", "TC-SYS"]);
    assert!(touched.links.iter().all(|link| link.how == How::Suspect));
    assert_eq!(ids(&touched.tests), ["REV-1", "TC-SYS"]);
    assert_eq!(ids(&touched.risks), ["RCM-1", "RISK-1"]);
    assert_eq!(touched.risks[1].path, ["SWR-1", "RCM-1", "RISK-1"]);
}

#[test]
fn the_text_of_a_need_reaches_everything_below() {
    let touched = touched(|example| example.replace("UN-1", "Text of UN-1", "Another text"));
    assert_eq!(ids(&touched.in_question), ["SWR-1", "SYS-1"]);
    assert_eq!(touched.in_question[0].path, ["UN-1", "SYS-1", "SWR-1"]);
    assert_eq!(ids(&touched.tests), ["REV-1", "TC-SYS", "TC-VAL"]);
    assert_eq!(ids(&touched.risks), ["RCM-1", "RISK-1"]);
}

#[test]
fn a_unit_reaches_its_tests_its_design_and_what_it_can_cause() {
    let touched = touched(|example| example.replace("SU-1", "Text of SU-1", "Another text"));
    assert_eq!(ids(&touched.in_question), ["DD-1"]);
    assert_eq!(ids(&touched.tests), ["REV-1", "TC-UNIT"]);
    assert_eq!(touched.risks[0].path, ["SU-1", "SEQ-1", "HS-1", "RISK-1"]);
}

#[test]
fn what_does_not_matter_reaches_nothing() {
    let touched = touched(|example| {
        example.replace("SWR-1", "title: Title of SWR-1", "title: Title of SWR-1\ntags: [late]");
    });
    assert!(!touched.records[0].matters);
    assert_eq!((touched.tests.len(), touched.risks.len(), touched.links.len()), (0, 0, 0));
}

#[test]
fn records_and_links_that_came_and_went() {
    let touched = touched(|example| {
        example.files.remove("q/TC-INT.md");
        let case = "---\nid: TC-NEW\nkind: test-case\ntitle: t\nlinks:\n  verifies: [SI-1]\n---\nx\n";
        example.files.insert("q/TC-NEW.md".to_owned(), case.to_owned());
        example.replace("REV-1", ", TC-INT", "");
    });
    let records: Vec<_> = touched.records.iter().map(|r| (&*r.id, r.how)).collect();
    assert_eq!(records, [("REV-1", How::Changed), ("TC-INT", How::Removed), ("TC-NEW", How::Added)]);
    let links: Vec<_> = touched.links.iter().map(|l| (&*l.from, &*l.to, l.how)).collect();
    assert_eq!(
        links,
        [
            ("REV-1", "TC-INT", How::Removed),
            ("TC-INT", "IF-1", How::Removed),
            ("TC-INT", "SI-1", How::Removed),
            ("TC-NEW", "SI-1", How::Added),
        ]
    );
    assert_eq!(ids(&touched.tests), ["TC-NEW"], "links that went are listed above");
}
