//! How far an attempt of a worker before this one was, read from what it has said.

use baton_domain::{EventSeq, Stage};
use baton_wire::{Event, event::Reported};
use chrono::{DateTime, Utc};

/// Where an attempt goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// The stage to do next; none when all are done.
    pub(crate) next: Option<Stage>,
    /// When that stage began, if it has.
    pub(crate) began: Option<DateTime<Utc>>,
    /// What was said in that stage: doing it once more says it again.
    pub(crate) said: Vec<Event>,
    /// The last event.
    pub(crate) last: Option<EventSeq>,
    /// How much of the log was published, in bytes.
    pub(crate) published: u64,
    /// Whether publishing the log was given up.
    pub(crate) truncated: bool,
    /// Whether the last thing said of the agent's rest is that it is held still.
    pub(crate) held: bool,
}

impl Point {
    /// The point of an attempt that has not begun.
    pub(crate) const fn start() -> Self {
        Self {
            next: Some(Stage::Prepare),
            began: None,
            said: Vec::new(),
            last: None,
            published: 0,
            truncated: false,
            held: false,
        }
    }

    /// The point after these events of one attempt.
    pub(crate) fn after(events: &[Reported]) -> Self {
        let mut point = Self::start();
        for reported in events {
            point.take(reported);
        }
        point
    }

    /// Whether a stage is done already.
    pub(crate) fn is_past(&self, stage: Stage) -> bool {
        self.next.is_none_or(|next| next > stage)
    }

    fn take(&mut self, reported: &Reported) {
        self.last = Some(reported.seq);
        match &reported.event {
            Event::StageStarted { stage } => {
                (self.next, self.began) = (Some(*stage), Some(reported.at));
                self.said.clear();
            }
            Event::StageFinished { stage, .. } => {
                (self.next, self.began) = (after(*stage), None);
                self.said.clear();
            }
            Event::Output { offset, text } => {
                self.published = self.published.max(offset + text.len() as u64);
            }
            Event::OutputTruncated { .. } => self.truncated = true,
            Event::AgentFrozen { .. } => self.held = true,
            Event::AgentThawed { .. } => self.held = false,
            // These are no part of a stage's work.
            Event::SessionStarting(_)
            | Event::SessionReady(_)
            | Event::SessionLinksChanged(_)
            | Event::SessionHealth(_)
            | Event::SessionHeartbeat(_)
            | Event::SessionEnded(_)
            | Event::SessionRevoked(_)
            | Event::SessionFailed(_)
            | Event::Adopted { .. }
            | Event::Paused { .. }
            | Event::Resumed(_)
            | Event::ControlDelivered(_)
            | Event::TakeoverBegan(_)
            | Event::TakeoverEnded(_)
            | Event::MessageDelivered(_)
            | Event::MessageSeen(_)
            | Event::MessageDropped(_)
            | Event::OperatorNeeded(_)
            | Event::OperatorNotNeeded(_)
            | Event::BudgetReached(_)
            | Event::BudgetRaised(_) => {}
            event => self.said.push(event.clone()),
        }
    }
}

const fn after(stage: Stage) -> Option<Stage> {
    match stage {
        Stage::Prepare => Some(Stage::Execute),
        Stage::Execute => Some(Stage::Publish),
        Stage::Publish => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_events(events: &[Event]) -> Point {
        let reported: Vec<Reported> = (1..)
            .zip(events)
            .map(|(seq, event)| Reported {
                seq: EventSeq::new(seq).unwrap(),
                at: DateTime::UNIX_EPOCH,
                event: event.clone(),
            })
            .collect();
        Point::after(&reported)
    }

    fn warning(message: &str) -> Event {
        let message = message.to_owned();
        Event::Warning { message }
    }

    #[test]
    fn every_step_of_an_attempt_is_a_point_to_go_on_from() {
        let started = |stage| Event::StageStarted { stage };
        let finished = |stage| Event::StageFinished {
            stage,
            duration_ms: 1,
        };
        let events = [
            started(Stage::Prepare),
            warning("p"),
            finished(Stage::Prepare),
            started(Stage::Execute),
            warning("e"),
            finished(Stage::Execute),
            started(Stage::Publish),
            warning("u"),
            finished(Stage::Publish),
        ];
        let expected = [
            (Some(Stage::Prepare), false, 0),
            (Some(Stage::Prepare), true, 0),
            (Some(Stage::Prepare), true, 1),
            (Some(Stage::Execute), false, 0),
            (Some(Stage::Execute), true, 0),
            (Some(Stage::Execute), true, 1),
            (Some(Stage::Publish), false, 0),
            (Some(Stage::Publish), true, 0),
            (Some(Stage::Publish), true, 1),
            (None, false, 0),
        ];
        for (n, expected) in expected.into_iter().enumerate() {
            let point = after_events(&events[..n]);
            let found = (point.next, point.began.is_some(), point.said.len());
            assert_eq!(found, expected, "after {n} events");
        }
        assert!(after_events(&events).is_past(Stage::Publish));
        assert!(!after_events(&events[..3]).is_past(Stage::Execute));
    }

    #[test]
    fn what_was_published_of_the_log_is_known() {
        let output = |offset, text: &str| Event::Output {
            offset,
            text: text.to_owned(),
        };
        let point = after_events(&[output(0, "abc"), output(3, "ä")]);
        assert_eq!((point.published, point.truncated), (5, false));
        let cut = after_events(&[output(0, "abc"), Event::OutputTruncated { offset: 3 }]);
        assert!(cut.truncated);
        assert!(cut.said.is_empty());
    }
}
