//! What readers find in the tables that the recorder wrote.

use baton_domain::{FailureCode, Position, RunState, StateName};
use baton_store::{RunFilter, artifacts, events as stored_events, runs};
use baton_wire::LeaseStep;

use crate::{
    stage::Stage,
    words::{at, events, failed, lease, offer, output, request, run, stored},
};

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_read_as_they_were_folded() {
    let stage = Stage::start().await;
    let id = run(1);
    stage.publish(offer(id, 1)).await;
    let taken = stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
    let position = stage
        .publish(events(
            id,
            1,
            "w1",
            1,
            [stored("b", 2), stored("a", 1), stored("b", 3)],
        ))
        .await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(position).await;

    let found = runs::get(&stage.store, id).await.expect("an answer");
    let found = found.expect("the run");
    assert_eq!(found.submission.title, "say hello");
    let asked = serde_json::to_value(request()).expect("JSON");
    assert_eq!(found.submission.request, asked);
    assert_eq!(found.record.last_lease, taken);
    let held = runs::leased(&stage.store).await.expect("an answer");
    assert_eq!(held.len(), 1);
    assert_eq!(found.record.run.state.lease(), Some(&held[0].1));
    let files = artifacts::list(&stage.store, id).await.expect("an answer");
    let names: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.size)).collect();
    assert_eq!(names, [("a", 1), ("b", 3)]);

    let broke = [failed(FailureCode::AgentFailed)];
    let position = stage.publish(events(id, 1, "w1", 4, broke)).await;
    recorder.has_recorded(position).await;
    assert_eq!(
        runs::due(&stage.store, at(0), 10).await.expect("an answer"),
        []
    );
    let due = runs::due(&stage.store, at(100), 10)
        .await
        .expect("an answer");
    assert_eq!(due.len(), 1);
    let RunState::RetryScheduled { due_at, .. } = due[0].record.run.state else {
        panic!("{:?}", due[0]);
    };
    let next = runs::next_due_at(&stage.store).await.expect("an answer");
    assert_eq!(next, Some(due_at));
    recorder.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_runs_are_newest_first_and_filters_narrow_them() {
    let stage = Stage::start().await;
    let mut last = Position::START;
    for n in 1..=7 {
        last = stage.life(run(n)).await;
    }
    stage.publish(offer(run(8), 1)).await;
    let mut recorder = stage.recorder();
    recorder
        .has_recorded(Position::new(last.get() + 1).expect("small"))
        .await;
    recorder.stop().await;

    let store = &stage.store;
    let all = RunFilter::default();
    let first = runs::list(store, &all, None, 5).await.expect("an answer");
    let ids: Vec<_> = first.runs.iter().map(|found| found.id()).collect();
    assert_eq!(ids, [8, 7, 6, 5, 4].map(run));
    let rest = runs::list(store, &all, first.next, 5)
        .await
        .expect("an answer");
    assert_eq!((rest.runs.len(), rest.next), (3, None));
    let queued = RunFilter {
        state: Some(StateName::Queued),
        title_contains: Some("HELLO".to_owned()),
        ..RunFilter::default()
    };
    let queued = runs::list(store, &queued, None, 5)
        .await
        .expect("an answer");
    assert_eq!(queued.runs.len(), 1);
    let none = RunFilter {
        title_contains: Some("h%o".to_owned()),
        ..RunFilter::default()
    };
    assert_eq!(
        runs::list(store, &none, None, 5)
            .await
            .expect("an answer")
            .runs,
        []
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_message_are_never_split_over_pages() {
    let stage = Stage::start().await;
    let id = run(1);
    stage.publish(offer(id, 1)).await;
    stage.publish(lease(id, 1, LeaseStep::Taken, "w1")).await;
    let three = ["a", "b", "c"].map(output);
    let position = stage.publish(events(id, 1, "w1", 1, three)).await;
    let last = stage.publish(events(id, 1, "w1", 4, [output("d")])).await;
    let mut recorder = stage.recorder();
    recorder.has_recorded(last).await;
    recorder.stop().await;

    let store = &stage.store;
    for all_runs in [true, false] {
        let after = async |position, limit| {
            let page = if all_runs {
                stored_events::after_of_all(store, position, limit).await
            } else {
                stored_events::after(store, id, position, limit).await
            };
            page.expect("an answer")
        };
        let first = after(Position::START, 3).await;
        assert_eq!((first.events.len(), first.has_more), (5, true));
        assert_eq!(first.events[4].position, position);
        let rest = after(position, 3).await;
        assert_eq!((rest.events.len(), rest.has_more), (1, false));
        assert_eq!(after(last, 3).await.events, []);
    }
}
