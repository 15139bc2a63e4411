//! `check FOLDER`: one check in a new process, as the benchmark times it. The report goes to standard output; time spent
//! and the largest resident size go to standard error.

use records::command::{Check, check};
use std::io::BufWriter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let begin = std::time::Instant::now();
    let root = std::env::args().nth(1).ok_or("check FOLDER")?.into();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let status = check(Check { root, ..Check::default() }, &mut out)?;
    drop(out);
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
    eprintln!("{:.1} ms, {peak}, exit {}", begin.elapsed().as_secs_f64() * 1e3, status as u8);
    Ok(())
}
