//! Saying the next step of a run's grants: read what was said last, decide, publish under its
//! fence; whoever was overtaken reads and decides again. Then it is handed to the run's holder.

use baton_domain::{Actor, Attempt, Fence, GrantId, Position, RunId, WorkerId};
use baton_wire::{Gate, GrantMessage, GrantStep, LeaseStep, Writer, http::EventRecord};
use chrono::{DateTime, Utc};

use super::{Before, before, confirmed, gate_moved, keys};
use crate::{
    broker,
    hub::Topic,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// How often somebody may be overtaken: each time somebody else has said something.
const TRIES: u32 = 64;

/// The last step of a run's grants, and where it stands.
type Last = (GrantMessage, Position);

/// What a step stands on.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    /// The run.
    pub(crate) run: RunId,
    /// Who wishes it.
    pub(crate) actor: Actor,
    /// The attempt whose terminals they are.
    pub(crate) attempt: Attempt,
    /// Who has the run, if somebody does.
    pub(crate) worker: Option<WorkerId>,
    /// The highest fence that history knows, where it was asked.
    pub(crate) fence: Option<Fence>,
}

/// What is to be said.
#[derive(Debug)]
pub(crate) struct Next {
    /// What is done.
    pub(crate) step: GrantStep,
    /// About which grant.
    pub(crate) grant: GrantId,
    /// Who may type from then on.
    pub(crate) writer: Option<Writer>,
    /// Why, for the record.
    pub(crate) note: Option<String>,
}

/// What was said.
#[derive(Debug)]
pub(crate) struct Said {
    /// The step.
    pub(crate) message: GrantMessage,
    /// Where it stands.
    pub(crate) position: Position,
    /// Whether the run's gate has confirmed it.
    pub(crate) effective: bool,
}

impl Said {
    /// Until when somebody may type from then on.
    pub(crate) fn until(&self) -> Option<DateTime<Utc>> {
        let writer = self.message.writer.as_ref()?;
        Some(before::until(self.message.at, writer))
    }
}

/// Says what is decided on what was said before, and waits a moment until the run's gate has it.
pub(crate) async fn say(
    app: &App,
    ground: &Ground,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Said> {
    let last = broker::last_grant(app.bus(), ground.run).await?;
    say_after(app, ground, last, decide).await
}

/// The same by the broker's word alone: who has the run is whoever took its last lease. None if
/// nobody ever did. The database is not asked: a right can be taken away while it is away, and the
/// sooner for it while it is not.
pub(crate) async fn say_by_broker(
    app: &App,
    run: RunId,
    actor: Actor,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Option<Said>> {
    let bus = app.bus();
    let (lease, last) =
        tokio::try_join!(broker::last_lease(bus, run), broker::last_grant(bus, run))?;
    let Some((lease, _)) = lease else {
        return Ok(None);
    };
    let ground = Ground {
        run,
        actor,
        attempt: lease.attempt,
        worker: (lease.step == LeaseStep::Taken).then_some(lease.worker),
        fence: None,
    };
    say_after(app, &ground, last, decide).await.map(Some)
}

async fn say_after(
    app: &App,
    ground: &Ground,
    last: Option<Last>,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Said> {
    let mut place = app.hub().subscribe(Topic::Run(ground.run));
    let (message, position) = publish(app, ground, last, decide).await?;
    app.terminals().step(&message);
    let mut said = Said {
        message,
        position,
        effective: false,
    };
    let holder = ground.worker.clone();
    if let Some(worker) = holder.or_else(|| app.beats().holder(ground.run)) {
        // A holder that misses it hears of it at the desk.
        if let Err(error) = app.bus().push_gate(&worker, &said.message).await {
            tracing::debug!(%error, %worker, "failed to hand a grant over");
        }
        said.effective = {
            let moved = |record: &EventRecord| gate_moved(&said.message, record);
            confirmed(&mut place, app.options().patience.worker, moved).await
        };
    }
    Ok(said)
}

async fn publish(
    app: &App,
    ground: &Ground,
    mut last: Option<Last>,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Last> {
    for _ in 0..TRIES {
        let (said, after) = last.unzip();
        let after = after.unwrap_or(Position::START);
        let before = Before::new(said, ground.attempt, app.clock().now());
        let fence = before.next_fence(ground.fence);
        let message = signed(app, ground, decide(&before)?, fence, before.now())?;
        if let Some(position) = broker::publish_grant(app.bus(), &message, after).await? {
            tracing::info!(
                run = %ground.run, actor = %ground.actor, %fence, step = message.step.kind(),
                "who may type has changed"
            );
            return Ok((message, position));
        }
        last = broker::last_grant(app.bus(), ground.run).await?;
    }
    Err(Problem::new(
        Kind::Conflict,
        "others change who may type all the time: look who may, and try again",
    ))
}

fn signed(
    app: &App,
    ground: &Ground,
    next: Next,
    fence: Fence,
    at: DateTime<Utc>,
) -> Answer<GrantMessage> {
    let gate = Gate {
        version: Gate::VERSION,
        run: ground.run,
        attempt: ground.attempt,
        fence,
        writer: next.writer.clone(),
    };
    Ok(GrantMessage {
        run: ground.run,
        id: app.new_id(at).as_uuid(),
        actor: ground.actor.clone(),
        at,
        step: next.step,
        fence,
        grant: next.grant,
        writer: next.writer,
        note: next.note,
        signed: keys(app)?.sign(&gate),
    })
}
