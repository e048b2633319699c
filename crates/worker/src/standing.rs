//! Where this worker's attempts stand: the desk is asked at the start of each, after every time
//! that the broker was away, and every so often; what operators wish in between is heard at once.
//! What is missed once is told again: everything here may come twice.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_bus::{Bus, BusError, Connection};
use baton_domain::{RunId, WorkerId};
use baton_wire::{ControlCommand, ControlMessage, HeldLease, Inquiry, Standing, desk};
use futures::StreamExt as _;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use crate::control::{Helm, Input};
use crate::session::{Live, SessionCommand};
use crate::stop::{Interrupted, Stop, StopReason};

/// How long to wait before asking again when nobody answers.
const AGAIN: Duration = Duration::from_secs(1);

/// The worker's seat at the desk. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Standings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    worker: WorkerId,
    watched: Mutex<HashMap<RunId, Watched>>,
}

/// An attempt that is watched over.
#[derive(Debug)]
struct Watched {
    held: HeldLease,
    stop: Stop,
    live: Live,
    helm: Helm,
    /// The commands that were obeyed.
    obeyed: HashSet<Uuid>,
    /// What was heard before the desk has told what was wished before that; none once it has.
    early: Option<Vec<ControlMessage>>,
}

impl Watched {
    /// Passes on what is wished of the session.
    fn wish(&mut self, message: &ControlMessage) {
        if let Some(command) = SessionCommand::of(message)
            && self.obeyed.insert(message.id)
        {
            self.live.wish(command);
            self.helm.tell(Input::Command(message.clone()));
        }
    }

    /// Obeys a command, once.
    fn obey(&mut self, message: &ControlMessage) {
        self.wish(message);
        if self.obeyed.insert(message.id) {
            obey(&self.stop, &message.command);
            self.helm.tell(Input::Command(message.clone()));
        }
    }
}

/// Watches over one attempt for as long as it lives.
#[derive(Debug)]
pub(crate) struct Watch {
    standings: Standings,
    held: HeldLease,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.standings.watched();
        // A later attempt at the same run may have its place by now.
        let ours = |w: &Watched| w.held.lease_position == self.held.lease_position;
        if watched.get(&self.held.run).is_some_and(ours) {
            watched.remove(&self.held.run);
        }
    }
}

impl Standings {
    pub(crate) fn new(bus: Bus, worker: WorkerId) -> Self {
        Self(Arc::new(Inner {
            bus,
            worker,
            watched: Mutex::default(),
        }))
    }

    /// Begins to watch over an attempt. Wishes from before it are obeyed when this returns; it
    /// waits for as long as nobody answers.
    pub(crate) async fn watch(
        &self,
        held: HeldLease,
        stop: &Stop,
        live: &Live,
        helm: &Helm,
    ) -> Result<Watch, Interrupted> {
        let entry = Watched {
            held,
            stop: stop.clone(),
            live: live.clone(),
            helm: helm.clone(),
            obeyed: HashSet::new(),
            early: Some(Vec::new()),
        };
        self.watched().insert(held.run, entry);
        let watch = Watch {
            standings: self.clone(),
            held,
        };
        tokio::select! {
            () = self.learn(held.run) => {}
            reason = stop.requested() => return Err(Interrupted::Stopped(reason)),
        }
        stop.check()?;
        Ok(watch)
    }

    /// Asks about one run until there is an answer.
    async fn learn(&self, run: RunId) {
        let mut told = false;
        while let Err(error) = self.ask(|held| held.run == run).await {
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(%run, %error, "nobody says where the run stands; it begins when somebody does");
            }
            sleep(AGAIN).await;
        }
    }

    /// Waits until somebody has said that the run is held, or that it is not.
    pub(crate) async fn confirm(&self, run: RunId, stop: &Stop) -> Result<(), Interrupted> {
        tokio::select! {
            () = self.learn(run) => stop.check(),
            reason = stop.requested() => Err(Interrupted::Stopped(reason)),
        }
    }

    /// Whether this worker was told just now that it holds the run.
    pub(crate) async fn holds(&self, run: RunId) -> bool {
        let answered = self.ask(|held| held.run == run).await.is_ok();
        let watched = self.watched();
        let entry = watched.get(&run);
        answered && entry.is_some_and(|entry| entry.stop.check().is_ok())
    }

    /// Hears and asks, for as long as it is polled.
    pub(crate) async fn attend(&self, every: Duration) -> Infallible {
        tokio::select! {
            never = self.hear() => never,
            never = self.hear_gates() => never,
            never = self.hear_inputs() => never,
            never = self.look(every) => never,
        }
    }

    async fn hear(&self) -> Infallible {
        loop {
            match self.0.bus.steering(&self.0.worker).await {
                Ok(mut commands) => {
                    while let Some(command) = commands.next().await {
                        self.heard(command);
                    }
                }
                Err(error) => tracing::debug!(%error, "failed to listen for commands"),
            }
            sleep(AGAIN).await;
        }
    }

    /// Who may type, said to the holder at once; the desk says it again.
    async fn hear_gates(&self) -> Infallible {
        loop {
            match self.0.bus.gates(&self.0.worker).await {
                Ok(mut grants) => {
                    while let Some(grant) = grants.next().await {
                        if let Some(live) = self.live(grant.run) {
                            live.grant(&grant);
                        }
                    }
                }
                Err(error) => tracing::debug!(%error, "failed to listen for grants"),
            }
            sleep(AGAIN).await;
        }
    }

    /// What is typed into terminals of runs that are held; their gates decide about it.
    async fn hear_inputs(&self) -> Infallible {
        loop {
            match self.0.bus.inputs(&self.0.worker).await {
                Ok(mut inputs) => {
                    while let Some(typed) = inputs.next().await {
                        if let Some(live) = self.live(typed.run) {
                            for frame in typed.message.frames {
                                live.type_in(typed.terminal, frame);
                            }
                        }
                    }
                }
                Err(error) => tracing::debug!(%error, "failed to listen for what is typed"),
            }
            sleep(AGAIN).await;
        }
    }

    fn live(&self, run: RunId) -> Option<Live> {
        self.watched().get(&run).map(|entry| entry.live.clone())
    }

    async fn look(&self, every: Duration) -> Infallible {
        let mut connection = self.0.bus.connection();
        let mut looks = interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                changed = connection.changed() => match changed {
                    Ok(()) if *connection.borrow_and_update() == Connection::Up => looks.reset(),
                    Ok(()) => continue,
                    Err(_) => return std::future::pending().await,
                },
            }
            // A worker that is cut off goes on; its reports wait.
            while let Err(error) = self.ask(|_| true).await {
                tracing::debug!(%error, "nobody says where the runs stand");
                sleep(AGAIN.min(every)).await;
            }
        }
    }

    /// Asks about those that are meant, and obeys the answers.
    async fn ask(&self, meant: impl Fn(&HeldLease) -> bool) -> Result<(), BusError> {
        let mut open: Vec<HeldLease> = self.watched().values().map(|w| w.held).collect();
        open.retain(meant);
        while !open.is_empty() {
            let runs = open.split_off(open.len().saturating_sub(desk::MAX_RUNS));
            let inquiry = Inquiry { runs };
            let standings = self.0.bus.stand(&self.0.worker, &inquiry).await?;
            for (held, standing) in inquiry.runs.into_iter().zip(standings) {
                open.extend(self.note(held, &standing));
            }
        }
        Ok(())
    }

    /// Takes an answer in; the lease to ask about again when there may be more commands.
    fn note(&self, held: HeldLease, standing: &Standing) -> Option<HeldLease> {
        let mut watched = self.watched();
        let entry = watched.get_mut(&held.run)?;
        if entry.held.lease_position != held.lease_position {
            return None;
        }
        if !standing.held {
            let reason = standing.reason.as_deref().unwrap_or_default();
            tracing::warn!(run = %held.run, reason, "the lease is no longer held");
            entry.stop.request(StopReason::Fenced);
            return None;
        }
        if let Some(through) = standing.commands_through {
            entry.held.commands_after = Some(through);
        }
        let more = standing.commands.len() >= desk::MAX_COMMANDS;
        let early = if more { None } else { entry.early.take() };
        let next = more.then_some(entry.held);
        if let Some(grant) = &standing.grant {
            entry.live.grant(grant);
        }
        // A session outlives that a run is tried again: all that was wished of it counts.
        for message in &standing.commands {
            entry.wish(message);
        }
        for message in in_force(&standing.commands) {
            entry.obey(message);
        }
        for message in early.into_iter().flatten() {
            entry.obey(&message);
        }
        next
    }

    /// What is heard at once. Of two wishes the later one counts, so that nothing is obeyed before
    /// it is known what was wished earlier; an end is an end.
    fn heard(&self, message: ControlMessage) {
        let mut watched = self.watched();
        let Some(entry) = watched.get_mut(&message.run) else {
            return;
        };
        match &mut entry.early {
            Some(early) => {
                if matches!(message.command, ControlCommand::Cancel { .. }) {
                    obey(&entry.stop, &message.command);
                }
                early.push(message);
            }
            None => entry.obey(&message),
        }
    }

    /// A panic elsewhere leaves a map that is still a map.
    fn watched(&self) -> MutexGuard<'_, HashMap<RunId, Watched>> {
        self.0
            .watched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was wished before a run was tried again is settled.
fn in_force(commands: &[ControlMessage]) -> &[ControlMessage] {
    let redrive = |m: &ControlMessage| matches!(m.command, ControlCommand::Redrive { .. });
    let from = commands.iter().rposition(redrive);
    &commands[from.map_or(0, |at| at + 1)..]
}

fn obey(stop: &Stop, command: &ControlCommand) {
    match command {
        ControlCommand::Cancel { .. } => stop.request(StopReason::Cancelled),
        // The supervisor carries out some of these; the others are for control and sessions.
        ControlCommand::Redrive { .. }
        | ControlCommand::ReleaseLease { .. }
        | ControlCommand::EnableSession { .. }
        | ControlCommand::RevokeSession { .. }
        | ControlCommand::ResealSession { .. }
        | ControlCommand::Pause { .. }
        | ControlCommand::Resume { .. }
        | ControlCommand::Takeover { .. }
        | ControlCommand::HandBack { .. }
        | ControlCommand::SendMessage { .. }
        | ControlCommand::CancelMessage { .. }
        | ControlCommand::AnswerHelp { .. }
        | ControlCommand::RaiseBudget { .. }
        | ControlCommand::Unknown => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u128, command: ControlCommand) -> ControlMessage {
        ControlMessage {
            run: RunId::from_uuid(Uuid::from_u128(1)),
            id: Uuid::from_u128(id),
            actor: "anna".to_owned().try_into().expect("an actor"),
            at: "2026-01-02T03:04:05Z".parse().expect("a time"),
            command,
        }
    }

    #[test]
    fn what_was_wished_before_a_redrive_is_settled() {
        let cancel = |id| message(id, ControlCommand::Cancel { note: None });
        let redrive = message(2, ControlCommand::Redrive { note: None });
        assert_eq!(in_force(&[cancel(1)]).len(), 1);
        assert_eq!(in_force(&[cancel(1), redrive.clone()]), []);
        assert_eq!(in_force(&[cancel(1), redrive, cancel(3)]), [cancel(3)]);
    }
}
