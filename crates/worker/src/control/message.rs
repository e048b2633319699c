//! Messages of operators to the agent, from the command to the model, or back.

use baton_domain::{MessageKind, MessageState};
use baton_wire::{
    ControlCommand, ControlMessage, Event,
    event::{MessageDelivered, MessageDropped, MessageSeen},
};
use uuid::Uuid;

use super::{
    core::{Core, Place},
    effect::{Effect, InboxLine},
    state::{Help, Message},
};

/// The most of a message that is shown in the agent's terminal, in characters.
const LONGEST_LINE: usize = 200;

impl Core {
    pub(super) fn message(&mut self, of: &ControlMessage, kind: MessageKind, text: &str) {
        let from = format!("operator {}", of.actor);
        let shown = crate::text::head(&text.replace(char::is_control, " "), LONGEST_LINE);
        self.add_message(Message::new(of.id, kind, from.clone(), text.to_owned()));
        self.effects.push(Effect::Show(format!(
            "Message from {from} ({kind}): {shown}"
        )));
    }

    pub(super) fn add_message(&mut self, message: Message) {
        self.effects.push(Effect::Inbox(InboxLine {
            text: Some(message.text.clone()),
            ..line(&message)
        }));
        if self.place == Place::Agent {
            self.effects.push(Effect::Tell(message.for_agent()));
        }
        self.state.messages.push(message);
    }

    /// One that a former attempt's agent may not have seen.
    pub(super) fn message_of_former(&mut self, of: &ControlMessage) {
        let ControlCommand::SendMessage { kind, text } = &of.command else {
            return;
        };
        if self.rules.seen.contains(&of.id) {
            return;
        }
        let from = format!("operator {}", of.actor);
        self.add_message(Message::new(of.id, *kind, from, text.clone()));
    }

    /// Takes out what a former attempt has settled.
    pub(super) fn forget_message(&mut self, id: Uuid) {
        self.state.messages.retain(|message| message.id != id);
        self.effects.retain(|effect| match effect {
            Effect::Inbox(line) => line.message != id,
            _ => true,
        });
    }

    /// There is an agent: it is told what waits for it, and what it has asked is answered. What it
    /// has heard already is nothing to it.
    pub(super) fn tell_agent(&mut self) {
        for message in &self.state.messages {
            if message.state == MessageState::Queued {
                self.effects.push(match message.taken_back_by {
                    None => Effect::Tell(message.for_agent()),
                    Some(_) => Effect::TakeBack(message.id),
                });
            }
        }
        for help in self.state.helps.values() {
            if let Help::Agent(Some(answer)) = help {
                self.effects.push(Effect::Answer(answer.clone()));
            }
        }
    }

    /// Takes a message back: at once while there is no agent, else when its host says so.
    pub(super) fn take_back(&mut self, command: Uuid, id: Uuid) -> Result<(), String> {
        let with_agent = self.place == Place::Agent;
        let Some(message) = self.find(id) else {
            return Err("the run has no such message".to_owned());
        };
        match message.state {
            MessageState::Queued => {}
            MessageState::Delivered | MessageState::Seen => {
                return Err("the agent was handed it already".to_owned());
            }
            MessageState::Cancelled | MessageState::Undelivered => {
                return Err("it was taken back already".to_owned());
            }
        }
        message.taken_back_by = Some(command);
        if with_agent {
            self.effects.push(Effect::TakeBack(id));
        } else {
            self.message_taken_back(id);
        }
        Ok(())
    }

    pub(super) fn message_taken_back(&mut self, id: Uuid) {
        let command = self.find(id).and_then(|message| message.taken_back_by);
        let takeover = self.handing_back(id);
        if self.moved(id, MessageState::Cancelled) {
            self.say(Event::MessageDropped(MessageDropped {
                message: id,
                command,
                reason: "it was taken back in time".to_owned(),
                takeover,
            }));
        }
    }

    pub(super) fn message_delivered(&mut self, told: MessageDelivered) {
        let takeover = self.handing_back(told.message);
        if self.moved(told.message, MessageState::Delivered) {
            self.say(Event::MessageDelivered(MessageDelivered {
                takeover,
                ..told
            }));
        }
    }

    pub(super) fn message_seen(&mut self, told: MessageSeen) {
        let takeover = self.handing_back(told.message);
        if self.moved(told.message, MessageState::Seen) {
            self.say(Event::MessageSeen(MessageSeen { takeover, ..told }));
        }
    }

    /// The attempt ends, and no other one comes: what was not handed over will not be.
    pub(super) fn drop_messages(&mut self) {
        let waiting = self.state.messages.iter();
        let waiting = waiting.filter(|message| message.state == MessageState::Queued);
        let waiting: Vec<Uuid> = waiting.map(|message| message.id).collect();
        for message in waiting {
            let takeover = self.handing_back(message);
            if self.moved(message, MessageState::Undelivered) {
                self.say(Event::MessageDropped(MessageDropped {
                    message,
                    command: None,
                    reason: "the run ended before the agent could be handed it".to_owned(),
                    takeover,
                }));
            }
        }
    }

    /// The takeover that a message hands back; none of an operator's own words.
    fn handing_back(&mut self, id: Uuid) -> Option<Uuid> {
        self.find(id)?.takeover
    }

    /// Notes that a message has come further; says whether it has. The journal may tell it again.
    fn moved(&mut self, id: Uuid, to: MessageState) -> bool {
        let Some(message) = self.find(id) else {
            return false;
        };
        let further = match (message.state, to) {
            (MessageState::Queued, _) => true,
            (MessageState::Delivered, to) => to == MessageState::Seen,
            _ => false,
        };
        if further {
            message.state = to;
            let line = line(message);
            self.effects.push(Effect::Inbox(line));
        }
        further
    }

    fn find(&mut self, id: Uuid) -> Option<&mut Message> {
        let mut messages = self.state.messages.iter_mut();
        messages.find(|message| message.id == id)
    }
}

fn line(message: &Message) -> InboxLine {
    InboxLine {
        message: message.id,
        state: message.state,
        from: message.from.clone(),
        kind: message.kind.as_str(),
        text: None,
    }
}
