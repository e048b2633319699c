//! What the parts of an attempt tell its control, and it them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_domain::{PauseCause, Stage, TerminalName, run::PauseKind};
use baton_terminal::Remote;
use baton_wire::event::InputTyped;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};

use super::input::{End, Input};

/// How long the end of an attempt waits until everything open is closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
/// How much of what operators type is remembered, in inputs; what comes after is counted by nobody.
const TYPED: usize = 20_000;

/// How a run stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldStill {
    pub(crate) kind: PauseKind,
    /// Why.
    pub(crate) cause: PauseCause,
    /// Since when.
    pub(crate) since: Instant,
}

/// Whether a run is meant to work at present.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Posture {
    /// How it stands still, if it does.
    pub(crate) still: Option<HeldStill>,
    /// Whether its agent waits for a person's answer.
    pub(crate) asking: bool,
}

/// The control of one attempt, as its parts see it; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Helm(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inputs: mpsc::UnboundedSender<Input>,
    open: watch::Sender<Option<Stage>>,
    remote: watch::Sender<Option<Remote>>,
    posture: watch::Sender<Posture>,
    kept: watch::Sender<bool>,
    typed: Mutex<BTreeMap<u64, String>>,
}

/// Keeps the control for as long as it lives.
#[derive(Debug)]
pub(crate) struct Keeping(Helm);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.0.kept.send_replace(false);
    }
}

impl Helm {
    /// The control of an attempt, and what happens to it.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Input>) {
        // Operators and agents say little, and the journal is read no faster than it is written.
        let (inputs, told) = mpsc::unbounded_channel();
        let shared = Shared {
            inputs,
            open: watch::Sender::new(None),
            remote: watch::Sender::new(None),
            posture: watch::Sender::new(Posture::default()),
            kept: watch::Sender::new(false),
            typed: Mutex::default(),
        };
        (Self(Arc::new(shared)), told)
    }

    /// Something happens.
    pub(crate) fn tell(&self, input: Input) {
        // Nobody listens when the attempt is over.
        let _ = self.0.inputs.send(input);
    }

    pub(crate) fn keeping(&self) -> Keeping {
        self.0.kept.send_replace(true);
        Keeping(self.clone())
    }

    /// Waits until a stage may begin.
    pub(crate) async fn gate(&self, stage: Stage) {
        let mut open = self.0.open.subscribe();
        self.tell(Input::AtGate(stage));
        // `self` holds the sender.
        let _ = open.wait_for(|open| *open == Some(stage)).await;
    }

    pub(super) fn open(&self, stage: Stage) {
        self.0.open.send_replace(Some(stage));
    }

    /// There is an agent that can be told something.
    pub(crate) fn agent_is(&self, remote: Remote) {
        self.0.remote.send_replace(Some(remote));
    }

    /// There is none any more.
    pub(crate) fn agent_is_over(&self) {
        self.0.remote.send_replace(None);
        self.tell(Input::AgentOver);
    }

    /// Has words typed to the agent, which waits for its user.
    pub(crate) fn wake(&self, words: &str) {
        if let Some(remote) = self.remote() {
            remote.wake(words);
        }
    }

    pub(super) fn remote(&self) -> Option<Remote> {
        self.0.remote.borrow().clone()
    }

    /// Whether the run is meant to work, for beats.
    pub(crate) fn posture(&self) -> watch::Receiver<Posture> {
        self.0.posture.subscribe()
    }

    pub(super) fn stands(&self, posture: Posture) {
        self.0.posture.send_replace(posture);
    }

    /// An operator typed something; the journal may tell it again.
    pub(crate) fn typed(&self, typed: &InputTyped) {
        let text = typed.text.as_ref().filter(|_| typed.echo);
        let mut log = self.log();
        if typed.terminal == TerminalName::Shell && log.len() < TYPED {
            log.insert(typed.number, text.cloned().unwrap_or_default());
        }
    }

    /// What was typed into the operator's shell after an input, in order.
    pub(super) fn typed_after(&self, number: u64) -> Vec<String> {
        let log = self.log();
        log.range(number + 1..)
            .map(|(_, text)| text.clone())
            .collect()
    }

    /// The last input that is known.
    pub(super) fn last_typed(&self) -> u64 {
        self.log().keys().next_back().copied().unwrap_or_default()
    }

    /// Closes everything that is open, before the attempt's last word.
    pub(crate) async fn close(&self, end: End) {
        self.tell(Input::End(end));
        let mut kept = self.0.kept.subscribe();
        let closed = kept.wait_for(|kept| !*kept);
        if timeout(CLOSED_WITHIN, closed).await.is_err() {
            tracing::warn!("the run's control takes long to end; goes on without it");
        }
    }

    /// A panic elsewhere leaves a map that is still a map.
    fn log(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.0.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
