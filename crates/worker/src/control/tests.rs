//! The core in tables and properties: every command in every standing, and what overlaps.

mod cases;
mod overlaps;
mod properties;
mod typed_to;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use baton_domain::{BudgetKind, MessageKind, PauseMethod, PauseMode, Stage};
use baton_terminal::Held;
use baton_wire::{ControlCommand, ControlMessage, Event};
use uuid::Uuid;

use super::{
    core::{Core, Rules},
    effect::Effect,
    hand_back::{Before, HandedBack},
    input::{AgentNow, End, Input, ScopeHold},
    state::State,
};

fn fresh() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(1 << 40);
    Uuid::from_u128(LAST.fetch_add(1, Ordering::Relaxed).into())
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rules() -> Rules {
    Rules {
        deadline: seconds(30),
        stall: None,
        pause_before: BTreeSet::new(),
        budgets: [(BudgetKind::Tokens, 100)].into(),
        retried_at: None,
        seen: BTreeSet::new(),
        has_repository: true,
        is_typed_to: false,
    }
}

/// A core, and what it has done so far.
struct Bench {
    core: Core,
    now: Duration,
    commands: u128,
    done: Vec<Effect>,
    opened: Vec<Stage>,
}

impl Bench {
    fn new() -> Self {
        Self::with(rules())
    }

    fn with(rules: Rules) -> Self {
        Self {
            core: Core::new(rules, State::default(), Duration::ZERO, fresh),
            now: Duration::ZERO,
            commands: 0,
            done: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// At the gate before its agent, or with it.
    fn with_agent() -> Self {
        let mut bench = Self::new();
        bench.gate(Stage::Execute);
        bench.agent(false);
        bench
    }

    fn happen(&mut self, input: Input) -> Vec<Event> {
        let effects = self.core.apply(self.now, input);
        self.opened.extend(self.core.open());
        self.done.extend(effects.iter().cloned());
        let said = effects.into_iter().filter_map(|effect| match effect {
            Effect::Say(event) => Some(*event),
            _ => None,
        });
        said.collect()
    }

    fn wait(&mut self, time: Duration) -> Vec<Event> {
        self.now += time;
        self.happen(Input::Tick)
    }

    fn gate(&mut self, stage: Stage) -> Vec<Event> {
        self.happen(Input::AtGate(stage))
    }

    fn agent(&mut self, frozen: bool) -> Vec<Event> {
        self.happen(Input::Agent(AgentNow {
            frozen,
            method: Some(PauseMethod::Signal),
            ..AgentNow::default()
        }))
    }

    /// The next command, and its id.
    fn wish(&mut self, command: ControlCommand) -> (Uuid, Vec<Event>) {
        self.commands += 1;
        let id = Uuid::from_u128(self.commands);
        (id, self.happen(Input::Command(message(id, command))))
    }

    /// The agent comes to its checkpoint.
    fn checkpoint(&mut self) -> Vec<Event> {
        let Some(hold) = self.core.hold() else {
            return Vec::new();
        };
        self.happen(Input::Held(Held {
            hold: hold.id,
            before: "Bash".to_owned(),
        }))
    }

    /// Somebody has taken the run over.
    fn taken_over() -> Self {
        let mut bench = Self::with_agent();
        let (takeover, _) = bench.wish(takeover());
        bench.checkpoint();
        bench.happen(Input::Noted {
            takeover,
            before: Before::default(),
        });
        bench
    }

    /// The run was handed back, or is it not?
    fn handed_back(&mut self) -> Vec<Event> {
        let order = self.done.iter().rev().find_map(|effect| match effect {
            Effect::HandBack(order) => Some(order.takeover),
            _ => None,
        });
        self.happen(Input::HandedBack(Box::new(HandedBack {
            takeover: order.unwrap_or_default(),
            text: "what was done".to_owned(),
            ..HandedBack::default()
        })))
    }
}

fn message(id: Uuid, command: ControlCommand) -> ControlMessage {
    ControlMessage {
        run: baton_domain::RunId::from_uuid(Uuid::from_u128(7)),
        id,
        actor: "anna".to_owned().try_into().expect("an actor"),
        at: "2026-01-02T03:04:05Z".parse().expect("a time"),
        command,
    }
}

fn pause(mode: PauseMode) -> ControlCommand {
    ControlCommand::Pause {
        mode,
        deadline_seconds: None,
        resume_after_seconds: None,
        note: None,
    }
}

const fn resume() -> ControlCommand {
    ControlCommand::Resume { note: None }
}

const fn takeover() -> ControlCommand {
    ControlCommand::Takeover {
        deadline_seconds: None,
        expires_after_seconds: 60,
        note: None,
    }
}

fn hand_back() -> ControlCommand {
    ControlCommand::HandBack {
        summary: "done".to_owned(),
    }
}

fn tell(text: &str) -> ControlCommand {
    ControlCommand::SendMessage {
        kind: MessageKind::Steering,
        text: text.to_owned(),
    }
}

/// Events in short: their kind, and what matters of it.
fn short(events: &[Event]) -> Vec<String> {
    let one = |event: &Event| {
        let value = serde_json::to_value(event).expect("an event");
        let words = [
            "type",
            "refused",
            "method",
            "cause",
            "end",
            "escalated",
            "reason",
        ];
        let words = words.iter().filter_map(|word| match &value[*word] {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            _ => Some((*word).to_owned()),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    events.iter().map(one).collect()
}
