//! Everything goes wrong, one thing after the other, while twenty runs are done: every run ends
//! well, nothing is counted twice, and what is recorded is what the log says.

use serde_json::{Value, json};

use crate::stack::{Counters, Plan, Rows, Stack};

const RUNS: usize = 20;
/// Numbers that every run counts between two blows.
const BREATH: u64 = 5;

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Api,
    Recorder,
    Supervisor,
    Broker,
    Database,
    Worker(usize),
}

const BLOWS: [Blow; 8] = [
    Blow::Recorder,
    Blow::Worker(0),
    Blow::Broker,
    Blow::Supervisor,
    Blow::Database,
    Blow::Worker(1),
    Blow::Api,
    Blow::Broker,
];

impl Blow {
    /// A crash, and a start that follows at once, as a service manager would do it.
    async fn strike(self, stack: &mut Stack) {
        match self {
            Self::Broker => {
                stack.broker.kill9().await;
                stack.broker.start_again().await;
            }
            Self::Database => {
                stack.database.kill9().await;
                stack.database.start_again().await;
            }
            Self::Api => restart(&mut stack.api).await,
            Self::Recorder => restart(&mut stack.recorder).await,
            Self::Supervisor => restart(&mut stack.supervisor).await,
            Self::Worker(n) => restart(&mut stack.workers[n]).await,
        }
    }
}

async fn restart(process: &mut baton_testkit::Process) {
    process.kill9().await;
    process.start_again();
}

// B-01 W-11
#[tokio::test(flavor = "multi_thread")]
async fn twenty_runs_outlive_the_crash_of_every_part() {
    let mut stack = Stack::start(Plan {
        workers: 3,
        slots: RUNS,
        ..Plan::default()
    })
    .await;
    let counters = Counters::new("0.1");
    let runs = counters.begin(&stack, RUNS).await;
    for blow in BLOWS {
        blow.strike(&mut stack).await;
        counters.the_last_of_each_goes_on(&runs, BREATH).await;
    }
    counters.let_go();
    for run in &runs {
        let ended = stack.client.ended(run).await;
        assert_eq!(ended["state"], "succeeded", "{ended:#}");
    }
    let rows = stack.rows();
    assert!(rows.table("unreadable_messages").is_empty());
    for run in &runs {
        assert_done_once(&rows, run);
        Counters::assert_whole(&rows.log(run));
    }
    // What is recorded is what the log says.
    stack.recorder.stop().await;
    stack.baton(&["recorder", "--rebuild"]).await;
    assert_eq!(stack.rows(), rows);
    stack.recorder.start_again();
    stack.stop().await;
}

/// One effective end; every lease is over before the next begins; every event of an attempt is
/// there once and in order.
fn assert_done_once(rows: &Rows, run: &str) {
    let events = rows.table("task_run_events").iter();
    let events: Vec<&Value> = events.filter(|event| event["run_id"] == run).collect();
    let effective = |kind: &str| {
        let all = events.iter().filter(|event| event["effective"] == true);
        all.filter(|event| event["kind"] == kind).count()
    };
    assert_eq!(effective("succeeded"), 1, "{run}");
    let over = effective("lease_lost") + effective("lease_released");
    assert_eq!(effective("lease_taken"), over + 1, "{run}");
    let mut last = (json!(0), 0);
    for event in events.iter().filter(|event| event["effective"] == true) {
        let Some(seq) = event["seq"].as_u64() else {
            continue;
        };
        let expected = if event["attempt"] == last.0 {
            last.1 + 1
        } else {
            1
        };
        assert_eq!(seq, expected, "{run}: {event:#}");
        last = (event["attempt"].clone(), seq);
    }
}
