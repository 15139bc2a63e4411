//! `vouchsafe puf report`: whether a family of SRAM chips makes good device keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use puf::report::{Chip, Demand, Read, qualify};

use super::Context;
use crate::data;
use crate::failure::{Failure, Verdict};

/// Most bytes of one read: 128 KiB of memory as ASCII digits with line ends.
const MAX_READ: u64 = 4 << 20;
/// Most reads at once.
const MAX_READS: usize = 20_000;

#[derive(Subcommand, Debug)]
pub(crate) enum PufCommand {
    /// Judge power-up reads of at least three chips
    Report(ReportArgs),
}

/// Judge power-up reads of at least three chips
///
/// Each file is one read: raw binary, or ASCII 0 and 1 (white space is skipped, the first digit is the lowest bit of
/// the first byte). Reads belong to the same chip when they lie in the same directory; when all lie in one directory,
/// when their names agree up to the last `-`, `_` or `.` before the final number. Exit status 1: the family is refused.
#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The reads, in the order taken
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the distributions as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl PufCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let Self::Report(args) = self;
        args.run(context)
    }
}

impl ReportArgs {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        if self.files.len() > MAX_READS {
            return Err(Failure::input(
                "reading the reads",
                format!("{} files, at most {MAX_READS}", self.files.len()),
            ));
        }
        let bar = context.ui.progress("Reading", self.files.len() as u64);
        let by_directory =
            self.files.iter().any(|f| f.parent() != self.files.first().and_then(|first| first.parent()));
        let mut chips: BTreeMap<String, Vec<Read>> = BTreeMap::new();
        for path in &self.files {
            let bytes = read(path)?;
            let label = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let read = Read { label, condition: String::new(), bytes };
            chips.entry(chip_of(path, by_directory)).or_default().push(read);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let chips: Vec<Chip> = chips.into_iter().map(|(name, reads)| Chip::evenly(name, reads)).collect();
        let report = qualify(&chips, Demand::STANDARD);
        if let Some(path) = &self.svg {
            data::write_new(path, report.svg("puf").as_bytes(), false)?;
        }
        if context.ui.is_json() {
            let refusals: Vec<String> = report.refusals.iter().map(ToString::to_string).collect();
            context.ui.json(&serde_json::json!({
                "accepted": report.accepted(), "chips": chips.len(), "reads": self.files.len(),
                "refusals": refusals, "text": report.text(),
            }))?;
        } else {
            context.ui.print(report.text().trim_end())?;
        }
        Ok(if report.accepted() { Verdict::Holds } else { Verdict::DoesNotHold })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading", path, e);
    let length = fs::metadata(path).map_err(|e| fail(&e))?.len();
    let refuse = |problem: String| Failure::input(format!("reading {}", path.display()), problem);
    if length > MAX_READ {
        return Err(refuse(format!("{length} bytes are more than any read of {MAX_READ}")));
    }
    let bytes = fs::read(path).map_err(|e| fail(&e))?;
    if !bytes.iter().all(|b| matches!(b, b'0' | b'1') || b.is_ascii_whitespace()) || bytes.is_empty() {
        return Ok(bytes);
    }
    let bits: Vec<u8> = bytes.into_iter().filter(|b| !b.is_ascii_whitespace()).map(|b| b - b'0').collect();
    let eights = bits.chunks_exact(8);
    if !eights.remainder().is_empty() {
        return Err(refuse(format!("{} bits are no whole bytes", bits.len())));
    }
    Ok(eights.map(|eight| eight.iter().rev().fold(0, |byte, bit| byte << 1 | bit)).collect())
}

/// Name of the chip a file belongs to.
fn chip_of(path: &Path, by_directory: bool) -> String {
    if by_directory {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default();
        return name.to_string_lossy().into_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    name.trim_end_matches(['-', '_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::chip_of;

    #[test]
    fn reads_are_grouped_by_directory_or_name() {
        assert_eq!(chip_of(Path::new("a/chip-3_0017.bin"), false), "chip-3");
        assert_eq!(chip_of(Path::new("reads/chip-3/0017.bin"), true), "chip-3");
    }
}
