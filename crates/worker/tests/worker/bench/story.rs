//! What the stream tells about a run.

use baton_domain::{EndStep, Position, RunId};
use baton_wire::{Decoded, Event, EventsMessage, LeaseMessage, LeaseStep};

/// What the stream tells about a run.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) leases: Vec<(Position, LeaseMessage)>,
    /// Every message of events.
    pub(crate) messages: Vec<EventsMessage>,
}

impl Story {
    pub(super) fn add(&mut self, run: RunId, position: Position, decoded: Decoded) {
        match decoded {
            Decoded::Lease(lease) if lease.run == run => self.leases.push((position, lease)),
            Decoded::Events(events, _) if events.run == run => self.messages.push(events),
            _ => {}
        }
    }

    /// The events of all attempts, in order.
    pub(crate) fn events(&self) -> Vec<&Event> {
        let all = self.messages.iter().flat_map(|message| &message.events);
        all.map(|reported| &reported.event).collect()
    }

    pub(crate) fn last(&self) -> Option<&Event> {
        self.events().last().copied()
    }

    pub(crate) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events().into_iter().any(wanted)
    }

    pub(crate) fn steps(&self) -> Vec<LeaseStep> {
        self.leases.iter().map(|(_, lease)| lease.step).collect()
    }

    /// What was said of ending a cancelled run.
    pub(crate) fn cancel_steps(&self) -> Vec<EndStep> {
        let steps = self.events().into_iter().filter_map(|event| match event {
            Event::CancelStep { step } => Some(*step),
            _ => None,
        });
        steps.collect()
    }

    /// The text of the live log.
    pub(crate) fn output(&self) -> String {
        let texts = self.events().into_iter().map(|event| match event {
            Event::Output { text, .. } => text.as_str(),
            _ => "",
        });
        texts.collect()
    }

    /// The kinds of event, in order, without output.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let kinds = self.events().into_iter().map(|event| {
            let value = serde_json::to_value(event).unwrap();
            value["type"].as_str().unwrap().to_owned()
        });
        kinds.filter(|kind| kind != "output").collect()
    }

    /// The failure at the end: code and message.
    pub(crate) fn failure(&self) -> (String, String) {
        match self.last() {
            Some(Event::Failed { code, message, .. }) => (code.to_string(), message.clone()),
            other => panic!("the run did not fail: {other:?} {self:#?}"),
        }
    }

    /// Every attempt's events are numbered from 1 without a gap.
    pub(crate) fn assert_in_order(&self) {
        let mut last = std::collections::BTreeMap::new();
        for message in &self.messages {
            for reported in &message.events {
                let before = last
                    .insert(message.attempt, reported.seq.get())
                    .unwrap_or(0);
                assert_eq!(reported.seq.get(), before + 1, "{self:#?}");
            }
        }
    }
}
