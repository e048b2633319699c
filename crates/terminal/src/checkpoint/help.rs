//! What an agent has asked a person, and what became of it.

use std::collections::BTreeMap;

use baton_domain::{HelpEnd, HelpKind, MessageKind};
use baton_wire::event::{HelpClosed, HelpNeeded, HelpOption};
use uuid::Uuid;

use super::CallId;
use crate::{
    asking::{AGENT_PROTOCOL, Answered, Checkpoint, HelpAsk},
    control::{AgentMessage, HelpAnswer},
};

/// The most characters of a question, and of what is said besides.
const TEXT: usize = 4000;
/// The most characters of an option.
const OPTION: usize = 200;
/// The most answers to choose from.
const OPTIONS: usize = 9;
/// The most questions that may be open at once: an agent in a loop must not drown the others'.
const OPEN: usize = 20;
/// The one answer that gives a permission.
pub(crate) const ALLOW: &str = "allow";

#[derive(Debug)]
struct Request {
    kind: HelpKind,
    question: String,
    /// Who waits for the answer.
    waits: Option<CallId>,
    /// The answer that whoever waits was not handed yet.
    answer: Option<HelpAnswer>,
}

#[derive(Debug, Default)]
pub(super) struct Helps(BTreeMap<Uuid, Request>);

/// What an answer is for.
pub(super) enum Help {
    /// Nobody.
    Unknown,
    /// A call that goes on by it, unless it is held.
    Permission,
    /// A call that waits for nothing else.
    Waited(CallId, Answered),
    /// The agent, which has gone on meanwhile.
    Told {
        closed: HelpClosed,
        message: AgentMessage,
    },
}

impl Helps {
    /// Takes a call that needs permission.
    pub(super) fn permission(&mut self, help: Uuid, call: CallId, ask: &Checkpoint) -> HelpNeeded {
        let tool = ask.tool.as_deref().unwrap_or("a tool");
        let question = cut(&format!("May the agent use {tool}?"), TEXT);
        self.add(help, HelpKind::Permission, &question, Some(call));
        HelpNeeded {
            help,
            kind: HelpKind::Permission,
            question,
            detail: ask.detail.as_deref().map(|detail| cut(detail, TEXT)),
            options: [("deny", "Deny"), (ALLOW, "Allow once")]
                .map(|(answer, label)| HelpOption {
                    answer: answer.to_owned(),
                    label: label.to_owned(),
                })
                .into(),
            free_text: false,
            blocking: true,
        }
    }

    /// Takes a question.
    ///
    /// # Errors
    /// Why it cannot be asked, for whoever asks.
    pub(super) fn question(
        &mut self,
        help: Uuid,
        call: CallId,
        ask: HelpAsk,
    ) -> Result<HelpNeeded, String> {
        if ask.baton != AGENT_PROTOCOL {
            let baton = ask.baton;
            return Err(format!("version {baton} of these words is not understood"));
        }
        let question = cut(ask.question.trim(), TEXT);
        if question.is_empty() {
            return Err("the question is empty: say what a person is needed for".to_owned());
        }
        if self.0.len() >= OPEN {
            return Err(format!("{OPEN} questions are open: wait for answers"));
        }
        self.add(
            help,
            HelpKind::Question,
            &question,
            ask.wait.then_some(call),
        );
        Ok(HelpNeeded {
            help,
            kind: HelpKind::Question,
            question,
            detail: ask.detail.map(|detail| cut(&detail, TEXT)),
            free_text: ask.options.is_empty(),
            options: ask.options.into_iter().take(OPTIONS).map(bounded).collect(),
            blocking: ask.wait,
        })
    }

    fn add(&mut self, help: Uuid, kind: HelpKind, question: &str, waits: Option<CallId>) {
        let request = Request {
            kind,
            question: question.to_owned(),
            waits,
            answer: None,
        };
        self.0.insert(help, request);
    }

    /// Whether nobody has answered yet.
    pub(super) fn is_open(&self, help: Uuid) -> bool {
        let request = self.0.get(&help);
        request.is_some_and(|request| request.answer.is_none())
    }

    /// Whether a call waits for a person.
    pub(super) fn is_waited_for(&self) -> bool {
        let mut all = self.0.values();
        all.any(|request| request.waits.is_some() && request.answer.is_none())
    }

    /// The calls that wait for an answer.
    pub(super) fn waiting(&self) -> impl Iterator<Item = CallId> {
        self.0.values().filter_map(|request| request.waits)
    }

    /// Takes an answer.
    pub(super) fn answer(&mut self, answer: HelpAnswer) -> Help {
        let help = answer.help;
        match self.0.get_mut(&help) {
            Some(request) if request.answer.is_none() => match request.waits {
                Some(call) => {
                    let answered = answered(&answer);
                    request.answer = Some(answer);
                    match request.kind {
                        HelpKind::Permission => Help::Permission,
                        _ => Help::Waited(call, answered),
                    }
                }
                None => self.tell(answer),
            },
            _ => Help::Unknown,
        }
    }

    fn tell(&mut self, answer: HelpAnswer) -> Help {
        let Some(request) = self.0.remove(&answer.help) else {
            return Help::Unknown;
        };
        let note = answer
            .note
            .map_or(String::new(), |note| format!("\n{note}"));
        Help::Told {
            closed: closed(answer.help, HelpEnd::Answered, answer.command),
            message: AgentMessage {
                id: answer.help,
                kind: MessageKind::Steering,
                from: answer.from.unwrap_or_else(|| "an operator".to_owned()),
                text: format!(
                    "The answer to your question \"{}\" is: {}{note}",
                    request.question, answer.answer
                ),
            },
        }
    }

    /// The answer to a permission.
    pub(super) fn decision(&self, help: Uuid) -> Option<Answered> {
        self.0.get(&help)?.answer.as_ref().map(answered)
    }

    /// A call has handed an answer over.
    pub(super) fn handed(&mut self, call: CallId, ids: &[Uuid]) -> Option<HelpClosed> {
        let help = self.of(call).filter(|help| ids.contains(help))?;
        let answer = self.0.get(&help)?.answer.as_ref()?;
        let closed = closed(help, HelpEnd::Answered, answer.command);
        self.0.remove(&help);
        Some(closed)
    }

    /// A call is gone.
    pub(super) fn left(&mut self, call: CallId) -> Option<HelpClosed> {
        self.close(call, HelpEnd::Withdrawn)
    }

    /// A call waits no longer.
    pub(super) fn timed_out(&mut self, call: CallId) -> Option<HelpClosed> {
        self.close(call, HelpEnd::TimedOut)
    }

    fn close(&mut self, call: CallId, end: HelpEnd) -> Option<HelpClosed> {
        let help = self.of(call)?;
        self.0.remove(&help);
        Some(closed(help, end, None))
    }

    fn of(&self, call: CallId) -> Option<Uuid> {
        let mut all = self.0.iter();
        all.find(|(_, request)| request.waits == Some(call))
            .map(|(help, _)| *help)
    }
}

const fn closed(help: Uuid, end: HelpEnd, command: Option<Uuid>) -> HelpClosed {
    HelpClosed { help, end, command }
}

fn answered(answer: &HelpAnswer) -> Answered {
    Answered {
        help: answer.help,
        answer: answer.answer.clone(),
        note: answer.note.clone(),
        from: answer.from.clone(),
    }
}

fn bounded(option: HelpOption) -> HelpOption {
    HelpOption {
        answer: cut(&option.answer, OPTION),
        label: cut(&option.label, OPTION),
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
