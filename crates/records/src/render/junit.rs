//! JUnit XML: one test case a rule that found something, failed by its failing gaps; bad input is an error. A run
//! without any gap is one passed case.

use super::{View, xml_escaped};
use crate::engine::Gap;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let mut rules: BTreeMap<&str, Vec<&Gap>> = BTreeMap::new();
    for gap in &report.gaps {
        rules.entry(&gap.rule.id).or_default().push(gap);
    }
    let failures = rules.values().filter(|gaps| gaps.iter().any(|gap| gap.fails())).count();
    let errors = usize::from(!report.problems.is_empty());
    let tests = rules.len() + 1;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    writeln!(
        out,
        "<testsuite name=\"vouchsafe check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    )?;
    if report.problems.is_empty() {
        writeln!(out, "<testcase classname=\"vouchsafe\" name=\"input\"/>")?;
    } else {
        writeln!(
            out,
            "<testcase classname=\"vouchsafe\" name=\"input\"><error message=\"{} problems\">",
            report.problems.len()
        )?;
        for problem in &report.problems {
            let line = format!(
                "{}:{}: {}; {}",
                view.file(problem.place),
                problem.place.line,
                problem.message,
                problem.fix
            );
            writeln!(out, "{}", xml_escaped(&line))?;
        }
        writeln!(out, "</error></testcase>")?;
    }
    for (rule, gaps) in rules {
        let failing: Vec<&&Gap> = gaps.iter().filter(|gap| gap.fails()).collect();
        if failing.is_empty() {
            writeln!(out, "<testcase classname=\"vouchsafe.rules\" name=\"{}\"/>", xml_escaped(rule))?;
            continue;
        }
        let title = failing.first().map_or("", |gap| &*gap.rule.title);
        writeln!(
            out,
            "<testcase classname=\"vouchsafe.rules\" name=\"{}\"><failure message=\"{}: {} gaps\">",
            xml_escaped(rule),
            xml_escaped(title),
            failing.len()
        )?;
        for gap in failing {
            let line = format!("{}:{}: {}", view.file(gap.place), gap.place.line, gap.why);
            writeln!(out, "{}", xml_escaped(&line))?;
        }
        writeln!(out, "</failure></testcase>")?;
    }
    writeln!(out, "</testsuite>\n</testsuites>")
}
