//! Runs in the states of the tables, the facts of their rows, and how a table reads what follows.

use super::words::*;

/// What must hold of every run.
pub(super) fn agrees(run: &Run) {
    let control = run.control.as_ref();
    let stands = control
        .pause
        .as_ref()
        .is_some_and(|pause| pause.standing.is_some());
    assert_eq!(
        matches!(run.state, RunState::Paused { .. }),
        stands,
        "{run:#?}"
    );
    assert!(
        control.takeover.is_none() || control.pause.is_some(),
        "{run:#?}"
    );
    assert!(control.messages.iter().all(|it| !it.settled), "{run:#?}");
    assert!(control.help.iter().all(|it| it.over.is_none()), "{run:#?}");
    if run.state.lease().is_none() {
        assert!(control.takeover.is_none(), "{run:#?}");
        let own = |it: &Help| it.kind == HelpKind::RetriesUsedUp;
        assert!(control.help.iter().all(own), "{run:#?}");
    }
    if run.state.name().is_terminal() {
        assert!(control.pause.is_none() && control.messages.is_empty());
        let dead = matches!(run.state, RunState::DeadLettered(_));
        assert!(dead || control.help.is_empty(), "{run:#?}");
    }
}

/// A run that was submitted and, in its first attempt, taken by `w1`.
pub(super) fn held_run() -> Run {
    after(submitted(), [taken(1)])
}

pub(super) fn submitted() -> Run {
    Run::submitted(id(), RetryPolicy::default(), position(1))
}

/// The run after facts that fit, one a second.
pub(super) fn after(run: Run, kinds: impl IntoIterator<Item = FactKind>) -> Run {
    kinds.into_iter().fold(run, |run, kind| {
        let (name, fact) = (kind.name(), fact(run.position.get() + 1, kind));
        let next = run
            .apply(&fact)
            .unwrap_or_else(|step| panic!("{name}: {step}"));
        agrees(&next);
        next
    })
}

pub(super) fn pause_in(state: &str) -> Run {
    let pause = || vec![wish(1, pause())];
    let held = || [pause(), vec![delivered(1), paused(Some(1))]].concat();
    let takeover = || vec![wish(1, WishKind::Takeover { note: None })];
    let taken = || [takeover(), vec![delivered(1), paused(Some(1)), began(1)]].concat();
    let facts = match state {
        "idle" => vec![],
        "asked" => pause(),
        "delivered" => [pause(), vec![delivered(1)]].concat(),
        "held" => held(),
        "resuming" => [held(), vec![wish(2, WishKind::Resume)]].concat(),
        "takeover" => takeover(),
        "taken" => taken(),
        "handing" => [taken(), vec![wish(2, WishKind::HandBack)]].concat(),
        other => panic!("no such state: {other}"),
    };
    after(held_run(), facts)
}

pub(super) fn waiting_in(state: &str) -> Run {
    match state {
        "idle" => submitted(),
        "asked" => after(submitted(), [wish(1, pause())]),
        other => panic!("no such state: {other}"),
    }
}

pub(super) fn pause_of(run: &Run) -> String {
    let control = run.control.as_ref();
    let Some(pause) = &control.pause else {
        return "idle".to_owned();
    };
    let is_resuming = pause.resuming.is_some();
    let name = match &control.takeover {
        Some(_) if is_resuming => "handing",
        Some(takeover) if takeover.began.is_some() => "taken",
        Some(_) => "takeover",
        None => match pause.phase() {
            PausePhase::Requested => "asked",
            PausePhase::Delivered => "delivered",
            PausePhase::Effective => "held",
            PausePhase::Resuming => "resuming",
        },
    };
    name.to_owned()
}

pub(super) fn pause_fact(row: &str, run: &Run) -> FactKind {
    match row {
        "pause" => wish(9, pause()),
        "pause again" => wish(1, pause()),
        "resume" => wish(9, WishKind::Resume),
        "takeover" => wish(9, WishKind::Takeover { note: None }),
        "hand back" => wish(9, WishKind::HandBack),
        "cancel" => FactKind::Commanded(Command::Cancel),
        "delivered 1" => delivered(1),
        "delivered 2" => delivered(2),
        "delivered other" => delivered(8),
        "refused 1" => refused(1),
        "refused 2" => refused(2),
        "paused" => paused(Some(1)),
        "paused by policy" => paused_by(PauseCause::Policy),
        "resumed" => resumed(ResumeCause::Operator),
        "takeover began" => began(1),
        "takeover expired" => takeover_over(1, TakeoverEnd::Expired),
        "takeover over" => takeover_over(1, TakeoverEnd::HandedBack),
        "other one over" => takeover_over(8, TakeoverEnd::HandedBack),
        "agent started" => control(ControlEvent::AgentStarted(Box::default())),
        other => run_fact(other, run),
    }
}

pub(super) fn message_in(state: &str) -> Run {
    let sent = || vec![wish(1, WishKind::SendMessage(MessageKind::Steering))];
    let facts = match state {
        "none" => vec![],
        "queued" => sent(),
        "back" => [sent(), vec![wish(2, WishKind::CancelMessage(uuid(1)))]].concat(),
        "delivered" => [sent(), vec![handed_over(1)]].concat(),
        "dropped" => [sent(), vec![dropped(1, None)]].concat(),
        "over" => [sent(), vec![handed_over(1), seen(1)]].concat(),
        other => panic!("no such state: {other}"),
    };
    after(held_run(), facts)
}

pub(super) fn message_fact(row: &str, run: &Run) -> FactKind {
    match row {
        "send" => wish(1, WishKind::SendMessage(MessageKind::Queued)),
        "take back" => wish(9, WishKind::CancelMessage(uuid(1))),
        "handed over" => handed_over(1),
        "seen" => seen(1),
        "dropped" => dropped(1, None),
        "taken back" => dropped(1, Some(9)),
        other => run_fact(other, run),
    }
}

/// What the run holds of the message, or was told of it at last.
pub(super) fn message_of(run: &Run, told: &Told) -> String {
    let message = run.control.messages.first().or(told.messages.last());
    let Some(message) = message else {
        return "none".to_owned();
    };
    let name = match &message.standing {
        MessageStanding::Queued {
            taken_back_by: Some(_),
        } => "back",
        MessageStanding::Undelivered { .. } if !message.settled => "dropped",
        _ => message.state().as_str(),
    };
    name.to_owned()
}

pub(super) fn help_in(state: &str) -> Run {
    let asked = || vec![ask(1)];
    let answered = || [asked(), vec![wish(2, answer(1))]].concat();
    let facts = match state {
        "none" => vec![],
        "open" => asked(),
        "answered" => answered(),
        "own" => return dead_run(),
        "over" => [answered(), vec![closed(1, HelpEnd::Answered)]].concat(),
        other => panic!("no such state: {other}"),
    };
    after(held_run(), facts)
}

/// A run that failed as often as it may.
pub(super) fn dead_run() -> Run {
    let mut run = submitted();
    run.retry.max_attempts = 1;
    let run = after(run, [taken(1)]);
    let lost = run_fact("lost", &run);
    after(run, [lost])
}

pub(super) fn help_fact(row: &str, run: &Run) -> FactKind {
    let own = run.control.help.first();
    let own = own.filter(|help| help.kind == HelpKind::RetriesUsedUp);
    let open = own.map_or_else(|| uuid(1), |help| help.id);
    let needed = |kind| ControlEvent::HelpNeeded { help: open, kind };
    match row {
        "ask" => control(needed(HelpKind::Question)),
        "ask as the run" => control(needed(HelpKind::RetriesUsedUp)),
        "answer" => {
            let (answer, note) = ("leave".to_owned(), None);
            let help = open;
            wish(9, WishKind::AnswerHelp { help, answer, note })
        }
        "close" => closed(1, HelpEnd::Answered),
        "redriven" => FactKind::Commanded(Command::Redrive),
        other => run_fact(other, run),
    }
}

pub(super) fn help_of(run: &Run, told: &Told) -> String {
    let Some(help) = run.control.help.first().or(told.help.last()) else {
        return "none".to_owned();
    };
    match (&help.over, &help.answer) {
        (Some(over), _) => format!("closed {}", over.end),
        (None, Some(_)) => "answered".to_owned(),
        (None, None) => "open".to_owned(),
    }
}

pub(super) fn run_fact(row: &str, run: &Run) -> FactKind {
    match row {
        "lost" => FactKind::LeaseLost {
            attempt: run.attempt,
            by: WorkerId::supervisor(),
        },
        "failed" => says(RunEvent::Failed(Failure::new(
            FailureCode::PushRefused,
            "no",
        ))),
        "succeeded" => says(RunEvent::Succeeded),
        "progress" => says(RunEvent::Progress),
        other => panic!("no such row: {other}"),
    }
}
