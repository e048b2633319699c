//! `baton runs follow`: the timeline until the end.

use std::time::Duration;

use baton_domain::{RunId, StateName};
use baton_wire::http::{EventRecord, TaskRun};

use super::exit_of;
use crate::{
    args::FollowArgs,
    client::{Client, ClientError, Follow, Followed},
    commands::outage::Outage,
    exit::Exit,
    output::{self, timeline::Timeline},
};

const POLL: Duration = Duration::from_millis(100);

pub(super) async fn run(args: FollowArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    to_the_end(&client, args.run, args.after, args.client.json).await
}

/// Prints what happens to a run after a position, until it has ended.
pub(super) async fn to_the_end(
    client: &Client,
    run: RunId,
    after: u64,
    json: bool,
) -> anyhow::Result<Exit> {
    // An API that is not there at first is an error; later it is waited for.
    let first = client.run(run).await?;
    let mut ended = first.state.is_terminal().then_some(first);
    if let Some(run) = ended.as_ref().filter(|run| run.position <= after) {
        return finish(run, json);
    }
    let mut follow = Follow::new(client, run, after);
    let mut outage = Outage::default();
    let mut timeline = Timeline::default();
    loop {
        match follow.next().await? {
            Followed::Event(event) => {
                if ended
                    .as_ref()
                    .is_none_or(|run| event.position <= run.position)
                {
                    show(&mut timeline, &event, json)?;
                }
                if may_end(&event) && ended.is_none() {
                    ended = ended_by(client, &mut outage, run, event.position).await?;
                }
                if let Some(run) = ended.as_ref().filter(|run| is_end(&event, run)) {
                    return finish(run, json);
                }
            }
            Followed::Delayed(true) => {
                output::tell("history is delayed: showing what happens live")
            }
            Followed::Delayed(false) => {}
            Followed::Interrupted(error) => outage.lasts(error)?,
            Followed::Connected => outage.is_over(),
        }
    }
}

fn show(timeline: &mut Timeline, event: &EventRecord, json: bool) -> anyhow::Result<()> {
    if json {
        return output::print_json_line(event);
    }
    if let Some(line) = timeline.line(event) {
        output::print(&line)?;
    }
    Ok(())
}

/// Whether a run may have ended with this event.
fn may_end(event: &EventRecord) -> bool {
    const ENDS: [&str; 6] = [
        "succeeded",
        "failed",
        "cancelled",
        "lease_lost",
        "lease_released",
        "cancel_requested",
    ];
    event.effective != Some(false) && ENDS.contains(&event.kind.as_str())
}

/// Whether nothing that matters comes after this event of an ended run: its position is that of
/// the message that ended it, whose last event did it.
fn is_end(event: &EventRecord, run: &TaskRun) -> bool {
    event.position > run.position || (event.position == run.position && may_end(event))
}

/// Waits until the record of a run has moved past a position.
pub(super) async fn moved_past(
    client: &Client,
    run: RunId,
    position: u64,
) -> Result<(), ClientError> {
    let mut outage = Outage::default();
    loop {
        let now = outage.outlast(async || client.run(run).await).await?;
        if now.position > position {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The run, if it has ended, once the record has reached a position. The record may lag behind
/// the stream, or be away for a while.
async fn ended_by(
    client: &Client,
    outage: &mut Outage,
    run: RunId,
    position: u64,
) -> Result<Option<TaskRun>, ClientError> {
    loop {
        let now = outage.outlast(async || client.run_as_of(run).await).await?;
        match now {
            (run, _) if run.state.is_terminal() => return Ok(Some(run)),
            (_, recorded) if recorded >= position => return Ok(None),
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

fn finish(run: &TaskRun, json: bool) -> anyhow::Result<Exit> {
    if !json {
        output::print(&last_words(run))?;
    }
    Ok(exit_of(run.state))
}

fn last_words(run: &TaskRun) -> String {
    let result = run.result.as_ref();
    let branch = result.and_then(|result| result.branch.as_ref());
    match (run.state, &run.error, branch) {
        (StateName::Succeeded, _, Some(branch)) => format!("succeeded, on branch {branch}"),
        (state, Some(error), _) => format!("{state}: {} ({})", error.message, error.code),
        (state, None, _) => state.to_string(),
    }
}
