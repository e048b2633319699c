//! Controls, messages and requests for help of every kind.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    Actor, Attempt, BudgetKind, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause,
    PauseMethod, PauseMode, RunId,
    run::control::{
        Agent, Began, Budget, Capabilities, Control, Delivery, HandBack, Help, HelpAnswer,
        HelpOver, Message, MessageStanding, Pause, PausePhase, Resuming, Standing, Takeover,
    },
};
use baton_store::{HelpChoice, Mark, NewControl, NewHelp, StoredMessage, StoredRun};
use uuid::Uuid;

use crate::stage::{at, position, run};

pub(super) fn ada() -> Actor {
    "ada".to_owned().try_into().expect("an actor")
}

pub(super) fn uuid(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

pub(super) fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("small")
}

pub(super) fn asked() -> Pause {
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

pub(super) fn delivered() -> Pause {
    Pause {
        delivered_at: Some(at(2)),
        ..asked()
    }
}

pub(super) fn held() -> Pause {
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

pub(super) fn resuming() -> Pause {
    Pause {
        resuming: Some(Resuming {
            command: Some(uuid(2)),
            at: at(9),
        }),
        ..held()
    }
}

pub(super) fn unasked() -> Pause {
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

pub(super) fn takeover(began: bool) -> Takeover {
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

/// Hand-backs whose messages the agent does not have, has, has read and will not get.
pub(super) fn hand_backs() -> Vec<HandBack> {
    let told = told().into_iter();
    let messages = told.filter(|it| it.state() != MessageState::Cancelled && it.id != uuid(21));
    messages
        .map(|message| HandBack {
            takeover: uuid(1),
            by: ada(),
            at: at(6),
            message,
        })
        .collect()
}

pub(super) fn agent() -> Agent {
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

pub(super) fn budgets() -> BTreeMap<BudgetKind, Budget> {
    let budget = |n| Budget {
        given: n,
        limit: n + 1,
        used: n / 2,
        reached: n > 3,
    };
    let kinds = BudgetKind::ALL.iter().zip(1..);
    kinds.map(|(kind, n)| (*kind, budget(n))).collect()
}

pub(super) fn message(n: u64, standing: MessageStanding, settled: bool) -> Message {
    Message {
        id: uuid(n),
        kind: MessageKind::Steering,
        standing,
        settled,
    }
}

pub(super) fn delivery() -> Delivery {
    Delivery {
        at: at(5),
        via: "PreToolUse".to_owned(),
        attempt: attempt(2),
    }
}

/// Messages in every state, settled or not.
pub(super) fn told() -> Vec<Message> {
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

pub(super) fn stored(run: RunId, n: u64, message: Message) -> StoredMessage {
    StoredMessage {
        run,
        position: position(n),
        actor: ada(),
        text: format!("message {n}"),
        created_at: at(1),
        message,
    }
}

pub(super) fn need(n: u64, kind: HelpKind, answered: bool, end: Option<HelpEnd>) -> Help {
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

pub(super) fn asked_for(run: RunId, n: u64, help: Help) -> NewHelp {
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

pub(super) fn needs() -> Vec<Help> {
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

pub(super) fn with(control: Control) -> StoredRun {
    let mut run = run();
    run.record.run.control = Arc::new(control);
    run
}

pub(super) fn kept(run: &StoredRun) -> NewControl {
    NewControl {
        run: run.id(),
        control: run.record.run.control.clone(),
        position: position(2),
    }
}

pub(super) fn controls() -> Vec<Control> {
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
    controls.push(Control {
        hand_backs: hand_backs(),
        ..Control::default()
    });
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

#[test]
fn every_word_is_among_the_examples() {
    let states: Vec<MessageState> = told().iter().map(Message::state).collect();
    assert!(MessageState::ALL.iter().all(|state| states.contains(state)));
    let controls = controls();
    let phases = controls.iter().filter_map(|it| it.pause.as_ref());
    let phases: Vec<PausePhase> = phases.map(Pause::phase).collect();
    assert!(PausePhase::ALL.iter().all(|phase| phases.contains(phase)));
}
