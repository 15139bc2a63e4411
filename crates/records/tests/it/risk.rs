//! Risk by a policy: from the example without a gap, each single damage yields exactly the gaps it should; what the
//! views say agrees in every form.

use crate::example::{Example, passed};
use records::command::{self, Accept, Check, Risk, Status, TraceFormat};
use records::facts::Outcome;
use records::risk::{Region, risk_view};
use serde_json::Value;

const POLICY: &str = r#"
[risk]
version = "P-1"
per = "device and year"
severity = [{ name = "minor" }, { name = "serious" }, { name = "critical" }]
probability = [{ name = "improbable", below = 1e-4 }, { name = "seldom", below = 1e-2 }, { name = "often" }]
overall = { reduce = 1, unacceptable = 0 }
[risk.matrix]
minor = ["acceptable", "acceptable", "reduce"]
serious = ["acceptable", "reduce", "unacceptable"]
critical = ["reduce", "unacceptable", "unacceptable"]
"#;

/// The example with a policy; RISK-1 is critical and seldom before, critical and improbable after control.
fn with_policy() -> Example {
    let mut example = Example::new();
    example.files.get_mut("vouchsafe.toml").unwrap().push_str(POLICY);
    let reason = "residual-acceptable: true\nno-further-control: nothing else is practicable";
    example.replace("RISK-1", "residual-acceptable: true", reason);
    example
}

fn damage(how: impl FnOnce(&mut Example), expected: &[&str]) {
    let mut example = with_policy();
    assert_eq!(example.gaps(), Vec::<String>::new());
    how(&mut example);
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(example.gaps(), expected);
}

#[test]
fn the_severity_is_raised_above_the_scale() {
    damage(
        |example| {
            example.replace("RISK-1", "\nseverity: critical", "\nseverity: fatal");
            example.accept(&[]);
        },
        &["14971-5.5-scale RISK-1", "14971-5.5-severity RISK-1", "14971-6 RISK-1"],
    );
}

#[test]
fn the_estimate_gets_milder_than_what_is_written_of_it() {
    damage(
        |example| {
            example.replace("RISK-1", "\nseverity: critical", "\nseverity: minor");
            example.accept(&[]);
        },
        &["14971-5.5-severity RISK-1", "14971-6-policy RISK-1"],
    );
}

#[test]
fn the_harm_gets_worse_than_its_risk() {
    damage(
        |example| {
            example.replace("HARM-1", "severity: critical", "severity: serious");
            let (_, report) = example.evaluator();
            let gap = report.gaps.iter().find(|gap| gap.rule.id == "14971-5.5-severity").unwrap();
            assert_eq!(gap.why, "`severity` of RISK-1 is `critical`, and that of HARM-1 is `serious`");
            example.accept(&[]);
        },
        &["14971-5.5-severity RISK-1"],
    );
}

#[test]
fn the_residual_probability_is_raised() {
    damage(
        |example| {
            let raised = "residual-probability: seldom";
            example.replace("RISK-1", "residual-probability: improbable", raised);
        },
        &["14971-6-policy RISK-1", "14971-7.4 RISK-1"],
    );
}

#[test]
fn the_residual_estimate_is_removed() {
    damage(
        |example| example.replace("RISK-1", "residual-probability: improbable\n", ""),
        &["14971-7.3 RISK-1"],
    );
}

#[test]
fn the_reason_why_no_more_is_practicable_is_removed() {
    damage(
        |example| {
            example.replace("RISK-1", "no-further-control: nothing else is practicable\n", "");
        },
        &["14971-7.3-reduce RISK-1"],
    );
}

#[test]
fn the_policy_gets_stricter() {
    damage(
        |example| {
            let config = example.files.get_mut("vouchsafe.toml").unwrap();
            *config = config.replace("critical = [\"reduce\"", "critical = [\"unacceptable\"");
            example.write();
        },
        &["14971-6-policy RISK-1", "14971-7.4 RISK-1"],
    );
}

#[test]
fn the_policy_gets_a_new_version() {
    damage(
        |example| {
            example.replace("RISK-1", "p1: 1", "p1: 1\nscale: P-0");
        },
        &["14971-5.5-scale RISK-1"],
    );
}

#[test]
fn the_control_is_removed() {
    // It still controls the sequence that leads there, so the risk is controlled; the requirement traces to nothing else.
    damage(
        |example| {
            example.replace("RCM-1", "  controls: [RISK-1]\n", "  controls: [SEQ-1]\n");
            example.accept(&[]);
        },
        &[],
    );
    damage(
        |example| {
            example.replace("RCM-1", "links:\n  controls: [RISK-1]\n", "");
            example.accept(&[]);
        },
        &["14971-7.1 RISK-1", "14971-7.1-controls RCM-1", "62304-7.2.1 SEQ-1", "62304-7.3.3 RCM-1"],
    );
}

#[test]
fn what_a_control_introduces_goes_through_the_same_chain() {
    damage(
        |example| {
            let hazard = "---\nid: HAZ-2\nkind: hazard\ntitle: t\nlinks:\n  hazard-of: [PROD-1]\n  introduced-by: [RCM-1]\n---\nx\n";
            example.files.insert("q/HAZ-2.md".to_owned(), hazard.to_owned());
            example.write();
            example.accept(&["HAZ-2"]);
        },
        &["14971-5.4-sequence HAZ-2"],
    );
}

#[test]
fn the_view_separates_implementation_from_effectiveness() {
    let mut example = with_policy();
    let view = |example: &Example| {
        let (evaluator, _) = example.evaluator();
        risk_view(evaluator.set())
    };
    let seen = view(&example);
    let control = &seen.risks[0].controls[0];
    assert!(control.implemented && control.effective && seen.overall.holds());
    example.replace("TC-SYS", "  verifies-effectiveness: [RCM-1]\n", "");
    let seen = view(&example);
    assert!(seen.risks[0].controls[0].implemented && !seen.risks[0].controls[0].effective);
    let mut failed = passed("TC-SYS", 2000);
    failed.outcome = Outcome::Failed;
    failed.bind(&example.set());
    example.results.push(failed);
    assert!(!view(&example).risks[0].controls[0].implemented);
}

#[test]
fn overall_residual_risk_is_counted_and_bounded() {
    let mut example = with_policy();
    let second = example.files["q/RISK-1.md"].replace("RISK-1", "RISK-2");
    example.files.insert("q/RISK-2.md".to_owned(), second);
    example.replace("RCM-1", "[RISK-1]", "[RISK-1, RISK-2]");
    example.accept(&[]);
    let (evaluator, _) = example.evaluator();
    let overall = risk_view(evaluator.set()).overall;
    assert_eq!(overall.regions[&Region::Reduce].len(), 2);
    assert_eq!(overall.exceeded, [(Region::Reduce, 2, 1)]);
    assert!(!overall.holds());
    let (status, text) = shown(&example, TraceFormat::Text);
    assert_eq!(status, Status::Gaps);
    assert!(text.contains("2 are reduce; the policy accepts 1 together"), "{text}");
}

fn shown(example: &Example, format: TraceFormat) -> (Status, String) {
    let mut out = Vec::new();
    let status = command::risk(Risk { check: example.options(), format }, &mut out).unwrap();
    (status, String::from_utf8(out).unwrap())
}

#[test]
fn every_form_says_the_same_and_counts_lead_to_lists() {
    let mut example = with_policy();
    example.replace("RISK-1", "title: Title of RISK-1", "title: \"Heat, <b>\"");
    example.accept(&[]);
    let (status, text) = shown(&example, TraceFormat::Text);
    assert_eq!(status, Status::Holds);
    assert!(text.contains("critical × seldom, unacceptable: RISK-1"), "{text}");
    assert!(text.contains("critical × improbable, reduce: RISK-1"), "{text}");
    assert!(text.contains("RCM-1 Title of RCM-1: implementation and effectiveness verified"), "{text}");
    let json: Value = serde_json::from_str(&shown(&example, TraceFormat::Json).1).unwrap();
    for matrix in json["matrices"].as_array().unwrap() {
        for cell in matrix["rows"].as_array().unwrap().iter().flat_map(|row| row["cells"].as_array().unwrap())
        {
            let listed = u64::try_from(cell["risks"].as_array().unwrap().len()).unwrap();
            assert_eq!(cell["count"].as_u64(), Some(listed));
        }
    }
    assert_eq!(json["matrices"][0]["rows"][0]["cells"][1]["risks"][0], "RISK-1");
    assert_eq!(json["overall"]["regions"]["reduce"]["count"], 1);
    let csv = shown(&example, TraceFormat::Csv).1;
    assert!(
        csv.contains("RISK-1,\"Heat, <b>\",HS-1;HARM-1,critical,seldom,unacceptable,RCM-1,RCM-1,RCM-1,critical,improbable,reduce,no,"),
        "{csv}"
    );
    for form in [TraceFormat::Html, TraceFormat::Svg] {
        let page = shown(&example, form).1;
        let links: Vec<&str> =
            page.split("href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        assert!(links.len() >= 2);
        for link in links {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link} leads nowhere: {page}");
        }
        assert!(!page.contains("<b>") && !page.contains("style=\""), "{page}");
    }
}

#[test]
fn without_a_policy_records_speak_for_themselves() {
    let example = Example::new();
    let (status, text) = shown(&example, TraceFormat::Text);
    assert_eq!(status, Status::Gaps, "no criteria are met where there are none");
    assert!(text.contains("There is no policy") && text.contains("after   acceptable"), "{text}");
    assert!(text.contains("there are no criteria") && !text.contains("are met"), "{text}");
}

#[test]
fn a_policy_that_cannot_be_applied_stops_the_check_with_its_place() {
    let mut example = with_policy();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    *config = config.replace("serious = [\"acceptable\", ", "serious = [");
    example.write();
    let options = Check { root: example.root().to_path_buf(), ..Check::default() };
    let error = command::check(options, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("risk.matrix.serious"), "{error}");
    assert_eq!(error.exit_status(), 2);
    let accept =
        Accept { root: example.root().to_path_buf(), all: true, by: "x".into(), ..Accept::default() };
    assert!(command::accept(&accept, &mut Vec::new()).is_err());
}
