//! The tables are a projection of the stream.

use baton_domain::{FailureCode, Position, StateName};
use baton_recorder::{Progress, RecorderError, RecorderOptions, rebuild};
use baton_store::runs;
use baton_wire::{ControlCommand, Event, LeaseStep};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    stage::{Access, Stage, store},
    tables::Tables,
    words::{
        answered, asked, began, cancel, command, delivered, drain, enable, events, failed, granted,
        handed_back, handed_over, input, lease, live_session, message, not_needed, offer, over,
        pause, paused, ready, resume, resumed, run, seen, starting, stored, succeeded, takeover,
        tokens, undrain, usage, wish,
    },
};

/// A bit of everything.
async fn history(stage: &Stage) -> Position {
    for n in 1..=20 {
        stage.life(run(n)).await;
    }
    let id = run(30);
    stage.publish(offer(id, 1)).await;
    stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
    let broke = [
        usage(3),
        stored("logs/agent.log", 10),
        failed(FailureCode::AgentFailed),
    ];
    stage.publish(events(id, 1, "w1", 1, broke)).await;
    stage.publish(offer(id, 2)).await;
    stage.publish(lease(id, 2, LeaseStep::Taken, "w2")).await;
    stage.publish(events(id, 1, "w1", 4, [succeeded()])).await;
    stage.publish(cancel(id)).await;
    stage.publish((cancel(run(31)).0, "nothing of ours")).await;
    operators(stage).await;
    sessions(stage).await;
    controls(stage).await;
    stage.publish(offer(run(32), 1)).await
}

/// What operators wish: a run tried again, one taken away from its worker, scopes drained.
async fn operators(stage: &Stage) {
    let id = run(33);
    stage.publish(offer(id, 1)).await;
    stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
    let broke = [failed(FailureCode::PushRefused)];
    stage.publish(events(id, 1, "w1", 1, broke)).await;
    let note = Some("the branch is open".to_owned());
    stage
        .publish(wish(id, ControlCommand::Redrive { note }))
        .await;
    stage.publish(offer(id, 2)).await;
    stage.publish(lease(id, 2, LeaseStep::Taken, "w2")).await;
    let note = Some("it hangs".to_owned());
    stage
        .publish(wish(id, ControlCommand::ReleaseLease { note }))
        .await;
    let held = run(34);
    stage.publish(offer(held, 1)).await;
    stage.publish(lease(held, 1, LeaseStep::Taken, "w1")).await;
    stage
        .publish(wish(held, ControlCommand::ReleaseLease { note: None }))
        .await;
    stage
        .publish(lease(held, 1, LeaseStep::Lost, "supervisor"))
        .await;
    stage.publish(drain("fleet", "the database moves")).await;
    stage.publish(drain("worker.w1", "new kernel")).await;
    stage.publish(undrain("fleet")).await;
}

/// Runs that are watched and typed into: one goes on, one has ended, one was revoked.
async fn sessions(stage: &Stage) {
    for n in [35, 36, 37] {
        let id = run(n);
        let mut submitted = offer(id, 1);
        submitted.1.spec.live_session = (n == 35).then(live_session);
        stage.publish(submitted).await;
        if n != 35 {
            stage.publish(enable(id)).await;
        }
        stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
        let said = [starting(), ready()];
        stage.publish(events(id, 1, "w1", 1, said)).await;
        stage.publish(granted(id, 1, 1)).await;
        stage.publish(granted(id, 1, 1)).await;
        let first = input(id, 1, None);
        let second = input(id, 2, Some(&first));
        let typed = [first, second].map(Event::InputTyped);
        stage.publish(events(id, 1, "w1", 3, typed)).await;
    }
    stage
        .publish(events(run(36), 1, "w1", 5, [succeeded()]))
        .await;
    let note = Some("seen enough".to_owned());
    stage
        .publish(wish(run(37), ControlCommand::RevokeSession { note }))
        .await;
}

/// Runs that are held, told something and ask something: one goes on, one lost its worker, one was
/// given up.
async fn controls(stage: &Stage) {
    for n in [40, 41, 42] {
        let id = run(n);
        let mut bounded = offer(id, 1);
        bounded.1.spec.max_attempts = (n == 42).then_some(1);
        bounded.1.spec.control = Some(tokens(1_000));
        stage.publish(bounded).await;
        stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
        stage.publish(pause(id, 1)).await;
        stage.publish(message(id, 2, "look at the tests")).await;
        stage.publish(message(id, 3, "then stop")).await;
        let said = [
            began("m-1"),
            usage(7),
            delivered(1),
            paused(1),
            delivered(2),
        ];
        stage.publish(events(id, 1, "w1", 1, said)).await;
        let said = [handed_over(2), seen(2), handed_over(3), asked(n)];
        stage.publish(events(id, 1, "w1", 6, said)).await;
        stage.publish(answered(id, 4, command(n), "allow")).await;
        stage.publish(takeover(id, 5)).await;
    }
    let said = [
        not_needed(40, 4),
        over(5),
        handed_back(5, 8),
        resumed(),
        handed_over(8),
    ];
    stage.publish(events(run(40), 1, "w1", 10, said)).await;
    stage.publish(resume(run(40), 6)).await;
    let lost = || LeaseStep::Lost;
    stage.publish(lease(run(41), 1, lost(), "supervisor")).await;
    stage.publish(lease(run(42), 1, lost(), "supervisor")).await;
}

async fn rebuilt(stage: &Stage, batch_messages: usize) -> baton_recorder::RebuildReport {
    let options = RecorderOptions {
        batch_messages,
        ..RecorderOptions::default()
    };
    let progress = watch::Sender::new(Progress::StandingBy);
    let soft = CancellationToken::new();
    rebuild(&stage.bus, &stage.store, &options, &progress, &soft)
        .await
        .expect("broker and database are there")
}

// B-01 H-02 H-03 H-05 H-06
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_yields_the_same_rows_whatever_the_batches() {
    let stage = Stage::start().await;
    let mut recorder = stage.recorder();
    let last = history(&stage).await;
    recorder.has_recorded(last).await;
    recorder.stop().await;
    let before = Tables::read(&stage.database).await;
    assert_eq!((before.count("runs"), before.count("unreadable")), (30, 1));
    let kept = (before.count("sessions"), before.count("inputs"));
    assert_eq!(kept, (3, 6));
    let kept = ["controls", "messages", "help"].map(|table| before.count(table));
    assert_eq!(kept, [3, 6, 4]);
    // Cancelling, trying again, taking away twice, lost; 5 and 1 of the sessions'; and of control
    // 5 wishes and 7 words for each run, a wish, 5 words and 2 losses more.
    assert_eq!(before.count("deeds"), 21 + 3 * 12 + 8);
    assert_eq!(before.count("drains"), 1);
    let held = runs::get(&stage.store, run(33)).await.expect("an answer");
    let lease = held.and_then(|held| held.record.run.state.lease().cloned());
    assert!(lease.is_some_and(|lease| lease.release.is_some()));
    let away = runs::get(&stage.store, run(34)).await.expect("an answer");
    let away = away.expect("it was submitted").record.run;
    assert_eq!(
        (away.state.name(), away.failures),
        (StateName::RetryScheduled, 0)
    );

    for batch_messages in [1, 7, 1000] {
        let report = rebuilt(&stage, batch_messages).await;
        assert!(report.complete);
        assert_eq!((report.through, report.messages), (last, last.get()));
        assert_eq!(report.unreadable, 1);
        assert_eq!(Tables::read(&stage.database).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_stream_is_rebuilt_at_once() {
    let stage = Stage::start().await;
    let report = rebuilt(&stage, 10).await;
    assert!(report.complete);
    assert_eq!(report.messages, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_stream_are_refused_until_they_are_rebuilt() {
    let mut stage = Stage::start().await;
    let last = stage.life(run(1)).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(last).await;
    recorder.stop().await;

    let database = stage.database;
    stage = Stage {
        database,
        ..Stage::start().await
    };
    stage.store = store(&stage.database, Access::Full);
    for n in 2..=10 {
        stage.life(run(n)).await;
    }
    let refused = stage.recorder().end().await.expect_err("another stream");
    assert!(
        matches!(refused, RecorderError::OtherStream { .. }),
        "{refused}"
    );
    assert_eq!(Tables::read(&stage.database).await.count("runs"), 1);

    rebuilt(&stage, 1000).await;
    assert_eq!(Tables::read(&stage.database).await.count("runs"), 9);
}
