//! Every control of a run goes into its tables and comes back as it was; no other combination goes
//! in.

mod examples;
mod inbox;
mod messages;
mod wishes;

use std::sync::Arc;

use baton_domain::{
    HelpKind,
    run::control::{Control, MessageStanding},
};
use baton_store::{Batch, NewControl, help, messages as recorded, runs};

use self::examples::{
    asked_for, controls, delivery, held, kept, message, need, needs, stored, takeover, told, with,
};
use crate::stage::{Stage, position, through};

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
    let page = recorded::page(&stage.store, waits.id(), None, 50).await;
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
        ("task_run_control", "hand_backs = '{}'"),
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
