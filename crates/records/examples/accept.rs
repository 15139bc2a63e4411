//! `accept FOLDER WHO TIME [ID…]`: accepts links of a tree, of all records or of those named; for use without the
//! `vouchsafe` binary.

use records::command::{Accept, accept};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &str| {
        arguments.next().ok_or_else(|| format!("{name} is missing: accept FOLDER WHO TIME [ID…]"))
    };
    let (root, by, at) = (next("FOLDER")?.into(), next("WHO")?, next("TIME")?);
    let ids: Vec<String> = arguments.collect();
    accept(
        &Accept { root, all: ids.is_empty(), ids, editorial: false, by, at, ..Accept::default() },
        &mut std::io::stdout().lock(),
    )?;
    Ok(())
}
