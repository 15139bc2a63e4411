//! Annotations of GitHub Actions (`::error file=…,line=…,title=…::message`).

use super::View;
use crate::engine::GapState;
use crate::record::Place;
use crate::schema::Severity;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    for problem in &view.report.problems {
        let message = format!("{}; {}", problem.message, problem.fix);
        one(view, "error", problem.place, problem.code.name(), &message, out)?;
    }
    for gap in view.report.gaps.iter().filter(|gap| !matches!(gap.state, GapState::Justified(_))) {
        let level = match gap.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let clauses = if gap.rule.clauses.is_empty() {
            String::new()
        } else {
            format!(" [{}]", gap.rule.clauses.join("; "))
        };
        one(view, level, gap.place, &gap.rule.id, &format!("{}{clauses}; {}", gap.why, gap.rule.hint), out)?;
    }
    Ok(())
}

fn one(
    view: &View<'_>,
    level: &str,
    place: Place,
    title: &str,
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let file = view.file(place);
    let file = if file.is_empty() {
        String::new()
    } else {
        format!("file={},line={},", property(file), place.line.max(1))
    };
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    writeln!(out, "::{level} {file}title={}::{message}", property(title))
}

fn property(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace(':', "%3A").replace(',', "%2C")
}
