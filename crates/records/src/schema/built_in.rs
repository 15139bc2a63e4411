//! Checks the engine makes without a profile: of links, and of the code where `vouchsafe.toml` has `[code]`.

use super::Severity;

/// The link was never accepted.
pub const UNACCEPTED: &str = "link.unaccepted";
/// The target of the link changed since it was accepted.
pub const SUSPECT: &str = "link.suspect";
/// Something the record depends on is suspect.
pub const IN_QUESTION: &str = "link.in-question";
/// A change was declared editorial, and no signature that counts says so.
pub const UNSIGNED_EDITORIAL: &str = "link.unsigned-editorial";
/// A file of the code belongs to no unit.
pub const CODE_NO_UNIT: &str = "code.no-unit";
/// A unit's paths name no file.
pub const CODE_WITHOUT_FILES: &str = "code.unit-without-files";
/// Two units name a file equally exactly.
pub const CODE_SHARED: &str = "code.shared-file";
/// A dependency crosses a segregation.
pub const CODE_CROSSES: &str = "code.crosses-segregation";
/// A mark names a record that does not exist.
pub const CODE_UNKNOWN_MARK: &str = "code.unknown-mark";
/// A record that must be implemented by marked code is not.
pub const CODE_UNIMPLEMENTED: &str = "code.unimplemented";
/// Code that implements a record was run by no test.
pub const CODE_NOT_RUN: &str = "code.not-run";
/// A unit's coverage is below what it asks for.
pub const CODE_COVERAGE: &str = "code.coverage";
/// An analysis has open errors.
pub const CODE_ANALYSIS: &str = "code.open-finding";
/// A measurement is of another commit.
pub const CODE_OTHER_COMMIT: &str = "code.other-commit";
/// A file of the code could not be looked into.
pub const CODE_UNREAD: &str = "code.unread";

/// Two repositories of the product claim an id.
pub const CLAIMED_ID: &str = "repository.claimed-id";
/// A repository of the product has other rules than those in force.
pub const DIFFERING_RULES: &str = "repository.differing-rules";

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its id.
    pub id: &'static str,
    /// What must hold.
    pub title: &'static str,
    /// What to do.
    pub hint: &'static str,
    /// Clauses that ask for it, as `STANDARD:NUMBER`; those of profiles that are not in force are not shown.
    pub clauses: &'static [&'static str],
    /// How much it weighs before the stage `verification`.
    pub early: Severity,
    /// How much it weighs from then on.
    pub late: Severity,
}

/// The check of this id.
#[must_use]
pub fn built_in(id: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|check| check.id == id)
}

const fn check(
    id: &'static str,
    (early, late): (Severity, Severity),
    title: &'static str,
    hint: &'static str,
    clauses: &'static [&'static str],
) -> BuiltIn {
    BuiltIn { id, title, hint, clauses, early, late }
}

const ALWAYS: (Severity, Severity) = (Severity::Error, Severity::Error);
const LATER: (Severity, Severity) = (Severity::Note, Severity::Error);
const NEVER: (Severity, Severity) = (Severity::Warning, Severity::Warning);

/// All of them.
pub const BUILT_IN: [BuiltIn; 17] = [
    check(
        CLAIMED_ID,
        ALWAYS,
        "An id is a record of one repository",
        "give one of the two another id; to move a record, remove it there and push, then add it here",
        &["62304:8.1.1"],
    ),
    check(
        DIFFERING_RULES,
        NEVER,
        "The repositories of a product follow the same rules",
        "bring profiles, stage, rules and policy of the two vouchsafe.toml together",
        &[],
    ),
    check(
        UNACCEPTED,
        LATER,
        "Each link is accepted against a revision of its target",
        "look at both ends, then `vouchsafe accept ID`",
        &[],
    ),
    check(
        SUSPECT,
        ALWAYS,
        "No target changed since its link was accepted",
        "see whether the change matters here, mend, then `vouchsafe accept ID`",
        &[],
    ),
    check(
        IN_QUESTION,
        NEVER,
        "Nothing a record depends on is suspect",
        "settle the suspect link at the start of the path first",
        &[],
    ),
    check(
        UNSIGNED_EDITORIAL,
        NEVER,
        "A change that is declared editorial is signed as such",
        "have it signed, or look at what follows from it and accept those links",
        &[],
    ),
    check(
        CODE_NO_UNIT,
        LATER,
        "Each file of the code belongs to a unit",
        "name it in `paths` of a unit, or leave it out in `[code]` of vouchsafe.toml",
        &["62304:5.4.1"],
    ),
    check(
        CODE_WITHOUT_FILES,
        LATER,
        "The paths of each unit name files",
        "correct `paths`, or write the code",
        &["62304:5.5.1"],
    ),
    check(
        CODE_SHARED,
        NEVER,
        "Each file of the code belongs to one unit",
        "name the file more exactly in one of the two, or join them",
        &["62304:5.4.1"],
    ),
    check(
        CODE_CROSSES,
        ALWAYS,
        "No dependency crosses a segregation",
        "remove the dependency, or the segregation with what rests on it; or justify it",
        &["62304:5.3.5"],
    ),
    check(
        CODE_UNKNOWN_MARK,
        ALWAYS,
        "Each mark in the code names a record",
        "correct the mark, or write the record",
        &[],
    ),
    check(
        CODE_UNIMPLEMENTED,
        LATER,
        "Each record of the kinds `[code]` names is implemented by marked code",
        "put `@implements ID` before the code",
        &["62304:5.5.1"],
    ),
    check(
        CODE_NOT_RUN,
        NEVER,
        "Tests run the code that implements a record",
        "write a test that reaches it",
        &[],
    ),
    check(
        CODE_COVERAGE,
        LATER,
        "The coverage of each unit is what it asks for",
        "write tests, or change `min-line-coverage` with the reason in `acceptance-criteria`",
        &["62304:5.5.3"],
    ),
    check(
        CODE_ANALYSIS,
        LATER,
        "Static analysis has no open error in the code",
        "mend it, or accept it with its reason where the tool takes suppressions",
        &["81001-5-1:5.5.2"],
    ),
    check(CODE_OTHER_COMMIT, NEVER, "Coverage and analysis are of the commit at hand", "measure anew", &[]),
    check(
        CODE_UNREAD,
        NEVER,
        "All code could be looked into",
        "make it readable, or leave it out in `[code]` of vouchsafe.toml",
        &[],
    ),
];
