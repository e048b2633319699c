//! Requests for a person's help: the agent's own, whose answers go to its host, and the worker's,
//! which it obeys itself.

use baton_domain::{HelpEnd, HelpKind, PauseMode, Stage};
use baton_terminal::HelpAnswer;
use baton_wire::{
    ControlMessage, Event,
    event::{HelpClosed, HelpNeeded, HelpOption},
};
use uuid::Uuid;

use super::{
    core::{Cleared, Core},
    effect::Effect,
    state::{Help, OwnHelp, Purpose, Wish},
};

/// A question of the worker's own.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) kind: HelpKind,
    pub(super) question: String,
    /// Answers and what a person reads.
    pub(super) options: Vec<(String, String)>,
    pub(super) blocking: bool,
}

impl Core {
    /// Asks for a person; the request's id.
    pub(super) fn ask(&mut self, own: OwnHelp, question: Question) -> Uuid {
        let help = self.fresh();
        self.state.helps.insert(help, Help::Own(own));
        let options = question.options.into_iter();
        self.say(Event::OperatorNeeded(HelpNeeded {
            help,
            kind: question.kind,
            question: question.question,
            detail: None,
            options: options
                .map(|(answer, label)| HelpOption { answer, label })
                .collect(),
            free_text: false,
            blocking: question.blocking,
        }));
        help
    }

    /// The open request of the worker's own that is meant.
    pub(super) fn asks(&self, meant: impl Fn(&OwnHelp) -> bool) -> Option<Uuid> {
        let found = self.state.helps.iter().find(|(_, help)| match help {
            Help::Own(own) => meant(own),
            Help::Agent(_) => false,
        });
        found.map(|(help, _)| *help)
    }

    /// Whether the agent has asked something that is not answered: it may wait for that.
    pub(super) fn asks_and_waits(&self) -> bool {
        let mut helps = self.state.helps.values();
        helps.any(|help| matches!(help, Help::Agent(_)))
    }

    /// Closes a request of the worker's own, if it is open.
    pub(super) fn withdraw(
        &mut self,
        meant: impl Fn(&OwnHelp) -> bool,
        end: HelpEnd,
        command: Option<Uuid>,
    ) {
        if let Some(help) = self.asks(meant) {
            self.close_help(help, end, command);
        }
    }

    fn close_help(&mut self, help: Uuid, end: HelpEnd, command: Option<Uuid>) {
        if let Some(closed) = self.state.helps.remove(&help) {
            self.state.closed.insert(help);
            // An agent may end with the answer in its hands, before its host has said so.
            let (end, command) = match (closed, end) {
                (Help::Agent(Some(answer)), HelpEnd::RunEnded) => {
                    (HelpEnd::Answered, answer.command)
                }
                (_, end) => (end, command),
            };
            self.say(Event::OperatorNotNeeded(HelpClosed { help, end, command }));
        }
    }

    /// The agent asks. Its journal may tell it again.
    pub(super) fn help_needed(&mut self, needed: HelpNeeded) {
        let known = self.state.closed.contains(&needed.help);
        if known || self.state.helps.contains_key(&needed.help) {
            return;
        }
        self.state.helps.insert(needed.help, Help::Agent(None));
        self.say(Event::OperatorNeeded(needed));
    }

    pub(super) fn help_closed(&mut self, closed: HelpClosed) {
        self.close_help(closed.help, closed.end, closed.command);
    }

    /// An operator answers.
    pub(super) fn answer(
        &mut self,
        message: &ControlMessage,
        help: Uuid,
        answer: &str,
        note: Option<&str>,
    ) -> Result<(), String> {
        match self.state.helps.get_mut(&help) {
            None => Err(
                "nobody waits for this answer: it was answered already, or is not needed any more"
                    .to_owned(),
            ),
            Some(Help::Agent(Some(_))) => Err("it was answered already".to_owned()),
            Some(Help::Agent(place)) => {
                let answer = HelpAnswer {
                    help,
                    answer: answer.to_owned(),
                    note: note.map(str::to_owned),
                    from: Some(format!("operator {}", message.actor)),
                    command: Some(message.id),
                };
                *place = Some(answer.clone());
                self.effects.push(Effect::Answer(answer));
                Ok(())
            }
            Some(Help::Own(own)) => {
                let own = *own;
                self.answer_own(own, message, answer)?;
                self.close_help(help, HelpEnd::Answered, Some(message.id));
                Ok(())
            }
        }
    }

    fn answer_own(
        &mut self,
        own: OwnHelp,
        message: &ControlMessage,
        answer: &str,
    ) -> Result<(), String> {
        match (own, answer) {
            (OwnHelp::Stage(_), "go") => {
                self.pass_stage();
                self.clear(Cleared::operator(message.id));
            }
            (OwnHelp::Abandoned, "resume") => self.resume(message.id)?,
            (OwnHelp::Stage(_) | OwnHelp::Stall | OwnHelp::Abandoned, "cancel")
            | (OwnHelp::Budget(_), "stop") => self.cancel_run(message.id),
            (OwnHelp::Stall, "nothing") => self.pulse.restart(),
            (OwnHelp::Stall, "pause") => self.pause_for(message),
            (OwnHelp::Budget(budget), raise) => {
                let limit = raise.strip_prefix("raise:").and_then(|n| n.parse().ok());
                let limit = limit.ok_or_else(|| not_an_answer(raise))?;
                self.raise(budget, limit, Some(message.id))?;
            }
            (_, other) => return Err(not_an_answer(other)),
        }
        Ok(())
    }

    fn pause_for(&mut self, message: &ControlMessage) {
        if self.state.wish.is_none() {
            self.state.wish = Some(Wish {
                command: message.id,
                by: message.actor.clone(),
                note: None,
                // It comes to no checkpoint, as it seems.
                mode: PauseMode::Hard,
                deadline: None,
                resume_after: None,
                purpose: Purpose::Pause,
            });
        }
    }

    /// The stage waits for a person, if the run was submitted so.
    pub(super) fn ask_before(&mut self, stage: Stage) {
        let asks = self.rules.pause_before.contains(&stage);
        if !asks || self.state.passed.contains(&stage) || self.state.policy.is_some() {
            return;
        }
        let help = self.ask(
            OwnHelp::Stage(stage),
            Question {
                kind: HelpKind::Policy,
                question: format!("the run waits before stage {stage}, as it was submitted: let it begin, or end the run"),
                options: vec![
                    ("cancel".to_owned(), "End the run".to_owned()),
                    ("go".to_owned(), "Let it begin".to_owned()),
                ],
                blocking: true,
            },
        );
        self.state.policy = Some((stage, help));
    }

    /// The stage may begin.
    pub(super) fn pass_stage(&mut self) {
        if let Some((stage, _)) = self.state.policy.take() {
            self.state.passed.insert(stage);
        }
    }

    /// Closes what is answered by what has happened otherwise.
    pub(super) fn withdraw_settled(&mut self) {
        let waits = self.state.policy.map(|(stage, _)| stage);
        let held = self.state.wish.is_some();
        let reached = self.state.reached.clone();
        let settled = |own: &OwnHelp| match own {
            OwnHelp::Stage(stage) => waits != Some(*stage),
            OwnHelp::Budget(budget) => !reached.contains_key(budget),
            OwnHelp::Abandoned => !held,
            OwnHelp::Stall => false,
        };
        while self.asks(settled).is_some() {
            self.withdraw(settled, HelpEnd::Withdrawn, None);
        }
    }

    /// Nobody waits for an answer to the agent any more, or has to look at it.
    pub(super) fn close_agents_help(&mut self) {
        let helps = self.state.helps.iter();
        let of_agent = helps.filter(|(_, help)| match help {
            Help::Agent(_) => true,
            Help::Own(own) => *own == OwnHelp::Stall,
        });
        let of_agent: Vec<Uuid> = of_agent.map(|(help, _)| *help).collect();
        for help in of_agent {
            self.close_help(help, HelpEnd::RunEnded, None);
        }
    }

    /// Nobody is needed for anything any more.
    pub(super) fn close_all_help(&mut self) {
        while let Some(help) = self.state.helps.keys().next().copied() {
            self.close_help(help, HelpEnd::RunEnded, None);
        }
    }
}

fn not_an_answer(answer: &str) -> String {
    let answer = crate::text::head(answer, 100);
    format!("'{answer}' is none of its answers: choose one of its options")
}
