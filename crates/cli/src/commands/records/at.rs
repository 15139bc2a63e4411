//! Records as the log has them at a moment, instead of those of a working tree: `--from-log`, `--at`, `--known`.

use clap::Args;
use evidence::Time;
use views::design::{Design, Moment, design};
use world::World;

use crate::commands::Context;
use crate::failure::Failure;

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Records of a log instead of a working tree")]
pub(super) struct AtArgs {
    /// Take the records that the log of the data directory holds
    #[arg(long)]
    from_log: bool,
    /// As they were at this time [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// As known then: a log size or a time [default: now]
    #[arg(long, value_name = "SIZE|TIME")]
    known: Option<String>,
    /// Which product, where the log has several
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// Which line, where the product has several
    #[arg(long, value_name = "NAME")]
    line: Option<String>,
}

impl AtArgs {
    /// The records of the log, if they were asked for.
    pub(super) fn design(&self, context: &Context) -> Result<Option<Design>, Failure> {
        if !self.from_log && self.at.is_none() && self.known.is_none() {
            if self.product.is_some() || self.line.is_some() {
                return Err(Failure::input(
                    "reading the records",
                    "`--product` and `--line` choose among those of a log",
                )
                .hint("add `--from-log`; a working tree has one product and line"));
            }
            return Ok(None);
        }
        let (_, loaded) = context.data.load()?;
        let blobs = context.data.blobs()?;
        let moment = self.moment(&loaded.world)?;
        let made = design(&loaded.world, &blobs, &moment, records::tree::threads());
        made.map(Some).map_err(|e| match e {
            views::design::DesignError::Store(e) => e.into(),
            other => Failure::input("reading the records of the log", other),
        })
    }

    fn moment(&self, world: &World) -> Result<Moment, Failure> {
        let doing = "reading the records of the log";
        let known = match &self.known {
            None => world.size(),
            Some(text) => match text.parse::<Time>() {
                Ok(time) => world.clock().size_at(time, world.size()),
                Err(_) => text.parse().map_err(|_| {
                    Failure::input(doing, format!("`{text}` is neither a log size nor a time"))
                        .hint("write 1200, or 2026-03-01T09:00:00Z")
                })?,
            },
        };
        if known > world.size() {
            return Err(Failure::input(doing, format!("the log has {} entries, not {known}", world.size())));
        }
        let at = self.at.unwrap_or_else(|| world.clock().time_of(known.saturating_sub(1)));
        let view = world.design_at(at, known);
        let fits = |asked: &Option<String>, is: &str| asked.as_deref().is_none_or(|asked| asked == is);
        let lines: Vec<(&str, &str)> =
            view.lines().filter(|(p, l)| fits(&self.product, p) && fits(&self.line, l)).collect();
        match lines[..] {
            [(product, line)] => Ok(Moment { product: product.to_owned(), line: line.to_owned(), at, known }),
            [] => Err(Failure::input(doing, "nothing of such a product and line was known then")
                .hint("push it first with `vouchsafe push`, or ask for a later moment")),
            _ => {
                let named: Vec<String> = lines.iter().map(|(p, l)| format!("{p} ({l})")).collect();
                Err(Failure::input(doing, format!("the log has several: {}", named.join(", ")))
                    .hint("choose one with `--product` and `--line`"))
            }
        }
    }
}

/// What a design is, in one line.
pub(super) fn said(design: &Design) -> String {
    let Moment { product, line, at, known } = &design.moment;
    format!("{product}, line {line}, at {at} as known with {known} entries")
}
