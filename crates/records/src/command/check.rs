//! `check`: evaluates all rules and says what is missing, where, and which clause asks for it.

use super::history::{self, AskHistory};
use super::{CommandError, Status, load, usage};
use crate::code::Measured;
use crate::digest::Digest;
use crate::engine::{Evaluator, Report};
use crate::facts::{Approval, Happening, Moment, TestResult};
use crate::named::{NamedTest, of_no_case, results_of_names, worst_of_each};
use crate::render::{self, Format};
use crate::tree::{self, Foreign, Tree};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

/// What to check and how to show it.
#[derive(Debug, Default)]
pub struct Check {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// How to show it.
    pub format: Format,
    /// Whether the text shows every gap instead of the first of each rule.
    pub all: bool,
    /// Results of the run at hand: bound to the revisions at hand.
    pub results_at_hand: Vec<TestResult>,
    /// Automated tests of the run at hand by their names, for test cases that name theirs in `tests`, and for tests whose
    /// code is marked with their case.
    pub tests_at_hand: Vec<NamedTest>,
    /// Results that say themselves which revisions they are of.
    pub results: Vec<TestResult>,
    /// Approvals known.
    pub approvals: Vec<Approval>,
    /// Moments known, such as from Git history.
    pub happenings: Vec<(String, Happening, Moment)>,
    /// What coverage tools and analyses measured of the code.
    pub measured: Vec<Measured>,
    /// The commit at hand; empty when not known.
    pub commit: String,
    /// Changes declared editorial that somebody signed: record, revision before, revision after.
    pub signed_editorial: Vec<(String, Digest, Digest)>,
    /// Records of the product's other repositories.
    pub others: Vec<Foreign>,
    /// Asked for moments in the history of the repository when a rule depends on them.
    pub history: Option<AskHistory>,
    /// File of known gaps: only others fail.
    pub ratchet: Option<PathBuf>,
    /// Whether to write the present gaps to that file instead.
    pub write_ratchet: bool,
}

/// Loads and evaluates, without showing anything.
///
/// # Errors
/// When the tree cannot be read.
pub fn evaluate(options: &mut Check) -> Result<(PathBuf, Evaluator, Report), CommandError> {
    let mut tree = load(&options.root, &options.signed_editorial, &options.others)?;
    let set = &mut tree.set;
    if let Some(code) = set.code_mut() {
        code.commit.clone_from(&options.commit);
        code.measured = core::mem::take(&mut options.measured);
    }
    let mut unmatched: Vec<String> = Vec::new();
    let named = results_of_names(set, &options.tests_at_hand);
    for mut result in worst_of_each(core::mem::take(&mut options.results_at_hand), named) {
        result.bind(set);
        unmatched.extend(set.add_result(result).err().map(String::from));
    }
    // Those that name a case which is not there are among them by that name.
    let of_none = of_no_case(set, &options.tests_at_hand).into_iter().filter(|test| !test.names_a_case());
    unmatched.extend(of_none.map(|test| test.name.trim().to_owned()));
    for result in options.results.drain(..) {
        unmatched.extend(set.add_result(result).err().map(String::from));
    }
    for approval in options.approvals.drain(..) {
        set.add_approval(approval);
    }
    for (id, happening, at) in options.happenings.drain(..) {
        set.add_happening(&id, happening, at);
    }
    if let Some(history) = options.history.take()
        && (history.always || history::is_needed(&tree.set))
    {
        let claims = history.ask(&tree.set).map_err(CommandError::History)?;
        history::enter(&mut tree.set, claims);
    }
    let Tree { root, set, problems, problems_left_out, .. } = tree;
    let evaluator = Evaluator::new(set, tree::threads());
    let mut report = evaluator.report();
    report.problems = problems;
    report.unmatched_results = unmatched;
    report.problems_left_out = problems_left_out;
    Ok((root, evaluator, report))
}

/// Checks the tree and writes the report.
///
/// # Errors
/// When the tree, the ratchet file or the output fails.
pub fn check(mut options: Check, out: &mut dyn Write) -> Result<Status, CommandError> {
    let (root, evaluator, mut report) = evaluate(&mut options)?;
    let mut old = 0;
    if let Some(path) = &options.ratchet {
        let keys: BTreeSet<String> =
            report.gaps.iter().filter(|gap| gap.fails()).map(crate::engine::Gap::key).collect();
        if options.write_ratchet {
            let mut text = String::from(
                "# Known gaps, one a line: rule, record, other end. `check --ratchet` fails only on others.\n",
            );
            keys.iter().for_each(|key| {
                text.push_str(key);
                text.push('\n');
            });
            tree::write_text(path, &text).map_err(CommandError::Tree)?;
            writeln!(out, "{} known gaps written to {}", keys.len(), path.display())
                .map_err(CommandError::Output)?;
            return Ok(Status::Holds);
        }
        if !path.is_file() {
            return Err(usage(
                format!("there is no file {}", path.display()),
                "write it first with --write-ratchet",
            ));
        }
        let known = tree::read_text(path, crate::limits::MAX_LOCK_BYTES).map_err(CommandError::Tree)?;
        let known: BTreeSet<&str> = known.lines().filter(|line| !line.starts_with('#')).collect();
        for gap in &mut report.gaps {
            if gap.fails() && known.contains(&*gap.key()) {
                gap.severity = crate::schema::Severity::Note;
                old += 1;
            }
        }
    }
    let view = render::View {
        report: &report,
        set: evaluator.set(),
        root: Some(&root),
        all: options.all,
        known: old,
    };
    render::write(&view, options.format, out).map_err(CommandError::Output)?;
    Ok(match report.exit_status() {
        0 => Status::Holds,
        1 => Status::Gaps,
        _ => Status::BadInput,
    })
}
