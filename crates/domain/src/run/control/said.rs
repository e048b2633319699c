//! What the holder of a run says about its control, taken in.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Began, Control, ControlEvent, Delivery, HandBack, Help, Message, Pause, PausedSaid,
    ResumedSaid, Resuming, Takeover, Told,
    pause::{ms_between, span_of_ms},
};
use crate::{
    control::{HelpKind, PauseCause, PauseKind, PauseMethod, TakeoverEnd},
    ids::Attempt,
    names::{Actor, WorkerId},
    run::Refusal,
};

type Step = Result<(), Refusal>;

/// Who speaks, under which attempt, and when.
pub(in crate::run) struct Said<'a> {
    pub(in crate::run) worker: &'a WorkerId,
    pub(in crate::run) attempt: Attempt,
    pub(in crate::run) at: DateTime<Utc>,
}

impl Control {
    pub(in crate::run) fn said(
        &mut self,
        event: &ControlEvent,
        said: &Said<'_>,
        told: &mut Told,
    ) -> Step {
        match event {
            ControlEvent::Delivered { command, refused } => {
                if refused.is_some() {
                    self.refused(*command);
                } else {
                    self.delivered(*command, said.at);
                }
                Ok(())
            }
            ControlEvent::TakeoverBegan {
                command,
                by,
                expires_in_seconds,
            } => self.taken_over(*command, by, *expires_in_seconds, said.at),
            ControlEvent::TakeoverEnded {
                takeover,
                end,
                command,
            } => self.takeover_ended(*takeover, *end, *command, said.at),
            ControlEvent::MessageDelivered { message, via } => {
                let delivery = Delivery {
                    at: said.at,
                    via: via.clone(),
                    attempt: said.attempt,
                };
                self.told(*message, told, |message| message.delivered(delivery))
            }
            ControlEvent::MessageSeen(message) => {
                self.told(*message, told, |message| message.seen(said.at))
            }
            ControlEvent::MessageDropped {
                message,
                command,
                reason,
            } => self.told(*message, told, |message| {
                message.dropped(*command, reason, said.at)
            }),
            ControlEvent::HelpNeeded { help, kind } => {
                let help = Help {
                    id: *help,
                    kind: *kind,
                    attempt: said.attempt,
                    worker: Some(said.worker.clone()),
                    opened_at: said.at,
                    answer: None,
                    over: None,
                };
                self.ask(help, told)
            }
            ControlEvent::HelpClosed { help, end } => self.change_help(*help, told, |help| {
                help.close(*end, said.at);
                Ok(())
            }),
            ControlEvent::BudgetReached {
                budget,
                limit,
                used,
            } => {
                self.stands_at(*budget, *limit, *used, true);
                Ok(())
            }
            ControlEvent::BudgetRaised {
                budget,
                limit,
                used,
            } => {
                self.stands_at(*budget, *limit, *used, false);
                Ok(())
            }
            ControlEvent::AgentStarted(agent) => {
                self.agent = Some(agent.as_ref().clone());
                Ok(())
            }
            ControlEvent::Used(used) => {
                self.used(used);
                Ok(())
            }
        }
    }

    /// Holders say this of every command they hear, also of those that were settled before.
    fn delivered(&mut self, command: Uuid, at: DateTime<Utc>) {
        let Some(pause) = &mut self.pause else { return };
        if pause.command == Some(command) {
            pause.delivered_at.get_or_insert(at);
        } else if pause.resuming_by(command) && pause.standing.is_none() {
            // It never came to standing still: going on has happened.
            self.goes_on();
        }
    }

    /// A wish that the holder does not carry out.
    fn refused(&mut self, command: Uuid) {
        let Some(pause) = &mut self.pause else { return };
        if pause.resuming_by(command) {
            pause.resuming = None;
        } else if pause.command == Some(command) {
            if pause.standing.is_none() {
                self.goes_on();
            } else {
                // It stands still all the same, for whatever held it before.
                self.takeover = None;
                pause.cause = PauseCause::Operator;
            }
        }
    }

    fn goes_on(&mut self) {
        self.pause = None;
        self.takeover = None;
    }

    /// The run stands still. One that is to end will not for long.
    pub(in crate::run) fn paused(
        &mut self,
        kind: PauseKind,
        said: &PausedSaid,
        at: DateTime<Utc>,
        is_cancelled: bool,
    ) {
        let pause = self
            .pause
            .get_or_insert_with(|| Pause::unasked(kind, said, at));
        // A takeover that came when the agent had ended holds the run as a pause does.
        let too_late = (said.cause, said.method)
            == (Some(PauseCause::Operator), Some(PauseMethod::Stage))
            && self.takeover.as_ref().map(|it| it.command) == said.command;
        if too_late && said.command.is_some() {
            self.takeover = None;
            pause.cause = PauseCause::Operator;
        }
        if self.takeover.is_none() && pause.is_left_to_others(said) {
            let standing = pause.standing.take();
            *pause = Pause {
                standing,
                ..Pause::unasked(kind, said, at)
            };
        }
        pause.stands(said, at);
        if is_cancelled {
            pause.resuming.get_or_insert(Resuming { command: None, at });
        }
    }

    /// The run goes on. A wish that the holder has not heard of yet is still a wish.
    pub(in crate::run) fn resumed(&mut self, said: &ResumedSaid, at: DateTime<Utc>) {
        self.stand_still_no_more(said.paused_ms, at);
        let unheard = |it: &Pause| it.delivered_at.is_none() && it.resuming.is_none();
        if !self.pause.as_ref().is_some_and(unheard) {
            self.goes_on();
        }
    }

    /// Counts the time of the pause in force.
    pub(super) fn stand_still_no_more(&mut self, told_ms: Option<u64>, at: DateTime<Utc>) {
        let Some(standing) = self.pause.as_mut().and_then(|it| it.standing.take()) else {
            return;
        };
        let ms = told_ms.unwrap_or_else(|| ms_between(standing.since, at));
        let sum = self.paused_ms.saturating_add(ms);
        // What a column holds.
        self.paused_ms = sum.min(i64::MAX.cast_unsigned());
    }

    fn taken_over(&mut self, command: Uuid, by: &Actor, seconds: u64, at: DateTime<Utc>) -> Step {
        let stands = self.pause.as_ref().is_some_and(|it| it.standing.is_some());
        if !stands {
            return Err(Refusal::WrongState);
        }
        let wished = self.takeover.take().filter(|it| it.command == command);
        let mut takeover = wished.unwrap_or_else(|| Takeover {
            command,
            by: by.clone(),
            note: None,
            requested_at: at,
            began: None,
        });
        // Said again by a worker that was started again: it began when it began.
        takeover.began.get_or_insert(Began {
            at,
            expires_at: at + span_of_ms(seconds.saturating_mul(1000)),
        });
        self.takeover = Some(takeover);
        Ok(())
    }

    /// After a takeover that nobody ended the run stays held; after one that was handed back its
    /// agent is told what was done.
    fn takeover_ended(
        &mut self,
        takeover: Uuid,
        end: TakeoverEnd,
        command: Option<Uuid>,
        at: DateTime<Utc>,
    ) -> Step {
        let ended = self.takeover.take_if(|it| it.command == takeover);
        let ended = ended.ok_or(Refusal::WrongState)?;
        if let (TakeoverEnd::HandedBack, Some(command)) = (end, command) {
            self.hand_backs.retain(|before| !before.message.settled);
            self.hand_backs.push(HandBack::new(ended, command, at));
        }
        if let (TakeoverEnd::Expired, Some(pause)) = (end, &mut self.pause) {
            pause.cause = PauseCause::Operator;
        }
        Ok(())
    }

    /// A step of a message: of an operator's, or of one that hands a takeover back.
    fn told(&mut self, id: Uuid, told: &mut Told, step: impl FnOnce(&mut Message) -> Step) -> Step {
        let mut hand_backs = self.hand_backs.iter_mut().map(|it| &mut it.message);
        match hand_backs.find(|message| message.id == id && !message.settled) {
            Some(message) => step(message),
            None => self.change_message(id, told, step),
        }
    }

    fn ask(&mut self, help: Help, told: &mut Told) -> Step {
        let is_known = self.help.iter().any(|known| known.id == help.id);
        // A run asks that by itself.
        if is_known || help.kind == HelpKind::RetriesUsedUp {
            return Err(Refusal::WrongState);
        }
        told.help.push(help.clone());
        self.help.push(help);
        Ok(())
    }
}

impl Pause {
    fn resuming_by(&self, command: Uuid) -> bool {
        self.resuming.is_some_and(|it| it.command == Some(command))
    }
}
