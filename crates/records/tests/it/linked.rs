//! Two repositories of one product beside each other: links across, ids that both claim, acceptance, and what is checked where.

use records::command::{self, Accept, Beside, Check, Status, Trace};
use records::engine::Report;
use records::tree::{self, Foreign};
use std::path::Path;
use tempfile::TempDir;

fn config(more: &str) -> String {
    format!(
        "[product]\nname = \"Pump\"\nstage = \"verification\"\nprofiles = [\"iso13485\"]\nrecords = [\"records\"]\n{more}"
    )
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn need(root: &Path, text: &str) {
    write(
        root,
        "records/UN-001.md",
        &format!("---\nid: UN-001\nkind: user-need\ntitle: Volume\n---\n\n{text}\n"),
    );
}

fn requirement(root: &Path, id: &str) {
    let text = format!(
        "---\nid: {id}\nkind: system-requirement\ntitle: Volume\nlinks:\n  refines: [UN-001]\n---\n\nShall be shown.\n"
    );
    write(root, &format!("records/{id}.md"), &text);
}

/// `system` has the need, `cloud` the requirement that refines it.
fn two() -> TempDir {
    let dir = TempDir::new().unwrap();
    let (system, cloud) = (dir.path().join("system"), dir.path().join("cloud"));
    write(&system, "vouchsafe.toml", &config("[repositories.cloud]\npath = \"../cloud\"\n"));
    need(&system, "The nurse sees it.");
    write(&cloud, "vouchsafe.toml", &config("[repositories.system]\npath = \"../system\"\n"));
    requirement(&cloud, "SYS-001");
    dir
}

fn accept(root: &Path) -> Status {
    let accept = Accept {
        root: root.to_path_buf(),
        all: true,
        by: "lead".to_owned(),
        at: "2026-01-04T10:00:00Z".to_owned(),
        ..Accept::default()
    };
    command::accept(&accept, &mut Vec::new()).unwrap()
}

fn report(root: &Path) -> Report {
    command::evaluate(&mut Check { root: root.to_path_buf(), ..Check::default() }).unwrap().2
}

fn has(report: &Report, key: &str) -> bool {
    report.gaps.iter().any(|gap| gap.key() == key)
}

#[test]
fn links_lead_into_the_repository_beside() {
    let dir = two();
    let (system, cloud) = (dir.path().join("system"), dir.path().join("cloud"));
    let of_cloud = report(&cloud);
    assert_eq!(of_cloud.problems, []);
    assert_eq!((of_cloud.records, of_cloud.links), (1, 1), "only what is at home here is counted");
    assert!(has(&of_cloud, "link.unaccepted SYS-001 UN-001"));
    assert!(of_cloud.gaps.iter().all(|gap| &*gap.record != "UN-001"), "that is checked where it is at home");
    let of_system = report(&system);
    assert!(
        !of_system.gaps.iter().any(|gap| gap.rule.id == "13485-7.3.3-taken-up" && &*gap.record == "UN-001")
    );
    assert_eq!(accept(&cloud), Status::Holds);
    assert!(!has(&report(&cloud), "link.unaccepted SYS-001 UN-001"));
    let lock = std::fs::read_to_string(cloud.join("vouchsafe.lock")).unwrap();
    assert!(lock.contains("link SYS-001 refines UN-001"), "{lock}");
    // The other repository changes what was accepted here.
    need(&system, "The doctor sees it.");
    let of_cloud = report(&cloud);
    assert!(has(&of_cloud, "link.suspect SYS-001 UN-001"), "{:?}", of_cloud.gaps);
    // Accepting there says nothing of links from here.
    accept(&system);
    assert!(has(&report(&cloud), "link.suspect SYS-001 UN-001"));
    let mut out = Vec::new();
    let kinds = ["user-need", "system-requirement"].map(str::to_owned).to_vec();
    command::trace(&Trace { root: system, kinds, ..Trace::default() }, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("SYS-001"), "a trace goes across");
}

#[test]
fn without_the_other_repository_the_link_dangles() {
    let dir = two();
    std::fs::remove_dir_all(dir.path().join("system")).unwrap();
    let found = report(&dir.path().join("cloud"));
    let said: Vec<&str> = found.problems.iter().map(|p| &*p.message).collect();
    assert_eq!(said, ["SYS-001 refines UN-001, and there is no record UN-001"]);
    // Where it comes from a log instead, it does not.
    let mut parsed = records::source::Parsed::default();
    let text = "---\nid: UN-001\nkind: user-need\ntitle: Volume\n---\n\nText.\n";
    records::source::read_markdown(0, text.as_bytes(), &mut parsed);
    let records = vec![("system:records/UN-001.md".to_owned(), parsed.records.remove(0))];
    let others = vec![Foreign { name: "system".to_owned(), records, ..Foreign::default() }];
    let mut options = Check { root: dir.path().join("cloud"), others: others.clone(), ..Check::default() };
    assert_eq!(command::evaluate(&mut options).unwrap().2.problems, []);
    let beside = Beside { others, ..Beside::default() };
    let accept = Accept {
        root: dir.path().join("cloud"),
        all: true,
        by: "lead".to_owned(),
        at: "2026-01-04".to_owned(),
        beside,
        ..Accept::default()
    };
    let mut said = Vec::new();
    command::accept(&accept, &mut said).unwrap();
    assert!(String::from_utf8(said).unwrap().contains("1 link accepted"));
}

#[test]
fn an_id_that_both_claim_is_a_finding_and_no_merge() {
    let dir = two();
    let (system, cloud) = (dir.path().join("system"), dir.path().join("cloud"));
    requirement(&system, "SYS-001");
    let of_cloud = report(&cloud);
    let gap = of_cloud.gaps.iter().find(|gap| gap.rule.id == "repository.claimed-id").unwrap();
    assert_eq!((&*gap.record, &*gap.about, gap.fails()), ("SYS-001", "system", true));
    assert_eq!(gap.why, "SYS-001 is a record of `system` as well; that of this repository counts");
    assert!(has(&report(&system), "repository.claimed-id SYS-001 cloud"), "each side sees it");
    let tree = tree::load(&cloud).unwrap();
    let node = tree.set.node("SYS-001").unwrap();
    assert_eq!(tree.set.repository(node), 0, "the record at hand stands");
}
