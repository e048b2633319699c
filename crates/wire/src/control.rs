//! Commands of operators, on a run's control subject.

use baton_domain::{
    Actor, BudgetKind, Generation, MessageKind, PauseMode, Provider, RunId,
    run::{
        Command,
        control::{ControlWish, WishKind},
        session::SessionWish,
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{event, grant::Sealed};

/// A command, as published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlMessage {
    /// The run.
    pub run: RunId,
    /// The command's own id, chosen by the API.
    pub id: Uuid,
    /// Who wishes it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub command: ControlCommand,
}

/// What an operator can wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "action",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum ControlCommand {
    /// End the run.
    Cancel {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Try a run again that has failed or was dead-lettered; its failures count from 0 again.
    Redrive {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Take the lease away from its holder, so that the run is offered again at once; the
    /// supervisor carries it out.
    ReleaseLease {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Let people watch the run's terminals.
    EnableSession {
        /// By what means.
        provider: Provider,
        /// For how long from now on, in seconds; absent: as long as the run lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_seconds: Option<u64>,
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// End the live session; the run goes on.
    RevokeSession {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The session's secrets, sealed to another of the API's keys; its worker has nothing to do.
    ResealSession {
        /// Whose secrets.
        generation: Generation,
        /// The same as before, sealed anew.
        sealed: Sealed,
    },
    /// Hold the run: at its agent's next tool call, or at once.
    Pause {
        /// How.
        mode: PauseMode,
        /// How long a soft pause waits for a tool call before the agent is held by force, in
        /// seconds; the worker's setting if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_seconds: Option<u64>,
        /// After how many seconds of standing still the run goes on by itself; never if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume_after_seconds: Option<u64>,
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Let the run go on.
    Resume {
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Hold the run for an operator who works in its place.
    Takeover {
        /// As for a pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_seconds: Option<u64>,
        /// After how many seconds the takeover is over if nobody hands the run back; the run then
        /// stays held.
        expires_after_seconds: u64,
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// End a takeover: the agent is told what was done meanwhile, and goes on.
    HandBack {
        /// What the operator has done, in their words.
        summary: String,
    },
    /// Tell the agent something.
    SendMessage {
        /// When.
        kind: MessageKind,
        /// What, 1 to 20,000 characters.
        text: String,
    },
    /// Take back a message that the agent was not handed yet.
    CancelMessage {
        /// The command that brought the message.
        message: Uuid,
    },
    /// Answer a request for help.
    AnswerHelp {
        /// Which.
        help: Uuid,
        /// One of its options, or free words where it takes them; at most 20,000 characters.
        answer: String,
        /// For the record, and for the agent where it hears reasons.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Let the run use up more; if it is held because a budget was used up, it goes on.
    RaiseBudget {
        /// Of what.
        budget: BudgetKind,
        /// The new limit, in the budget's own unit; it only rises.
        limit: u64,
        /// Why, for the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A command of a later version: kept on record, without effect here.
    #[serde(other)]
    Unknown,
}

impl ControlMessage {
    /// The wish in the domain's words; none for a wish of a later version.
    #[must_use]
    pub fn to_domain(&self) -> Option<Command> {
        let by = self.actor.clone();
        Some(match &self.command {
            ControlCommand::Cancel { .. } => Command::Cancel,
            ControlCommand::Redrive { .. } => Command::Redrive,
            ControlCommand::ReleaseLease { note } => Command::ReleaseLease {
                by,
                note: note.clone(),
            },
            ControlCommand::EnableSession {
                provider,
                ttl_seconds,
                ..
            } => Command::EnableSession {
                by,
                wish: SessionWish::new(*provider, *ttl_seconds),
            },
            ControlCommand::RevokeSession { note } => Command::RevokeSession {
                by,
                note: note.clone(),
            },
            ControlCommand::ResealSession { generation, sealed } => Command::ResealSession {
                generation: *generation,
                sealed: event::sealed(sealed),
            },
            other => Command::Control(ControlWish {
                id: self.id,
                by,
                kind: wish(other)?,
            }),
        })
    }
}

/// What is wished of the run's control; none for other wishes.
fn wish(command: &ControlCommand) -> Option<WishKind> {
    Some(match command {
        ControlCommand::Pause { mode, note, .. } => WishKind::Pause {
            mode: *mode,
            note: note.clone(),
        },
        ControlCommand::Resume { .. } => WishKind::Resume,
        ControlCommand::Takeover { note, .. } => WishKind::Takeover { note: note.clone() },
        ControlCommand::HandBack { .. } => WishKind::HandBack,
        ControlCommand::SendMessage { kind, .. } => WishKind::SendMessage(*kind),
        ControlCommand::CancelMessage { message } => WishKind::CancelMessage(*message),
        ControlCommand::AnswerHelp { help, answer, note } => WishKind::AnswerHelp {
            help: *help,
            answer: answer.clone(),
            note: note.clone(),
        },
        ControlCommand::RaiseBudget { budget, limit, .. } => WishKind::RaiseBudget {
            budget: *budget,
            limit: *limit,
        },
        _ => return None,
    })
}

impl ControlCommand {
    /// The action as operators call it.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "cancel",
            Self::Redrive { .. } => "redrive",
            Self::ReleaseLease { .. } => "release_lease",
            Self::EnableSession { .. } => "enable_session",
            Self::RevokeSession { .. } => "revoke_session",
            Self::ResealSession { .. } => "reseal_session",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Takeover { .. } => "takeover",
            Self::HandBack { .. } => "hand_back",
            Self::SendMessage { .. } => "send_message",
            Self::CancelMessage { .. } => "cancel_message",
            Self::AnswerHelp { .. } => "answer_help",
            Self::RaiseBudget { .. } => "raise_budget",
            Self::Unknown => "unknown",
        }
    }

    /// The reason given, for the record.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Cancel { note }
            | Self::Redrive { note }
            | Self::ReleaseLease { note }
            | Self::EnableSession { note, .. }
            | Self::RevokeSession { note }
            | Self::Pause { note, .. }
            | Self::Resume { note }
            | Self::Takeover { note, .. }
            | Self::AnswerHelp { note, .. }
            | Self::RaiseBudget { note, .. } => note.as_deref(),
            Self::ResealSession { .. }
            | Self::HandBack { .. }
            | Self::SendMessage { .. }
            | Self::CancelMessage { .. }
            | Self::Unknown => None,
        }
    }

    /// What it is on record as.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "cancel_requested",
            Self::Redrive { .. } => "redriven",
            Self::ReleaseLease { .. } => "release_requested",
            Self::EnableSession { .. } => "session_requested",
            Self::RevokeSession { .. } => "session_revoke_requested",
            Self::ResealSession { .. } => "session_resealed",
            Self::Pause { .. } => "pause_requested",
            Self::Resume { .. } => "resume_requested",
            Self::Takeover { .. } => "takeover_requested",
            Self::HandBack { .. } => "hand_back_requested",
            Self::SendMessage { .. } => "message_sent",
            Self::CancelMessage { .. } => "message_cancel_requested",
            Self::AnswerHelp { .. } => "help_answered",
            Self::RaiseBudget { .. } => "budget_raise_requested",
            Self::Unknown => "unknown_command",
        }
    }
}
