//! The `vouchsafe` binary. Thin: everything is in the modules, and the exit status is decided in [`failure`].

mod archive;
mod author;
mod clock;
mod commands;
mod config;
mod data;
mod demo;
mod failure;
mod git;
mod keys;
mod remote;
mod serve;
mod session;
mod text;
mod ui;

fn main() -> std::process::ExitCode {
    commands::main()
}
