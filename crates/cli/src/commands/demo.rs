//! `vouchsafe demo`: see `crate::demo` for the story.

use clap::Args;

use super::Context;
use crate::failure::{Failure, Verdict};

/// Show the whole thing working on simulated pumps
///
/// Makes a simulated log in a fresh directory and walks through what works, computing everything it shows. Exit status 0
/// only if each step came out as it must.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// End after the story instead of serving the log
    #[arg(long)]
    pub(crate) once: bool,
    /// Simulated devices
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..=20_000))]
    pub(crate) devices: u64,
    /// Where to serve the log afterwards
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070")]
    pub(crate) listen: std::net::SocketAddr,
}

impl DemoArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        crate::demo::run(context, &self)
    }
}
