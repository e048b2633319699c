//! The `baton` binary: arguments and settings, life and death of a process, and the client of the
//! HTTP API. What the roles do lives in their own crates.

mod args;
mod client;
mod commands;
mod config;
mod exit;
mod lifecycle;
mod output;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let ran = match telemetry::init(&cli.log, cli.command.is_role()) {
        Ok(()) => Box::pin(commands::run(cli.command)).await,
        Err(error) => Err(error),
    };
    exit::code(ran)
}
