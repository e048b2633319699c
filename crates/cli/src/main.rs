//! The `baton` binary: arguments and settings, life and death of a process, and the client of the
//! HTTP API. What the roles do lives in their own crates.

mod agent_side;
mod agent_socket;
mod args;
mod attach;
mod client;
mod commands;
mod config;
mod exit;
mod lifecycle;
mod output;
mod refusal;
mod settings;
mod telemetry;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

fn main() -> ExitCode {
    // Agents wait for these before every tool call.
    match agent_side::run() {
        Some(ran) => exit::code(ran),
        None => run(),
    }
}

#[tokio::main]
async fn run() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(error),
    };
    let ran = match telemetry::init(&cli.log, cli.command.is_role()) {
        Ok(()) => Box::pin(commands::run(cli.command)).await,
        Err(error) => Err(error),
    };
    exit::code(ran)
}

/// Tells what is wrong with the command line, or the help that was asked for.
fn refused(error: clap::Error) -> ExitCode {
    let line: Vec<_> = std::env::args_os().collect();
    let error = refusal::explained(error, &args::Cli::command(), &line);
    // Nobody may be reading: the code says it all.
    let _ = error.print();
    exit::misused(error.exit_code())
}
