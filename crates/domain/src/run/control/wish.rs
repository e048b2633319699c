//! What operators wish of a run's control, taken in.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Control, ControlWish, HelpAnswer, Message, Pause, Resuming, Takeover, Told, WishKind};
use crate::{
    control::{MessageKind, PauseCause, PauseMode},
    names::Actor,
    run::Refusal,
};

type Step = Result<(), Refusal>;

/// A wish with what is true of the run when it comes.
pub(super) struct Wished<'a> {
    pub(super) wish: &'a ControlWish,
    pub(super) at: DateTime<Utc>,
    pub(super) is_held: bool,
    pub(super) is_cancelled: bool,
}

impl Control {
    pub(super) fn wished(&mut self, it: &Wished<'_>, told: &mut Told) -> Step {
        let ControlWish { id, by, kind } = it.wish;
        match kind {
            WishKind::SendMessage(kind) => self.send(*id, *kind, told),
            WishKind::CancelMessage(message) => self.take_back(*message, it, told),
            WishKind::AnswerHelp { help, answer, note } => {
                let answer = HelpAnswer {
                    command: *id,
                    by: by.clone(),
                    at: it.at,
                    answer: answer.clone(),
                    note: note.clone(),
                };
                self.answer(*help, answer, told)
            }
            // What ends is not held any more, and needs nothing.
            _ if it.is_cancelled => Err(Refusal::WrongState),
            WishKind::Pause { mode, note } => self.pause(it, *mode, note.as_ref()),
            WishKind::Resume => self.resume(it),
            WishKind::Takeover { note } => self.take_over(it, by, note.as_ref()),
            WishKind::HandBack => self.hand_back(it),
            WishKind::RaiseBudget { budget, limit } => self.raise(*budget, *limit, it.is_held),
        }
    }

    /// Replaces a pause before, also one in force: the run goes on standing still.
    fn pause(&mut self, it: &Wished<'_>, mode: PauseMode, note: Option<&String>) -> Step {
        if self.takeover.is_some() {
            return Err(Refusal::WrongState);
        }
        self.hold(it, PauseCause::Operator, mode, note)
    }

    fn hold(
        &mut self,
        it: &Wished<'_>,
        cause: PauseCause,
        mode: PauseMode,
        note: Option<&String>,
    ) -> Step {
        let before = self.pause.as_ref();
        if before.is_some_and(|pause| pause.command == Some(it.wish.id)) {
            return Err(Refusal::Duplicate);
        }
        let mut standing = before.and_then(|pause| pause.standing.clone());
        if let Some(standing) = &mut standing {
            // Its time belonged to the pause before.
            standing.resumes_at = None;
        }
        self.pause = Some(Pause {
            command: Some(it.wish.id),
            by: Some(it.wish.by.clone()),
            cause,
            mode,
            note: note.cloned(),
            requested_at: it.at,
            delivered_at: None,
            standing,
            resuming: None,
        });
        Ok(())
    }

    /// A takeover that has not begun is withdrawn by it; one that has is handed back.
    fn resume(&mut self, it: &Wished<'_>) -> Step {
        let takeover = self.takeover.as_ref();
        if takeover.is_some_and(|takeover| takeover.began.is_some()) {
            return Err(Refusal::WrongState);
        }
        self.go_on(it)
    }

    /// Going on is wished. Without a holder nothing stands in the way.
    fn go_on(&mut self, it: &Wished<'_>) -> Step {
        let pause = self.pause.as_mut().ok_or(Refusal::WrongState)?;
        if pause.resuming.is_some() {
            return Err(Refusal::Duplicate);
        }
        if it.is_held {
            pause.resuming = Some(Resuming {
                command: Some(it.wish.id),
                at: it.at,
            });
        } else {
            self.pause = None;
        }
        Ok(())
    }

    fn take_over(&mut self, it: &Wished<'_>, by: &Actor, note: Option<&String>) -> Step {
        if self.takeover.is_some() {
            return Err(Refusal::Duplicate);
        }
        if !it.is_held {
            return Err(Refusal::WrongState);
        }
        self.hold(it, PauseCause::Takeover, PauseMode::Soft, note)?;
        self.takeover = Some(Takeover {
            command: it.wish.id,
            by: by.clone(),
            note: note.cloned(),
            requested_at: it.at,
            began: None,
        });
        Ok(())
    }

    fn hand_back(&mut self, it: &Wished<'_>) -> Step {
        if self.takeover.is_none() {
            return Err(Refusal::WrongState);
        }
        self.go_on(it)
    }

    /// The run is to end: it is held no more, and who has its place gives it up.
    pub(in crate::run) fn cancelled(&mut self, at: DateTime<Utc>) {
        match &mut self.pause {
            Some(pause) if pause.standing.is_some() => {
                pause.resuming = Some(Resuming { command: None, at });
            }
            _ => {
                self.pause = None;
                self.takeover = None;
            }
        }
    }

    fn send(&mut self, id: Uuid, kind: MessageKind, told: &mut Told) -> Step {
        if self.messages.iter().any(|message| message.id == id) {
            return Err(Refusal::Duplicate);
        }
        let message = Message::new(id, kind);
        told.messages.push(message.clone());
        self.messages.push(message);
        Ok(())
    }

    fn take_back(&mut self, message: Uuid, it: &Wished<'_>, told: &mut Told) -> Step {
        self.change_message(message, told, |message| {
            message.take_back(it.wish.id, it.is_held, it.at)
        })
    }

    fn answer(&mut self, help: Uuid, answer: HelpAnswer, told: &mut Told) -> Step {
        self.change_help(help, told, |help| help.answered(answer))
    }

    /// A step of a message that something is still to be heard of.
    pub(super) fn change_message(
        &mut self,
        id: Uuid,
        told: &mut Told,
        step: impl FnOnce(&mut Message) -> Step,
    ) -> Step {
        let known = self.messages.iter_mut().find(|message| message.id == id);
        let message = known.ok_or(Refusal::WrongState)?;
        step(message)?;
        told.messages.push(message.clone());
        self.messages.retain(|message| !message.settled);
        Ok(())
    }

    /// A step of an open request for help.
    pub(super) fn change_help(
        &mut self,
        id: Uuid,
        told: &mut Told,
        step: impl FnOnce(&mut super::Help) -> Step,
    ) -> Step {
        let known = self.help.iter_mut().find(|help| help.id == id);
        let help = known.ok_or(Refusal::WrongState)?;
        step(help)?;
        told.help.push(help.clone());
        self.help.retain(|help| help.over.is_none());
        Ok(())
    }
}
