//! Messages to an agent: each is handed over once, and known to be seen only on proof.
//!
//! A message goes to the model with the result of a tool, or at a turn's end. It is seen when the
//! model has answered a request that holds it:
//! - the end of a later turn of the same session proves it, whatever it came with;
//! - what came at a turn's end, or as the session began, is proven by the next tool call as well,
//!   since no call is open then;
//! - what came with a tool call is proven when that call's result is followed by another answer of
//!   the model, which only the agent's own record of its session can tell: of calls that the model
//!   makes at once, a later one may begin after the first has ended.

use std::collections::BTreeSet;

use baton_domain::MessageKind;
use baton_wire::event::MessageDelivered;
use uuid::Uuid;

use super::CallId;
use crate::{
    asking::{Checkpoint, Handed, Moment},
    control::AgentMessage,
};

/// What is handed over at once, in bytes, unless a single message is more.
const AT_ONCE: usize = 64 << 10;

/// The agents' word for a session's beginning.
pub(super) const SESSION_BEGINS: &str = "SessionStart";

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Pending,
    /// A call was given it, and has not said that it is done.
    Handing(CallId, Origin),
    Delivered(Origin),
    /// Nothing more is to be known of it.
    Over,
}

/// What a message was handed over with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    at: Moment,
    via: String,
    session: Option<String>,
    tool_use: Option<String>,
}

#[derive(Debug)]
struct Kept {
    message: AgentMessage,
    /// Whether the host itself has written it: nobody waits to hear of it.
    quiet: bool,
    state: State,
}

#[derive(Debug, Default)]
pub(super) struct Messages {
    all: Vec<Kept>,
    /// Those that are not wished any more.
    unwished: BTreeSet<Uuid>,
}

impl Messages {
    /// Takes a message, unless it is known.
    pub(super) fn tell(&mut self, message: AgentMessage) {
        self.add(message, false);
    }

    /// Takes a message of which the journal does not tell.
    pub(super) fn tell_quietly(&mut self, message: AgentMessage) {
        self.add(message, true);
    }

    fn add(&mut self, message: AgentMessage, quiet: bool) {
        let known = self.all.iter().any(|kept| kept.message.id == message.id);
        if !known && !self.unwished.contains(&message.id) {
            self.all.push(Kept {
                message,
                quiet,
                state: State::Pending,
            });
        }
    }

    /// Whether a message is taken back by that. One that is being handed over is taken back when
    /// that fails.
    pub(super) fn take_back(&mut self, id: Uuid) -> bool {
        let anew = self.unwished.insert(id);
        match self.all.iter_mut().find(|kept| kept.message.id == id) {
            Some(kept) if kept.state == State::Pending => {
                kept.state = State::Over;
                true
            }
            Some(_) => false,
            None => anew,
        }
    }

    /// How many were not handed over yet.
    pub(super) fn pending(&self) -> usize {
        let waits = |kept: &&Kept| matches!(kept.state, State::Pending | State::Handing(..));
        self.all.iter().filter(waits).count()
    }

    /// Whether something waits that a call would be given.
    pub(super) fn wait_for(&self, ask: &Checkpoint) -> bool {
        let mut all = self.all.iter();
        all.any(|kept| kept.state == State::Pending && is_for(ask, kept.message.kind))
    }

    /// Gives a call what is for it; one that begins another turn also what waits for the end of one.
    pub(super) fn hand(&mut self, call: CallId, ask: &Checkpoint, begins: bool) -> Vec<Handed> {
        let mut handed = Vec::new();
        let mut bytes = 0;
        for kept in &mut self.all {
            let kind = match kept.message.kind {
                MessageKind::Queued if begins => MessageKind::Steering,
                kind => kind,
            };
            if kept.state != State::Pending || !is_for(ask, kind) {
                continue;
            }
            bytes += kept.message.text.len();
            if bytes > AT_ONCE && !handed.is_empty() {
                break;
            }
            kept.state = State::Handing(call, Origin::of(ask));
            handed.push(Handed {
                id: kept.message.id,
                kind: kept.message.kind,
                from: kept.message.from.clone(),
                text: kept.message.text.clone(),
            });
        }
        handed
    }

    /// A call has handed these over.
    pub(super) fn handed(&mut self, call: CallId, ids: &[Uuid]) -> Vec<MessageDelivered> {
        let mut delivered = Vec::new();
        for kept in &mut self.all {
            let State::Handing(by, origin) = &kept.state else {
                continue;
            };
            if *by != call || !ids.contains(&kept.message.id) {
                continue;
            }
            let origin = origin.clone();
            if !kept.quiet {
                delivered.push(MessageDelivered {
                    message: kept.message.id,
                    via: origin.via.clone(),
                    takeover: None,
                });
            }
            kept.state = match origin.at {
                // Nobody waits to hear more, or no model is known there.
                _ if kept.quiet || origin.session.is_none() => State::Over,
                _ => State::Delivered(origin),
            };
        }
        delivered
    }

    /// A call is gone: what it was given and has not handed over waits again, or is taken back.
    pub(super) fn not_handed(&mut self, call: CallId) -> Vec<Uuid> {
        let mut taken_back = Vec::new();
        for kept in &mut self.all {
            if matches!(kept.state, State::Handing(by, _) if by == call) {
                kept.state = State::Pending;
                if self.unwished.contains(&kept.message.id) {
                    kept.state = State::Over;
                    taken_back.push(kept.message.id);
                }
            }
        }
        taken_back
    }

    /// Which are seen, since the agent has come to this checkpoint.
    pub(super) fn proven_by(&mut self, ask: &Checkpoint) -> Vec<Uuid> {
        self.see(|origin| origin.session == ask.session && proves(ask, origin))
    }

    /// Which are seen, since the results of these tool calls are answered.
    pub(super) fn answered(&mut self, tools: &[String]) -> Vec<Uuid> {
        self.see(|origin| {
            let tool = origin.tool_use.as_ref();
            tool.is_some_and(|tool| tools.contains(tool))
        })
    }

    fn see(&mut self, proven: impl Fn(&Origin) -> bool) -> Vec<Uuid> {
        let mut seen = Vec::new();
        for kept in &mut self.all {
            if matches!(&kept.state, State::Delivered(origin) if proven(origin)) {
                kept.state = State::Over;
                seen.push(kept.message.id);
            }
        }
        seen
    }

    /// The tool calls of this session with whose results messages went that are not known to be
    /// seen.
    pub(super) fn unproven(&self, ask: &Checkpoint) -> Vec<String> {
        let mut tools = BTreeSet::new();
        for kept in &self.all {
            if let State::Delivered(origin) = &kept.state
                && origin.session == ask.session
            {
                tools.extend(origin.tool_use.clone());
            }
        }
        tools.into_iter().collect()
    }
}

impl Origin {
    fn of(ask: &Checkpoint) -> Self {
        Self {
            at: ask.at,
            via: ask.via.clone(),
            session: ask.session.clone(),
            tool_use: ask.tool_use.clone(),
        }
    }
}

/// Whether a message of a kind can be handed over there.
const fn is_for(ask: &Checkpoint, kind: MessageKind) -> bool {
    if ask.deaf {
        return false;
    }
    match ask.at {
        Moment::BeforeTool | Moment::AfterTool | Moment::Context | Moment::Step => {
            matches!(kind, MessageKind::Steering)
        }
        Moment::TurnEnd => true,
        Moment::Permission | Moment::Unknown => false,
    }
}

/// Whether a checkpoint proves that the model has answered what was handed over before.
fn proves(ask: &Checkpoint, origin: &Origin) -> bool {
    match ask.at {
        // Another agent's calls and turns prove nothing.
        _ if ask.deaf => false,
        Moment::TurnEnd => true,
        Moment::BeforeTool => origin.at == Moment::TurnEnd || origin.via == SESSION_BEGINS,
        _ => false,
    }
}
