//! The command line: what all commands share, one file a command below. Doc comments are the help.

mod advisories;
mod affected;
mod completions;
mod decide;
pub(crate) mod demo;
mod device;
mod evidence;
mod export;
mod fleet;
mod log;
pub(crate) use log::init as log_init;
pub(crate) mod package;
mod puf;
mod records;
pub(crate) mod release;
mod sbom;
mod serve;
mod source;
mod token;
pub(crate) mod verify;
mod vex;
mod vulnerabilities;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::data::DataDir;
use crate::failure::{Failure, Kind, Verdict};
use crate::ui::{Format, Ui};

/// Evidence for connected medical devices: a log of signed facts that nobody can rewrite unseen
///
/// Exit status: 0 it holds or is done; 1 it does not hold; 2 bad usage or bad input; 3 the environment failed.
#[derive(Parser, Debug)]
#[command(
    name = "vouchsafe",
    version,
    propagate_version = false,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Data directory [default: $VOUCHSAFE_DATA, else ./vouchsafe-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Form of the results
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Show the whole thing working on simulated pumps
    Demo(demo::DemoArgs),
    /// Serve the log, its API and its pages
    Serve(serve::ServeArgs),
    /// Make a one-use code to sign in to the pages
    SignIn(serve::SignInArgs),
    /// Make, read, prove, verify, export the log
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Make an audit package: one file that anyone can verify offline
    Package(package::PackageArgs),
    /// Verify a proof, an audit package or an exported log, offline
    Verify(verify::VerifyArgs),
    /// Enrol people, services and stations; rotate and revoke their keys
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Ask for many devices
    #[command(subcommand)]
    Fleet(fleet::FleetCommand),
    /// Ask for one device
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Bring what devices said
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Issue and revoke tokens for reading
    #[command(subcommand)]
    Token(token::TokenCommand),
    #[command(flatten)]
    Records(records::RecordsCommand),
    /// State releases, look at them, compare them
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    /// Take in advisories and VEX documents, look at them, watch feeds
    #[command(subcommand)]
    Advisories(advisories::AdvisoriesCommand),
    /// Show which devices are affected by a vulnerability, or carry a component
    Affected(affected::AffectedArgs),
    /// List the vulnerabilities that concern releases, their trend and metrics
    #[command(subcommand)]
    Vulnerabilities(vulnerabilities::VulnerabilitiesCommand),
    /// Decide what a vulnerability means for a component
    Decide(decide::DecideArgs),
    /// Write what is stated about vulnerabilities, for customers' tools
    #[command(subcommand)]
    Vex(vex::VexCommand),
    /// Write the bill of materials of a release or of what a device runs
    #[command(subcommand)]
    Sbom(sbom::SbomCommand),
    /// Cosign the checkpoints of other logs
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Judge whether SRAM power-up reads make good device keys
    #[command(subcommand)]
    Puf(puf::PufCommand),
    /// Write completions for a shell
    Completions(completions::CompletionsArgs),
}

/// What every command has.
pub(crate) struct Context {
    pub(crate) data: DataDir,
    /// Whether the data directory was named, by option or environment.
    pub(crate) data_named: bool,
    pub(crate) ui: Ui,
}

/// Runs the command line.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let data =
        cli.data.or_else(|| std::env::var_os("VOUCHSAFE_DATA").filter(|v| !v.is_empty()).map(PathBuf::from));
    let context = Context {
        data_named: data.is_some(),
        data: DataDir::new(data.unwrap_or_else(|| PathBuf::from("vouchsafe-data"))),
        ui: Ui::new(cli.format),
    };
    // What the libraries report goes to standard error, warnings and errors only.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
    let ended = run(&context, cli.command);
    ExitCode::from(match ended {
        Ok(verdict) => verdict.status(),
        Err(failure) => {
            if failure.kind != Kind::OutputClosed {
                context.ui.failed(&failure);
            }
            failure.status()
        }
    })
}

fn run(context: &Context, command: Command) -> Result<Verdict, Failure> {
    let table = match &command {
        Command::Fleet(command) => command.has_csv(),
        Command::Affected(_) => true,
        _ => false,
    };
    if context.ui.format == Format::Csv && !table {
        return Err(Failure::input("printing the results", "they are no table")
            .hint("give `--format text` or `--format json`"));
    }
    match command {
        Command::Demo(args) => args.run(context),
        Command::Serve(args) => args.run(context),
        Command::SignIn(args) => args.run(context),
        Command::Witness(command) => command.run(context),
        Command::Log(command) => command.run(context),
        Command::Package(args) => args.run(context),
        Command::Verify(args) => args.run(context),
        Command::Source(command) => command.run(context),
        Command::Fleet(command) => command.run(context),
        Command::Affected(args) => args.run(context),
        Command::Vulnerabilities(command) => command.run(context),
        Command::Device(command) => command.run(context),
        Command::Evidence(command) => command.run(context),
        Command::Token(command) => command.run(context),
        Command::Records(command) => command.run(context),
        Command::Release(command) => command.run(context),
        Command::Advisories(command) => command.run(context),
        Command::Decide(args) => args.run(context),
        Command::Vex(command) => command.run(context),
        Command::Sbom(command) => command.run(context),
        Command::Puf(command) => command.run(context),
        Command::Completions(args) => args.run(context),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
