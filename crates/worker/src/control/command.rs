//! What operators wish, folded one command at a time: the last of those that hold a run or let it
//! go counts, the end of a run comes before all of them, and what has no effect is refused aloud.

use std::time::Duration;

use baton_domain::PauseMode;
use baton_wire::{ControlCommand, ControlMessage};
use uuid::Uuid;

use super::{
    core::{Cleared, Core},
    effect::Effect,
    state::{Phase, Purpose, Wish},
};

const NOTHING_HELD: &str = "nothing holds the run: there was no pause, or the run goes on already";
const OLDER: &str = "a later command has its place already";
const ENDING: &str = "the run is ending";

impl Core {
    pub(super) fn command(&mut self, message: &ControlMessage) {
        if !is_control(&message.command) || !self.state.obeyed.insert(message.id) {
            return;
        }
        let before = self.rules.retried_at.is_some_and(|at| message.at < at);
        if before {
            return self.of_former(message);
        }
        let verdict = self.obey(message);
        self.delivered(message.id, verdict);
        self.follow_up(message);
    }

    /// What was wished of a former attempt: what is still in force of it counts here too, and nothing
    /// of it is refused any more.
    fn of_former(&mut self, message: &ControlMessage) {
        match &message.command {
            // Its place was another workspace: this one waits for what they decide.
            ControlCommand::Takeover { .. } => self.state.wish = Some(held_on(message)),
            ControlCommand::HandBack { .. } => self.state.wish = None,
            ControlCommand::AnswerHelp { .. } => {}
            ControlCommand::SendMessage { .. } => self.message_of_former(message),
            ControlCommand::CancelMessage { message } => self.forget_message(*message),
            _ => {
                let _ = self.obey(message);
            }
        }
        self.delivered(message.id, Ok(()));
    }

    fn obey(&mut self, message: &ControlMessage) -> Result<(), String> {
        if self.state.over && !matches!(message.command, ControlCommand::Cancel { .. }) {
            return Err(ENDING.to_owned());
        }
        match &message.command {
            ControlCommand::Pause { .. }
            | ControlCommand::Resume { .. }
            | ControlCommand::Takeover { .. }
            | ControlCommand::HandBack { .. } => self.decide(message),
            ControlCommand::Cancel { .. } => {
                self.state.cancel = Some(message.id);
                Ok(())
            }
            ControlCommand::SendMessage { kind, text } => {
                self.message(message, *kind, text);
                Ok(())
            }
            ControlCommand::CancelMessage { message: which } => self.take_back(message.id, *which),
            ControlCommand::AnswerHelp { help, answer, note } => {
                self.answer(message, *help, answer, note.as_deref())
            }
            ControlCommand::RaiseBudget { budget, limit, .. } => {
                self.raise(*budget, *limit, Some(message.id))
            }
            _ => Ok(()),
        }
    }

    /// One of those of which the last counts. They come in order but for one that was missed and
    /// told again. By the API's clock: the id of a wish under a key is made of the key.
    fn decide(&mut self, message: &ControlMessage) -> Result<(), String> {
        if self
            .state
            .decided_at
            .is_some_and(|decided| message.at < decided)
        {
            return Err(OLDER.to_owned());
        }
        match &message.command {
            ControlCommand::Resume { .. } => self.resume(message.id)?,
            ControlCommand::HandBack { summary } => self.hand_back(message, summary)?,
            _ => self.hold_for(message)?,
        }
        (self.state.decided, self.state.decided_at) = (Some(message.id), Some(message.at));
        Ok(())
    }

    fn hold_for(&mut self, message: &ControlMessage) -> Result<(), String> {
        let takeover = matches!(message.command, ControlCommand::Takeover { .. });
        if let Some(wish) = &self.state.wish {
            let by = &wish.by;
            match &wish.purpose {
                Purpose::Takeover {
                    phase: Phase::HandingBack { .. },
                    ..
                } => return Err("the run is just being handed back: ask again".to_owned()),
                Purpose::Takeover { .. } if takeover => {
                    return Err(format!("{by} has taken it over already"));
                }
                Purpose::Takeover { .. } => {
                    return Err(format!("already held: taken over by {by}"));
                }
                Purpose::Pause => {}
            }
        }
        if takeover && self.state.agent_over {
            return Err("its agent has ended: there is nothing to take over".to_owned());
        }
        self.state.wish = wish(message);
        Ok(())
    }

    pub(super) fn resume(&mut self, command: Uuid) -> Result<(), String> {
        match self.state.wish.as_ref().map(|wish| &wish.purpose) {
            Some(Purpose::Pause) => self.state.wish = None,
            Some(Purpose::Takeover {
                phase: Phase::Asked,
                ..
            }) => self.state.wish = None,
            Some(Purpose::Takeover { .. }) => {
                return Err("an operator has taken the run over: hand it back".to_owned());
            }
            None => self.resume_rules()?,
        }
        self.pass_stage();
        self.clear(Cleared::operator(command));
        Ok(())
    }

    /// A resume of what no operator holds.
    fn resume_rules(&self) -> Result<(), String> {
        if self.state.policy.is_some() {
            return Ok(());
        }
        if let Some(budget) = self.state.reached.keys().next() {
            return Err(format!("the budget {budget} is used up: raise it"));
        }
        match &self.state.scope {
            Some((_, held)) => Err(format!(
                "{} is paused by {}: resume that",
                held.scope, held.by
            )),
            None => Err(NOTHING_HELD.to_owned()),
        }
    }

    /// What follows from a command once it is on record.
    fn follow_up(&mut self, message: &ControlMessage) {
        if let ControlCommand::HandBack { .. } = message.command {
            self.find_out();
        }
    }

    /// The run ends because of an answer.
    pub(super) fn cancel_run(&mut self, command: Uuid) {
        self.state.cancel = Some(command);
        self.effects.push(Effect::Cancel);
    }
}

/// Whether the worker has anything to do with it; the supervisor and the API carry out the rest.
const fn is_control(command: &ControlCommand) -> bool {
    !matches!(
        command,
        ControlCommand::Redrive { .. }
            | ControlCommand::ReleaseLease { .. }
            | ControlCommand::ResealSession { .. }
            | ControlCommand::Unknown
    )
}

/// A takeover of a former attempt holds this one as a pause does.
fn held_on(message: &ControlMessage) -> Wish {
    Wish {
        command: message.id,
        by: message.actor.clone(),
        note: message.command.note().map(str::to_owned),
        mode: PauseMode::Soft,
        deadline: None,
        resume_after: None,
        purpose: Purpose::Pause,
    }
}

fn wish(message: &ControlMessage) -> Option<Wish> {
    let (mode, deadline, resume_after, purpose) = match &message.command {
        ControlCommand::Pause {
            mode,
            deadline_seconds,
            resume_after_seconds,
            ..
        } => (
            *mode,
            *deadline_seconds,
            *resume_after_seconds,
            Purpose::Pause,
        ),
        ControlCommand::Takeover {
            deadline_seconds,
            expires_after_seconds,
            ..
        } => {
            let purpose = Purpose::Takeover {
                expires_after: Duration::from_secs(*expires_after_seconds),
                phase: Phase::Asked,
            };
            (PauseMode::Soft, *deadline_seconds, None, purpose)
        }
        _ => return None,
    };
    Some(Wish {
        mode,
        deadline: deadline.map(Duration::from_secs),
        resume_after: resume_after.map(Duration::from_secs),
        purpose,
        ..held_on(message)
    })
}
