//! The policy: what is refused, and where estimates fall.

use super::{Policy, Probability, Region, RiskFile, Trouble, When, evaluate, off_scale};
use crate::record::{Builder, Place, Record};

const POLICY: &str = r#"
version = "2"
per = "device and year"
severity = [{ name = "minor" }, { name = "serious" }, { name = "critical" }]
probability = [{ name = "rare", below = 1e-5 }, { name = "seldom", below = 1e-3 }, { name = "often" }]
overall = { reduce = 1, unacceptable = 0 }
[matrix]
minor = ["acceptable", "acceptable", "reduce"]
serious = ["acceptable", "reduce", "unacceptable"]
critical = ["reduce", "unacceptable", "unacceptable"]
[not-estimable]
minor = "acceptable"
"#;

fn compiled(text: &str) -> Result<Policy, String> {
    let file: RiskFile = toml::from_str(text).map_err(|error| error.to_string())?;
    Policy::compile(&file).map_err(|error| error.to_string())
}

fn record(fields: &[(&str, &str)]) -> Record {
    let mut builder = Builder::default();
    for (name, value) in fields {
        builder.open((*name).into(), false, 1).unwrap();
        builder.value((*value).into()).unwrap();
    }
    builder.finish(Place::default())
}

#[test]
fn numbers_find_their_class_and_regions_follow() {
    let policy = compiled(POLICY).unwrap();
    for (p1, p2, region, class) in [
        ("1", "9.99e-6", Region::Reduce, 0),
        ("1", "1e-5", Region::Unacceptable, 1),
        ("0.5", "1e-3", Region::Unacceptable, 1),
        ("1", "1e-3", Region::Unacceptable, 2),
        ("0", "1", Region::Reduce, 0),
    ] {
        let found = evaluate(
            Some(&policy),
            &record(&[("severity", "critical"), ("p1", p1), ("p2", p2)]),
            When::Initial,
        );
        assert_eq!(
            (found.region, found.probability),
            (Some(region), Some(Probability::Class(class))),
            "{p1} × {p2}"
        );
    }
    let blind = |severity| {
        let risk = record(&[("severity", severity), ("not-estimable", "software")]);
        evaluate(Some(&policy), &risk, When::Initial).region
    };
    assert_eq!(blind("critical"), Some(Region::Unacceptable), "severity alone decides");
    assert_eq!(blind("minor"), Some(Region::Acceptable), "as the policy says");
}

#[test]
fn an_acceptable_risk_without_control_is_its_own_residual() {
    let policy = compiled(POLICY).unwrap();
    let mut fields = vec![("severity", "serious"), ("probability", "rare")];
    let residual = |fields: &[(&str, &str)]| evaluate(Some(&policy), &record(fields), When::Residual);
    assert_eq!(residual(&fields).region, Some(Region::Acceptable));
    fields.push(("residual-severity", "critical"));
    assert_eq!(residual(&fields).trouble, Some(Trouble::Missing("residual-probability")));
    assert_eq!(residual(&[("severity", "serious"), ("probability", "often")]).region, None);
}

#[test]
fn what_is_written_may_not_contradict_the_policy() {
    let policy = compiled(POLICY).unwrap();
    let agrees = |severity, probability, acceptable| {
        let risk =
            record(&[("severity", severity), ("probability", probability), ("acceptable", acceptable)]);
        evaluate(Some(&policy), &risk, When::Initial).agrees()
    };
    assert!(agrees("critical", "often", "false") && !agrees("critical", "often", "true"));
    assert!(agrees("minor", "rare", "true") && !agrees("minor", "rare", "false"));
    assert!(agrees("critical", "rare", "true") && agrees("critical", "rare", "false"), "case by case");
}

#[test]
fn what_is_not_on_the_scale_is_named() {
    let policy = compiled(POLICY).unwrap();
    let text = |fields: &[(&str, &str)]| off_scale(&policy, &record(fields)).map(|t| t.text("R"));
    let base = ("severity", "serious");
    assert_eq!(text(&[base, ("probability", "seldom"), ("scale", "2")]), None);
    assert_eq!(text(&[base, ("p1", "1")]), None, "incomplete, which other rules say");
    assert_eq!(
        text(&[("severity", "sever")]).unwrap(),
        "`severity` of R is `sever`, which the policy does not have (minor, serious, critical)"
    );
    assert!(text(&[base, ("residual-probability", "never")]).unwrap().contains("`never`"));
    assert_eq!(text(&[base, ("scale", "1")]).unwrap(), "R was estimated by `1`; the policy in force is `2`");
    let contradiction = [base, ("p1", "1"), ("p2", "0.5"), ("probability", "rare")];
    assert_eq!(
        text(&contradiction).unwrap(),
        "P1 and P2 of R make `often`, and the probability written is `rare`"
    );
    let found = evaluate(Some(&policy), &record(&contradiction), When::Initial);
    assert_eq!(found.region, Some(Region::Unacceptable), "the worse of the two counts");
}

#[test]
fn a_policy_that_cannot_be_applied_is_refused_with_its_place() {
    for (from, to, place) in [
        ("per = \"device and year\"", "per = \" \"", "risk.per"),
        ("minor = [\"acceptable\", \"acceptable\", \"reduce\"]\n", "", "risk.matrix.minor"),
        ("\"acceptable\", \"reduce\", \"unacceptable\"", "\"acceptable\", \"reduce\"", "risk.matrix.serious"),
        ("critical = [\"reduce\"", "critical = [\"acceptable\"", ""),
        (
            "\"acceptable\", \"acceptable\", \"reduce\"",
            "\"acceptable\", \"reduce\", \"acceptable\"",
            "better",
        ),
        ("critical = [\"reduce\", \"unacc", "fatal = [\"reduce\", \"unacc", "unknown severity `fatal`"),
        ("\"seldom\", below = 1e-3", "\"seldom\", below = 1e-6", "rises"),
        ("\"seldom\", below = 1e-3", "\"seldom\"", "rises"),
        ("name = \"often\"", "name = \"rare\"", "name of its own"),
        ("reduce = 1", "fine = 1", "unknown region `fine`"),
        ("severity = [", "severity = []\nx = [", "unknown field"),
    ] {
        let text = POLICY.replacen(from, to, 1);
        assert_ne!(text, POLICY, "{from}");
        match compiled(&text) {
            // A milder cell for the worst severity is still a sound policy as long as it does not undercut the row above.
            Ok(_) => assert_eq!(place, "", "{to} was accepted"),
            Err(error) => assert!(!place.is_empty() && error.contains(place), "{to}: {error}"),
        }
    }
}
