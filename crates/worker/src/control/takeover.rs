//! An operator in the run's place: from the standstill to the hand-back, or to an end that nobody
//! has wished.

use std::time::Duration;

use baton_domain::{HelpKind, MessageKind, ResumeCause, TakeoverEnd};
use baton_wire::{
    ControlMessage, Event,
    event::{TakeoverBegan, TakeoverOver},
};
use uuid::Uuid;

use super::{
    core::{Cleared, Core, Left},
    effect::Effect,
    hand_back::{Before, HandBack, HandedBack},
    help::Question,
    input::End,
    state::{Message, OwnHelp, Phase, Purpose, Wish},
};

impl Core {
    /// A run that stands still for a takeover is the operator's, once its workspace is noted.
    pub(super) fn begin_takeover(&mut self) {
        let stands = self.state.standing.as_ref().map(|standing| standing.hold);
        let Some((wish, phase)) = takeover(&mut self.state.wish) else {
            return;
        };
        if *phase == Phase::Asked && stands == Some(wish) {
            *phase = Phase::Noting;
            self.effects.push(Effect::NoteWorkspace(wish));
        }
    }

    /// Whether an operator has the run's place.
    pub(super) fn has_begun(&self) -> bool {
        let purpose = self.state.wish.as_ref().map(|wish| &wish.purpose);
        let Some(Purpose::Takeover { phase, .. }) = purpose else {
            return false;
        };
        matches!(phase, Phase::Began { .. } | Phase::HandingBack { .. })
    }

    /// What was being done when a worker before this one ended.
    pub(super) fn take_up(&mut self) -> Vec<Effect> {
        match takeover(&mut self.state.wish) {
            Some((wish, Phase::Noting)) => self.effects.push(Effect::NoteWorkspace(wish)),
            Some((_, Phase::HandingBack { .. })) => self.find_out(),
            _ => {}
        }
        std::mem::take(&mut self.effects)
    }

    pub(super) fn noted(&mut self, command: Uuid, before: Before) {
        let now = self.now;
        let Some(wish) = &mut self.state.wish else {
            return;
        };
        let (known, by) = (wish.command, wish.by.clone());
        if let Purpose::Takeover {
            expires_after,
            phase: phase @ Phase::Noting,
        } = &mut wish.purpose
            && known == command
        {
            *phase = Phase::Began { at: now, before };
            let expires_in_seconds = expires_after.as_secs();
            self.say(Event::TakeoverBegan(TakeoverBegan {
                command,
                by: by.clone(),
                expires_in_seconds,
            }));
            self.effects
                .push(Effect::Mark(format!("taken over by {by}")));
        }
    }

    pub(super) fn takeover_expires_at(&self) -> Option<Duration> {
        match &self.state.wish.as_ref()?.purpose {
            Purpose::Takeover {
                expires_after,
                phase: Phase::Began { at, .. },
            } => Some(*at + *expires_after),
            _ => None,
        }
    }

    /// Nobody has handed the run back: it stays held until somebody decides.
    pub(super) fn takeover_expires(&mut self) {
        self.end_takeover(TakeoverEnd::Expired);
        if let Some(wish) = &mut self.state.wish {
            wish.purpose = Purpose::Pause;
        }
        if let Some(Left::Typed(_)) = self.left {
            // What they have begun has from now on the time that any pause gives.
            self.left = Some(Left::Typed(self.now));
        }
        self.effects.push(Effect::CloseShell);
        self.ask(
            OwnHelp::Abandoned,
            Question {
                kind: HelpKind::Policy,
                question: "nobody has handed the run back in time: its shell was ended, and it stays held until somebody lets it go on or ends it".to_owned(),
                options: vec![
                    ("resume".to_owned(), "Let it go on".to_owned()),
                    ("cancel".to_owned(), "End the run".to_owned()),
                ],
                blocking: true,
            },
        );
    }

    pub(super) fn hand_back(
        &mut self,
        message: &ControlMessage,
        summary: &str,
    ) -> Result<(), String> {
        let Some((_, phase)) = takeover(&mut self.state.wish) else {
            return Err("nobody has taken the run over".to_owned());
        };
        match phase {
            Phase::Asked | Phase::Noting => {
                Err("the takeover has not begun yet: wait for it, or resume the run".to_owned())
            }
            Phase::HandingBack { .. } => Err("it is being handed back already".to_owned()),
            Phase::Began { before, .. } => {
                *phase = Phase::HandingBack {
                    before: std::mem::take(before),
                    command: message.id,
                    summary: summary.to_owned(),
                    by: message.actor.clone(),
                };
                Ok(())
            }
        }
    }

    /// Has it found out what the operator has done.
    pub(super) fn find_out(&mut self) {
        let number = self.state.hand_backs + 1;
        if let Some((
            takeover,
            Phase::HandingBack {
                before,
                summary,
                by,
                ..
            },
        )) = takeover(&mut self.state.wish)
        {
            let order = HandBack {
                takeover,
                number,
                before: before.clone(),
                by: by.clone(),
                summary: summary.clone(),
            };
            self.effects.push(Effect::HandBack(Box::new(order)));
        }
    }

    /// The agent is told what was done where it waits, and goes on.
    pub(super) fn handed_back(&mut self, done: HandedBack) {
        let Some((
            takeover,
            Phase::HandingBack {
                command,
                summary,
                by,
                ..
            },
        )) = takeover(&mut self.state.wish)
        else {
            return;
        };
        if takeover != done.takeover {
            return;
        }
        let (command, summary, by) = (*command, summary.clone(), by.clone());
        self.state.hand_backs += 1;
        let from = format!("operator {by}");
        self.add_message(Message {
            takeover: Some(takeover),
            ..Message::new(command, MessageKind::Steering, from, done.text)
        });
        self.say(Event::TakeoverEnded(TakeoverOver {
            takeover,
            end: TakeoverEnd::HandedBack,
            command: Some(command),
            summary: Some(summary),
            files: done.files,
            insertions: done.insertions,
            deletions: done.deletions,
            commands: done.commands,
            artifact: done.artifact,
        }));
        self.effects
            .push(Effect::Mark(format!("handed back by {by}")));
        self.state.wish = None;
        self.clear(Cleared {
            cause: ResumeCause::HandBack,
            command: Some(command),
        });
    }

    /// Says that a takeover that has begun is over otherwise than by a hand-back.
    pub(super) fn end_takeover(&mut self, end: TakeoverEnd) {
        let Some((takeover, Phase::Began { .. } | Phase::HandingBack { .. })) =
            takeover(&mut self.state.wish)
        else {
            return;
        };
        self.say(Event::TakeoverEnded(TakeoverOver {
            takeover,
            end,
            command: None,
            summary: None,
            files: 0,
            insertions: 0,
            deletions: 0,
            commands: 0,
            artifact: None,
        }));
    }

    /// The attempt ends: so does everything that was open in it.
    pub(super) fn end(&mut self, end: End) {
        self.end_takeover(TakeoverEnd::RunEnded);
        self.state.wish = None;
        self.state.over = true;
        self.state.standing = None;
        self.close_all_help();
        if end == End::Finally {
            self.drop_messages();
        }
    }
}

fn takeover(wish: &mut Option<Wish>) -> Option<(Uuid, &mut Phase)> {
    let wish = wish.as_mut()?;
    match &mut wish.purpose {
        Purpose::Takeover { phase, .. } => Some((wish.command, phase)),
        Purpose::Pause => None,
    }
}
