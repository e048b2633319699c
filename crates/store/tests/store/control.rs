//! Every control of a run goes into its tables and comes back as it was; no other combination goes
//! in; messages and requests for help are read page by page, and wishes with what answers them.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    Actor, Attempt, BudgetKind, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause,
    PauseMethod, PauseMode, Position, RunId,
    run::control::{
        Agent, Began, Budget, Capabilities, Control, Delivery, Help, HelpAnswer, HelpOver, Message,
        MessageStanding, Pause, PausePhase, Resuming, Standing, Takeover,
    },
};
use baton_store::{
    Batch, ControlFilter, HelpChoice, HelpFilter, HelpStanding, HelpStep, Mark, MessageStep,
    NewControl, NewHelp, StoredControlEvent, StoredMessage, StoredRun, control_events, help,
    messages, runs,
};
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Stage, at, position, run, through};

fn ada() -> Actor {
    "ada".to_owned().try_into().expect("an actor")
}

fn uuid(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("small")
}

fn asked() -> Pause {
    Pause {
        command: Some(uuid(1)),
        by: Some(ada()),
        cause: PauseCause::Operator,
        mode: PauseMode::Soft,
        note: Some("to look".to_owned()),
        requested_at: at(1),
        delivered_at: None,
        standing: None,
        resuming: None,
    }
}

fn delivered() -> Pause {
    Pause {
        delivered_at: Some(at(2)),
        ..asked()
    }
}

fn held() -> Pause {
    Pause {
        standing: Some(Standing {
            since: at(3),
            method: Some(PauseMethod::Cgroup),
            before: Some("exec_command".to_owned()),
            escalated: true,
            resumes_at: Some(at(60)),
        }),
        ..delivered()
    }
}

fn resuming() -> Pause {
    Pause {
        resuming: Some(Resuming {
            command: Some(uuid(2)),
            at: at(9),
        }),
        ..held()
    }
}

fn unasked() -> Pause {
    Pause {
        command: None,
        by: None,
        cause: PauseCause::Scope,
        note: None,
        standing: Some(Standing {
            since: at(3),
            method: None,
            before: None,
            escalated: false,
            resumes_at: None,
        }),
        ..delivered()
    }
}

fn takeover(began: bool) -> Takeover {
    Takeover {
        command: uuid(1),
        by: ada(),
        note: began.then(|| "I know that one".to_owned()),
        requested_at: at(1),
        began: began.then(|| Began {
            at: at(4),
            expires_at: at(904),
        }),
    }
}

fn agent() -> Agent {
    Agent {
        mode: Some("interactive".to_owned()),
        model: Some("m-1".to_owned()),
        effort: None,
        sandbox: Some("workspace-write".to_owned()),
        approvals: Some("never".to_owned()),
        capabilities: Capabilities {
            checkpoints: true,
            steering: false,
            queued: true,
            permissions: false,
            interactive: true,
        },
    }
}

fn budgets() -> BTreeMap<BudgetKind, Budget> {
    let budget = |n| Budget {
        given: n,
        limit: n + 1,
        used: n / 2,
        reached: n > 3,
    };
    let kinds = BudgetKind::ALL.iter().zip(1..);
    kinds.map(|(kind, n)| (*kind, budget(n))).collect()
}

fn message(n: u64, standing: MessageStanding, settled: bool) -> Message {
    Message {
        id: uuid(n),
        kind: MessageKind::Steering,
        standing,
        settled,
    }
}

fn delivery() -> Delivery {
    Delivery {
        at: at(5),
        via: "PreToolUse".to_owned(),
        attempt: attempt(2),
    }
}

/// Messages in every state, settled or not.
fn told() -> Vec<Message> {
    use MessageStanding as S;
    let queued = |taken_back_by| S::Queued { taken_back_by };
    let dropped = || S::Undelivered {
        at: at(7),
        reason: "the agent ended before".to_owned(),
    };
    let cancelled = |reason: Option<&str>| S::Cancelled {
        at: at(7),
        reason: reason.map(str::to_owned),
    };
    let seen = S::Seen {
        delivery: delivery(),
        at: at(6),
    };
    vec![
        message(20, queued(None), false),
        message(21, queued(Some(uuid(5))), false),
        message(22, S::Delivered(delivery()), false),
        message(23, S::Delivered(delivery()), true),
        message(24, seen, true),
        message(25, cancelled(None), true),
        message(26, cancelled(Some("taken back")), true),
        message(27, dropped(), false),
        message(28, dropped(), true),
    ]
}

fn stored(run: RunId, n: u64, message: Message) -> StoredMessage {
    StoredMessage {
        run,
        position: position(n),
        actor: ada(),
        text: format!("message {n}"),
        created_at: at(1),
        message,
    }
}

fn need(n: u64, kind: HelpKind, answered: bool, end: Option<HelpEnd>) -> Help {
    Help {
        id: uuid(n),
        kind,
        attempt: attempt(2),
        worker: (kind != HelpKind::RetriesUsedUp).then(|| "w1".parse().expect("a worker")),
        opened_at: at(3),
        answer: answered.then(|| HelpAnswer {
            command: uuid(90),
            by: ada(),
            at: at(8),
            answer: "allow".to_owned(),
            note: Some("this once".to_owned()),
        }),
        over: end.map(|end| HelpOver { end, at: at(9) }),
    }
}

fn asked_for(run: RunId, n: u64, help: Help) -> NewHelp {
    NewHelp {
        run,
        mark: Mark {
            position: position(n),
            index: 3,
        },
        question: format!("question {n}"),
        detail: n.is_multiple_of(2).then(|| "exec_command".to_owned()),
        options: vec![HelpChoice {
            answer: "deny".to_owned(),
            label: "No".to_owned(),
        }],
        free_text: n.is_multiple_of(2),
        blocking: true,
        help,
    }
}

fn needs() -> Vec<Help> {
    let mut needs = vec![
        need(40, HelpKind::Permission, false, None),
        need(41, HelpKind::Question, true, None),
        need(42, HelpKind::RetriesUsedUp, false, None),
        need(43, HelpKind::RetriesUsedUp, true, Some(HelpEnd::Answered)),
    ];
    let ends = HelpEnd::ALL.iter().zip(44..);
    needs.extend(ends.map(|(end, n)| need(n, HelpKind::Stall, n % 2 == 0, Some(*end))));
    needs
}

fn with(control: Control) -> StoredRun {
    let mut run = run();
    run.record.run.control = Arc::new(control);
    run
}

fn kept(run: &StoredRun) -> NewControl {
    NewControl {
        run: run.id(),
        control: run.record.run.control.clone(),
        position: position(2),
    }
}

fn controls() -> Vec<Control> {
    let mut controls = vec![
        Control::default(),
        Control {
            agent: Some(agent()),
            ..Control::default()
        },
        Control {
            paused_ms: 1_234,
            budgets: budgets(),
            agent: Some(Agent::default()),
            ..Control::default()
        },
    ];
    let pauses = [asked(), delivered(), held(), resuming(), unasked()];
    controls.extend(pauses.into_iter().map(|pause| Control {
        pause: Some(pause),
        ..Control::default()
    }));
    controls.extend([(asked(), false), (held(), true), (resuming(), true)].map(
        |(pause, began)| Control {
            pause: Some(Pause {
                cause: PauseCause::Takeover,
                ..pause
            }),
            takeover: Some(takeover(began)),
            ..Control::default()
        },
    ));
    controls
}

// H-05 B-01
#[tokio::test(flavor = "multi_thread")]
async fn every_control_of_a_run_comes_back_as_it_was() {
    let stage = Stage::start().await;
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let mut batch = Batch::default();
    for control in controls() {
        let run = with(control);
        batch.controls.push(kept(&run));
        batch.new_runs.push(run);
    }
    let waits = with(Control {
        messages: told().into_iter().filter(|it| !it.settled).collect(),
        help: needs().into_iter().filter(|it| it.over.is_none()).collect(),
        ..Control::default()
    });
    let (said, needed) = (told().into_iter().zip(20..), needs().into_iter().zip(40..));
    batch.messages = said.map(|(it, n)| stored(waits.id(), n, it)).collect();
    batch.help = needed.map(|(it, n)| asked_for(waits.id(), n, it)).collect();
    batch.controls.push(kept(&waits));
    batch.new_runs.push(waits.clone());
    writer.write(&batch, through(50)).await.expect("all fit");
    // A second time is no second row.
    let again = Batch {
        controls: batch.controls.clone(),
        messages: batch.messages.clone(),
        help: batch.help.clone(),
        ..Batch::default()
    };
    writer.write(&again, through(51)).await.expect("all fit");
    for run in &batch.new_runs {
        let found = runs::get(&stage.store, run.id()).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(run));
    }
    let page = messages::page(&stage.store, waits.id(), None, 50).await;
    assert_eq!(page.expect("an answer").messages, batch.messages);
    for asked in &batch.help {
        let found = help::get(&stage.store, asked.help.id).await;
        let found = found.expect("an answer").expect("it was asked");
        assert_eq!(
            (&found.asked, found.run_title.as_str()),
            (asked, "say hello")
        );
    }
    // What does not hold any more leaves no row.
    let mut free = batch.new_runs[4].record.clone();
    free.run.control = Arc::default();
    let batch = Batch {
        controls: vec![NewControl {
            run: free.run.id,
            control: Arc::default(),
            position: position(3),
        }],
        changed_runs: vec![free.clone()],
        ..Batch::default()
    };
    writer.write(&batch, through(52)).await.expect("it fits");
    let found = runs::get(&stage.store, free.run.id)
        .await
        .expect("an answer");
    assert_eq!(found.map(|run| run.record), Some(free));
}

// H-06
#[tokio::test(flavor = "multi_thread")]
async fn messages_are_read_page_by_page_and_change_without_their_words() {
    let stage = Stage::start().await;
    let run = with(Control {
        messages: vec![message(
            1,
            MessageStanding::Queued {
                taken_back_by: None,
            },
            false,
        )],
        ..Control::default()
    });
    let id = run.id();
    let queued = |n| {
        message(
            n,
            MessageStanding::Queued {
                taken_back_by: None,
            },
            false,
        )
    };
    let batch = Batch {
        messages: (1..=5).map(|n| stored(id, n + 10, queued(n))).collect(),
        new_runs: vec![run],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(20)).await.expect("all fit");
    let page = |after: Option<Position>| messages::page(&stage.store, id, after, 2);
    let first = page(None).await.expect("a page");
    assert_eq!(
        (&first.messages[..], first.next),
        (&batch.messages[..2], Some(position(12)))
    );
    let second = page(first.next).await.expect("a page");
    let third = page(second.next).await.expect("a page");
    assert_eq!(
        (&third.messages[..], third.next),
        (&batch.messages[4..], None)
    );
    let step = MessageStep {
        run: id,
        message: message(2, MessageStanding::Delivered(delivery()), false),
    };
    let steps = Batch {
        message_steps: vec![step.clone()],
        ..Batch::default()
    };
    writer.write(&steps, through(21)).await.expect("it fits");
    let found = messages::get(&stage.store, id, uuid(2)).await;
    let found = found.expect("an answer").expect("it was sent");
    assert_eq!(
        (found.text.as_str(), &found.message),
        ("message 12", &step.message)
    );
    let none = messages::get(&stage.store, id, uuid(99)).await;
    assert_eq!(none.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_of_the_fleet_lists_what_is_open_first_and_is_read_page_by_page() {
    let stage = Stage::start().await;
    let (one, mut other) = (run(), run());
    other.submission.pool = "gpu".parse().expect("a pool");
    let needed = needs().into_iter().zip(40..);
    let batch = Batch {
        help: needed
            .map(|(it, n)| asked_for(if n < 42 { one.id() } else { other.id() }, n, it))
            .collect(),
        new_runs: vec![one.clone(), other],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(50)).await.expect("all fit");
    assert_eq!(help::open_count(&stage.store).await.expect("a count"), 3);
    let all = async |filter: HelpFilter, limit: u32| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = help::page(&stage.store, &filter, after, limit).await;
            let page = page.expect("a page");
            assert!(page.requests.len() <= limit as usize);
            ids.extend(page.requests.iter().map(|it| it.asked.help.id.as_u128()));
            after = page.next;
            if after.is_none() {
                break ids;
            }
        }
    };
    let everything = [40, 41, 42, 47, 46, 45, 44, 43];
    for limit in [1, 2, 3, 4, 50] {
        assert_eq!(
            all(HelpFilter::default(), limit).await,
            everything,
            "{limit}"
        );
    }
    let filter = |standing| HelpFilter {
        standing,
        ..HelpFilter::default()
    };
    assert_eq!(all(filter(HelpStanding::Open), 2).await, [40, 41, 42]);
    assert_eq!(
        all(filter(HelpStanding::Over), 2).await,
        [47, 46, 45, 44, 43]
    );
    let answered = filter(HelpStanding::Ended(HelpEnd::Answered));
    assert_eq!(all(answered, 2).await, [44, 43]);
    let of_run = HelpFilter {
        run: Some(one.id()),
        ..HelpFilter::default()
    };
    assert_eq!(all(of_run, 2).await, [40, 41]);
    let of_pool = HelpFilter {
        pool: Some("gpu".parse().expect("a pool")),
        kind: Some(HelpKind::RetriesUsedUp),
        ..HelpFilter::default()
    };
    assert_eq!(all(of_pool, 2).await, [42, 43]);

    let step = HelpStep {
        run: one.id(),
        help: need(40, HelpKind::Permission, true, Some(HelpEnd::Answered)),
    };
    let steps = Batch {
        help_steps: vec![step.clone()],
        ..Batch::default()
    };
    writer.write(&steps, through(51)).await.expect("it fits");
    let found = help::get(&stage.store, uuid(40)).await.expect("an answer");
    let found = found.expect("it was asked").asked;
    assert_eq!(
        (found.question.as_str(), &found.help),
        ("question 40", &step.help)
    );
    assert_eq!(help::open_count(&stage.store).await.expect("a count"), 2);
}

// H-03 H-05
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_read_with_its_delivery_and_its_effect() {
    let stage = Stage::start().await;
    let id = run().id();
    let deed =
        |n: u64, kind: &str, action: &str, answers: Option<u64>, metadata| StoredControlEvent {
            mark: Mark {
                position: position(n),
                index: 0,
            },
            id: uuid(n),
            run: id,
            attempt: None,
            actor_kind: kind.to_owned(),
            actor: "somebody".to_owned(),
            action: action.to_owned(),
            at: at(n.cast_signed()),
            refusal: (n == 9).then(|| "wrong_state".to_owned()),
            metadata,
            answers: answers.map(uuid),
        };
    let batch = Batch {
        control_events: vec![
            deed(1, "operator", "pause", None, json!({})),
            deed(2, "operator", "resume", None, json!({})),
            deed(3, "operator", "cancel", None, json!({})),
            deed(4, "worker", "control_delivered", Some(1), json!({})),
            deed(5, "worker", "paused", Some(1), json!({})),
            deed(6, "worker", "paused", Some(1), json!({})),
            deed(
                7,
                "worker",
                "control_delivered",
                Some(2),
                json!({"refused": "it is not held"}),
            ),
            deed(9, "worker", "resumed", Some(2), json!({})),
        ],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(10)).await.expect("all fit");
    let page = control_events::after(&stage.store, id, &ControlFilter::default(), None, 50).await;
    let shown = page.expect("a page").events;
    let phases: Vec<_> = shown
        .iter()
        .map(|it| (it.delivered_at, it.effective_at, it.declined.as_deref()))
        .collect();
    assert_eq!(phases[0], (Some(at(4)), Some(at(5)), None));
    // What was refused had no effect.
    assert_eq!(phases[1], (Some(at(7)), None, Some("it is not held")));
    assert!(phases[2..].iter().all(|it| *it == (None, None, None)));
    let events: Vec<_> = shown.into_iter().map(|it| it.event).collect();
    assert_eq!(events, batch.control_events);
}

// H-05 H-06
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_no_control_allows_is_refused() {
    let stage = Stage::start().await;
    let held = with(Control {
        pause: Some(held()),
        takeover: Some(takeover(true)),
        ..Control::default()
    });
    let delivered = message(22, MessageStanding::Delivered(delivery()), false);
    let batch = Batch {
        controls: vec![kept(&held)],
        messages: vec![stored(held.id(), 3, delivered)],
        help: vec![asked_for(
            held.id(),
            4,
            need(40, HelpKind::Permission, false, None),
        )],
        new_runs: vec![held],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(5)).await.expect("it fits");
    let changes = [
        ("task_runs", "agent = '[]'"),
        ("task_run_control", "pause_phase = 'delivered'"),
        ("task_run_control", "pause_phase = 'unheard_of'"),
        ("task_run_control", "pause_phase = NULL"),
        ("task_run_control", "pause_cause = NULL"),
        (
            "task_run_control",
            "pause_effective_at = NULL, pause_phase = 'delivered'",
        ),
        ("task_run_control", "resume_command = gen_random_uuid()"),
        ("task_run_control", "resume_requested_at = now()"),
        ("task_run_control", "takeover_by = NULL"),
        ("task_run_control", "takeover_expires_at = NULL"),
        (
            "task_run_control",
            "takeover_expires_at = takeover_began_at - interval '1 second'",
        ),
        ("task_run_control", "paused_ms = -1"),
        ("task_run_control", "budgets = '{}'"),
        ("task_run_messages", "state = 'queued'"),
        ("task_run_messages", "state = 'seen'"),
        ("task_run_messages", "state = 'seen', seen_at = now()"),
        ("task_run_messages", "via = NULL"),
        (
            "task_run_messages",
            "state = 'cancelled', ended_at = now(), settled = true",
        ),
        ("task_run_messages", "reason = 'why'"),
        ("task_run_messages", "taken_back_by = gen_random_uuid()"),
        ("task_run_messages", "kind = 'shouted'"),
        ("task_run_help_requests", "state = 'answered'"),
        ("task_run_help_requests", "closed_at = now()"),
        ("task_run_help_requests", "worker = NULL"),
        ("task_run_help_requests", "kind = 'retries_used_up'"),
        ("task_run_help_requests", "answer = 'yes'"),
        ("task_run_help_requests", "note = 'why'"),
        ("task_run_help_requests", "options = '{}'"),
    ];
    let mut raw = stage.raw().await;
    for (table, change) in changes {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET {change}"));
        let refused = sqlx::query(sql).execute(&mut raw).await;
        let refused = refused.expect_err(change);
        let database = refused.as_database_error().expect("the database says so");
        assert!(database.is_check_violation(), "{change}: {database}");
    }
}

#[test]
fn every_word_is_among_the_examples() {
    let states: Vec<MessageState> = told().iter().map(Message::state).collect();
    assert!(MessageState::ALL.iter().all(|state| states.contains(state)));
    let controls = controls();
    let phases = controls.iter().filter_map(|it| it.pause.as_ref());
    let phases: Vec<PausePhase> = phases.map(Pause::phase).collect();
    assert!(PausePhase::ALL.iter().all(|phase| phases.contains(phase)));
}
