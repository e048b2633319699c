//! Every state goes into the tables and comes back as it was; no other combination goes in.

use baton_domain::{
    Attempt, EventSeq, Failure, FailureCode, Lease, ReleaseWish, RunState, Stage as Work,
    StateName, run::PauseKind,
};
use baton_store::{Outcome, StoredPullRequest, Usage, runs};

use crate::stage::{Stage, at, position, run, through};

fn lease() -> Lease {
    Lease {
        attempt: Attempt::new(2).expect("small"),
        worker: "w1".parse().expect("a worker"),
        position: position(2),
        taken_at: at(1),
        last_seq: Some(EventSeq::new(9).expect("small")),
        release: None,
    }
}

fn examples() -> Vec<RunState> {
    let failure = |code| Failure::new(code, "it broke");
    let mut states = vec![
        RunState::Queued,
        RunState::Running {
            lease: lease(),
            stage: None,
        },
        RunState::Running {
            lease: Lease {
                release: Some(ReleaseWish {
                    at: at(2),
                    by: "ada".to_owned().try_into().expect("an actor"),
                    note: Some("it hangs".to_owned()),
                }),
                ..lease()
            },
            stage: None,
        },
        RunState::RetryScheduled {
            due_at: at(9),
            cause: None,
        },
        RunState::RetryScheduled {
            due_at: at(9),
            cause: Some(failure(FailureCode::LeaseLost)),
        },
        RunState::Succeeded,
        RunState::Cancelled,
    ];
    states.extend(Work::ALL.iter().map(|stage| RunState::Running {
        lease: lease(),
        stage: Some(*stage),
    }));
    states.extend(PauseKind::ALL.iter().map(|kind| RunState::Paused {
        lease: lease(),
        stage: Some(Work::Execute),
        kind: *kind,
    }));
    for code in FailureCode::ALL {
        states.push(RunState::Failed(failure(*code)));
        states.push(RunState::DeadLettered(failure(*code)));
    }
    states
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_comes_back_as_it_was() {
    let stage = Stage::start().await;
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let mut runs_in = Vec::new();
    for state in examples() {
        let mut run = run();
        run.record.finished_at = state.name().is_terminal().then(|| at(5));
        run.record.outcome = Outcome {
            summary: Some("done".to_owned()),
            branch: Some("task/x".to_owned()),
            commit: Some("c0ffee".to_owned()),
            pull_request: Some(StoredPullRequest {
                url: "https://github.com/team/parser/pull/17".to_owned(),
                number: 17,
            }),
            files_changed: Some(u32::MAX),
            insertions: Some(1),
            deletions: None,
            usage: Some(Usage {
                input_tokens: 1 << 40,
                cached_input_tokens: 0,
                output_tokens: 3,
            }),
        };
        run.record.run.state = state;
        runs_in.push(run);
    }
    let names: std::collections::BTreeSet<_> = runs_in
        .iter()
        .map(|run| run.record.run.state.name())
        .collect();
    assert_eq!(names.len(), StateName::ALL.len(), "a state is missing here");
    let batch = baton_store::Batch {
        new_runs: runs_in.clone(),
        ..baton_store::Batch::default()
    };
    writer.write(&batch, through(2)).await.expect("all fit");
    for run in runs_in {
        let found = runs::get(&stage.store, run.id()).await.expect("an answer");
        assert_eq!(found, Some(run));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_no_state_allows_is_refused() {
    let stage = Stage::start().await;
    let run = run();
    stage.keep(run.clone()).await;
    let mut raw = stage.raw().await;
    for change in [
        "state = 'running'",
        "state = 'paused', pause_kind = 'frozen'",
        "state = 'retry_scheduled'",
        "state = 'succeeded'",
        "state = 'failed', finished_at = now()",
        "state = 'unheard_of'",
        "due_at = now()",
        "finished_at = now()",
        "stage = 'execute'",
        "lease_worker = 'w1'",
        "lease_worker = 'w1', lease_position = 2, lease_taken_at = now()",
        "failure_code = 'timed_out', failure_message = 'x', failure_retryable = false",
        "failure_message = 'x'",
        "usage_input_tokens = 1",
        "idempotency_key = 'x'",
        "attempt = 0",
        "position = 0",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE task_runs SET {change}"));
        let refused = sqlx::query(sql).execute(&mut raw).await;
        let refused = refused.expect_err(change);
        let database = refused.as_database_error().expect("the database says so");
        assert!(database.is_check_violation(), "{change}: {database}");
    }
}
