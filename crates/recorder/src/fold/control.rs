//! What operators say to agents and what agents ask of people, gathered as it is to be kept: what
//! is said and asked once, how far it has come as often as it changes.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    HelpKind, Position, RunId,
    run::control::{Control, Help, Message, Told},
};
use baton_store::{
    Batch, HelpChoice, HelpStep, Mark, MessageStep, NewControl, NewHelp, StoredMessage, control,
};
use baton_wire::{
    ControlCommand, ControlMessage,
    event::{HelpNeeded, HelpOption},
};
use uuid::Uuid;

use super::{Known, kept_time};

/// Which one of which run.
type Key = (RunId, Uuid);

/// What a stretch of messages changes about the control of runs.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Runs whose control has changed, with the position that changed it last.
    controls: BTreeMap<RunId, Position>,
    messages: BTreeMap<Key, StoredMessage>,
    message_steps: BTreeMap<Key, Message>,
    help: BTreeMap<Key, NewHelp>,
    help_steps: BTreeMap<Key, Help>,
}

impl Gathered {
    /// A step of a run, with what it changed.
    pub(super) fn take_in(
        &mut self,
        run: RunId,
        position: Position,
        (before, after): (&Arc<Control>, &Arc<Control>),
        told: Told,
    ) {
        let differs = !Arc::ptr_eq(before, after) && before != after;
        // The agent lies with the run.
        if differs && (control::is_kept(before) || control::is_kept(after)) {
            self.controls.insert(run, position);
        }
        for message in told.messages {
            match self.messages.get_mut(&(run, message.id)) {
                Some(new) => new.message = message,
                None => drop(self.message_steps.insert((run, message.id), message)),
            }
        }
        for help in told.help {
            match self.help.get_mut(&(run, help.id)) {
                Some(new) => new.help = help,
                None => drop(self.help_steps.insert((run, help.id), help)),
            }
        }
    }

    /// A run that is bounded from the beginning.
    pub(super) fn bounded(&mut self, run: RunId, position: Position) {
        self.controls.insert(run, position);
    }

    /// The run has taken in a command: what is said by it is kept with it.
    pub(super) fn said(&mut self, said: &ControlMessage, position: Position) {
        let ControlCommand::SendMessage { text, .. } = &said.command else {
            return;
        };
        let key = (said.run, said.id);
        let before = || Some(self.messages.remove(&key)?.message);
        let Some(message) = self.message_steps.remove(&key).or_else(before) else {
            return;
        };
        let stored = StoredMessage {
            run: said.run,
            position,
            actor: said.actor.clone(),
            text: text.clone(),
            created_at: kept_time(said.at),
            message,
        };
        self.messages.insert(key, stored);
    }

    /// The run has taken in that a person is needed: what is asked is kept with it.
    pub(super) fn asked(&mut self, run: RunId, mark: Mark, needed: &HelpNeeded) {
        let key = (run, needed.help);
        // It may have been asked and closed before.
        let before = || Some(self.help.remove(&key)?.help);
        let Some(help) = self.help_steps.remove(&key).or_else(before) else {
            return;
        };
        let new = NewHelp {
            run,
            mark,
            question: needed.question.clone(),
            detail: needed.detail.clone(),
            options: needed.options.iter().map(choice).collect(),
            free_text: needed.free_text,
            blocking: needed.blocking,
            help,
        };
        self.help.insert(key, new);
    }

    /// A run that was just given up asks by itself.
    pub(super) fn asked_by_run(&mut self, run: RunId, mark: Mark, known: &Known) {
        let steps = self.help_steps.iter();
        let of_run = |(key, help): &(&Key, &Help)| {
            key.0 == run && help.kind == HelpKind::RetriesUsedUp && help.over.is_none()
        };
        let Some(key) = steps.clone().find(of_run).map(|(key, _)| *key) else {
            return;
        };
        let Some(help) = self.help_steps.remove(&key) else {
            return;
        };
        let failure = known.get(run).and_then(|record| record.run.state.failure());
        let new = NewHelp {
            run,
            mark,
            question: "The run failed as often as it may. Shall it be tried again?".to_owned(),
            detail: failure.map(|it| format!("{}: {}", it.code.as_str(), it.message)),
            options: vec![
                HelpChoice {
                    answer: "leave".to_owned(),
                    label: "Leave it as it is".to_owned(),
                },
                HelpChoice {
                    answer: "redrive".to_owned(),
                    label: "Try it again".to_owned(),
                },
            ],
            free_text: false,
            blocking: false,
            help,
        };
        self.help.insert(key, new);
    }

    /// Puts everything into a batch, as it stands now.
    pub(super) fn finish(self, known: &Known, batch: &mut Batch) {
        let controls = self.controls.into_iter();
        batch.controls = controls
            .filter_map(|(run, position)| {
                let control = known.get(run)?.run.control.clone();
                Some(NewControl {
                    run,
                    control,
                    position,
                })
            })
            .collect();
        batch.messages = self.messages.into_values().collect();
        let steps = self.message_steps.into_iter();
        batch.message_steps = steps
            .map(|((run, _), message)| MessageStep { run, message })
            .collect();
        batch.help = self.help.into_values().collect();
        let steps = self.help_steps.into_iter();
        batch.help_steps = steps
            .map(|((run, _), help)| HelpStep { run, help })
            .collect();
    }
}

fn choice(option: &HelpOption) -> HelpChoice {
    HelpChoice {
        answer: option.answer.clone(),
        label: option.label.clone(),
    }
}
