//! Bad input: named with file, line, excerpt and fix, while everything else is still checked.

use crate::example::Example;
use records::command::{self, Accept, Check, Status};
use records::problem::{Code, Problem};
use records::tree;
use std::time::Duration;

/// The problems of the example with one more file, after making sure the rest was read.
fn problems_with(name: &str, bytes: &[u8]) -> Vec<(String, Problem)> {
    let example = Example::new();
    std::fs::write(example.root().join(name), bytes).unwrap();
    problems_of(&example)
}

fn problems_of(example: &Example) -> Vec<(String, Problem)> {
    let tree = tree::load(example.root()).unwrap();
    assert!(
        tree.set.node("TC-VAL").is_some_and(|node| tree.set.record(node).is_some()),
        "the rest is still read"
    );
    tree.problems.into_iter().map(|problem| (tree.set.file(problem.place.file).to_owned(), problem)).collect()
}

/// Exactly one problem, of this code, file and line, whose message holds a text and which has a fix.
fn one(problems: &[(String, Problem)], code: Code, file: &str, line: u32, message: &str) {
    let [(at, problem)] = problems else { panic!("{problems:#?}") };
    assert_eq!((problem.code, &**at, problem.place.line), (code, file, line), "{problem:?}");
    assert!(problem.message.contains(message) || problem.fix.contains(message), "{problem:?}");
    assert!(!problem.fix.is_empty());
}

#[test]
fn malformed_front_matter() {
    let problems = problems_with("q/bad.md", b"---\nid: X-1\nkind: [document\n---\nx\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].1.code, Code::FrontMatter);
    let problems = problems_with("q/bad.md", b"---\nid: X-1\nkind: document\n");
    one(&problems, Code::FrontMatter, "q/bad.md", 1, "close it");
    let problems = problems_with("q/bad.md", b"---\nid: X-1\nkind: document\nid: X-2\n---\n");
    one(&problems, Code::FrontMatter, "q/bad.md", 4, "first on line 2");
    assert_eq!(problems[0].1.excerpt.as_deref(), Some("id: X-2"));
    let problems =
        problems_with("q/bad.md", b"---\nid: X-1\nkind: document\nlinks:\n  covers: {a: b}\n---\n");
    one(&problems, Code::FrontMatter, "q/bad.md", 5, "a map where none can stand");
}

#[test]
fn a_yaml_bomb() {
    let bomb = "---\nid: X-1\nkind: document\na: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n---\n";
    one(
        &problems_with("q/bad.md", bomb.as_bytes()),
        Code::FrontMatter,
        "q/bad.md",
        4,
        "anchors are not allowed",
    );
    let alias = "---\nid: X-1\nkind: document\na: *a\n---\n";
    assert_eq!(problems_with("q/bad.md", alias.as_bytes())[0].1.code, Code::FrontMatter);
    let tag = "---\nid: X-1\nkind: !!python/object document\n---\n";
    one(&problems_with("q/bad.md", tag.as_bytes()), Code::FrontMatter, "q/bad.md", 3, "tags");
    let deep = format!("---\nid: X-1\nkind: document\na: {}{}\n---\n", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(problems_with("q/bad.md", deep.as_bytes())[0].1.code, Code::FrontMatter);
    let long = format!("---\nid: X-1\nkind: document\na: {}\n---\n", "x".repeat(70_000));
    one(&problems_with("q/bad.md", long.as_bytes()), Code::RecordTooLarge, "q/bad.md", 1, "into the body");
    let many = format!("---\nid: X-1\nkind: document\na: [{}]\n---\n", "x, ".repeat(15_000));
    assert_eq!(problems_with("q/bad.md", many.as_bytes())[0].1.code, Code::FrontMatter);
}

#[test]
fn invalid_utf_8() {
    let problems = problems_with("q/bad.md", b"---\nid: X-1\nkind: document\ntitle: \xff\xfe\n---\n");
    one(&problems, Code::NotUtf8, "q/bad.md", 4, "UTF-8");
}

#[test]
fn a_file_of_100_mb() {
    let example = Example::new();
    // Sparse: the size alone has to be enough to refuse it.
    std::fs::File::create(example.root().join("q/huge.csv")).unwrap().set_len(100 << 20).unwrap();
    one(&problems_of(&example), Code::FileTooLarge, "q/huge.csv", 0, "split it");
}

#[test]
fn duplicate_ids() {
    let problems = problems_with("q/zz.md", b"---\nid: UN-1\nkind: user-need\ntitle: again\n---\nx\n");
    one(&problems, Code::DuplicateId, "q/zz.md", 1, "q/UN-1.md:1");
}

#[test]
fn a_dangling_link() {
    let mut example = Example::new();
    example.replace("SWR-1", "refines: [SYS-1]", "refines: [SYS-2]");
    one(&problems_of(&example), Code::Dangling, "q/SWR-1.md", 7, "did you mean `SYS-1`?");
}

#[test]
fn a_forbidden_circle() {
    let mut example = Example::new();
    let other = "---\nid: SYS-2\nkind: system-requirement\nlinks:\n  refines: [SYS-1]\n---\nx\n";
    example.files.insert("q/SYS-2.md".to_owned(), other.to_owned());
    example.replace("SYS-1", "refines: [UN-1]", "refines: [UN-1, SYS-2]");
    one(&problems_of(&example), Code::Cycle, "q/SYS-1.md", 6, "SYS-1 → SYS-2 → SYS-1");
}

#[test]
fn unknown_kinds_fields_and_links() {
    let mut example = Example::new();
    example.replace("HARM-1", "severity:", "severty:");
    one(&problems_of(&example), Code::UnknownField, "q/HARM-1.md", 5, "did you mean `severity`?");
    let mut example = Example::new();
    example.replace("HARM-1", "severity: critical", "verifies: [SWR-1]");
    one(&problems_of(&example), Code::UnknownField, "q/HARM-1.md", 5, "belongs under `links:`");
    let problems = problems_with("q/x.md", b"---\nid: X-1\nkind: test-csae\n---\nx\n");
    one(&problems, Code::UnknownKind, "q/x.md", 3, "did you mean `test-case`?");
    let mut example = Example::new();
    example.replace("TC-VAL", "  validates:", "  validate:");
    one(&problems_of(&example), Code::UnknownLink, "q/TC-VAL.md", 7, "did you mean `validates`?");
}

#[test]
fn wrong_types_and_ends() {
    for (id, from, to, line, message) in [
        ("RISK-1", "p2: 1e-3", "p2: often", 7, "which is not a number"),
        ("RISK-1", "acceptable: false", "acceptable: nope", 8, "true or false"),
        ("REV-1", "date: 2026-01-02", "date: 2026-02-30", 6, "which is not a date"),
        ("SW-1", "safety-class: C", "safety-class: D", 5, "use one of: A, B, C"),
        ("TC-SYS", "level: system", "level: [system, unit]", 5, "not a list"),
        ("DOC-1", " integration-plan, ", " integration-plam, ", 5, "did you mean `integration-plan`?"),
    ] {
        let mut example = Example::new();
        example.replace(id, from, to);
        let problems = problems_of(&example);
        one(&problems[..1], Code::WrongType, &format!("q/{id}.md"), line, message);
    }
    let mut example = Example::new();
    example.replace("TC-VAL", "validates: [UN-1]", "validates: [SYS-1]");
    one(&problems_of(&example), Code::WrongEnd, "q/TC-VAL.md", 7, "cannot go to SYS-1, a system-requirement");
}

#[test]
fn bad_identities() {
    one(&problems_with("q/x.md", b"---\nkind: hazard\n---\nx\n"), Code::Identity, "q/x.md", 1, "no id");
    one(
        &problems_with("q/x.md", b"---\nid: X 1\nkind: hazard\n---\n"),
        Code::Identity,
        "q/x.md",
        2,
        "cannot be an id",
    );
    one(
        &problems_with("q/x.md", b"---\nid: X-1\n---\n"),
        Code::Identity,
        "q/x.md",
        1,
        "does not name one kind",
    );
}

#[test]
fn tables() {
    let broken = b"id,kind,title\nHAZ-2,hazard,\"open\nHAZ-3,hazard,x\n";
    one(&problems_with("q/t.csv", broken), Code::Table, "q/t.csv", 2, "a quote that is not closed");
    let short = b"id,kind,title\nHARM-2,harm\nHARM-3,harm,x\n";
    one(&problems_with("q/t.csv", short), Code::Table, "q/t.csv", 2, "2 cells, the header 3");
    one(&problems_with("q/t.csv", b"kind,title\n"), Code::Table, "q/t.csv", 1, "no column `id`");
    one(&problems_with("q/t.csv", b"id,id\n"), Code::Table, "q/t.csv", 1, "stands twice");
}

#[test]
fn a_lock_file_with_merge_conflicts() {
    let example = Example::new();
    let mut known = example.options();
    let path = example.root().join("vouchsafe.lock");
    let lock = std::fs::read_to_string(&path).unwrap();
    let (head, tail) = lock.split_once("link SWR-1 refines").unwrap();
    std::fs::write(
        &path,
        format!("{head}<<<<<<< ours\nlink SWR-1 refines{tail}=======\n>>>>>>> theirs\nnonsense\n"),
    )
    .unwrap();
    let problems = problems_of(&example);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|(file, problem)| file == "vouchsafe.lock" && problem.code == Code::Lock));
    assert!(problems[0].1.fix.contains("keep the lines of both sides"));
    let (_, _, report) = command::evaluate(&mut known).unwrap();
    assert!(report.gaps.is_empty(), "the sound lines of the lock file still count: {:?}", report.gaps);
    assert_eq!(report.exit_status(), 2);
    let options = Accept {
        root: example.root().to_path_buf(),
        all: true,
        by: "lead".to_owned(),
        at: "2026-01-06".to_owned(),
        ..Accept::default()
    };
    let before = std::fs::read(&path).unwrap();
    assert_eq!(command::accept(&options, &mut Vec::new()).unwrap_err().exit_status(), 2);
    assert_eq!(std::fs::read(&path).unwrap(), before, "a damaged lock file is left as it is");
}

#[test]
fn acceptances_outlast_a_record_that_cannot_be_read() {
    let mut example = Example::new();
    let sound = example.files["q/SWR-1.md"].clone();
    example.replace("SWR-1", "kind: software-requirement", "kind: [software-requirement");
    example.accept(&["TC-VAL"]);
    let lock = std::fs::read_to_string(example.root().join("vouchsafe.lock")).unwrap();
    assert!(lock.contains("link SWR-1 refines SYS-1 "), "{lock}");
    example.files.insert("q/SWR-1.md".to_owned(), sound);
    example.write();
    assert_eq!(example.gaps(), Vec::<String>::new());
    // A link that is really gone takes its stamp along.
    example.replace("REV-1", "SWR-1, DD-1", "SWR-1");
    example.accept(&["TC-VAL"]);
    let lock = std::fs::read_to_string(example.root().join("vouchsafe.lock")).unwrap();
    assert!(
        lock.contains("link REV-1 reviews SWR-1 ") && !lock.contains("link REV-1 reviews DD-1 "),
        "{lock}"
    );
}

#[test]
fn configuration() {
    for (from, to, message) in [
        ("stage = \"verification\"", "stage = \"verificatoin\"", "stages are: concept"),
        ("\"iso14971\"", "\"iso14791\"", "did you mean `iso14971`?"),
        ("name = \"Example pump\"", "nam = \"x\"", "vouchsafe.toml:3"),
        ("[product]", "[rules.\"62304-5.1.99\"]\nreason = \"x\"\n[product]", "did you mean `62304-5.1.9`?"),
        (
            "[product]",
            "[rules.\"62304-5.1.9\"]\nseverity = \"off\"\nreason = \" \"\n[product]",
            "needs a reason",
        ),
        ("[product]", "[kinds.x]\nfields.a.type = \"txt\"\n[product]", "did you mean `text`?"),
    ] {
        let mut example = Example::new();
        let text = example.files.get_mut("vouchsafe.toml").unwrap();
        *text = text.replace(from, to);
        example.write();
        let error = tree::load(example.root()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn many_bad_rows_are_counted_and_take_no_long_time() {
    let example = Example::new();
    let mut table = String::from("id,kind,title\n");
    (0..200_000).for_each(|_| table.push_str("bad id,hazard,x\n"));
    std::fs::write(example.root().join("q/t.csv"), table).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test is about time")]
    let begin = std::time::Instant::now();
    let mut out = Vec::new();
    let options = Check { root: example.root().to_path_buf(), ..Check::default() };
    assert_eq!(command::check(options, &mut out).unwrap(), Status::BadInput);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(String::from_utf8(out).unwrap().contains("200000 problems"));
}

#[test]
fn a_link_out_of_the_tree_is_not_followed() {
    #[cfg(unix)]
    {
        let example = Example::new();
        std::os::unix::fs::symlink(example.root(), example.root().join("q/loop")).unwrap();
        assert_eq!(problems_of(&example), []);
    }
}
