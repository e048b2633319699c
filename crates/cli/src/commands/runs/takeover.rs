//! `baton runs takeover` and `baton runs hand-back`.

use baton_wire::http::ControlRequest;

use super::{
    pause::{seconds, taken_down},
    submit,
    wait::until_settled,
};
use crate::{
    args::{HandBackArgs, TakeoverRunArgs},
    client::Client,
    exit::Exit,
};

pub(super) async fn run(args: TakeoverRunArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let request = ControlRequest {
        action: "takeover".to_owned(),
        note: args.note,
        deadline_seconds: args.deadline.map(seconds),
        expires_after_seconds: args.expires_after.map(seconds),
        ..ControlRequest::default()
    };
    let taken = client.wish(args.run, &request).await?;
    if args.wait {
        return until_settled(&client, &taken, args.client.json).await;
    }
    let words = "the run is told to stand still for you, at its agent's next tool call";
    taken_down(&taken, args.client.json, words)
}

pub(super) async fn hand_back(args: HandBackArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let summary = match (args.summary, &args.summary_file) {
        (Some(summary), _) => summary,
        (None, Some(file)) => submit::read(file)?,
        (None, None) => String::new(),
    };
    let request = ControlRequest {
        action: "hand_back".to_owned(),
        summary: Some(summary),
        ..ControlRequest::default()
    };
    let taken = client.wish(args.run, &request).await?;
    if args.wait {
        return until_settled(&client, &taken, args.client.json).await;
    }
    let words = "the agent is told what you have done, and goes on";
    taken_down(&taken, args.client.json, words)
}
