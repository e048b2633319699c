//! `baton runs …`: asking the API.

mod artifacts;
mod cancel;
mod follow;
mod held;
mod list;
mod message;
mod pause;
mod raise_budget;
mod redrive;
mod show;
mod submit;
mod takeover;
mod wait;
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
        RunsCommand::Pause(args) => pause::run(*args).await,
        RunsCommand::Resume(args) => pause::resume(args).await,
        RunsCommand::Takeover(args) => takeover::run(*args).await,
        RunsCommand::HandBack(args) => takeover::hand_back(args).await,
        RunsCommand::Message(args) => message::send(args).await,
        RunsCommand::Messages(args) => message::list(args).await,
        RunsCommand::RaiseBudget(args) => raise_budget::run(args).await,
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
