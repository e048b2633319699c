//! Drains: workers that are to take no more runs.

pub(super) mod begin;
pub(super) mod end;
pub(super) mod list;

use baton_domain::{Actor, Drain, DrainScope, DrainedRuns};
use baton_wire::{DrainAction, DrainMessage, http::DrainInfo};
use chrono::{DateTime, Utc};

use crate::{
    broker,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// How a scope is written.
const SCOPE: &str = "must be 'fleet', 'pool.<pool>' or 'worker.<worker>'";

fn scope(kind: Kind, text: &str) -> Answer<DrainScope> {
    text.parse()
        .map_err(|_| Problem::field(kind, "scope", SCOPE))
}

/// A wish, ready to be said.
struct Wish {
    scope: DrainScope,
    action: DrainAction,
    note: String,
    actor: Actor,
    until: Option<DateTime<Utc>>,
    runs: Option<DrainedRuns>,
}

/// Says it to the fleet; whether the recorder has kept it by now.
async fn say(app: &App, wish: Wish, at: DateTime<Utc>) -> Answer<(DrainMessage, Recorded)> {
    let message = DrainMessage {
        scope: wish.scope,
        id: app.new_id(at).as_uuid(),
        action: wish.action,
        note: wish.note,
        actor: wish.actor,
        at,
        until: wish.until,
        runs: wish.runs,
    };
    let position = broker::say_to_fleet(app.bus(), &message).await?;
    let history = app.history();
    let recorded = history
        .reached_within(position, app.recorder_patience())
        .await;
    let recorded = if recorded {
        Recorded::Already
    } else {
        Recorded::NotYet
    };
    Ok((message, recorded))
}

/// Whether history tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    Already,
    NotYet,
}

/// A drain with the workers that it concerns, as far as they were heard.
fn shown(app: &App, drain: Drain) -> DrainInfo {
    let (workers, running) = app.beats().in_scope(&drain.scope);
    DrainInfo {
        scope: drain.scope,
        note: drain.note,
        actor: drain.actor,
        since: drain.since,
        until: drain.until,
        runs: drain.runs,
        workers,
        running,
    }
}
