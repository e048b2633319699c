//! Staying with an agent in its host: its words are passed on without secrets, its end is wished
//! when the attempt is to end, and it is held still while there is a reason to.

use std::{pin::pin, time::Duration};

use baton_domain::{EndStep, TerminalName};
use baton_screen::Plain;
use baton_terminal::{
    AgentOutput, Ended as AgentEnd, FollowError, GateRefused, Gone, Held, Hosted, LetGo, Listener,
    Remote, Started, Status, left_behind,
};
use baton_wire::{
    Event,
    event::{
        GateMoved, HelpClosed, HelpNeeded, InputTyped, MessageDelivered, MessageSeen, WriteEnded,
    },
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::execution::{Agent, Execution};
use crate::{
    control::{AgentNow, Input},
    process::{Ended, Sinks},
    redact::Stream,
    stop::{Interrupted, StopReason},
};

/// How often it is asked how much it has used.
const MEASURE_EVERY: Duration = Duration::from_secs(2);
/// How long a host may take to end its agent; then it is killed with it.
const ENDED_WITHIN: Duration = Duration::from_secs(20);

/// How following an agent ended.
pub(super) struct Outcome {
    pub(super) end: Result<AgentEnd, FollowError>,
    /// Whether the worker wished it, and why.
    pub(super) ended: Ended,
    /// How long it had worked when that was last heard.
    pub(super) worked: Duration,
}

/// Somebody who follows an agent.
pub(super) struct Following<'a, S> {
    execution: &'a Execution<'a>,
    started: Option<Event>,
    stdout: Stream,
    stderr: Stream,
    /// What is printed in the terminal, as text, and where it belongs.
    plain: Plain,
    output: AgentOutput,
    words: &'a mut S,
    status: watch::Sender<Status>,
    /// Whether the last thing said is that it is held still.
    held: bool,
}

impl<'a, S: Sinks> Following<'a, S> {
    pub(super) fn new(execution: &'a Execution<'a>, agent: &Agent<'_>, words: &'a mut S) -> Self {
        let redactor = execution.reporter.redactor();
        Self {
            execution,
            started: Some(agent.started.clone()),
            stdout: redactor.stream(),
            stderr: redactor.stream(),
            plain: Plain::default(),
            output: agent.output,
            words,
            status: watch::Sender::new(Status::default()),
            held: execution.held,
        }
    }

    /// Follows the agent until it has ended, or the worker leaves it.
    pub(super) async fn follow(
        mut self,
        mut hosted: Hosted,
        abort: &CancellationToken,
    ) -> Result<Outcome, Interrupted> {
        let mut warden = Warden::new(self.execution, hosted.remote(), self.status.subscribe());
        let end = {
            let mut follow = pin!(hosted.follow(&mut self));
            loop {
                tokio::select! {
                    biased;
                    end = &mut follow => break end,
                    () = warden.watch(abort) => warden.check_leave()?,
                }
            }
        };
        self.finish();
        let worked = self.status.borrow().worked();
        Ok(Outcome {
            end,
            ended: warden.ended,
            worked,
        })
    }

    /// Passes on what may have been the beginning of a secret, and was none.
    fn finish(&mut self) {
        self.words.stdout(&self.stdout.finish());
        self.words.stderr(&self.stderr.finish());
    }
}

impl<S: Sinks> Listener for Following<'_, S> {
    fn at(&mut self, since_start: Duration) {
        self.words.at(since_start);
    }

    fn started(&mut self, _process: Started) {
        if let Some(event) = self.started.take() {
            self.execution.reporter.say(event);
        }
    }

    fn stdout(&mut self, bytes: &[u8]) {
        self.words.stdout(&self.stdout.push(bytes));
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.words.stderr(&self.stderr.push(bytes));
    }

    fn printed(&mut self, terminal: TerminalName, bytes: &[u8]) {
        if terminal != TerminalName::Agent {
            return;
        }
        let text = self.plain.feed(bytes);
        match self.output {
            AgentOutput::Terminal => self.stdout(text.as_bytes()),
            AgentOutput::Piped => self.stderr(text.as_bytes()),
        }
    }

    fn gate_moved(&mut self, moved: GateMoved) {
        self.execution.reporter.say(Event::WriteGate(moved));
    }

    fn write_ended(&mut self, ended: WriteEnded) {
        self.execution.reporter.say(Event::WriteEnded(ended));
    }

    fn typed(&mut self, typed: InputTyped) {
        self.execution.helm.typed(&typed);
        self.execution.reporter.say(Event::InputTyped(typed));
    }

    fn gate_refused(&mut self, refused: &GateRefused) {
        let (run, reason) = (self.execution.state.run, &refused.reason);
        tracing::warn!(%run, reason, "the run's host does not obey what was said about typing");
    }

    fn held(&mut self, held: Held) {
        self.execution.helm.tell(Input::Held(held));
    }

    fn let_go(&mut self, let_go: LetGo) {
        self.execution.helm.tell(Input::LetGo(let_go));
    }

    fn message_delivered(&mut self, delivered: MessageDelivered) {
        self.execution.helm.tell(Input::MessageDelivered(delivered));
    }

    fn message_seen(&mut self, seen: MessageSeen) {
        self.execution.helm.tell(Input::MessageSeen(seen));
    }

    fn message_taken_back(&mut self, message: Uuid) {
        self.execution.helm.tell(Input::MessageTakenBack(message));
    }

    fn help_needed(&mut self, needed: HelpNeeded) {
        self.execution.helm.tell(Input::HelpNeeded(needed));
    }

    fn help_closed(&mut self, closed: HelpClosed) {
        self.execution.helm.tell(Input::HelpClosed(closed));
    }

    fn lost(&mut self, bytes: u64) {
        self.words.lost(bytes);
    }

    fn status(&mut self, status: &Status) {
        self.words.status(status);
        self.execution.usage.set(status);
        // What operators wish is said elsewhere.
        let reason = self.execution.holds.reason().filter(|_| status.frozen);
        if reason.is_some() != self.held {
            self.held = reason.is_some();
            self.execution.reporter.say(match reason {
                Some(reason) => Event::AgentFrozen { reason },
                None => Event::AgentThawed {
                    frozen_ms: status.frozen_ms,
                },
            });
        }
        self.execution.helm.tell(Input::Agent(now(status)));
        self.status.send_replace(status.clone());
    }

    fn step(&mut self, step: EndStep) {
        self.execution.stop.step(step);
    }
}

/// Who decides over an agent's end and rest.
struct Warden<'a> {
    execution: &'a Execution<'a>,
    remote: Remote,
    status: watch::Receiver<Status>,
    holds: watch::Receiver<std::collections::BTreeMap<crate::holds::HeldBy, String>>,
    measures: tokio::time::Interval,
    /// The strongest reason to end that was heeded.
    heeded: Option<StopReason>,
    ended: Ended,
    /// When its time is over.
    deadline: Option<Instant>,
    /// When its host is waited for no longer.
    patience: Option<Instant>,
}

impl<'a> Warden<'a> {
    fn new(execution: &'a Execution<'a>, remote: Remote, status: watch::Receiver<Status>) -> Self {
        let mut measures = interval(MEASURE_EVERY);
        measures.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut holds = execution.holds.watch();
        // What is there already counts as news.
        holds.mark_changed();
        Self {
            execution,
            remote,
            status,
            holds,
            measures,
            heeded: None,
            ended: Ended::Itself,
            deadline: None,
            patience: None,
        }
    }

    /// Acts on the next thing that happens.
    async fn watch(&mut self, abort: &CancellationToken) {
        let ending = self.ended != Ended::Itself;
        let stop = self.execution.stop;
        tokio::select! {
            reason = stop.requested_beyond(self.heeded.as_ref()) => self.heed(reason),
            () = abort.cancelled(), if !ending => self.end(Ended::OnRequest),
            () = at(self.deadline), if !ending => self.end(Ended::OnTimeout),
            () = at(self.patience) => self.kill().await,
            Ok(()) = self.status.changed() => self.count(),
            Ok(()) = self.holds.changed(), if !ending => self.hold(),
            _ = self.measures.tick() => self.remote.measure(),
        }
    }

    /// A worker that leaves stops following; the agent goes on.
    fn check_leave(&self) -> Result<(), Interrupted> {
        match &self.heeded {
            Some(StopReason::Leave) => Err(Interrupted::Stopped(StopReason::Leave)),
            _ => Ok(()),
        }
    }

    fn heed(&mut self, reason: StopReason) {
        match reason {
            StopReason::Leave => {}
            StopReason::Cancelled => {
                // The host thaws it, and tells whoever waits in a checkpoint to do nothing more: let
                // go, it would use its next tool before it hears of its end.
                self.remote.ask_to_end();
                self.has_ended(Ended::OnRequest);
            }
            StopReason::HandBack(_) | StopReason::Fenced => {
                self.end(Ended::OnRequest);
            }
        }
        self.heeded = Some(reason);
    }

    fn end(&mut self, ended: Ended) {
        self.remote.end();
        self.has_ended(ended);
    }

    fn has_ended(&mut self, ended: Ended) {
        if self.ended == Ended::Itself {
            self.ended = ended;
            self.patience = Some(Instant::now() + ENDED_WITHIN);
        }
    }

    /// The host does not do it: everything is killed, itself too.
    async fn kill(&mut self) {
        self.patience = None;
        let execution = self.execution;
        execution.stop.step(EndStep::Killed);
        let family = left_behind(&execution.workspace.host(), execution.mark());
        if family.kill().await == Gone::All {
            execution.stop.step(EndStep::Gone);
        }
    }

    /// Time in which it is held still does not count, nor does that in which it waits for an answer:
    /// if it worked all the same, the host says so.
    fn count(&mut self) {
        let status = self.status.borrow_and_update();
        let left = self.execution.timeout.saturating_sub(status.worked());
        let still = status.frozen || status.waiting || (status.asking && !left.is_zero());
        self.deadline = (!still).then(|| Instant::now() + left);
    }

    fn hold(&mut self) {
        if self.holds.borrow_and_update().is_empty() {
            self.remote.thaw();
        } else {
            self.remote.freeze();
        }
    }
}

/// How things are with the agent, for its control.
fn now(status: &Status) -> AgentNow {
    AgentNow {
        frozen: status.frozen,
        method: status.freeze_method,
        asking: status.asking,
        worked: status.worked(),
        output: status.output_bytes,
        cpu: Duration::from_millis(status.cpu_ms),
        checkpoints: status.checkpoints,
        turns: status.turns.into(),
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
