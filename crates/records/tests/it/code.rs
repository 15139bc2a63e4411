//! Code beside the records: marks, units, segregation, coverage, analysis, and results that go stale with the code.

use crate::example::{Example, keys, passed};
use records::code::{AnalysisFinding, Measured};
use records::command::{self, Check};
use records::facts::{Outcome, TestResult};
use records::named::NamedTest;
use std::collections::BTreeMap;

const ALARM: &str =
    "#include \"flow/flow.h\"\n\n// @implements SWR-1\nint raise(void)\n{\n    return 1;\n}\n";
const TEST: &str = "# @verifies TC-SYS\ndef test_alarm_is_raised():\n    assert pump.alarm()\n";

/// The example with two units and their code, and tests beside it.
fn with_code() -> Example {
    let mut example = Example::new();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    config.push_str("[code]\nfiles = [\"src/**\", \"tests/**/*.py\"]\nexclude = [\"**/generated/**\"]\n");
    example.replace("SU-1", "paths: [src/alarm.c]", "paths: [src/alarm.c, tests]");
    let unit = example.files["q/SU-1.md"]
        .replace("SU-1", "SU-2")
        .replace("paths: [src/alarm.c, tests]", "paths: [src/flow/]");
    example.files.insert("q/SU-2.md".to_owned(), unit);
    let detail = example.files["q/DD-1.md"].replace("DD-1", "DD-3").replace("SU-1", "SU-2");
    example.files.insert("q/DD-3.md".to_owned(), detail);
    example.replace("TC-UNIT", "[SU-1]", "[SU-1, SU-2]");
    example.replace("REV-1", "DD-1, DD-2,", "DD-1, DD-2, DD-3,");
    for (path, text) in [
        ("src/alarm.c", ALARM),
        ("src/flow/flow.h", "int flow(void);\n"),
        ("src/generated/x.c", "// @implements NO-1\n"),
        ("tests/test_alarm.py", TEST),
    ] {
        code(&example, path, text);
    }
    example.accept(&[]);
    let set = example.set();
    example.results.iter_mut().for_each(|result| result.bind(&set));
    for id in ["SU-2", "DD-3"] {
        example.specified.insert(id.to_owned(), 100);
    }
    assert_eq!(example.gaps(), Vec::<String>::new());
    example
}

fn code(example: &Example, path: &str, text: &str) {
    let path = example.root().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_file_of_no_unit_a_unit_without_files_and_a_mark_of_nothing_are_named() {
    let mut example = with_code();
    code(&example, "src/lost.c", "/* @implements SWR-11 */\nint x;\n");
    example.replace("SU-2", "[src/flow/]", "[src/flaw/]");
    let (_, report) = example.evaluator();
    assert_eq!(
        keys(&report),
        [
            "code.no-unit  src/flow/flow.h",
            "code.no-unit  src/lost.c",
            "code.unit-without-files SU-2",
            "code.unknown-mark  src/lost.c:SWR-11",
        ]
    );
    let why = report.gaps.iter().find(|gap| gap.rule.id == "code.unknown-mark").unwrap();
    assert!(why.why.contains("there is no record SWR-11; did you mean `SWR-1`?"), "{}", why.why);
    let unit = report.gaps.iter().find(|gap| gap.rule.id == "code.unit-without-files").unwrap();
    assert_eq!(unit.rule.clauses, ["IEC 62304:2006+A1:2015 5.5.1"]);
    let mut out = Vec::new();
    command::check(Check { root: example.root().to_path_buf(), ..Check::default() }, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("--> src/lost.c:1\n   |\n  1| /* @implements SWR-11 */"), "{text}");
}

#[test]
fn a_gap_of_the_product_can_be_justified_for_the_files_named() {
    let mut example = with_code();
    code(&example, "src/lost.c", "int x;\n");
    code(&example, "src/other.c", "int y;\n");
    let text = "---\nid: JUST-1\nkind: justification\ntitle: Start-up code of the vendor\nrules: [code.no-unit]\npaths: [src/lost.c]\nlinks:\n  justifies: [PROD-1]\n---\n\nVerified as part of the board support package.\n";
    example.files.insert("q/JUST-1.md".to_owned(), text.to_owned());
    example.write();
    example.accept(&["JUST-1"]);
    assert_eq!(example.gaps(), ["code.no-unit  src/other.c"]);
}

#[test]
fn dependencies_that_cross_a_segregation_are_named_declared_and_detected() {
    let mut example = with_code();
    let apart = "links:\n  segregated-from: [SU-1]\n  part-of: [SI-1]\n";
    example.replace("SU-2", "links:\n  part-of: [SI-1]\n", apart);
    example.accept(&[]);
    let (_, report) = example.evaluator();
    assert_eq!(keys(&report), ["code.crosses-segregation SU-1 SU-2"]);
    let gap = &report.gaps[0];
    assert_eq!(gap.why, "src/alarm.c of SU-1 uses src/flow/flow.h of SU-2, and SU-1 is segregated from SU-2");
    code(&example, "src/alarm.c", &ALARM.replace("#include \"flow/flow.h\"\n", "\n"));
    assert_eq!(example.gaps(), Vec::<String>::new());
    example.replace("SU-1", "  part-of: [SI-1]\n", "  part-of: [SI-1]\n  depends-on: [SU-2]\n");
    example.accept(&[]);
    assert_eq!(example.gaps(), ["code.crosses-segregation SU-1 SU-2"]);
}

#[test]
fn rust_modules_and_crates_are_followed() {
    let mut example = with_code();
    example.replace("SU-1", "[src/alarm.c, tests]", "[src/alarm.c, tests, src/app/]");
    code(&example, "src/app/src/lib.rs", "use flow_core::{pump, rate};\n");
    code(&example, "src/flow/flow-core/src/lib.rs", "pub(crate) use crate::inner::Rate;\n");
    code(&example, "src/flow/flow-core/src/inner.rs", "use std::fmt;\n");
    let set = example.set();
    let facts = set.code().unwrap();
    let name = |at: usize| &*facts.files[at].path;
    let edges: Vec<_> = facts.dependencies.iter().map(|(a, b, line)| (name(*a), name(*b), *line)).collect();
    assert_eq!(
        edges,
        [
            ("src/alarm.c", "src/flow/flow.h", 1),
            ("src/app/src/lib.rs", "src/flow/flow-core/src/lib.rs", 1),
            ("src/flow/flow-core/src/lib.rs", "src/flow/flow-core/src/inner.rs", 1),
        ]
    );
}

#[test]
fn a_result_is_stale_when_the_marked_code_changed_since() {
    let stale = |path: &str, text: &str| {
        let example = with_code();
        code(&example, path, text);
        let (_, report) = example.evaluator();
        let why = report.gaps.iter().find(|gap| gap.rule.id == "62304-5.7.1").map(|gap| gap.why.clone());
        (why, keys(&report).len())
    };
    let changed = |id: &str| {
        Some(format!(
            "the result of TC-SYS (results.xml, 2026-01-05T08:00:00Z) is stale: the code marked with {id} changed since"
        ))
    };
    assert_eq!(stale("src/alarm.c", &ALARM.replace("return 1", "return 0")), (changed("SWR-1"), 5));
    assert_eq!(stale("tests/test_alarm.py", &TEST.replace("assert", "assert not")), (changed("TC-SYS"), 5));
    assert_eq!(stale("src/alarm.c", &ALARM.replace("// @implements SWR-1\n", "")).0, changed("SWR-1"));
    let elsewhere = format!("{ALARM}\nint other(void)\n{{\n    return 2;\n}}\n");
    assert_eq!(stale("src/alarm.c", &elsewhere), (None, 0), "code that is not marked says nothing");
    let moved = with_code();
    std::fs::rename(moved.root().join("src/alarm.c"), moved.root().join("src/flow/alarm.c")).unwrap();
    code(&moved, "src/alarm.c", "int y;\n");
    assert_eq!(moved.gaps(), Vec::<String>::new(), "moving code does not change it");
}

fn measured(example: &Example, measured: Vec<Measured>, commit: &str) -> Vec<String> {
    let mut options = Check { measured, commit: commit.to_owned(), ..example.options() };
    let (_, _, report) = command::evaluate(&mut options).unwrap();
    keys(&report)
}

fn lines(file: &str, hits: &[(u32, u64)]) -> Measured {
    let lines = BTreeMap::from([(file.to_owned(), hits.iter().copied().collect())]);
    Measured { source: "cov.info".to_owned(), commit: "abc123".to_owned(), lines, ..Measured::default() }
}

#[test]
fn coverage_counts_for_units_and_marks_of_the_commit_at_hand() {
    let mut example = with_code();
    example.replace("SU-1", "paths:", "min-line-coverage: 80\npaths:");
    let full = lines("/build/src/alarm.c", &[(4, 1), (6, 1)]);
    assert_eq!(measured(&example, vec![full.clone()], "abc123def"), Vec::<String>::new());
    let half = lines("src/alarm.c", &[(4, 1), (6, 0)]);
    assert_eq!(measured(&example, vec![half.clone()], "abc123"), ["code.coverage SU-1"]);
    // Two runs together.
    let rest = lines("alarm.c", &[(6, 3)]);
    assert_eq!(measured(&example, vec![half, rest], "abc123"), Vec::<String>::new());
    let none = lines("src/alarm.c", &[(4, 0), (6, 0)]);
    assert_eq!(
        measured(&example, vec![none], "abc123"),
        ["code.coverage SU-1", "code.not-run SWR-1 src/alarm.c:3"]
    );
    assert_eq!(measured(&example, vec![full], "fff000"), ["code.other-commit  cov.info"]);
    assert_eq!(
        measured(&example, Vec::new(), "abc123"),
        Vec::<String>::new(),
        "nothing measured says nothing"
    );
}

#[test]
fn open_errors_of_an_analysis_belong_to_units() {
    let example = with_code();
    let finding = |file: &str, error| AnalysisFinding {
        rule: "R1".to_owned(),
        message: "null".to_owned(),
        file: file.to_owned(),
        line: 6,
        error,
    };
    let analysis = |findings| Measured { tool: "checker 4".to_owned(), findings, ..Measured::default() };
    let found =
        vec![finding("src/alarm.c", true), finding("src/flow/flow.h", false), finding("/usr/x.h", true)];
    let options = Check { measured: vec![analysis(found)], ..example.options() };
    let (_, _, report) = command::evaluate(&mut { options }).unwrap();
    assert_eq!(keys(&report), ["code.open-finding SU-1 checker 4"]);
    assert_eq!(
        report.gaps[0].why,
        "checker 4 has 1 open errors in files of SU-1, first src/alarm.c:6: R1 null"
    );
}

#[test]
fn tests_find_their_case_by_name_and_by_mark() {
    let mut example = with_code();
    example.results.retain(|result| &*result.case != "TC-SYS" && &*result.case != "TC-INT");
    example.replace("TC-INT", "level: integration", "level: integration\ntests: [bench::link, bench::power]");
    example.accept(&[]);
    let test = |name: &str, outcome| NamedTest {
        name: name.to_owned(),
        result: TestResult { outcome, ..passed("", 1000) },
    };
    let run = |tests: Vec<NamedTest>| {
        let mut options = Check { tests_at_hand: tests, ..example.options() };
        let (_, _, report) = command::evaluate(&mut options).unwrap();
        keys(&report)
    };
    let alarm = || test("test_alarm.test_alarm_is_raised", Outcome::Passed);
    let (link, power) = (|| test("bench::it::link", Outcome::Passed), |how| test("bench::power", how));
    assert_eq!(run(vec![alarm(), link(), power(Outcome::Passed)]), Vec::<String>::new());
    assert_eq!(run(vec![alarm(), link()]), ["62304-5.6.3 SW-1"], "one of its tests did not run");
    assert_eq!(
        run(vec![alarm(), link(), power(Outcome::Failed)]),
        ["62304-5.6.3 SW-1", "62304-5.6.8 TC-INT"]
    );
    assert_eq!(run(vec![link(), power(Outcome::Passed)]).len(), 5, "TC-SYS has no result");
    // A report that names the case says that it failed: that its tests passed does not hide it.
    for (named, tests) in [(Outcome::Failed, Outcome::Passed), (Outcome::Passed, Outcome::Failed)] {
        let failing = TestResult { outcome: named, ..passed("TC-INT", 1000) };
        let tests_at_hand = vec![alarm(), test("bench::link", tests), power(Outcome::Passed)];
        let mut options = Check { tests_at_hand, results_at_hand: vec![failing], ..example.options() };
        let (_, _, report) = command::evaluate(&mut options).unwrap();
        assert_eq!(keys(&report), ["62304-5.6.3 SW-1", "62304-5.6.8 TC-INT"], "{named:?} {tests:?}");
    }
}

#[test]
fn hostile_code_is_bounded_and_binaries_are_not_looked_into() {
    let example = with_code();
    code(&example, "src/flow/logo.bin", "\0// @implements NO-1\n");
    code(&example, "src/flow/stars.c", &"// @implements SWR-1 ".repeat(20_000));
    code(&example, "src/flow/deep.c", &format!("// @implements SWR-1\n{}", "{\n".repeat(50_000)));
    let big = "x".repeat(5 * 1024 * 1024);
    code(&example, "src/flow/big.c", &big);
    std::os::unix::fs::symlink("/etc", example.root().join("src/flow/etc")).unwrap();
    let (evaluator, report) = example.evaluator();
    let code = evaluator.set().code().unwrap();
    assert!(code.files.iter().all(|file| !file.path.contains("etc/")));
    assert_eq!(code.marks("SWR-1").count(), 1 + 10_000 + 1);
    assert!(keys(&report).contains(&"code.unread  src/flow/big.c".to_owned()), "{:?}", keys(&report));
    assert!(code.marks("NO-1").next().is_none());
}

#[test]
fn records_of_named_kinds_must_be_implemented_by_marked_code() {
    let mut example = with_code();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    config.push_str("marked = [\"software-requirement\"]\n");
    example.write();
    assert_eq!(example.gaps(), Vec::<String>::new());
    code(&example, "src/alarm.c", "int x;\n");
    assert!(example.gaps().contains(&"code.unimplemented SWR-1".to_owned()));
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    *config = config.replace("software-requirement\"]", "software-requirements\"]");
    example.write();
    let error = records::tree::load(example.root()).unwrap_err().to_string();
    assert!(error.contains("did you mean `software-requirement`?"), "{error}");
}

#[test]
fn an_editorial_change_counts_once_it_is_signed() {
    let mut example = Example::new();
    let before = crate::example::revision(&example.set(), "UN-1");
    example.replace("UN-1", "Text of UN-1", "Text of  UN-1");
    let accept = command::Accept {
        root: example.root().to_path_buf(),
        ids: vec!["UN-1".to_owned()],
        editorial: true,
        by: "author".to_owned(),
        at: "2026-01-06T10:00:00Z".to_owned(),
        ..command::Accept::default()
    };
    command::accept(&accept, &mut Vec::new()).unwrap();
    let lock = records::tree::load(example.root()).unwrap().lock;
    let again = command::Accept { by: "somebody else".to_owned(), ..accept };
    command::accept(&again, &mut Vec::new()).unwrap();
    assert_eq!(records::tree::load(example.root()).unwrap().lock, lock, "it was declared already");
    let gaps = example.gaps();
    assert!(gaps.contains(&format!("link.unsigned-editorial UN-1 {}", before.short())), "{gaps:?}");
    assert!(gaps.contains(&"link.suspect SYS-1 UN-1".to_owned()), "{gaps:?}");
    let after = crate::example::revision(&example.set(), "UN-1");
    let signed_editorial = vec![("UN-1".to_owned(), before, after)];
    let mut options = Check { signed_editorial, ..example.options() };
    options.results.iter_mut().for_each(|result| result.at = None);
    let (_, _, report) = command::evaluate(&mut options).unwrap();
    assert_eq!(keys(&report), Vec::<String>::new());
}
