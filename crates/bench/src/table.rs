//! The table: what, measured, floor of the same run, ratio, mark, verdict. Not here: the figures.

/// One line of the table.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// The figure with its unit.
    pub(crate) measured: String,
    /// The floor with its unit, or `-`.
    pub(crate) floor: String,
    /// Measured against the floor, or `-`.
    pub(crate) ratio: String,
    /// What it must be, or `-`.
    pub(crate) mark: String,
    /// Whether it is; `None` where there is no mark, or where this run is too small to tell.
    pub(crate) holds: Option<bool>,
}

/// Lines in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    /// Adds a line.
    pub(crate) fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    /// Prints everything as a Markdown table.
    pub(crate) fn print(&self) {
        let mut lines = vec![["what", "measured", "floor", "ratio", "mark", "verdict"].map(str::to_owned)];
        for row in &self.0 {
            let verdict = match row.holds {
                Some(true) => "holds",
                Some(false) => "**misses**",
                None => "-",
            };
            lines.push([
                row.what.clone(),
                row.measured.clone(),
                row.floor.clone(),
                row.ratio.clone(),
                row.mark.clone(),
                verdict.into(),
            ]);
        }
        let width = |n: usize| lines.iter().map(|l| l[n].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        println!();
        for (n, line) in lines.iter().enumerate() {
            let cells: Vec<String> =
                line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("| {} |", cells.join(" | "));
            if n == 0 {
                println!("|{}|", widths.map(|w| "-".repeat(w + 2)).join("|"));
            }
        }
    }
}

/// A count with thousands apart.
pub(crate) fn count(n: f64) -> String {
    let digits = format!("{n:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The middle one of several figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    part(&mut figures, 0.5)
}

/// The figure below which this part of them lies.
pub(crate) fn part(figures: &mut [f64], part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let place = ((figures.len().saturating_sub(1)) as f64 * part).round();
    #[expect(clippy::cast_sign_loss, reason = "a place is not negative")]
    figures.get(place as usize).copied().unwrap_or(f64::NAN)
}
