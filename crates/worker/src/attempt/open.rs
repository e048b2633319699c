//! Beginning an attempt, and taking one up again that a worker before this one has begun.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use baton_domain::{Position, Stage};
use baton_terminal::{Hosted, attach};
use baton_wire::{Event, Offer};

use super::{Attempt, Shop, cancelling::Cancelling, control::hold_on};
use crate::{
    artifacts::Shelf,
    control::Helm,
    handlers::never_started,
    holds::Holds,
    log_file::LogFile,
    point::Point,
    process::mark,
    redact::{self, Redactor},
    report::{Reporter, Spool},
    session::Live,
    stop::Stop,
    usage::UsageMeter,
    workspace::{State, Workspace},
};

impl Attempt {
    /// Makes the attempt's folders and its voice. The spool is the sender's.
    pub(crate) fn begin(
        shop: Arc<Shop>,
        offer: Offer,
        lease: Position,
        stop: Stop,
    ) -> io::Result<(Self, Spool)> {
        let options = &shop.options;
        let workspace = Workspace::of(&options.state_dir, offer.run, offer.attempt);
        workspace.create()?;
        let state = State {
            run: offer.run,
            attempt: offer.attempt,
            worker: options.worker.clone(),
            lease_position: lease,
            lost_position: offer.lost_position,
            over: false,
        };
        workspace.write_offer(&offer)?;
        // Last, so that what has a state is whole.
        workspace.write_state(&state)?;
        let spool = Spool::open(&workspace.spool())?;
        Self::open(shop, offer, (workspace, state), stop, spool, Point::start())
    }

    /// Takes up what was left in a folder; nothing when there is no going on.
    pub(crate) async fn adopt(
        shop: Arc<Shop>,
        workspace: Workspace,
        state: State,
        stop: Stop,
    ) -> io::Result<Option<(Self, Spool)>> {
        let Some(offer) = workspace.read_offer() else {
            return Ok(None);
        };
        let mut spool = Spool::open(&workspace.spool())?;
        let said = spool.mend()?;
        let ended = said.last().is_some_and(|last| last.event.ends_attempt());
        // What is said under another name is not this worker's to say.
        if ended || state.worker != shop.options.worker {
            return Ok(None);
        }
        let point = Point::after(&said);
        let Some(found) = find_agent(&workspace, &state, &point).await else {
            return Ok(None);
        };
        let (attempt, spool) = Self::open(shop, offer, (workspace, state), stop, spool, point)?;
        if let Ok(mut place) = attempt.found.lock() {
            *place = found;
        }
        attempt.reporter.say(Event::Adopted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        Ok(Some((attempt, spool)))
    }

    fn open(
        shop: Arc<Shop>,
        offer: Offer,
        (workspace, state): (Workspace, State),
        stop: Stop,
        spool: Spool,
        point: Point,
    ) -> io::Result<(Self, Spool)> {
        let redactor = Redactor::new(&redact::known(&shop.options));
        let clock = shop.clock.clone();
        let adopted_at = clock.now();
        let reporter = Reporter::new(&spool, clock, stop.clone(), redactor, &point)?;
        let path = workspace.record().join("logs/agent.log");
        let log = LogFile::create(&path, reporter.clone(), &shop.options.limits, &point)?;
        let kept = workspace.read_kept();
        let start = OnceLock::new();
        if let Some(known) = kept.start {
            let _ = start.set(known);
        }
        let (live, wishes) = Live::new();
        let (helm, inputs) = Helm::new();
        let holds = Holds::default();
        hold_on(&workspace, &holds);
        let of = (offer.run, offer.attempt);
        let (client, limits) = (shop.artifacts.clone(), shop.options.limits);
        let shelf = Shelf::new(client, of, &workspace, &reporter, limits);
        let attempt = Self {
            shop,
            offer,
            workspace,
            state,
            stop,
            reporter,
            shelf,
            log,
            usage: UsageMeter::default(),
            holds,
            cancelling: Cancelling::default(),
            start,
            summary: kept.summary,
            adopted_at,
            point,
            live,
            wishes: Mutex::new(Some(wishes)),
            helm,
            inputs: Mutex::new(Some(inputs)),
            found: Mutex::new(None),
        };
        Ok((attempt, spool))
    }
}

/// The attempt's agent, if it has one: the outer nothing means that it had one which is lost.
async fn find_agent(workspace: &Workspace, state: &State, point: &Point) -> Option<Option<Hosted>> {
    if point.next != Some(Stage::Execute) || point.began.is_none() {
        end_strays(state).await;
        return Some(None);
    }
    match attach(&workspace.host()).await {
        Ok(hosted) if hosted.is_alive() || hosted.is_complete() => Some(Some(hosted)),
        Ok(_) => None,
        Err(error) if never_started(&error) => {
            end_strays(state).await;
            Some(None)
        }
        Err(error) => {
            tracing::warn!(run = %state.run, %error, "failed to take up an agent");
            None
        }
    }
}

/// Ends what a worker that was killed may have had in the making: git, or a host without an agent.
async fn end_strays(state: &State) {
    let strays = baton_terminal::Family {
        mark: Some(mark(state.run, state.attempt)),
        ..baton_terminal::Family::default()
    };
    if strays.kill().await == baton_terminal::Gone::NotAll {
        tracing::error!(run = %state.run, "something that an attempt has started cannot be killed");
    }
}
