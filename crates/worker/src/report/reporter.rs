//! The attempt's voice: gives each event its number and writes it down.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use baton_domain::{Clock, EventSeq, Stage};
use baton_wire::{Event, event::Reported};
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::spool::{Spool, SpoolWriter};
use crate::{
    control::Used,
    point::Point,
    redact::{self, Redactor},
    stop::{Interrupted, Stop, StopReason},
};

/// Says events; clones speak for the same attempt.
#[derive(Debug, Clone)]
pub(crate) struct Reporter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    stop: Stop,
    redactor: Redactor,
    pen: Mutex<Pen>,
    progress: watch::Sender<Progress>,
    used: watch::Sender<Used>,
}

#[derive(Debug)]
struct Pen {
    writer: SpoolWriter,
    last: Option<EventSeq>,
    /// What was said before by the stage that is done once more.
    said: Vec<Event>,
}

/// How far an attempt is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The last event written down.
    pub(crate) said: Option<EventSeq>,
    /// The last event that the broker has.
    pub(crate) acked: Option<EventSeq>,
    /// The stage that began last.
    pub(crate) stage: Option<Stage>,
    /// When something but output was last said.
    pub(crate) step_at: Option<DateTime<Utc>>,
    /// What is written down and the broker does not have, in bytes.
    pub(crate) waiting: u64,
}

impl Reporter {
    /// A voice that goes on from a point, and never says these secrets.
    pub(crate) fn new(
        spool: &Spool,
        clock: Arc<dyn Clock>,
        stop: Stop,
        redactor: Redactor,
        point: &Point,
    ) -> io::Result<Self> {
        let pen = Pen {
            writer: spool.writer()?,
            last: point.last,
            said: point.said.clone(),
        };
        let progress = Progress {
            said: point.last,
            acked: spool.acked_event()?,
            stage: point.began.and(point.next),
            step_at: None,
            waiting: spool.waiting()?,
        };
        Ok(Self(Arc::new(Shared {
            clock,
            stop,
            redactor,
            pen: Mutex::new(pen),
            progress: watch::Sender::new(progress),
            used: watch::Sender::new(Used::default()),
        })))
    }

    /// What takes the attempt's secrets out.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// Says something, without secrets. When it cannot be written down, the attempt is stopped: what nobody can
    /// hear of must not go on.
    pub(crate) fn say(&self, event: Event) {
        let event = redact::event(&self.0.redactor, event);
        self.count(&event);
        let mut pen = self.0.pen.lock().unwrap_or_else(PoisonError::into_inner);
        // Said by the worker before this one: a stage that is done once more says it again.
        if let Some(at) = pen.said.iter().position(|said| *said == event) {
            pen.said.remove(at);
            return;
        }
        let seq = pen.last.map_or(EventSeq::FIRST, EventSeq::next);
        let stage = match &event {
            Event::StageStarted { stage } => Some(*stage),
            _ => None,
        };
        let is_output = matches!(event, Event::Output { .. });
        let at = self.0.clock.now();
        let bytes = match pen.writer.append(&Reported { seq, at, event }) {
            Ok(bytes) => bytes,
            Err(error) => {
                let fault = format!("its reports cannot be written to disk: {error}");
                self.0.stop.request(StopReason::HandBack(fault));
                return;
            }
        };
        pen.last = Some(seq);
        self.0.progress.send_modify(|progress| {
            progress.said = Some(seq);
            progress.waiting += bytes;
            progress.stage = stage.or(progress.stage);
            if !is_output {
                progress.step_at = Some(at);
            }
        });
    }

    /// Notes what the agent says it has used up.
    fn count(&self, event: &Event) {
        if let Event::Usage {
            input_tokens,
            output_tokens,
            spent_cents,
            turns,
            ..
        } = event
        {
            // Tokens are told step by step, the rest as it stands. A worker started again is told all
            // of it once more.
            self.0.used.send_modify(|used| {
                used.tokens += input_tokens + output_tokens;
                used.spend_cents = spent_cents.or(used.spend_cents);
                used.turns = turns.or(used.turns);
            });
        }
    }

    /// What the agent says it has used up, now and later.
    pub(crate) fn used(&self) -> watch::Receiver<Used> {
        self.0.used.subscribe()
    }

    /// How far the attempt is, now and later.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// The broker has everything up to this event: so many bytes more than before.
    pub(crate) fn acked(&self, last: EventSeq, bytes: u64) {
        self.0.progress.send_modify(|progress| {
            progress.acked = Some(last);
            progress.waiting = progress.waiting.saturating_sub(bytes);
        });
    }

    /// What is written down and the broker does not have, in bytes.
    pub(crate) fn waiting(&self) -> u64 {
        self.0.progress.borrow().waiting
    }

    /// Waits until the broker has everything that was said so far. It takes reports from the
    /// holder alone, so this also says that the lease was still held.
    pub(crate) async fn confirm(&self) -> Result<(), Interrupted> {
        tokio::select! {
            () = self.flushed() => self.0.stop.check(),
            reason = self.0.stop.requested() => Err(Interrupted::Stopped(reason)),
        }
    }

    /// Waits until the broker has everything that was said so far, whatever was asked for.
    pub(crate) async fn flushed(&self) {
        let said = self.0.progress.borrow().said;
        let mut progress = self.progress();
        // The sender lives in `self`: there is always an answer.
        let _ = progress.wait_for(|progress| progress.acked >= said).await;
    }
}
