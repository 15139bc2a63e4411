//! The report as plain text of at most 100 columns or so, for terminals and logs.

use alloc::string::String;
use core::fmt::{self, Write};

use super::{ChipFigures, Choice, Entropy, Qualification};
use crate::MIN_RESIDUAL_BITS;

impl Qualification {
    /// The whole report as text, the verdict first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        self.verdict(out)?;
        self.reliability(out)?;
        if let Some(entropy) = &self.entropy {
            self.uniqueness(out, entropy)?;
        }
        if !self.candidates.is_empty() {
            self.codes(out)?;
        }
        if let Some(choice) = &self.choice {
            chosen(out, choice)?;
        }
        writeln!(out, "\nDistributions (share of bits that differ)")?;
        for row in self.distribution_table() {
            writeln!(
                out,
                "  {:<34} {:>6} {:>8} {:>8} {:>8}",
                row.name,
                row.count,
                percent(row.min),
                percent(row.median),
                percent(row.max)
            )?;
        }
        Ok(())
    }

    fn verdict(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "PUF qualification: {}", if self.accepted() { "ACCEPTED" } else { "REFUSED" })?;
        for refusal in &self.refusals {
            writeln!(out, "  refused: {refusal}")?;
        }
        let (reads, bad, upper) = self.bad_reads;
        writeln!(
            out,
            "  {} chips measured, {reads} reads, {bad} bad (95 %: up to {} %)",
            self.chips.len(),
            percent(upper)
        )
    }

    fn reliability(&self, out: &mut String) -> fmt::Result {
        if self.chips.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nReliability: held-out errors in % of bits against ...")?;
        writeln!(
            out,
            "  {:<8} {:>5} {:>5} {:>3} {:>6} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>7}  worst read",
            "chip",
            "enrol",
            "held",
            "bad",
            "ones",
            "one read",
            "majority",
            "stable",
            "kept",
            "response",
            "model",
            "worst"
        )?;
        for c in &self.chips {
            writeln!(
                out,
                "  {:<8} {:>5} {:>5} {:>3} {:>6} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>7}  {}",
                c.name,
                c.enrolled,
                c.held_out,
                c.bad.len(),
                percent(c.ones),
                percent(c.error_one),
                percent(c.error_majority),
                percent(c.error_stable),
                percent(c.stable),
                percent(c.error_response),
                percent(c.predicted),
                percent(c.worst.0),
                c.worst.1
            )?;
        }
        for c in &self.chips {
            chip_details(out, c)?;
        }
        Ok(())
    }

    fn uniqueness(&self, out: &mut String, entropy: &Entropy) -> fmt::Result {
        writeln!(out, "\nUniqueness and entropy")?;
        let pairs: String =
            self.between.iter().map(|(a, b, d)| alloc::format!(" {a}-{b} {}", percent(*d))).collect();
        writeln!(out, "  between chips:{pairs}")?;
        writeln!(
            out,
            "  unpaired stable cells are guessed right in {} from other chips, {} from their region: {:.3} bits a cell",
            percent(entropy.unpaired_from_others),
            percent(entropy.unpaired_from_region),
            entropy.unpaired_bits
        )?;
        writeln!(out, "  response bits (pairs of stable cells that differ) are guessed right, knowing ...")?;
        for g in &entropy.guesses {
            writeln!(
                out,
                "    {:<77} {:>7} (up to {}) of {}",
                g.name,
                percent(g.right),
                percent(g.upper),
                g.sample
            )?;
        }
        writeln!(out, "  min-entropy of a response bit: {:.3} bits", entropy.response_bits)
    }

    fn codes(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "\nCodes: bits left a block, blocks for {MIN_RESIDUAL_BITS} bits, key failure on the worst chip"
        )?;
        writeln!(
            out,
            "  {:<16} {:>8} {:>9} {:>7} {:>9} {:>12} {:>12} {:>12}",
            "code", "paired", "unpaired", "blocks", "response", "estimate", "upper 95 %", "stressed"
        )?;
        for c in &self.candidates {
            let name = alloc::format!("BCH({},{},{})", c.n, c.k, c.t);
            write!(out, "  {name:<16} {:>8.1} {:>9.1} ", c.residual_per_block, c.residual_unpaired)?;
            match c.blocks {
                Some(blocks) => writeln!(
                    out,
                    "{blocks:>7} {:>9} {:>12.1e} {:>12.1e} {:>12.1e}{}",
                    usize::from(blocks) * c.n,
                    c.key_failure.0,
                    c.key_failure.1,
                    c.stressed,
                    if c.fits { "  fits" } else { "" }
                )?,
                None => writeln!(out, "{:>7}", "none")?,
            }
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    alloc::format!("{:.2}", share * 100.0)
}

fn chip_details(out: &mut String, c: &ChipFigures) -> fmt::Result {
    writeln!(
        out,
        "  chip {}: margins N(±{:.3}, {:.3}²) in units of the noise; ln noise of held-out reads N({:.3}, {:.3}²), {} groups",
        c.name, c.fit.mean, c.fit.spread, c.noise.mean, c.noise.spread, c.noise.groups
    )?;
    write!(out, "    response errors by condition (mean/worst):")?;
    for k in &c.conditions {
        let mark = if k.enrolled { "" } else { "*" };
        write!(out, " {}{mark} {}/{}", k.name, percent(k.mean), percent(k.worst))?;
    }
    writeln!(out, "  (* not enrolled)")?;
    for bad in &c.bad {
        write!(out, "    bad read {}: {} % from the majority", bad.label, percent(bad.distance))?;
        match bad.error {
            Some(error) => writeln!(out, "; {error}")?,
            None => writeln!(out, ": power-cycle and retry")?,
        }
    }
    Ok(())
}

fn chosen(out: &mut String, c: &Choice) -> fmt::Result {
    let p = &c.profile;
    let layout = p.layout();
    writeln!(
        out,
        "\nProfile: {} x {:?}, step {}, distance {}: {} response bits, {} bits of min-entropy left",
        p.blocks(),
        p.code(),
        layout.step(),
        layout.distance(),
        p.response_bits(),
        p.residual_bits()
    )?;
    writeln!(
        out,
        "  key failure by the model: {:.1e}, up to {:.1e}; were every read at {} % errors: {:.1e}",
        c.key_failure,
        c.key_failure_upper,
        percent(c.stress_rate),
        c.key_failure_stressed
    )?;
    writeln!(
        out,
        "  by counting: {} of {} keys failed, so at most {:.1e} (95 %, were the keys independent);",
        c.failures, c.trials, c.empirical_upper
    )?;
    writeln!(
        out,
        "  the worst of {} blocks had {} errors, {} allowed; errors vary {:.2} times as binomial ones",
        c.trials * usize::from(p.blocks()),
        c.worst_block,
        p.code().t(),
        c.dispersion
    )
}
