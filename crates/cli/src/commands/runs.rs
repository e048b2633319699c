//! `baton runs …`: asking the API.

mod artifacts;
mod cancel;
mod follow;
mod list;
mod redrive;
mod show;
mod submit;
mod why;

use baton_domain::StateName;

use crate::{args::RunsCommand, exit::Exit};

pub(super) async fn run(command: RunsCommand) -> anyhow::Result<Exit> {
    match command {
        RunsCommand::Submit(args) => submit::run(*args).await,
        RunsCommand::List(args) => list::run(*args).await,
        RunsCommand::Show(args) => show::run(args).await,
        RunsCommand::Why(args) => why::run(args).await,
        RunsCommand::Follow(args) => follow::run(args).await,
        RunsCommand::Cancel(args) => cancel::run(args).await,
        RunsCommand::Redrive(args) => redrive::run(args).await,
        RunsCommand::Artifacts(args) => artifacts::run(args).await,
    }
}

/// How a command ends that has followed a run to its end.
const fn exit_of(state: StateName) -> Exit {
    match state {
        StateName::Failed | StateName::DeadLettered => Exit::Failed,
        StateName::Cancelled => Exit::Cancelled,
        _ => Exit::Done,
    }
}
