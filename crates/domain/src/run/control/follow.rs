//! How a run's control follows the run: what outlives an attempt, and what ends with it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Control, ControlWish, Help, Message, Told, wish::Wished};
use crate::{
    control::{Budgets, HelpEnd},
    run::{Fact, Refusal, Run, RunState},
};

impl Run {
    /// The run with what its attempts may use up.
    #[must_use]
    pub fn with_budgets(mut self, budgets: &Budgets) -> Self {
        if !budgets.is_empty() {
            Arc::make_mut(&mut self.control).bound(budgets);
        }
        self
    }

    /// How long the present attempt has worked: the time since its lease was taken, without that
    /// in which it stood still. None while nobody holds it.
    #[must_use]
    pub fn worked(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let held = now - self.state.lease()?.taken_at;
        let paused_ms = self
            .control
            .paused_ms_at(now)
            .min(u64::from(u32::MAX) * 1000);
        let worked = held - TimeDelta::milliseconds(paused_ms.cast_signed());
        Some(worked.max(TimeDelta::zero()))
    }

    pub(in crate::run) fn control_wish(
        &mut self,
        wish: &ControlWish,
        at: DateTime<Utc>,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        let is_answer = matches!(wish.kind, super::WishKind::AnswerHelp { .. });
        if self.state.name().is_terminal() && !is_answer {
            return Err(Refusal::WrongState);
        }
        let wished = Wished {
            wish,
            at,
            is_held: self.state.lease().is_some(),
            is_cancelled: self.cancel_requested_at.is_some(),
        };
        Arc::make_mut(&mut self.control).wished(&wished, told)
    }

    /// After a step of the run.
    pub(in crate::run) fn take_control_along(
        &mut self,
        before: &Self,
        fact: &Fact,
        told: &mut Told,
    ) {
        let (was_over, is_over) = (
            before.state.name().is_terminal(),
            self.state.name().is_terminal(),
        );
        let (was_held, is_held) = (before.state.lease().is_some(), self.state.lease().is_some());
        if is_over && !was_over {
            let dead = matches!(self.state, RunState::DeadLettered(_));
            let help = dead.then(|| Help::of_run(self.id, self.attempt, fact.position, fact.at));
            if self.control.is_touched() || help.is_some() {
                Arc::make_mut(&mut self.control).run_over(fact.at, help, told);
            }
        } else if was_over && !is_over {
            Arc::make_mut(&mut self.control).redriven(fact.at, told);
        } else if was_held && !is_held {
            if self.control.is_touched() {
                Arc::make_mut(&mut self.control).attempt_over(fact.at, told);
            }
        } else if is_held && !was_held && *self.control != Control::default() {
            Arc::make_mut(&mut self.control).attempt_began();
        }
    }
}

impl Control {
    /// Whether the end of an attempt changes anything.
    fn is_touched(&self) -> bool {
        self.pause.is_some()
            || self.takeover.is_some()
            || !self.messages.is_empty()
            || self.hand_backs.iter().any(|it| !it.message.settled)
            || !self.help.is_empty()
    }

    fn attempt_began(&mut self) {
        self.paused_ms = 0;
        self.agent = None;
        self.hand_backs.clear();
        self.count_anew();
    }

    fn attempt_over(&mut self, at: DateTime<Utc>, told: &mut Told) {
        self.stand_still_no_more(None, at);
        self.pause = self.pause.take().and_then(super::Pause::outlives);
        self.takeover = None;
        self.change_messages(told, |message| message.attempt_over(at));
        self.end_hand_backs(at);
        self.close_help(HelpEnd::RunEnded, at, told);
    }

    fn run_over(&mut self, at: DateTime<Utc>, help: Option<Help>, told: &mut Told) {
        self.stand_still_no_more(None, at);
        self.pause = None;
        self.takeover = None;
        self.change_messages(told, |message| message.run_over(at));
        self.end_hand_backs(at);
        self.close_help(HelpEnd::RunEnded, at, told);
        told.help.extend(help.clone());
        self.help.extend(help);
    }

    /// What was wished before is settled already: a run that ended wishes nothing.
    fn redriven(&mut self, at: DateTime<Utc>, told: &mut Told) {
        self.give_back_budgets();
        self.close_help(HelpEnd::Withdrawn, at, told);
    }

    fn change_messages(&mut self, told: &mut Told, step: impl Fn(&mut Message)) {
        for message in &mut self.messages {
            let before = message.clone();
            step(message);
            if *message != before {
                told.messages.push(message.clone());
            }
        }
        self.messages.retain(|message| !message.settled);
    }

    fn end_hand_backs(&mut self, at: DateTime<Utc>) {
        self.hand_backs.iter_mut().for_each(|it| it.over(at));
    }

    fn close_help(&mut self, end: HelpEnd, at: DateTime<Utc>, told: &mut Told) {
        for mut help in self.help.drain(..) {
            help.close(end, at);
            told.help.push(help);
        }
    }
}
