//! What keeps a room going while somebody is in it: its feed, the news of its run, the time.

use std::{sync::Arc, time::Duration};

use baton_bus::{Fed, TerminalFeed};
use baton_domain::{Position, WorkerId};
use futures::FutureExt as _;
use tokio::{
    sync::watch,
    task::yield_now,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};

use super::{room::Room, run::RunNow};
use crate::{
    hub::{Live, Subscription, Topic},
    state::App,
};

/// How long a room stays that nobody is in: whoever comes back finds it as it was.
const LINGER: Duration = Duration::from_secs(15);

/// A worker that says nothing for so long is silent.
const SILENCE: Duration = Duration::from_secs(10);

/// How long to wait before asking again what could not be asked.
const AGAIN: Duration = Duration::from_secs(1);

/// Keeps a room going until nobody is in it for a while, or it is told to stop.
pub(super) async fn drive(room: Arc<Room>, app: App) {
    let stop = app.stopping().clone();
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = deserted(&room, &app) => {}
        never = show(&room, &app) => match never {},
        never = hear(&room, &app) => match never {},
        never = watch_silence(&room, &app) => match never {},
    }
    app.terminals().remove(&room);
}

/// Nothing that ends by itself.
enum Never {}

/// Ends when the room was empty for long enough, and is closed.
async fn deserted(room: &Room, app: &App) {
    loop {
        if room.viewers() > 0 {
            room.crowd.notified().await;
            continue;
        }
        let waited = tokio::time::timeout(LINGER, room.crowd.notified()).await;
        if waited.is_err() && app.terminals().close(room) {
            return;
        }
    }
}

/// Shows what the holder of the run says, whoever that is.
async fn show(room: &Room, app: &App) -> Never {
    let mut now = room.now();
    loop {
        let last = now.borrow_and_update().last.clone();
        let Some((_, worker)) = last else {
            room.begin();
            let _ = now.changed().await;
            continue;
        };
        let feed = open(room, app, &worker).await;
        tokio::select! {
            () = follow(room, feed) => sleep(AGAIN).await,
            () = replaced(&mut now, &worker) => {}
        }
    }
}

async fn open(room: &Room, app: &App, worker: &WorkerId) -> TerminalFeed {
    loop {
        let (run, terminal) = (room.run, room.terminal);
        match app.bus().terminal_feed(run, terminal, worker).await {
            Ok(feed) => return feed,
            Err(error) => tracing::warn!(%error, %run, "failed to follow a terminal"),
        }
        sleep(AGAIN).await;
    }
}

/// Ends when somebody else has the run.
async fn replaced(now: &mut watch::Receiver<RunNow>, worker: &WorkerId) {
    let is_other = |now: &RunNow| now.last.as_ref().is_some_and(|(_, last)| last != worker);
    if now.wait_for(is_other).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when the client was closed.
async fn follow(room: &Room, mut feed: TerminalFeed) {
    feed.catch_up().await;
    while let Some(fed) = feed.ready() {
        room.take(fed);
        // Others have to go on while much is read at once.
        yield_now().await;
    }
    room.begin();
    while let Some(fed) = next(room, &mut feed).await {
        room.take(fed);
        while let Some(fed) = feed.ready() {
            room.take(fed);
            yield_now().await;
        }
    }
}

/// The next frame; what is held back goes out when it is due.
async fn next(room: &Room, feed: &mut TerminalFeed) -> Option<Fed> {
    loop {
        let Some(due) = room.due() else {
            return feed.next().await;
        };
        tokio::select! {
            biased;
            fed = feed.next() => return fed,
            () = sleep_until(Instant::from_std(due)) => room.flush(),
        }
    }
}

/// Hears what happens to the run, and looks at it once the recorder has seen that too.
async fn hear(room: &Room, app: &App) -> Never {
    let mut place = app.hub().subscribe(Topic::Run(room.run));
    let mut unseen = Some(place.joined());
    look_at_grant(room, app).await;
    loop {
        tokio::select! {
            live = place.next() => match live {
                Some(live) => {
                    let news = heard(&mut place, &live);
                    if news.grant {
                        look_at_grant(room, app).await;
                    }
                    unseen = news.run.or(unseen);
                }
                None => {
                    // Fell behind, or the server stops.
                    sleep(AGAIN).await;
                    place = app.hub().subscribe(Topic::Run(room.run));
                    unseen = Some(place.joined());
                    look_at_grant(room, app).await;
                }
            },
            () = seen(app, unseen) => match RunNow::find(app, room.run).await {
                Ok(now) => {
                    room.set_now(now);
                    unseen = None;
                }
                Err(_) => sleep(AGAIN).await,
            },
        }
    }
}

/// Ends when the recorder has passed a position; never where there is none.
async fn seen(app: &App, position: Option<Position>) {
    match position {
        Some(position) => app.history().reached(position).await,
        None => std::future::pending().await,
    }
}

/// What there is to look at.
#[derive(Default)]
struct News {
    grant: bool,
    run: Option<Position>,
}

/// What is here already is looked at together.
fn heard(place: &mut Subscription, first: &Live) -> News {
    let mut news = News::default();
    let mut note = |live: &Live| {
        news.grant |= live.records.iter().any(|record| is_of_grants(&record.kind));
        if live.records.iter().any(|record| is_of_run(&record.kind)) {
            news.run = Some(live.position);
        }
    };
    note(first);
    while let Some(Some(more)) = place.next().now_or_never() {
        note(&more);
    }
    news
}

fn is_of_grants(kind: &str) -> bool {
    matches!(
        kind,
        "write_granted" | "write_renewed" | "write_released" | "write_revoked"
    )
}

/// What may change where the run stands, who has it, or whether it may be watched.
fn is_of_run(kind: &str) -> bool {
    kind.starts_with("lease_")
        || kind.starts_with("session_")
        || matches!(
            kind,
            "offered"
                | "paused"
                | "resumed"
                | "succeeded"
                | "failed"
                | "cancelled"
                | "cancel_requested"
                | "redriven"
        )
}

async fn look_at_grant(room: &Room, app: &App) {
    match app.bus().last_grant(room.run).await {
        Ok(last) => room.set_grant(last.map(|(last, _)| last)),
        Err(error) => tracing::debug!(%error, run = %room.run, "failed to read a grant"),
    }
}

/// Tells whether the run's worker can be heard.
async fn watch_silence(room: &Room, app: &App) -> Never {
    let since = Instant::now();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = room.now().borrow().clone();
        let Some((attempt, worker)) = now.holder() else {
            continue;
        };
        let heard = app.beats().of(worker, room.run, attempt);
        let age = heard.map_or(since.elapsed(), |heard| {
            Duration::from_millis(heard.beat_age_ms)
        });
        room.set_silent(age > SILENCE);
    }
}
