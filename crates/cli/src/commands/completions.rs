//! `vouchsafe completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Context};
use crate::failure::{Failure, Verdict};

/// Write completions for a shell to standard output
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "vouchsafe", &mut out);
        context.ui.print(String::from_utf8_lossy(&out).trim_end())?;
        Ok(Verdict::Holds)
    }
}
