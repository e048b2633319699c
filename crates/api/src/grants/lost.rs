//! Those who may type and lose the right to ask for it: their token was revoked, has expired, or
//! has another role. The grants under their name are taken away by whichever API notices; of
//! several that notice, the broker lets one through.

use std::time::Duration;

use baton_domain::{Actor, GrantId, RunId};
use baton_wire::GrantStep;
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Before, Next, say_by_broker};
use crate::{
    problem::{Answer, Kind, Problem},
    state::App,
};

/// For whom the record says that it was done.
const ACTOR: &str = "baton";

/// How long to wait before trying again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// How often one name is tried.
const TRIES: u32 = 20;

/// Takes grants away from those who are named, until it is told to stop.
pub(crate) async fn take_from_those_who_lost_it(
    app: App,
    mut lost: mpsc::UnboundedReceiver<Actor>,
    stop: CancellationToken,
) -> &'static str {
    let taking = async {
        // Side by side: nobody waits for another's grant to be known.
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                name = lost.recv() => match name {
                    Some(name) => under_way.push(take_from(&app, name)),
                    None => return while under_way.next().await.is_some() {},
                },
                Some(()) = under_way.next() => {}
            }
        }
    };
    stop.run_until_cancelled(taking).await;
    "taker of grants"
}

async fn take_from(app: &App, name: Actor) {
    if app.options().live.keys.is_none() {
        return;
    }
    for _ in 0..TRIES {
        match take_all(app, &name).await {
            Ok(()) => return,
            Err(problem) => {
                tracing::warn!(%name, kind = ?problem.kind(), "failed to take grants away; trying again");
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    tracing::error!(%name, "grants under this name stay until their time is over");
}

async fn take_all(app: &App, name: &Actor) -> Answer<()> {
    let history = app.history();
    let knows_all = match app.bus().last_position().await {
        Ok(last) => history.reached_within(last, app.recorder_patience()).await,
        Err(_) => false,
    };
    for run in history.written_by(name).await? {
        match take_one(app, run, name).await {
            Err(problem) if problem.kind() != Kind::Conflict => return Err(problem),
            _ => {}
        }
    }
    if knows_all {
        return Ok(());
    }
    // A grant that was made a moment ago may not be known yet.
    let late = "what was said last is not recorded yet";
    Err(Problem::new(Kind::HistoryUnavailable, late))
}

async fn take_one(app: &App, run: RunId, name: &Actor) -> Answer<()> {
    let actor = Actor::try_from(ACTOR.to_owned()).map_err(|error| Problem::internal(&error))?;
    let said = say_by_broker(app, run, actor, |before| revoked(before, name));
    Box::pin(said).await.map(|_| ())
}

fn revoked(before: &Before, name: &Actor) -> Answer<Next> {
    let grant: GrantId = before
        .named()
        .filter(|writer| writer.holder == *name)
        .map(|writer| writer.grant)
        .ok_or_else(|| Problem::new(Kind::Conflict, "somebody else may type, or nobody"))?;
    Ok(Next {
        step: GrantStep::Revoked,
        grant,
        writer: None,
        note: Some(format!("the token of '{name}' allows it no longer")),
    })
}
