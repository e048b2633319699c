//! The pure core: what a stretch of messages changes.

mod control;
mod deeds;
mod kept;
mod known;
mod outcome;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use baton_domain::{Fact, FactKind, Refusal, Run, RunId, RunSpec, WorkerId, session::ChainLink};
use baton_store::{
    Batch, NewSession, Outcome, RunRecord, StoredDrain, StoredInput, StoredRun, Submission,
};
use baton_wire::{
    ControlMessage, Decoded, DrainMessage, Event, EventsMessage, GrantMessage, LeaseMessage,
    LeaseStep, Offer, Subject, http::EventRecord,
};
use chrono::{DateTime, SubsecRound, Utc};

pub(crate) use known::Known;

use crate::read::{Message, Said};
use control::Gathered;
use kept::{new_event, submission};

/// Why an event changed nothing, as it is written in the table.
type Refused = &'static str;

const UNKNOWN_RUN: Refused = "unknown_run";
const UNKNOWN_COMMAND: Refused = "unknown_command";
/// The gate that was signed says something else than the message around it.
const OTHER_GATE: Refused = "other_gate";

/// Folds messages, in order, into the runs that are known; returns what is to be written.
/// `known` must hold every recorded run that the messages speak of, and is as after them. Their
/// records are moved out of the messages: to fold them again, read them again.
pub(crate) fn fold(known: &mut Known, messages: &mut [Message]) -> Batch {
    let mut folding = Folding {
        known,
        batch: Batch::default(),
        submitted: Vec::new(),
        sessions: BTreeSet::new(),
        gathered: Gathered::default(),
    };
    for message in messages {
        folding.message(message);
    }
    folding.finish()
}

struct Folding<'a> {
    known: &'a mut Known,
    batch: Batch,
    submitted: Vec<(RunId, Submission)>,
    /// Runs whose session has changed.
    sessions: BTreeSet<RunId>,
    /// What has changed about the control of runs.
    gathered: Gathered,
}

impl Folding<'_> {
    fn message(&mut self, message: &mut Message) {
        let records = message.take_records();
        match &message.said {
            Ok(said) => self.said(said, records, message),
            Err(why) => self.batch.unreadable.push(message.unreadable(why)),
        }
    }

    fn said(&mut self, said: &Said, records: Vec<EventRecord>, message: &Message) {
        match (&said.decoded, &said.subject, &said.spec) {
            (Decoded::Offer(offer), _, Some(spec)) => self.offer(offer, spec, records, message),
            (Decoded::Lease(lease), Subject::Lease { worker, .. }, _) => {
                self.lease(lease, worker, records, message);
            }
            (Decoded::Control(control), _, _) => self.control(control, records, message),
            (Decoded::Drain(drain), _, _) => self.drain(drain, message),
            (Decoded::Events(events, _), Subject::Events { worker, .. }, _) => {
                self.events(events, worker, records, message);
            }
            (Decoded::Grant(grant), _, _) => self.grant(grant, records, message),
            // Decoding takes the kind from the subject: other pairs do not exist.
            _ => {}
        }
    }

    fn offer(
        &mut self,
        offer: &Offer,
        spec: &RunSpec,
        records: Vec<EventRecord>,
        message: &Message,
    ) {
        let is_first = offer.attempt == baton_domain::Attempt::FIRST;
        let judged = if is_first && !self.known.has(offer.run) {
            self.submit(offer, spec, &records, message);
            Ok(())
        } else {
            let attempt = offer.attempt;
            self.apply(offer.run, message, offer.at, FactKind::Offered { attempt })
        };
        if judged != Err(Refusal::Duplicate.as_str()) {
            self.keep(records, judged);
        }
    }

    fn submit(
        &mut self,
        offer: &Offer,
        spec: &RunSpec,
        records: &[EventRecord],
        message: &Message,
    ) {
        let mut run = Run::submitted(offer.run, spec.retry, message.position());
        if let Some(wish) = spec.live_session {
            run = run.with_session(wish, &offer.submitted_by, kept_time(offer.submitted_at));
            self.sessions.insert(offer.run);
            let wanted = records.first();
            let wanted = wanted.and_then(|record| deeds::wanted(record, wish));
            self.batch.control_events.extend(wanted);
        }
        if !spec.budgets.is_empty() {
            run = run.with_budgets(&spec.budgets);
            self.gathered.bounded(offer.run, message.position());
        }
        self.known.insert_new(RunRecord {
            run,
            last_lease: baton_domain::Position::START,
            last_lost: baton_domain::Position::START,
            started_at: None,
            finished_at: None,
            outcome: Outcome::default(),
        });
        self.submitted
            .push((offer.run, submission(offer, spec, message)));
    }

    fn lease(
        &mut self,
        lease: &LeaseMessage,
        by: &WorkerId,
        records: Vec<EventRecord>,
        message: &Message,
    ) {
        let attempt = lease.attempt;
        let worker = by.clone();
        let kind = match lease.step {
            LeaseStep::Taken => FactKind::LeaseTaken { attempt, worker },
            LeaseStep::Released => FactKind::LeaseReleased { attempt, worker },
            LeaseStep::Lost => FactKind::LeaseLost {
                attempt,
                by: worker,
            },
        };
        // Whatever it says: the broker's compare-and-set counts it.
        if let Some(record) = self.known.change(lease.run) {
            record.last_lease = message.position();
            if by.is_supervisor() {
                record.last_lost = message.position();
            }
        }
        // The subject says who speaks; nobody takes or gives back for somebody else.
        let own = lease.step == LeaseStep::Lost || lease.worker == *by;
        let judged = if own || !self.known.has(lease.run) {
            self.apply(lease.run, message, lease.at, kind)
        } else {
            Err(Refusal::NotHolder.as_str())
        };
        self.keep(records, judged);
    }

    fn control(&mut self, control: &ControlMessage, records: Vec<EventRecord>, message: &Message) {
        let judged = match control.to_domain() {
            Some(command) => {
                let kind = FactKind::Commanded(command);
                self.apply(control.run, message, control.at, kind)
            }
            None => Err(UNKNOWN_COMMAND),
        };
        if judged.is_ok() {
            self.gathered.said(control, message.position());
        }
        // A second wish is a deed of its own, kept also when it changes nothing.
        self.keep(records, judged);
    }

    /// Only the API can speak here, says the broker; what it signed counts, and is compared.
    fn grant(&mut self, grant: &GrantMessage, records: Vec<EventRecord>, message: &Message) {
        let judged = match grant.to_domain() {
            Some(fact) => self.apply(grant.run, message, grant.at, FactKind::Granted(fact)),
            None => Err(OTHER_GATE),
        };
        self.keep(records, judged);
    }

    /// The last wish of a scope counts, whatever was wished before.
    fn drain(&mut self, drain: &DrainMessage, message: &Message) {
        let in_force = drain.drain().map(|drain| StoredDrain {
            drain: baton_domain::Drain {
                since: kept_time(drain.since),
                until: drain.until.map(kept_time),
                ..drain
            },
            position: message.position(),
        });
        self.batch.drains.insert(drain.scope.clone(), in_force);
    }

    fn events(
        &mut self,
        events: &EventsMessage,
        by: &WorkerId,
        records: Vec<EventRecord>,
        message: &Message,
    ) {
        for (reported, record) in events.events.iter().zip(records) {
            let kind = FactKind::Reported {
                worker: by.clone(),
                attempt: events.attempt,
                seq: reported.seq,
                event: reported.event.to_domain(),
            };
            let link = self.link(events, &reported.event);
            let judged = self.apply(events.run, message, reported.at, kind);
            if judged == Err(Refusal::Duplicate.as_str()) {
                continue;
            }
            if judged.is_ok() {
                self.take_in(events.run, events.attempt, &reported.event, message);
                if let (Event::OperatorNeeded(needed), Some(mark)) =
                    (&reported.event, deeds::mark(&record))
                {
                    self.gathered.asked(events.run, mark, needed);
                }
                self.keep_input(events, by, &record, &reported.event, link);
            }
            self.keep([record], judged);
        }
    }

    /// Takes an effective event into what came of the run.
    fn take_in(
        &mut self,
        run: RunId,
        attempt: baton_domain::Attempt,
        event: &Event,
        message: &Message,
    ) {
        if let Some(record) = self.known.change(run) {
            outcome::take_in(&mut record.outcome, event);
        }
        if let Some(file) = outcome::artifact(run, attempt, event, message) {
            let same = |kept: &baton_store::StoredArtifact| {
                (kept.run, kept.attempt, &kept.name) == (file.run, file.attempt, &file.name)
            };
            self.batch.artifacts.retain(|kept| !same(kept));
            self.batch.artifacts.push(file);
        }
    }

    fn apply(
        &mut self,
        run: RunId,
        message: &Message,
        at: DateTime<Utc>,
        kind: FactKind,
    ) -> Result<(), Refused> {
        let record = self.known.get(run).ok_or(UNKNOWN_RUN)?;
        let fact = Fact {
            position: message.position(),
            at: kept_time(at),
            kind,
        };
        let (next, told) = record
            .run
            .step_with(&fact)
            .map_err(|illegal| illegal.refusal.as_str())?;
        if next.session != record.run.session {
            self.sessions.insert(run);
        }
        let controls = (&record.run.control, &next.control);
        self.gathered.take_in(run, fact.position, controls, told);
        if let Some(record) = self.known.change(run) {
            note_times(record, &next, &fact);
            record.run = next;
        }
        Ok(())
    }

    fn keep(
        &mut self,
        records: impl IntoIterator<Item = EventRecord>,
        judged: Result<(), Refused>,
    ) {
        for record in records {
            if let (Ok(()), Some(mark)) = (judged, deeds::mark(&record)) {
                self.gathered.asked_by_run(record.run_id, mark, self.known);
            }
            let deed = deeds::deed(&record, judged);
            self.batch.control_events.extend(deed);
            self.batch.events.extend(new_event(record, judged));
        }
    }

    /// Whether a record of input continues its chain; none for other events.
    fn link(&self, events: &EventsMessage, event: &Event) -> Option<ChainLink> {
        let Event::InputTyped(typed) = event else {
            return None;
        };
        let record = self.known.get(events.run)?;
        Some(session::judge(&record.run, events.attempt, typed))
    }

    fn keep_input(
        &mut self,
        events: &EventsMessage,
        by: &WorkerId,
        record: &EventRecord,
        event: &Event,
        link: Option<ChainLink>,
    ) {
        let (Event::InputTyped(typed), Some(link)) = (event, link) else {
            return;
        };
        let Some(mark) = deeds::mark(record) else {
            return;
        };
        self.batch.inputs.push(StoredInput {
            mark,
            run: events.run,
            attempt: events.attempt,
            worker: by.clone(),
            at: kept_time(record.at),
            typed: session::kept(typed),
            chain: link,
        });
    }

    fn finish(mut self) -> Batch {
        for (id, submission) in self.submitted {
            if let Some(record) = self.known.get(id).cloned() {
                self.batch.new_runs.push(StoredRun { submission, record });
            }
        }
        for id in std::mem::take(&mut self.sessions) {
            if let Some(record) = self.known.get(id) {
                self.batch.sessions.push(NewSession {
                    run: id,
                    session: record.run.session.clone(),
                    position: record.run.position,
                });
            }
        }
        self.gathered.finish(self.known, &mut self.batch);
        self.batch.changed_runs = self.known.take_changed();
        self.batch
    }
}

/// Postgres keeps microseconds: what is folded from memory must equal what is folded from rows.
fn kept_time(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

fn note_times(record: &mut RunRecord, next: &Run, fact: &Fact) {
    if matches!(fact.kind, FactKind::LeaseTaken { .. }) && record.started_at.is_none() {
        record.started_at = Some(fact.at);
    }
    // A run that is tried again has not finished.
    let ended = next.state.name().is_terminal();
    record.finished_at = ended.then_some(fact.at);
}
