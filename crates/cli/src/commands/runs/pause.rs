//! `baton runs pause` and `baton runs resume`.

use std::time::Duration;

use baton_domain::RunId;
use baton_wire::http::{ControlEvent, ControlRequest, PauseInfo, TaskRun};

use crate::{
    args::{PauseArgs, ResumeArgs},
    client::Client,
    exit::Exit,
    output,
};

const POLL: Duration = Duration::from_millis(100);

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
        let settled = |run: &TaskRun| {
            let pause = run.control.pause.as_ref();
            pause.is_none_or(|pause| pause.effective_at.is_some())
        };
        let run = settled_run(&client, args.run, settled).await?;
        return said(
            &run,
            args.client.json,
            run.control.pause.as_ref().map(still),
        );
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
    taken_down(&taken, args.client.json, "the run is told to go on")
}

const fn told(hard: bool) -> &'static str {
    if hard {
        "the run is told to stand still at once"
    } else {
        "the run is told to stand still at its agent's next tool call"
    }
}

/// How a run stands still.
pub(super) fn still(pause: &PauseInfo) -> String {
    let method = pause.method.map(|method| format!(" ({method})"));
    let before = pause.before.iter().map(|what| format!(" before {what}"));
    let forced = if pause.escalated {
        "; no tool call came in time"
    } else {
        ""
    };
    let (method, before): (String, String) = (method.into_iter().collect(), before.collect());
    format!("the run stands still{before}{method}{forced}")
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

/// Prints a run after it was waited for. Without words it did not come to what was wished.
pub(super) fn said(run: &TaskRun, json: bool, words: Option<String>) -> anyhow::Result<Exit> {
    if json {
        output::print_json(run)?;
    } else {
        let otherwise = || format!("it did not come to that: the run is {}", run.state);
        output::print(&words.clone().unwrap_or_else(otherwise))?;
    }
    Ok(if words.is_some() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The run, once it is settled or has ended.
pub(super) async fn settled_run(
    client: &Client,
    run: RunId,
    settled: impl Fn(&TaskRun) -> bool,
) -> anyhow::Result<TaskRun> {
    loop {
        match client.run(run).await {
            Ok(run) if run.state.is_terminal() || settled(&run) => return Ok(run),
            Err(error) if !error.may_pass() => return Err(error.into()),
            Ok(_) | Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Whole seconds, as far as the API takes them.
pub(super) fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
