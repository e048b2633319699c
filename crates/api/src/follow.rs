//! Following events: what was recorded, then what happens, with no gap and nothing twice.
//!
//! A place at the hub is taken first. Everything that the hub handed out before is read from
//! history, which for this must have reached that position; everything later comes live. While
//! history lags or cannot be read there is a gap, so live events then carry no ids: the client
//! resumes where history ended, and is sent to do so as soon as history has caught up (unless
//! nothing was shown meanwhile; then the gap is filled at once).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::response::sse::Event;
use baton_domain::Position;
use baton_wire::http::EventRecord;
use futures::{Stream, stream};
use tokio_util::sync::CancellationToken;

use crate::{
    history::History,
    hub::{Live, Subscription, Topic},
    state::App,
};

/// Events read from history at once, about.
const PAGE: u32 = 500;

/// How long a client waits before it comes back, unless it knows better.
const COME_BACK: Duration = Duration::from_secs(1);

/// A client's way through history and what follows.
pub(crate) struct Follow {
    history: History,
    place: Subscription,
    topic: Topic,
    /// The last position that the client has.
    sent: Position,
    phase: Phase,
    /// How long the recorder is still waited for.
    patience: Duration,
    ready: VecDeque<Event>,
    stop: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Catching up with the position of joining.
    History,
    /// Live, with everything before sent.
    Live,
    /// Live, with a gap before.
    Gap(Seen),
}

const GAP: Phase = Phase::Gap(Seen::Nothing);

/// Whether anything was shown past the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Something,
}

impl Follow {
    /// Follows from a position on; from now on if there is none. It waits for the recorder as long
    /// as other answers do before it says that history is delayed.
    pub(crate) fn begin(app: &App, topic: Topic, after: Option<Position>) -> Self {
        let place = app.hub().subscribe(topic);
        let (sent, phase) = match after {
            Some(after) => (after, Phase::History),
            None => (place.joined(), Phase::Live),
        };
        let mut follow = Self {
            history: app.history().clone(),
            place,
            topic,
            sent,
            phase,
            patience: app.recorder_patience(),
            ready: VecDeque::from([Event::default().retry(COME_BACK)]),
            stop: app.stopping().clone(),
        };
        if phase == Phase::Live {
            follow.join(Phase::Live);
        }
        follow
    }

    /// The server-sent events. They end when the client must come back, or the server stops.
    pub(crate) fn events(self) -> impl Stream<Item = Result<Event, axum::Error>> {
        stream::unfold(self, async |mut follow| {
            let event = follow.next().await?;
            Some((Ok(event), follow))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let stop = self.stop.clone();
            stop.run_until_cancelled(self.step()).await??;
        }
    }

    /// Makes events ready; none when the stream is over.
    async fn step(&mut self) -> Option<()> {
        match self.phase {
            Phase::History => self.catch_up().await,
            Phase::Live => {
                let live = self.place.next().await?;
                self.show(&live);
            }
            Phase::Gap(seen) => return self.watch_past_gap(seen).await,
        }
        Some(())
    }

    async fn watch_past_gap(&mut self, seen: Seen) -> Option<()> {
        let joined = self.place.joined();
        tokio::select! {
            live = self.place.next() => {
                self.show(&live?);
                self.phase = Phase::Gap(Seen::Something);
            }
            () = self.history.reached(joined) => match seen {
                // As if nothing had been: what came meanwhile still waits at the hub.
                Seen::Nothing => self.phase = Phase::History,
                Seen::Something => return None,
            },
        }
        Some(())
    }

    async fn catch_up(&mut self) {
        let joined = self.place.joined();
        // Before the page is read, or it could lack what the answer promises.
        let patience = std::mem::take(&mut self.patience);
        let reached = self.history.reached_within(joined, patience).await;
        match self.history.events(self.topic, self.sent, PAGE).await {
            Ok(page) => {
                let more = page.has_more;
                self.sent = self.sent.max(page.through);
                self.push(page.records, Ids::Given);
                if !more {
                    self.join(if reached { Phase::Live } else { GAP });
                }
            }
            Err(_) => self.join(GAP),
        }
    }

    /// Says whether history is complete up to here. If it is, the client can resume from here,
    /// even if it leaves before anything happens.
    fn join(&mut self, phase: Phase) {
        self.phase = phase;
        let said = Event::default().event("history");
        let said = if phase == Phase::Live {
            self.sent = self.sent.max(self.place.joined());
            said.id(self.sent.to_string()).data(r#"{"delayed":false}"#)
        } else {
            said.data(r#"{"delayed":true}"#)
        };
        self.ready.push_back(said);
    }

    fn show(&mut self, live: &Arc<Live>) {
        // Read from history before, because it was recorded while the pages were read.
        if live.position <= self.sent {
            return;
        }
        let ids = match self.phase {
            Phase::Gap(_) => Ids::Withheld,
            Phase::History | Phase::Live => Ids::Given,
        };
        self.push(live.records.clone(), ids);
    }

    fn push(&mut self, records: Vec<EventRecord>, ids: Ids) {
        let mut records = records.into_iter().peekable();
        while let Some(record) = records.next() {
            let last_of_message = records
                .peek()
                .is_none_or(|next| next.position != record.position);
            self.ready.push_back(told(&record, ids, last_of_message));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    Given,
    Withheld,
}

fn told(record: &EventRecord, ids: Ids, last_of_message: bool) -> Event {
    let event = Event::default().event("run-event");
    let event = match ids {
        Ids::Given if last_of_message => event.id(record.position.to_string()),
        _ => event,
    };
    let json = serde_json::to_string(record).expect("a record is strings, numbers and JSON");
    event.data(json)
}
