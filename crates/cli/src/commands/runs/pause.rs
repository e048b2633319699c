//! `baton runs pause` and `baton runs resume`.

use std::time::Duration;

use baton_wire::http::{ControlEvent, ControlRequest};

use super::wait::until_settled;
use crate::{
    args::{PauseArgs, ResumeArgs},
    client::Client,
    exit::Exit,
    output,
};

pub(super) async fn run(args: PauseArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let request = ControlRequest {
        action: "pause".to_owned(),
        note: args.note,
        mode: args.hard.then(|| "hard".to_owned()),
        deadline_seconds: args.deadline.map(seconds),
        resume_after_seconds: args.resume_after.map(seconds),
        ..ControlRequest::default()
    };
    let taken = client.wish(args.run, &request).await?;
    if args.wait {
        return until_settled(&client, &taken, args.client.json).await;
    }
    taken_down(&taken, args.client.json, told(args.hard))
}

pub(super) async fn resume(args: ResumeArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let request = ControlRequest {
        action: "resume".to_owned(),
        note: args.note,
        ..ControlRequest::default()
    };
    let taken = client.wish(args.run, &request).await?;
    if args.wait {
        return until_settled(&client, &taken, args.client.json).await;
    }
    taken_down(&taken, args.client.json, "the run is told to go on")
}

const fn told(hard: bool) -> &'static str {
    if hard {
        "the run is told to stand still at once"
    } else {
        "the run is told to stand still at its agent's next tool call"
    }
}

/// Prints the wish as taken down.
pub(super) fn taken_down(taken: &ControlEvent, json: bool, words: &str) -> anyhow::Result<Exit> {
    if json {
        output::print_json(taken)?;
    } else {
        output::print(words)?;
    }
    Ok(Exit::Done)
}

/// Whole seconds, as far as the API takes them.
pub(super) fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
