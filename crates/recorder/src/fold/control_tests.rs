//! What is wished, said and asked about the control of runs, folded.

use std::collections::BTreeMap;

use baton_domain::{
    BudgetKind, HelpEnd, HelpKind, MessageState, Position, RunId, StateName,
    run::control::PausePhase,
};
use baton_store::{Batch, HelpStep, MessageStep, NewControl, NewHelp, RunRecord, StoredMessage};
use baton_wire::{Event, LeaseStep};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Known, Stream, fold, record,
    words::{
        answered, asked, asked_by, began, cancel, command, delivered, events, failed, handed_back,
        handed_over, lease, message, not_needed, offer, over, pause, paused, resume, resumed, run,
        seen, succeeded, takeover, tokens, usage, words_of,
    },
};

// H-03 H-05
#[test]
fn a_pause_is_folded_and_every_step_answers_the_command_that_it_is_of() {
    let batch = Stream::running()
        .says(pause(run(1), 1))
        .says(events(run(1), 1, "w1", 1, [delivered(1), paused(1)]))
        .fold();
    let control = &record(&batch).run.control;
    let held = control.pause.as_ref().expect("it is held");
    assert_eq!(held.phase(), PausePhase::Effective);
    assert_eq!(record(&batch).run.state.name(), StateName::Paused);
    let told: Vec<_> = batch
        .control_events
        .iter()
        .map(|it| (it.actor_kind.as_str(), it.action.as_str(), it.answers))
        .collect();
    let first = Some(command(1));
    let expected = [
        ("operator", "pause", None),
        ("worker", "control_delivered", first),
        ("worker", "paused", first),
    ];
    assert_eq!(told, expected);
    assert_eq!(batch.control_events[0].id, command(1));
    assert_eq!(batch.controls.len(), 1);
}

// H-06 H-10 B-04
#[test]
fn a_message_is_kept_once_with_its_words_and_then_only_how_far_it_has_come() {
    let stream = Stream::running()
        .says(message(run(1), 1, "look at the tests first"))
        .says(events(run(1), 1, "w1", 1, [delivered(1), handed_over(1)]))
        .says(events(run(1), 1, "w1", 3, [seen(1)]));
    let whole = stream.fold();
    let kept = &whole.messages[0];
    assert_eq!(kept.text, "look at the tests first");
    assert_eq!(kept.message.state(), MessageState::Seen);
    assert!(kept.message.settled && whole.message_steps.is_empty());
    assert!(record(&whole).run.control.messages.is_empty());
    let mut known = Known::default();
    fold(&mut known, &stream.0[..4]);
    let rest = fold(&mut known, &stream.0[4..]);
    assert_eq!(rest.messages, []);
    assert_eq!(rest.message_steps[0].message.state(), MessageState::Seen);
    // Live views show what was said.
    assert_eq!(whole.events[2].data["text"], "look at the tests first");
}

// H-05 H-09
#[test]
fn what_becomes_of_a_hand_back_is_kept_with_the_runs_control_and_nothing_of_it_is_refused() {
    let told = [
        delivered(1),
        paused(1),
        over(1),
        delivered(2),
        handed_back(1, 2),
        resumed(),
        handed_over(2),
        seen(2),
    ];
    let batch = Stream::running()
        .says(takeover(run(1), 1))
        .says(events(run(1), 1, "w1", 1, told))
        .fold();
    let refused: Vec<_> = batch
        .events
        .iter()
        .filter(|it| it.refusal.is_some())
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    let [back] = &batch.controls[0].control.hand_backs[..] else {
        panic!("{:?}", batch.controls);
    };
    assert_eq!((back.takeover, back.message.id), (command(1), command(2)));
    assert_eq!(back.message.state(), MessageState::Seen);
    assert!(batch.messages.is_empty() && batch.message_steps.is_empty());
    let answers = |action: &str| {
        let deed = batch.control_events.iter().find(|it| it.action == action);
        deed.and_then(|it| it.answers)
    };
    assert_eq!(answers("message_delivered"), Some(command(2)));
    assert_eq!(answers("message_seen"), Some(command(2)));
}

// H-05
#[test]
fn a_request_for_help_is_kept_with_its_question_and_with_the_answer() {
    let batch = Stream::running()
        .says(events(run(1), 1, "w1", 1, [asked(1)]))
        .says(answered(run(1), 2, command(1), "yes"))
        .says(answered(run(1), 3, command(1), "no"))
        .says(events(run(1), 1, "w1", 2, [not_needed(1, 2)]))
        .fold();
    let kept = &batch.help[0];
    assert_eq!(kept.question, "may I?");
    assert_eq!(kept.options.len(), 2);
    let answer = kept.help.answer.as_ref().expect("an answer");
    assert_eq!(
        (answer.answer.as_str(), answer.command),
        ("yes", command(2))
    );
    assert_eq!(kept.help.over.map(|over| over.end), Some(HelpEnd::Answered));
    let refused = batch.control_events.iter().find(|it| it.id == command(3));
    let refused = refused.expect("kept as evidence");
    assert_eq!(refused.refusal.as_deref(), Some("duplicate"));
}

// W-12
#[test]
fn a_run_that_is_given_up_asks_a_person_by_itself_until_it_is_tried_again() {
    let given_up = || {
        let mut stream = Stream::default();
        let mut last = offer(run(1), 1);
        last.1.spec.max_attempts = Some(1);
        stream = stream.says(last);
        stream
            .says(lease(run(1), 1, LeaseStep::Taken, "w1"))
            .says(events(
                run(1),
                1,
                "w1",
                1,
                [usage(1), failed(baton_domain::FailureCode::AgentFailed)],
            ))
    };
    let batch = given_up().fold();
    assert_eq!(record(&batch).run.state.name(), StateName::DeadLettered);
    let [kept] = &batch.help[..] else {
        panic!("{:?}", batch.help);
    };
    assert_eq!(
        (kept.help.kind, kept.mark.index),
        (HelpKind::RetriesUsedUp, 1)
    );
    assert_eq!(kept.detail.as_deref(), Some("agent_failed: it broke"));
    let choices: Vec<&str> = kept.options.iter().map(|it| it.answer.as_str()).collect();
    assert_eq!(choices, ["leave", "redrive"]);
    assert_eq!(batch.controls.len(), 1);

    let leave = answered(run(1), 2, kept.help.id, "leave");
    let end = |batch: &Batch| batch.help[0].help.over.map(|over| over.end);
    assert_eq!(end(&given_up().says(leave).fold()), Some(HelpEnd::Answered));
    let again = words_of(
        run(1),
        3,
        baton_wire::ControlCommand::Redrive { note: None },
    );
    assert_eq!(
        end(&given_up().says(again).fold()),
        Some(HelpEnd::Withdrawn)
    );
}

#[test]
fn what_is_bounded_is_counted_and_what_is_not_costs_no_row() {
    let mut bounded = offer(run(1), 1);
    bounded.1.spec.control = Some(tokens(100));
    let batch = Stream::default()
        .says(bounded)
        .says(lease(run(1), 1, LeaseStep::Taken, "w1"))
        .says(events(run(1), 1, "w1", 1, [usage(10), usage(20)]))
        .fold();
    let budget = record(&batch).run.control.budgets[&BudgetKind::Tokens];
    assert_eq!((budget.limit, budget.used), (100, 34));
    assert_eq!(batch.controls.len(), 1);
    let unbounded = Stream::running()
        .says(events(
            run(1),
            1,
            "w1",
            1,
            [began("m-1"), usage(10), succeeded()],
        ))
        .fold();
    assert!(unbounded.controls.is_empty());
    let agent = record(&unbounded).run.control.agent.as_ref();
    assert_eq!(agent.and_then(|it| it.model.as_deref()), Some("m-1"));
}

/// What the tables hold, as far as control is concerned.
#[derive(Debug, Default, PartialEq)]
struct Held {
    records: BTreeMap<RunId, RunRecord>,
    controls: BTreeMap<RunId, (NewControl, Position)>,
    messages: BTreeMap<Uuid, StoredMessage>,
    help: BTreeMap<Uuid, NewHelp>,
}

impl Held {
    fn write(&mut self, batch: Batch) {
        let new = batch.new_runs.into_iter().map(|run| run.record);
        for record in new.chain(batch.changed_runs) {
            self.records.insert(record.run.id, record);
        }
        for new in batch.controls {
            if baton_store::control::is_kept(&new.control) {
                let position = new.position;
                self.controls.insert(new.run, (new, position));
            } else {
                self.controls.remove(&new.run);
            }
        }
        for new in batch.messages {
            self.messages.insert(new.message.id, new);
        }
        for MessageStep { message, .. } in batch.message_steps {
            let kept = self.messages.get_mut(&message.id).expect("it was sent");
            kept.message = message;
        }
        for new in batch.help {
            self.help.insert(new.help.id, new);
        }
        for HelpStep { help, .. } in batch.help_steps {
            let kept = self.help.get_mut(&help.id).expect("it was asked");
            kept.help = help;
        }
    }

    /// What a recorder that was just started knows.
    fn known(&self) -> Known {
        let mut known = Known::default();
        for record in self.records.values() {
            known.insert(record.clone());
        }
        known
    }

    /// What waits is in the run's own list, and nothing else is.
    fn agrees(&self) {
        for (run, record) in &self.records {
            let control = &record.run.control;
            let waits = self.messages.values().filter(|it| !it.message.settled);
            let waits: Vec<_> = waits.map(|it| &it.message).collect();
            assert_eq!(control.messages.len(), waits.len());
            assert!(waits.iter().all(|it| control.messages.contains(it)));
            let open = self.help.values().filter(|it| it.help.over.is_none());
            assert_eq!(control.help.len(), open.count());
            let row = self.controls.get(run).map(|(new, _)| new.control.as_ref());
            let kept = baton_store::control::is_kept(control);
            let without_agent = |control: &baton_domain::run::control::Control| {
                let mut control = control.clone();
                control.agent = None;
                control
            };
            assert_eq!(row.map(without_agent), kept.then(|| without_agent(control)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // B-01 H-05 H-06
    #[test]
    fn a_life_folded_in_batches_is_the_life_folded_at_once(
        steps in prop::collection::vec((0_u8..25, 1_u128..5), 1..50),
        cuts in prop::collection::vec(any::<bool>(), 50),
        restarts in prop::collection::vec(any::<bool>(), 50),
    ) {
        let stream = life(&steps);
        let mut at_once = Held::default();
        at_once.write(stream.fold());
        at_once.agrees();
        let (mut held, mut known, mut from) = (Held::default(), Known::default(), 0);
        for to in 1..=stream.0.len() {
            let is_end = to == stream.0.len();
            if !is_end && !cuts[to % cuts.len()] {
                continue;
            }
            held.write(fold(&mut known, &stream.0[from..to]));
            if restarts[to % restarts.len()] {
                known = held.known();
            }
            from = to;
        }
        prop_assert_eq!(held, at_once);
    }
}

/// A run's life, with commands of its own ids and with words of both its attempts' holders.
fn life(steps: &[(u8, u128)]) -> Stream {
    let mut stream = Stream::running();
    let (mut attempt, mut seq, mut ids) = (1, 0, 100);
    for (which, n) in steps {
        ids += 1;
        let mut say = |stream: Stream, event: Event| {
            seq += 1;
            stream.says(events(run(1), attempt, "w1", seq, [event]))
        };
        stream = match which {
            0 => stream.says(pause(run(1), ids)),
            1 => stream.says(resume(run(1), ids)),
            2 => stream.says(takeover(run(1), ids)),
            3 | 4 => stream.says(message(run(1), 10 + n, "go on")),
            5 => stream.says(answered(run(1), ids, command(*n), "yes")),
            6 | 7 => say(stream, delivered(ids - 1)),
            8..=10 => say(stream, paused(ids - 1)),
            11 => say(stream, resumed()),
            12 | 13 => say(stream, handed_over(10 + n)),
            14 => say(stream, seen(10 + n)),
            15 | 16 => say(stream, asked_by(command(*n))),
            17 => say(stream, not_needed(*n, ids)),
            18 => say(stream, began("m-1")),
            19 => say(stream, over(ids)),
            23 => say(stream, handed_back(ids - n, 10 + n)),
            20 if *n == 1 => stream.says(cancel(run(1))),
            21 if *n == 1 => say(stream, failed(baton_domain::FailureCode::AgentFailed)),
            22 => {
                let lost = stream.says(lease(run(1), attempt, LeaseStep::Lost, "supervisor"));
                (attempt, seq) = (attempt + 1, 0);
                lost.says(offer(run(1), attempt)).says(lease(
                    run(1),
                    attempt,
                    LeaseStep::Taken,
                    "w1",
                ))
            }
            _ => say(stream, usage(1)),
        };
    }
    stream
}
