//! The core: one attempt's control, and the order in which an input is taken in.

use std::{collections::BTreeSet, time::Duration};

use baton_domain::{Budgets, ResumeCause, Stage};
use baton_wire::{Event, event::Delivered};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    effect::Effect,
    input::{AgentNow, Input, Used},
    pulse::Pulse,
    state::State,
};

/// What the worker and the run were told beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    /// How long a checkpoint is waited for.
    pub(super) deadline: Duration,
    /// After how long without a sign of life a person is needed; never if absent.
    pub(super) stall: Option<Duration>,
    /// Stages that a person lets begin.
    pub(super) pause_before: BTreeSet<Stage>,
    /// What the attempt may use up.
    pub(super) budgets: Budgets,
    /// When the attempt was offered, if others were before it: what was wished before is folded
    /// without a word.
    pub(super) retried_at: Option<DateTime<Utc>>,
    /// The messages that a former attempt's agent has seen.
    pub(super) seen: BTreeSet<Uuid>,
    /// Whether there is a repository to count changes in.
    pub(super) has_repository: bool,
    /// Whether the agent shows a screen of its own: its turns are begun by whoever types to it.
    pub(super) is_typed_to: bool,
}

/// Where the attempt's work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the middle of something that cannot be held.
    Busy,
    /// Before a stage.
    Gate(Stage),
    /// With its agent.
    Agent,
}

/// Why a standstill is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cleared {
    pub(super) cause: ResumeCause,
    pub(super) command: Option<Uuid>,
}

impl Cleared {
    pub(super) const fn operator(command: Uuid) -> Self {
        Self {
            cause: ResumeCause::Operator,
            command: Some(command),
        }
    }
}

/// Why an agent that is held stands still no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Whoever has its place has begun a turn, then.
    Typed(Duration),
    /// It has left its checkpoint, then; nobody knows why.
    Unasked(Duration),
}

/// One attempt's control.
pub(super) struct Core {
    pub(super) rules: Rules,
    pub(super) state: State,
    pub(super) now: Duration,
    pub(super) place: Place,
    pub(super) agent: AgentNow,
    /// When the agent came.
    pub(super) agent_since: Duration,
    /// Whether the agent waits in a checkpoint: because of which hold, and before what.
    pub(super) waiting: Option<(Uuid, String)>,
    /// Whether the turn of an agent with a screen is over, and after how many prompts.
    pub(super) turn_over: Option<u32>,
    /// Why and since when an agent that is held stands still no more.
    pub(super) left: Option<Left>,
    pub(super) used: Used,
    /// Changed lines, and when and at which checkpoint they were counted.
    pub(super) changed: u64,
    pub(super) counted: Option<(Duration, u64)>,
    pub(super) pulse: Pulse,
    /// Why a standstill is over, when that is not an operator's wish.
    pub(super) cleared: Option<Cleared>,
    pub(super) effects: Vec<Effect>,
    ids: fn() -> Uuid,
}

impl Core {
    /// The control of an attempt, as it was kept; `ids` gives ids that nobody else has.
    pub(super) fn new(rules: Rules, state: State, now: Duration, ids: fn() -> Uuid) -> Self {
        Self {
            rules,
            state,
            now,
            place: Place::Busy,
            agent: AgentNow::default(),
            agent_since: now,
            waiting: None,
            turn_over: None,
            left: None,
            used: Used::default(),
            changed: 0,
            counted: None,
            pulse: Pulse::default(),
            cleared: None,
            effects: Vec::new(),
            ids,
        }
    }

    /// Takes in what happened at `now`; what is to be done about it.
    pub(super) fn apply(&mut self, now: Duration, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        self.take(input);
        self.settle();
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Command(message) => self.command(&message),
            Input::Scope(scope) => self.scope(scope),
            Input::AtGate(stage) => self.at_gate(stage),
            Input::Agent(agent) => self.agent(agent),
            Input::TurnOver(prompts) => self.turn_over = prompts,
            Input::AgentOver => self.agent_over(),
            Input::Held(held) => self.held(held),
            Input::LetGo(let_go) => self.let_go(&let_go),
            Input::MessageDelivered(told) => self.message_delivered(told),
            Input::MessageSeen(told) => self.message_seen(told),
            Input::MessageTakenBack(message) => self.message_taken_back(message),
            Input::HelpNeeded(needed) => self.help_needed(needed),
            Input::HelpClosed(closed) => self.help_closed(closed),
            Input::Used(used) => self.used(used),
            Input::Changed(lines) => self.changed(lines),
            Input::Noted { takeover, before } => self.noted(takeover, before),
            Input::HandedBack(done) => self.handed_back(*done),
            Input::Tick => self.tick(),
            Input::Cancelled => self.cancelled(),
            Input::End(end) => self.end(end),
        }
    }

    /// Whether it is cancelled, or its attempt is over.
    pub(super) const fn is_over(&self) -> bool {
        self.state.over
    }

    /// The stage that the work waits for and may begin: from now on it is in the middle of it.
    pub(super) fn open(&mut self) -> Option<Stage> {
        match (self.place, &self.state.standing) {
            (Place::Gate(stage), None) => {
                self.place = Place::Busy;
                Some(stage)
            }
            _ => None,
        }
    }

    /// When it wants to be told that time has passed.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let due = [
            self.escalates_at(),
            self.resumes_at(),
            self.takeover_expires_at(),
            self.stalls_at(),
        ];
        due.into_iter().flatten().min()
    }

    fn tick(&mut self) {
        let now = self.now;
        let passed = |due: Option<Duration>| due.is_some_and(|due| due <= now);
        if passed(self.resumes_at()) {
            self.timer_resumes();
        }
        if passed(self.takeover_expires_at()) {
            self.takeover_expires();
        }
        if passed(self.stalls_at()) {
            self.stalled();
        }
    }

    pub(super) fn fresh(&self) -> Uuid {
        (self.ids)()
    }

    pub(super) fn say(&mut self, event: Event) {
        self.effects.push(Effect::Say(Box::new(event)));
    }

    /// Says that a command is held.
    pub(super) fn delivered(&mut self, command: Uuid, verdict: Result<(), String>) {
        let refused = verdict.err();
        self.say(Event::ControlDelivered(Delivered { command, refused }));
    }
}
