//! Units of the JUnit reader.

use std::time::Duration;

use super::*;

fn run(text: &str) -> TestRun {
    read(text.as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn attempts_and_flakiness() {
    let run = run("<testsuite name='s'>
        <testcase name='flaky'><flakyFailure message='m' type='T'><stackTrace>at x</stackTrace></flakyFailure></testcase>
        <testcase name='broken'><failure/><rerunFailure/><rerunError/></testcase>
        <testcase name='twice'><error/></testcase><testcase name='twice'/>
        <testcase name='once'><skipped/></testcase><testcase name='once'/></testsuite>");
    assert_eq!(run.cases[0].outcome, Outcome::Passed);
    let attempt = &run.cases[0].attempts[0].detail;
    assert_eq!(
        (attempt.outcome, attempt.message.as_deref(), &*attempt.text),
        (Outcome::Failed, Some("m"), "at x")
    );
    assert_eq!((run.cases[1].outcome, run.cases[1].attempts.len()), (Outcome::Failed, 2));
    let s = run.summary();
    assert_eq!((s.executions, s.tests, s.passed, s.skipped, s.failed, s.errored), (6, 4, 2, 0, 1, 1));
    assert_eq!(s.flaky, 2);
}

#[test]
fn the_worst_of_what_is_said_counts() {
    let run = run("<testsuite><testcase name='a'><error/><failure/><skipped/></testcase>
        <testcase name='b'><failure/><skipped/></testcase><testcase name='c' status='notrun'/>
        <testcase name='d' status='run' result='completed'/></testsuite>");
    let outcomes: Vec<Outcome> = run.cases.iter().map(|c| c.outcome).collect();
    assert_eq!(outcomes, [Outcome::Errored, Outcome::Failed, Outcome::Skipped, Outcome::Passed]);
}

#[test]
fn output_conventions() {
    let found = output::scan(
        "a [[ATTACHMENT|x y.png]] b\n[[PROPERTY|k=v=w]] [[PROPERTY|log]]\none\ntwo\n[[/PROPERTY]] [[x",
    );
    assert_eq!(found.attachments, ["x y.png".into()]);
    let pairs: Vec<_> = found.properties.iter().map(|p| (&*p.name, &*p.value)).collect();
    assert_eq!(pairs, [("k", "v=w"), ("log", "one\ntwo")]);
    assert!(output::scan("[[PROPERTY|open]] never closed").properties.is_empty());
    assert!(output::is_attachment("attachment12") && !output::is_attachment("attachments"));
}

#[test]
fn times() {
    for (text, nanos) in [("0.5", 500_000_000), ("1.7e-05", 17_000), ("1,234.5", 1_234_500_000_000)] {
        let run = run(&format!("<testsuite><testcase name='a' time='{text}'/></testsuite>"));
        assert_eq!(run.cases[0].time, Some(Duration::from_nanos(nanos)), "{text}");
    }
    for text in ["-1", "NaN", "inf", "computed", "", "1e300"] {
        assert_eq!(
            run(&format!("<testsuite><testcase name='a' time='{text}'/></testsuite>")).cases[0].time,
            None
        );
    }
}

#[test]
fn details_are_cut_and_say_so() {
    let limits = Limits { detail: 5, ..Limits::default() };
    let run = read(
        "<testsuite><testcase name='a'><failure>12ää5</failure></testcase></testsuite>".as_bytes(),
        &limits,
    );
    let detail = &run.unwrap().cases[0].details[0];
    assert_eq!((&*detail.text, detail.cut), ("12ä", true));
}

#[test]
fn canonical_form_is_golden() {
    let run = run(
        "<testsuites name='r'><testsuite name='s'><testcase name='a' time='0.25'><skipped message='m'/></testcase></testsuite></testsuites>",
    );
    let bytes = to_canonical(&run);
    let expected = r#"{"results":{"cases":[{"details":[{"message":"m","outcome":"skipped"}],"name":"a","outcome":"skipped","suite":0,"time":250000000}],"name":"r","suites":[{"name":"s"}]},"version":1}"#;
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(from_canonical(&bytes).unwrap(), run);
    assert!(from_canonical(expected.replace(':', ": ").as_bytes()).is_err());
}

#[test]
fn bounds() {
    let with = |change: fn(&mut Limits), text: &str| {
        let mut limits = Limits::default();
        change(&mut limits);
        read(text.as_bytes(), &limits)
    };
    let two = "<testsuites><testsuite><testcase name='a'/></testsuite><testsuite><testcase name='b'/></testsuite></testsuites>";
    for change in [
        (|l: &mut Limits| l.cases = 1) as fn(&mut Limits),
        |l| l.suites = 1,
        |l| l.depth = 2,
        |l| l.bytes = 50,
    ] {
        assert!(matches!(with(change, two), Err(Error::TooLarge { .. })));
    }
    assert!(with(|_| {}, two).is_ok());
}

#[test]
fn what_is_not_a_run_is_refused() {
    for text in [
        "",
        "<suites/>",
        "<testsuite><testcase/></testsuite>",
        "<testsuite><testcase name='a'></testsuite>",
        "<testsuite>stray</testsuite>",
        "<testsuite/><testsuite/>",
        "{}",
    ] {
        assert!(read(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_mutation_panics(at in 0usize..300, byte in proptest::num::u8::ANY) {
        let text = "<?xml version='1.0'?><testsuites time='1'><testsuite name='s' timestamp='t'><properties><property name='attachment1' value='f'/></properties><testcase name='a' classname='c' line='3'><failure message='&lt;'><![CDATA[x]]></failure><system-out>[[ATTACHMENT|p]]</system-out></testcase></testsuite></testsuites>";
        let mut bytes = text.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(bytes.as_slice(), &Limits::default());
        proptest::prop_assert!(read(&text.as_bytes()[..at], &Limits::default()).is_err());
    }
}
