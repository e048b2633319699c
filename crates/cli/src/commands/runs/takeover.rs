//! `baton runs takeover` and `baton runs hand-back`.

use baton_wire::http::{ControlRequest, TaskRun};

use super::{
    pause::{said, seconds, settled_run, taken_down},
    submit,
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
        let settled = |run: &TaskRun| {
            let takeover = run.control.takeover.as_ref();
            takeover.is_none_or(|takeover| takeover.began_at.is_some())
        };
        let run = settled_run(&client, args.run, settled).await?;
        return said(&run, args.client.json, yours(&run));
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
    let words = "the agent is told what you have done, and goes on";
    taken_down(&taken, args.client.json, words)
}

fn yours(run: &TaskRun) -> Option<String> {
    let takeover = run.control.takeover.as_ref()?;
    let end = takeover.expires_at.map(|end| end.to_rfc3339());
    let end: String = end.iter().map(|end| format!(" until {end}")).collect();
    Some(format!(
        "the run is yours{end}\n  baton attach {0} --terminal shell --write --reason '…'\n  \
         baton runs hand-back {0} --summary '…'",
        run.id
    ))
}
