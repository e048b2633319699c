//! `baton inbox watch`: the inbox as it changes. What happens in the fleet says when to look; the
//! record says what there is, so that nothing is shown that was answered long ago.

use std::{collections::BTreeMap, time::Duration};

use baton_wire::http::{EventRecord, HelpRequest};
use serde_json::json;
use uuid::Uuid;

use super::{outcome, query, shown};
use crate::{
    args::{InboxFilterArgs, InboxWatchArgs},
    client::{Client, ClientError, Follow, Followed},
    commands::outage::Outage,
    exit::Exit,
    output,
};

/// The most requests of a page.
const PAGE: u32 = 200;
/// Between two looks at a record that lags behind.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(args: InboxWatchArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let mut watched = Watched {
        client: client.clone(),
        filter: args.filter,
        json: args.client.json,
        open: BTreeMap::new(),
    };
    // An API that is not there at first is an error; later it is waited for.
    let (now, from) = watched.read().await?;
    watched.show(now).await?;
    if watched.open.is_empty() && !args.client.json {
        output::print("nothing waits for a person")?;
    }
    let mut follow = Follow::all(&client, from);
    let mut outage = Outage::default();
    loop {
        match follow.next().await? {
            Followed::Event(event) => {
                if may_change(&event) {
                    watched.look(&mut outage, event.position).await?;
                }
            }
            Followed::Delayed(true) => {
                output::tell("history is delayed: the inbox changes when it is back")
            }
            Followed::Delayed(false) => {}
            Followed::Interrupted(error) => outage.lasts(error)?,
            Followed::Connected => outage.is_over(),
        }
    }
}

/// Whether the inbox may be another one after this event.
fn may_change(event: &EventRecord) -> bool {
    const KINDS: [&str; 10] = [
        "operator_needed",
        "operator_not_needed",
        "help_answered",
        "succeeded",
        "failed",
        "cancelled",
        "cancel_requested",
        "lease_lost",
        "lease_released",
        "redriven",
    ];
    KINDS.contains(&event.kind.as_str())
}

/// What is shown.
struct Watched {
    client: Client,
    filter: InboxFilterArgs,
    json: bool,
    open: BTreeMap<Uuid, HelpRequest>,
}

impl Watched {
    /// Reads the inbox once the record has reached a position, and tells what changed.
    async fn look(&mut self, outage: &mut Outage, position: u64) -> anyhow::Result<()> {
        let now = loop {
            let (now, recorded) = outage.outlast(async || self.read().await).await?;
            if recorded >= position {
                break now;
            }
            tokio::time::sleep(PAUSE).await;
        };
        self.show(now).await
    }

    /// Tells what is new and what is over, against what was shown before.
    async fn show(&mut self, now: BTreeMap<Uuid, HelpRequest>) -> anyhow::Result<()> {
        let gone: Vec<Uuid> = self.open.keys().copied().collect();
        for id in gone.into_iter().filter(|id| !now.contains_key(id)) {
            let help = self.client.help(id).await?;
            self.tell("over", &help)?;
        }
        for (_, help) in now.iter().filter(|(id, _)| !self.open.contains_key(id)) {
            self.tell("needed", help)?;
        }
        self.open = now;
        Ok(())
    }

    /// Everything that waits, and how far the record had come when the first page was read.
    async fn read(&self) -> Result<(BTreeMap<Uuid, HelpRequest>, u64), ClientError> {
        let query = |cursor| query(&self.filter, Some("open"), PAGE, cursor);
        let (mut page, recorded) = self.client.inbox(&query(None)).await?;
        let mut open = BTreeMap::new();
        loop {
            let waiting = page.help_requests.into_iter();
            open.extend(
                waiting
                    .filter(|help| help.answered_at.is_none())
                    .map(|help| (help.id, help)),
            );
            let Some(cursor) = page.next_cursor else {
                return Ok((open, recorded));
            };
            page = self.client.inbox(&query(Some(cursor))).await?.0;
        }
    }

    fn tell(&self, change: &str, help: &HelpRequest) -> anyhow::Result<()> {
        if self.json {
            return output::print_json_line(&json!({"change": change, "helpRequest": help}));
        }
        let text = if change == "needed" {
            shown(help)
        } else {
            format!("{}  {}", help.id, outcome(help))
        };
        Ok(output::print(&text)?)
    }
}
