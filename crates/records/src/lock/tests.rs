//! The lock file: what is written is read again; merges of branches end in one stamp.

use super::*;

fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

#[test]
fn what_is_written_is_read() {
    let mut lock = Lock::default();
    lock.stamp("A-1", "refines", "B-1", digest(1), "2026-01-01T00:00:00Z Lead, of two words");
    lock.stamp("A-1", "covers", "C-1", digest(2), "2026-01-01 x");
    lock.describe("B-1", digest(1), digest(9), "text=00000000 title=11111111".to_owned());
    lock.editorial("B-1", digest(1), digest(3), "2026-01-02 y");
    let text = lock.to_text();
    let mut problems = Vec::new();
    let lines = parse_lock(0, &text, &mut problems);
    assert_eq!(problems, []);
    assert_eq!(Lock::from_lines(&lines), lock);
    assert_eq!(
        lock.stamped("A-1", "refines", "B-1"),
        Some((digest(1), "2026-01-01T00:00:00Z Lead, of two words"))
    );
    let mut sorted: Vec<&str> = text.lines().skip(1).collect();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        text.lines().skip(1).collect::<Vec<_>>(),
        "sorted, so that branches merge line by line"
    );
}

#[test]
fn of_two_branches_the_later_acceptance_counts() {
    let (early, late) = (digest(7), digest(1));
    let text = format!("link A r B {late} 2026-02-01 x\nlink A r B {early} 2026-01-01 x\n");
    let lock = Lock::from_lines(&parse_lock(0, &text, &mut Vec::new()));
    assert_eq!(lock.stamped("A", "r", "B"), Some((late, "2026-02-01 x")));
}

#[test]
fn damaged_lines_are_named_and_the_others_kept() {
    let good = format!("link A r B {} 2026-02-01 x", digest(1));
    let text = format!(
        "{good}\nlink A r C {}\nlink A r\nrevision A 00 11\nlink A r B {} x\n",
        &digest(1).to_string()[1..],
        "G".repeat(64)
    );
    let mut problems = Vec::new();
    assert_eq!(parse_lock(3, &text, &mut problems).len(), 1);
    assert_eq!(problems.iter().map(|problem| problem.place.line).collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[test]
fn stamps_of_links_that_are_gone_are_pruned_with_their_revisions() {
    let mut lock = Lock::default();
    for (to, byte) in [("B", 1), ("C", 2)] {
        lock.stamp("A", "r", to, digest(byte), "n");
        lock.describe(to, digest(byte), digest(byte), String::new());
    }
    lock.prune(|_, _, to| to == "B");
    assert_eq!((lock.revisions_of("B").count(), lock.revisions_of("C").count()), (1, 0));
}
