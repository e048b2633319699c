//! What the recorder kept, read in bounded time. A database that cannot be reached, or does not
//! answer, is `history-unavailable`.

use std::{cmp::Reverse, future::Future, sync::Arc, time::Duration};

use baton_domain::{
    Actor, Attempt, Position, Priority, Route, RunId, StateName, WorkerId, placement::Rivals,
};
use baton_store::{
    ControlFilter, ControlPage, HelpCursor, HelpFilter, HelpPage, InputPage, Mark, MessagePage,
    PositionFeed, RunFilter, RunPage, Store, StoreError, StoredArtifact, StoredControlEvent,
    StoredDrain, StoredHelp, StoredMessage, StoredRun, StoredSecret,
    accounts::{self, Token},
    artifacts, control_events,
    dead_letters::{self, DeadLetterFilter, DeadLetterGroup, Order},
    drains, events, help, inputs, messages, runs, sessions,
};
use baton_wire::http::EventRecord;
use futures::future::try_join_all;
use uuid::Uuid;

use crate::{
    hub::Topic,
    problem::{Answer, Kind, Problem},
    shown,
};

/// The longest that a question to the database may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The same while the database is known to be away: it may be back this moment.
const LIMIT_WHILE_DOWN: Duration = Duration::from_millis(500);

/// The most tokens that an explanation looks at.
const TOKENS: u32 = 10_000;

/// The history.
#[derive(Debug, Clone)]
pub(crate) struct History {
    store: Store,
    feed: Arc<PositionFeed>,
}

/// Events, oldest first.
#[derive(Debug)]
pub(crate) struct EventsRead {
    /// The events; those of one message are together.
    pub(crate) records: Vec<EventRecord>,
    /// The last position among them; 0 if there are none.
    pub(crate) through: Position,
    /// Whether there is more at this moment.
    pub(crate) has_more: bool,
}

impl History {
    /// The history in a database.
    pub(crate) fn new(store: Store) -> Self {
        Self {
            feed: Arc::new(PositionFeed::start(&store)),
            store,
        }
    }

    /// A run.
    pub(crate) async fn run(&self, run: RunId) -> Answer<Option<StoredRun>> {
        self.ask(runs::get(&self.store, run)).await
    }

    /// The first run that an actor submitted under a key.
    pub(crate) async fn first_under(&self, actor: &Actor, key: &str) -> Answer<Option<StoredRun>> {
        self.ask(runs::first_under(&self.store, actor, key)).await
    }

    /// A page of runs in one of the states (in any, if none is named), newest first.
    pub(crate) async fn list(
        &self,
        filter: &RunFilter,
        states: &[StateName],
        before: Option<RunId>,
        limit: u32,
    ) -> Answer<RunPage> {
        let page_of = |state| async move {
            let filter = RunFilter {
                state,
                ..filter.clone()
            };
            runs::list(&self.store, &filter, before, limit).await
        };
        if states.is_empty() {
            return self.ask(page_of(None)).await;
        }
        let states = states.iter().copied().map(Some);
        let pages = self.ask(try_join_all(states.map(page_of))).await?;
        Ok(merged(pages, limit))
    }

    /// Events after a position, oldest first.
    pub(crate) async fn events(
        &self,
        topic: Topic,
        after: Position,
        limit: u32,
    ) -> Answer<EventsRead> {
        let page = match topic {
            Topic::Run(run) => {
                self.ask(events::after(&self.store, run, after, limit))
                    .await?
            }
            Topic::All => {
                self.ask(events::after_of_all(&self.store, after, limit))
                    .await?
            }
        };
        Ok(EventsRead {
            through: page
                .events
                .last()
                .map_or(Position::START, |last| last.position),
            records: page.events.into_iter().map(shown::event).collect(),
            has_more: page.has_more,
        })
    }

    /// What was done to a run past a place, oldest first.
    pub(crate) async fn control_events(
        &self,
        run: RunId,
        filter: &ControlFilter,
        after: Option<Mark>,
        limit: u32,
    ) -> Answer<ControlPage> {
        let asking = control_events::after(&self.store, run, filter, after, limit);
        self.ask(asking).await
    }

    /// A command of a run by its id, as it was said first.
    pub(crate) async fn control_event(
        &self,
        run: RunId,
        id: Uuid,
    ) -> Answer<Option<StoredControlEvent>> {
        self.ask(control_events::get(&self.store, run, id)).await
    }

    /// Messages to a run's agent past a place, oldest first.
    pub(crate) async fn messages(
        &self,
        run: RunId,
        after: Option<Position>,
        limit: u32,
    ) -> Answer<MessagePage> {
        self.ask(messages::page(&self.store, run, after, limit))
            .await
    }

    /// A message to a run's agent.
    pub(crate) async fn message(&self, run: RunId, id: Uuid) -> Answer<Option<StoredMessage>> {
        self.ask(messages::get(&self.store, run, id)).await
    }

    /// A page of what runs need a person for.
    pub(crate) async fn help_requests(
        &self,
        filter: &HelpFilter,
        after: Option<HelpCursor>,
        limit: u32,
    ) -> Answer<HelpPage> {
        self.ask(help::page(&self.store, filter, after, limit))
            .await
    }

    /// One request for a person.
    pub(crate) async fn help_request(&self, id: Uuid) -> Answer<Option<StoredHelp>> {
        self.ask(help::get(&self.store, id)).await
    }

    /// How many requests wait for a person, over the whole fleet.
    pub(crate) async fn open_help_requests(&self) -> Answer<u64> {
        self.ask(help::open_count(&self.store)).await
    }

    /// What was typed into a run past a place, oldest first.
    pub(crate) async fn inputs(
        &self,
        run: RunId,
        after: Option<Mark>,
        limit: u32,
    ) -> Answer<InputPage> {
        self.ask(inputs::after(&self.store, run, after, limit))
            .await
    }

    /// The workers that had a run, each under its attempt, in order.
    pub(crate) async fn holders(&self, run: RunId) -> Answer<Vec<(Attempt, WorkerId)>> {
        self.ask(events::holders(&self.store, run)).await
    }

    /// What was done to a run and had an effect, oldest first, as far as there is room for it.
    pub(crate) async fn deeds(&self, run: RunId, most: u32) -> Answer<Vec<StoredControlEvent>> {
        let filter = ControlFilter::default();
        let page = control_events::after(&self.store, run, &filter, None, most);
        let deeds = self.ask(page).await?.events.into_iter();
        let deeds = deeds.map(|shown| shown.event);
        Ok(deeds.filter(|deed| deed.refusal.is_none()).collect())
    }

    /// The runs that somebody of this name may type into.
    pub(crate) async fn written_by(&self, name: &Actor) -> Answer<Vec<RunId>> {
        self.ask(sessions::written_by(&self.store, name)).await
    }

    /// At most `limit` secrets of live sessions that are sealed to another key than this one.
    pub(crate) async fn sealed_to_others(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Answer<Vec<StoredSecret>> {
        self.ask(sessions::sealed_to_others(&self.store, key_id, limit))
            .await
    }

    /// The files that a run left, by attempt and name.
    pub(crate) async fn artifacts(&self, run: RunId) -> Answer<Vec<StoredArtifact>> {
        self.ask(artifacts::list(&self.store, run)).await
    }

    /// One file that an attempt left.
    pub(crate) async fn artifact(
        &self,
        run: RunId,
        attempt: Attempt,
        name: &str,
    ) -> Answer<Option<StoredArtifact>> {
        self.ask(artifacts::get(&self.store, run, attempt, name))
            .await
    }

    /// Queued runs that are before one of this queue.
    pub(crate) async fn rivals(
        &self,
        route: &Route,
        priority: Priority,
        position: Position,
    ) -> Answer<Vec<Rivals>> {
        self.ask(runs::rivals(&self.store, route, priority, position))
            .await
    }

    /// The newest tokens, as many as are worth looking at.
    pub(crate) async fn tokens(&self) -> Answer<Vec<Token>> {
        self.ask(accounts::list(&self.store, None, TOKENS)).await
    }

    /// Every drain that nobody has taken back.
    pub(crate) async fn drains(&self) -> Answer<Vec<StoredDrain>> {
        self.ask(drains::list(&self.store)).await
    }

    /// Groups of dead letters that failed alike.
    pub(crate) async fn dead_letter_groups(
        &self,
        filter: &DeadLetterFilter,
        skip: u32,
        limit: u32,
    ) -> Answer<Vec<DeadLetterGroup>> {
        self.ask(dead_letters::groups(&self.store, filter, skip, limit))
            .await
    }

    /// A page of dead letters.
    pub(crate) async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        order: Order,
        after: Option<RunId>,
        limit: u32,
    ) -> Answer<RunPage> {
        self.ask(dead_letters::list(&self.store, filter, order, after, limit))
            .await
    }

    /// How many dead letters there are.
    pub(crate) async fn dead_letter_count(&self, filter: &DeadLetterFilter) -> Answer<u64> {
        self.ask(dead_letters::count(&self.store, filter)).await
    }

    /// The last position that the recorder is known to have passed.
    pub(crate) fn position(&self) -> Position {
        self.feed.now().position()
    }

    /// Whether the database can be reached, as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        self.feed.now().is_up()
    }

    /// Waits until the recorder has passed a position.
    pub(crate) async fn reached(&self, position: Position) {
        self.feed.reached(position).await;
    }

    /// Whether the recorder passes a position in time. Nobody waits for a database that is away.
    pub(crate) async fn reached_within(&self, position: Position, patience: Duration) -> bool {
        let patience = if self.is_up() {
            patience
        } else {
            Duration::ZERO
        };
        tokio::time::timeout(patience, self.reached(position))
            .await
            .is_ok()
    }

    /// Waits a moment for the database's first answer.
    pub(crate) async fn warm_up(&self) {
        let answered = self.feed.reached(Position::START);
        let _ = tokio::time::timeout(LIMIT_WHILE_DOWN, answered).await;
    }

    async fn ask<T>(&self, asking: impl Future<Output = Result<T, StoreError>>) -> Answer<T> {
        let limit = if self.is_up() {
            LIMIT
        } else {
            LIMIT_WHILE_DOWN
        };
        match tokio::time::timeout(limit, asking).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if !error.is_unavailable() => Err(Problem::internal(&error)),
            Ok(Err(_)) | Err(_) => Err(delayed()),
        }
    }
}

/// One page of several: each holds the first of its state, so together they hold the first of all.
fn merged(pages: Vec<RunPage>, limit: u32) -> RunPage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more_behind = pages.iter().any(|page| page.next.is_some());
    let mut runs: Vec<StoredRun> = pages.into_iter().flat_map(|page| page.runs).collect();
    runs.sort_by_key(|run| Reverse(run.id()));
    let more = more_behind || runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().map(StoredRun::id).filter(|_| more);
    RunPage { runs, next }
}

fn delayed() -> Problem {
    Problem::new(
        Kind::HistoryUnavailable,
        "history is delayed: the database cannot be reached; runs are still taken, and streams \
         still show what happens",
    )
}
