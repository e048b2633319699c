//! Waiting until a wish has come true, or never will. What happens to the run says when to look;
//! the record says how things stand.

mod verdict;

use std::time::Duration;

use baton_wire::http::{ControlEvent, ControlRecord, TaskRun};

use self::verdict::{Verdict, judge};
use crate::{
    client::{Client, ClientError, Follow, Followed},
    commands::outage::Outage,
    exit::Exit,
    output,
};

/// Between two looks at a record that lags behind.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits for a wish that was taken down, and tells how it came.
pub(super) async fn until_settled(
    client: &Client,
    wish: &ControlEvent,
    json: bool,
) -> anyhow::Result<Exit> {
    let (run, verdict) = settled(client, wish).await?;
    if json {
        output::print_json(&run)?;
    }
    match verdict {
        Verdict::Came(_) if json => Ok(Exit::Done),
        Verdict::Came(words) => {
            output::print(&words)?;
            Ok(Exit::Done)
        }
        Verdict::Not(why) => {
            output::tell(&format!("it did not come to that: {why}"));
            Ok(Exit::Failed)
        }
    }
}

async fn settled(client: &Client, wish: &ControlEvent) -> anyhow::Result<(TaskRun, Verdict)> {
    let mut outage = Outage::default();
    let mut look = look(client, &mut outage, wish, 0).await?;
    let mut follow = Follow::new(client, wish.task_run_id, look.recorded);
    loop {
        if let Some(verdict) = look.verdict {
            return Ok((look.run, verdict));
        }
        look = match follow.next().await? {
            Followed::Event(event) => self::look(client, &mut outage, wish, event.position).await?,
            Followed::Delayed(true) => {
                output::tell("history is delayed: it is waited for");
                continue;
            }
            Followed::Delayed(false) => continue,
            Followed::Interrupted(error) => {
                outage.lasts(error)?;
                continue;
            }
            Followed::Connected => {
                outage.is_over();
                continue;
            }
        };
    }
}

/// How things stand, and how far the record had come.
struct Look {
    run: TaskRun,
    recorded: u64,
    verdict: Option<Verdict>,
}

/// Looks once the record has reached a position; it may lag behind the stream, or be away.
async fn look(
    client: &Client,
    outage: &mut Outage,
    wish: &ControlEvent,
    position: u64,
) -> Result<Look, ClientError> {
    loop {
        let look = outage.outlast(async || read(client, wish).await).await?;
        if look.recorded >= position {
            return Ok(look);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The wish's own record, and the run at one instant: the run is read between two looks at the record
/// that are the same. What comes to be recorded after the first is not known to be seen.
async fn read(client: &Client, wish: &ControlEvent) -> Result<Look, ClientError> {
    let (mut before, recorded) = record(client, wish).await?;
    loop {
        let run = client.run(wish.task_run_id).await?;
        let (after, _) = record(client, wish).await?;
        if before == after {
            let verdict = after.and_then(|record| judge(&record, &run));
            return Ok(Look {
                run,
                recorded,
                verdict,
            });
        }
        before = after;
    }
}

/// The wish's record, and the position up to which history was recorded when it was looked for.
async fn record(
    client: &Client,
    wish: &ControlEvent,
) -> Result<(Option<ControlRecord>, u64), ClientError> {
    let (mut page, recorded) = client
        .control_events(wish.task_run_id, &wish.action, None)
        .await?;
    loop {
        let found = page.events.into_iter().find(|record| record.id == wish.id);
        if found.is_some() || !page.has_more {
            return Ok((found, recorded));
        }
        (page, _) = client
            .control_events(wish.task_run_id, &wish.action, page.next_after)
            .await?;
    }
}
