//! Coverage and analysis reports as what the records library knows of code.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use formats::{analysis, coverage};
use records::code::{AnalysisFinding, Measured};

use super::results::About;
use crate::failure::Failure;

/// Reads coverage: lcov tracefiles or Cobertura XML.
pub(super) fn coverage(path: &Path, about: &About) -> Result<Measured, Failure> {
    let file = fs::File::open(path).map_err(|e| Failure::file("reading the coverage", path, &e))?;
    let read = coverage::read(BufReader::new(file), &coverage::Limits::default());
    let read = read.map_err(|e| Failure::input(format!("reading the coverage {}", path.display()), e))?;
    let lines = read.files.into_iter().map(|(name, file)| (name.into_string(), file.lines)).collect();
    let source = path.display().to_string();
    let About { commit, artefact } = about.clone();
    Ok(Measured { source, commit, artefact, lines, ..Measured::default() })
}

/// Reads the report of an analysis: SARIF 2.1.0, one measurement a run.
pub(super) fn analysis(path: &Path, about: &About) -> Result<Vec<Measured>, Failure> {
    let doing = || format!("reading the analysis {}", path.display());
    let size = fs::metadata(path).map_err(|e| Failure::file("reading the analysis", path, &e))?.len();
    if size > formats::advisory::MAX_LEN as u64 {
        return Err(Failure::input(
            doing(),
            format!("it has more than {} bytes", formats::advisory::MAX_LEN),
        ));
    }
    let bytes = fs::read(path).map_err(|e| Failure::file("reading the analysis", path, &e))?;
    let read = analysis::read(&bytes).map_err(|e| Failure::input(doing(), e))?;
    let mut measured = Vec::new();
    for run in read.runs {
        if run.successful == Some(false) {
            let what = format!("{} says that it did not come to its end", run.tool);
            return Err(
                Failure::input(doing(), what).hint("run the analysis again; half of one is not evidence")
            );
        }
        let findings = run.results.into_iter().filter(|finding| !finding.suppressed);
        measured.push(Measured {
            source: path.display().to_string(),
            commit: if run.commit.is_empty() { about.commit.clone() } else { run.commit.into_string() },
            artefact: about.artefact.clone(),
            tool: format!("{} {}", run.tool, run.version).trim().to_owned(),
            findings: findings
                .map(|finding| AnalysisFinding {
                    rule: finding.rule.into_string(),
                    message: finding.message.into_string(),
                    file: finding.file.into_string(),
                    line: finding.line,
                    error: finding.level == analysis::Level::Error,
                })
                .collect(),
            ..Measured::default()
        });
    }
    Ok(measured)
}

/// All of several reports.
pub(super) fn all(
    coverages: &[PathBuf],
    analyses: &[PathBuf],
    about: &About,
) -> Result<Vec<Measured>, Failure> {
    let mut all = Vec::new();
    for path in coverages {
        all.push(coverage(path, about)?);
    }
    for path in analyses {
        all.extend(analysis(path, about)?);
    }
    Ok(all)
}
