//! First steps as someone takes them who only has the README: a log in one's own repository, tests that no case is about,
//! risks without a policy, tokens.

use crate::kit::{House, err};

fn git(house: &House, arguments: &[&str]) -> String {
    let mut git = std::process::Command::new("git");
    git.args(["-c", "user.name=E", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]);
    git.args(arguments).current_dir(house.dir.path());
    let out =
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().expect("git runs");
    assert!(out.status.success(), "{arguments:?} {}", err(&out));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn a_data_directory_in_a_repository_is_not_committed() {
    let house = House::with_log();
    house.ends(0, &["init", "--name", "IP-400"]);
    git(&house, &["init", "-q"]);
    git(&house, &["add", "--all"]);
    let staged = git(&house, &["diff", "--cached", "--name-only"]);
    assert!(staged.contains("vouchsafe.toml"), "{staged}");
    assert!(!staged.contains("vouchsafe-data"), "{staged}");
}

fn administrator(house: &House) -> String {
    let sources = house.json(&["source", "list"]).to_string();
    sources.split('"').find(|word| word.starts_with("person:")).expect("the administrator").to_owned()
}

/// A product with one test case, and a report of which one test belongs to it.
fn tested(house: &House) {
    house.ends(0, &["init", "--name", "IP-400"]);
    let case = "---\nid: TC-001\nkind: test-case\ntitle: Flow\nlevel: unit\n---\n\nRun it.\n";
    std::fs::write(house.path("records/TC-001.md"), case).expect("written");
    let report = "<testsuite name=\"s\"><testcase classname=\"flow\" name=\"runs TC-001\"/>\
                  <testcase classname=\"flow\" name=\"no_case_here\"/></testsuite>";
    std::fs::write(house.path("r.xml"), report).expect("written");
}

#[test]
fn tests_that_no_case_is_about_are_named() {
    let house = House::with_log();
    tested(&house);
    let checked = crate::kit::text(&house.run(&["check", "--results", "r.xml"]));
    assert!(
        checked.contains("1 result of no test case of this product, such as flow no_case_here"),
        "{checked}"
    );
    git(&house, &["init", "-q"]);
    git(&house, &["add", "vouchsafe.toml", "records"]);
    git(&house, &["commit", "-q", "-m", "begin"]);
    let key = ["--key", "admin", "--passphrase-file", "pass"];
    let roles = ["source", "roles", &*administrator(&house), "administrator", "engineer"];
    house.ends(0, &[&roles[..], &key].concat());
    let push = [&["push", "--results", "r.xml"][..], &key].concat();
    let pushed = house.run(&push);
    let said = err(&pushed);
    assert!(said.contains("1 of 2 tests belongs to a test case; not flow no_case_here"), "{said}");
    let other = "<testsuite name=\"s\"><testcase classname=\"flow\" name=\"runs TC-404\"/></testsuite>";
    std::fs::write(house.path("other.xml"), other).expect("written");
    let said = err(&house.run(&[&["push", "--results", "other.xml"][..], &key].concat()));
    assert!(said.contains("0 of 1 test belong to a test case; not flow runs TC-404"), "{said}");
}

#[test]
fn without_a_policy_no_criteria_are_met() {
    let house = House::new();
    house.ends(0, &["init", "--name", "IP-400"]);
    let said = house.ends(1, &["risk"]);
    assert!(said.contains("there are no criteria"), "{said}");
    assert!(!said.contains("are met"), "{said}");
    let out = house.ends(1, &["risk", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["overall"]["criteria-met"], false);
    assert!(house.ends(0, &["explain", "clauses"]).contains("(unconfirmed)"));
}

#[test]
fn a_token_opens_what_a_scope_says_and_no_other_word_is_taken() {
    let house = House::with_log();
    let person = administrator(&house);
    let issue = ["token", "issue", &*person, "--label", "CI", "--key", "admin", "--passphrase-file", "pass"];
    house.ends(0, &[&issue[..], &["--scope", "read", "--scope", "write"]].concat());
    house.ends(2, &[&issue[..], &["--scope", "admin"]].concat());
}

#[test]
fn notes_name_both_ends_of_a_link_and_no_record_for_the_product_as_a_whole() {
    let house = House::new();
    house.ends(0, &["init", "--name", "IP-400"]);
    let need = "---\nid: UN-001\nkind: user-need\ntitle: Flow\nlinks:\n  need-of: [PROD-001]\n---\n\nFlow.\n";
    std::fs::write(house.path("records/UN-001.md"), need).expect("written");
    house.ends(0, &["check", "--ratchet", "--write-ratchet"]);
    let said = house.ends(0, &["check", "--ratchet"]);
    assert!(said.contains("UN-001→PROD-001"), "{said}");
    assert!(!said.contains("not yet for") && !said.lines().any(|line| line.ends_with("open at ")), "{said}");
}
