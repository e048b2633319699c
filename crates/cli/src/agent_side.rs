//! The commands that agents call between their steps. They start without a runtime, without logs
//! and without the other commands' arguments, since every tool call waits for them.

use std::env;

use clap::{Parser, Subcommand};

use crate::{
    args::{CheckpointArgs, NeedOperatorArgs},
    commands::{checkpoint, need_operator},
    exit::Exit,
};

#[derive(Debug, Parser)]
#[command(
    name = "baton",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct AgentSide {
    #[command(subcommand)]
    command: AgentCommand,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Stand still here while an operator holds the run, and take their messages
    Checkpoint(CheckpointArgs),
    /// Ask a person something
    NeedOperator(NeedOperatorArgs),
}

/// Runs such a command; none when another is meant, or the command line is wrong.
pub(crate) fn run() -> Option<anyhow::Result<Exit>> {
    let mut line = env::args_os().skip(1);
    let command = line.next()?;
    if command == "checkpoint" && line.next().is_none() {
        return Some(checkpoint::run(&CheckpointArgs::default()));
    }
    if command != "checkpoint" && command != "need-operator" {
        return None;
    }
    match AgentSide::try_parse().ok()?.command {
        AgentCommand::Checkpoint(args) => Some(checkpoint::run(&args)),
        AgentCommand::NeedOperator(args) => Some(need_operator::run(args)),
    }
}
