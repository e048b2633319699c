//! What happens when two things meet: pauses and ends, takeovers and their time, attempts and what
//! outlives them.

use chrono::TimeDelta;

use super::*;

// H-05 H-09
#[test]
fn a_pause_goes_through_its_phases_and_stops_the_runs_clock() {
    let run = after(
        held_run(),
        [wish(1, pause()), delivered(1), paused(Some(1))],
    );
    let pause = run.control.pause.clone().expect("it is held");
    let standing = pause.standing.clone().expect("it stands still");
    assert_eq!(
        (pause.command, pause.by.clone()),
        (Some(uuid(1)), Some(ada()))
    );
    assert_eq!(
        (pause.requested_at, pause.delivered_at, standing.since),
        (at(3), Some(at(4)), at(5))
    );
    assert_eq!(standing.resumes_at, Some(at(65)));
    assert_eq!(standing.before.as_deref(), Some("exec_command"));
    // Taken at 2, it has stood still since 5.
    assert_eq!(run.worked(at(25)), Some(TimeDelta::seconds(3)));
    let run = after(run, [wish(2, WishKind::Resume), delivered(2)]);
    let resumed_at = run.position.get() + 1;
    let run = after(run, [resumed(ResumeCause::Operator)]);
    assert_eq!(run.control.paused_ms, (resumed_at - 5) * 1000);
    assert_eq!(run.control.pause, None);
    assert_eq!(
        run.worked(at(25)),
        Some(TimeDelta::seconds(23 - (resumed_at - 5).cast_signed()))
    );
}

// H-05
#[test]
fn a_pause_that_is_let_go_before_it_was_effective_leaves_nothing() {
    let run = after(
        held_run(),
        [wish(1, pause()), wish(2, WishKind::Resume), delivered(1)],
    );
    assert_eq!(pause_of(&run), "resuming");
    let run = after(run, [delivered(2)]);
    assert_eq!(pause_of(&run), "idle");
    assert_eq!(run.control.paused_ms, 0);
}

// H-05 H-09
#[test]
fn a_takeover_that_is_withdrawn_before_it_began_leaves_nothing() {
    let withdrawn = |state| after(pause_in(state), [wish(7, WishKind::Resume)]);
    let run = after(withdrawn("takeover"), [delivered(1), delivered(7)]);
    assert_eq!(pause_of(&run), "idle");
    assert_eq!(run.control.takeover, None);
    // It has begun meanwhile: the operator has the run's place.
    let run = after(
        withdrawn("takeover"),
        [delivered(1), paused(Some(1)), began(1), refused(7)],
    );
    assert_eq!(pause_of(&run), "taken");
}

// H-05 H-09
#[test]
fn a_takeover_of_a_run_whose_agent_has_ended_is_a_pause() {
    let said = PausedSaid {
        cause: Some(PauseCause::Operator),
        command: Some(uuid(1)),
        method: Some(PauseMethod::Stage),
        before: Some("publish".to_owned()),
        ..PausedSaid::default()
    };
    let paused = says(RunEvent::Paused(PauseKind::Checkpoint, said));
    let run = after(pause_in("takeover"), [delivered(1), paused]);
    assert_eq!(pause_of(&run), "held");
    let pause = run.control.pause.clone().expect("it is held");
    assert_eq!((pause.cause, pause.by), (PauseCause::Operator, Some(ada())));
    let run = after(run, [wish(7, WishKind::Resume)]);
    assert_eq!(pause_of(&run), "resuming");
}

// H-05 H-09
#[test]
fn a_pause_that_is_let_go_while_something_else_holds_the_run_is_the_others() {
    let run = after(pause_in("resuming"), [delivered(2)]);
    let since = run.control.pause.clone().and_then(|it| it.standing);
    let run = after(run, [paused_by(PauseCause::Scope)]);
    assert_eq!(pause_of(&run), "held");
    let pause = run.control.pause.clone().expect("it is held");
    assert_eq!(
        (pause.cause, pause.command, pause.by),
        (PauseCause::Scope, None, None)
    );
    let standing = pause.standing.map(|it| it.since);
    assert_eq!(standing, since.map(|it| it.since));
}

// H-09
#[test]
fn a_pause_wished_while_the_run_is_let_go_is_still_a_wish() {
    let run = after(pause_in("held"), [wish(7, pause())]);
    // The worker has not heard of it, and lets the run go by the timer of the one before.
    let run = after(run, [resumed(ResumeCause::Timer)]);
    assert_eq!(pause_of(&run), "asked");
    let run = after(run, [delivered(7), paused(Some(7))]);
    let pause = run.control.pause.clone().expect("it is held");
    assert_eq!((pause.command, pause.by), (Some(uuid(7)), Some(ada())));
}

// H-09
#[test]
fn an_operators_pause_of_a_run_that_its_budget_holds_outlives_the_budgets() {
    let run = after(held_run(), [paused_by(PauseCause::Budget)]);
    let pause = run.control.pause.clone().expect("it is held");
    assert_eq!(
        (pause.cause, pause.mode),
        (PauseCause::Budget, PauseMode::Hard)
    );
    assert_eq!((pause.command, pause.by), (None, None));
    let run = after(
        run,
        [
            wish(1, super::pause()),
            delivered(1),
            paused_by(PauseCause::Budget),
        ],
    );
    let pause = run.control.pause.clone().expect("it is held");
    assert_eq!(
        (pause.cause, pause.command),
        (PauseCause::Operator, Some(uuid(1)))
    );
    assert_eq!(pause.standing.map(|it| it.since), Some(at(3)));
}

// W-12 B-03
#[test]
fn a_wish_to_pause_outlives_the_attempt_and_what_only_the_attempt_knew_does_not() {
    let lose = |run: Run| {
        let lost = pause_fact("lost", &run);
        after(run, [lost])
    };
    for (state, next) in [
        ("asked", "asked"),
        ("held", "asked"),
        ("resuming", "idle"),
        ("taken", "asked"),
        ("handing", "idle"),
    ] {
        let lost = lose(pause_in(state));
        let run = after(
            lost,
            [
                FactKind::Offered {
                    attempt: attempt(2),
                },
                taken(2),
            ],
        );
        assert_eq!(pause_of(&run), next, "{state}");
        assert_eq!((run.control.paused_ms, &run.control.takeover), (0, &None));
        if let Some(pause) = &run.control.pause {
            assert_eq!(
                (pause.cause, pause.by.as_ref()),
                (PauseCause::Operator, Some(&ada()))
            );
        }
    }
    for cause in [PauseCause::Scope, PauseCause::Budget, PauseCause::Policy] {
        let lost = lose(after(held_run(), [paused_by(cause)]));
        assert_eq!(pause_of(&lost), "idle", "{cause}");
    }
}

// H-05 H-16
#[test]
fn a_wish_to_cancel_comes_before_every_pause() {
    let cancelled = after(pause_in("held"), [FactKind::Commanded(Command::Cancel)]);
    for wished in [pause(), WishKind::Resume, WishKind::Takeover { note: None }] {
        let step = cancelled.apply(&fact(50, wish(9, wished))).unwrap_err();
        assert_eq!(step.refusal.as_str(), "wrong_state");
    }
    let run = after(
        cancelled,
        [resumed(ResumeCause::Cancel), says(RunEvent::Cancelled)],
    );
    assert_eq!(
        (run.state.name(), pause_of(&run)),
        (StateName::Cancelled, "idle".to_owned())
    );
    // What stands still while it is to end, stands still for a moment.
    let asked = after(
        held_run(),
        [FactKind::Commanded(Command::Cancel), paused(None)],
    );
    assert_eq!(pause_of(&asked), "resuming");
}

// H-09
#[test]
fn a_takeover_that_nobody_ends_leaves_the_run_held() {
    let run = pause_in("taken");
    let began = run.control.takeover.as_ref().and_then(|it| it.began);
    let began = began.expect("it has begun");
    assert_eq!(began.expires_at, began.at + TimeDelta::seconds(900));
    let run = after(run, [takeover_over(1, TakeoverEnd::Expired)]);
    let pause = run.control.pause.clone().expect("it stays held");
    assert_eq!(
        (pause.cause, pause.command),
        (PauseCause::Operator, Some(uuid(1)))
    );
    let run = after(
        run,
        [wish(5, WishKind::Resume), resumed(ResumeCause::Operator)],
    );
    assert_eq!(pause_of(&run), "idle");
}

// H-09
#[test]
fn a_takeover_that_no_wish_on_record_explains_is_told_by_who_lets_it_happen() {
    let run = after(held_run(), [paused(Some(4)), began(4)]);
    let takeover = run
        .control
        .takeover
        .clone()
        .expect("somebody has its place");
    assert_eq!((takeover.command, takeover.by), (uuid(4), ada()));
    assert_eq!(pause_of(&run), "taken");
}

// H-10 B-04
#[test]
fn what_the_model_has_not_seen_is_told_to_the_next_attempts_agent() {
    let run = after(
        message_in("delivered"),
        [
            wish(5, WishKind::SendMessage(MessageKind::Queued)),
            wish(6, WishKind::SendMessage(MessageKind::Steering)),
            handed_over(6),
            seen(6),
        ],
    );
    let lost = pause_fact("lost", &run);
    let (run, told) = run.step_with(&fact(20, lost)).expect("it is lost");
    let queued: Vec<Uuid> = run.control.messages.iter().map(|it| it.id).collect();
    assert_eq!(queued, [uuid(1), uuid(5)]);
    assert_eq!(run.control.pending_messages(), 2);
    // Only one of them stood otherwise before.
    assert_eq!(
        told.messages.iter().map(|it| it.id).collect::<Vec<_>>(),
        [uuid(1)]
    );
    let run = after(
        run,
        [
            FactKind::Offered {
                attempt: attempt(2),
            },
            taken(2),
        ],
    );
    let again = ControlEvent::MessageDelivered {
        message: uuid(1),
        via: "Stop".to_owned(),
    };
    let run = after(run, [said(2, RunEvent::Control(again))]);
    let MessageStanding::Delivered(delivery) = &run.control.messages[0].standing else {
        panic!("{:?}", run.control.messages);
    };
    assert_eq!(
        (delivery.attempt, delivery.via.as_str()),
        (attempt(2), "Stop")
    );
}

// H-10
#[test]
fn a_message_is_taken_back_at_once_while_nobody_holds_the_run() {
    let run = after(
        submitted(),
        [wish(1, WishKind::SendMessage(MessageKind::Steering))],
    );
    let back = wish(2, WishKind::CancelMessage(uuid(1)));
    let (run, told) = run.step_with(&fact(9, back)).expect("in time");
    assert!(run.control.messages.is_empty());
    assert_eq!(told.messages[0].state(), MessageState::Cancelled);
}

// W-12
#[test]
fn a_run_that_is_given_up_asks_once_under_the_same_id_whenever_it_is_folded() {
    let (first, again) = (dead_run(), dead_run());
    let help = &first.control.help[0];
    assert_eq!(help.id, again.control.help[0].id);
    assert_eq!(
        (help.worker.as_ref(), help.kind),
        (None, HelpKind::RetriesUsedUp)
    );
    assert_eq!(help.id, Help::id_of(id(), first.position));
    assert_ne!(help.id, Help::id_of(id(), position(99)));
    // The first answer counts, and closes it; a run that is tried again needs nobody.
    let answered = after(first, [help_fact("answer", &again)]);
    assert!(answered.control.help.is_empty());
    let redriven = after(again, [FactKind::Commanded(Command::Redrive)]);
    assert!(redriven.control.help.is_empty());
}

// W-12
#[test]
fn budgets_count_anew_in_every_attempt_and_are_given_back_by_a_redrive() {
    let budgets = [(BudgetKind::Tokens, 100), (BudgetKind::Turns, 5)];
    let mut run = submitted();
    run.retry.max_attempts = 1;
    let run = after(run.with_budgets(&budgets.into_iter().collect()), [taken(1)]);
    let used = |tokens, turns| {
        let turns = Some(turns);
        control(ControlEvent::Used(Used {
            tokens,
            turns,
            ..Used::default()
        }))
    };
    let run = after(run, [used(30, 1), used(60, 2)]);
    let of = |run: &Run, kind| run.control.budgets[&kind];
    assert_eq!(of(&run, BudgetKind::Tokens).used, 90);
    assert_eq!(of(&run, BudgetKind::Turns).used, 2);
    let reached = ControlEvent::BudgetReached {
        budget: BudgetKind::Tokens,
        limit: 100,
        used: 104,
    };
    let run = after(run, [control(reached)]);
    assert!(of(&run, BudgetKind::Tokens).reached);
    let raise = |limit| WishKind::RaiseBudget {
        budget: BudgetKind::Tokens,
        limit,
    };
    assert!(run.apply(&fact(40, wish(2, raise(100)))).is_err());
    let unbounded = WishKind::RaiseBudget {
        budget: BudgetKind::DiffLines,
        limit: 9,
    };
    assert!(run.apply(&fact(40, wish(2, unbounded))).is_err());
    let run = after(run, [wish(2, raise(200))]);
    assert_eq!(
        of(&run, BudgetKind::Tokens).limit,
        100,
        "the worker says when it counts"
    );
    let raised = ControlEvent::BudgetRaised {
        budget: BudgetKind::Tokens,
        limit: 200,
        used: 104,
    };
    let run = after(run, [control(raised)]);
    assert_eq!(of(&run, BudgetKind::Tokens).limit, 200);
    assert!(!of(&run, BudgetKind::Tokens).reached);
    let lost = pause_fact("lost", &run);
    let run = after(run, [lost, FactKind::Commanded(Command::Redrive)]);
    let tokens = of(&run, BudgetKind::Tokens);
    assert_eq!((tokens.limit, tokens.used, tokens.given), (100, 0, 100));
    let run = after(run, [wish(3, raise(150))]);
    assert_eq!(of(&run, BudgetKind::Tokens).limit, 150, "nobody holds it");
}

#[test]
fn an_agent_is_shown_until_the_next_attempt_begins() {
    let agent = Agent {
        model: Some("m-1".to_owned()),
        ..Agent::default()
    };
    let started = control(ControlEvent::AgentStarted(Box::new(agent.clone())));
    let run = after(held_run(), [started]);
    let lost = pause_fact("lost", &run);
    let run = after(run, [lost]);
    assert_eq!(run.control.agent.as_ref(), Some(&agent));
    let run = after(
        run,
        [
            FactKind::Offered {
                attempt: attempt(2),
            },
            taken(2),
        ],
    );
    assert_eq!(run.control.agent, None);
}
