//! The broker goes away while work is done.

use baton_testkit::Proxy;
use baton_wire::Event;
use serde_json::json;

use crate::bench::{Bench, Story, connect, wait_until};

// W-06
#[tokio::test]
async fn what_is_said_while_the_broker_is_away_arrives_once_and_in_order() {
    let mut bench = Bench::new().await;
    let worker = bench.work();
    let gate = bench.state.path().join("gate");
    let script = format!(
        "echo begun; while [ ! -e {} ]; do sleep 0.02; done; for i in $(seq 200); do echo line $i; done",
        gate.display()
    );
    let request = json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } });
    let run = bench.submit(request).await;
    let begun = |story: &Story| story.output().contains("begun");
    bench.story(run, begun).await;
    bench.broker.kill9().await;
    std::fs::write(gate, "").unwrap();
    // The command ends while nobody listens.
    let log = bench.workspace(run, 1).join("record/logs/agent.log");
    wait_until(|| std::fs::read_to_string(&log).is_ok_and(|text| text.contains("line 200"))).await;
    assert!(
        bench.sink.kept().is_empty(),
        "nothing leaves without the lease"
    );
    bench.broker.start_again().await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    let lines = (1..=200).map(|n| format!("line {n}\n"));
    let expected: String = ["begun\n".to_owned()].into_iter().chain(lines).collect();
    assert_eq!(story.output(), expected);
    worker.leave().await;
}

// W-06: what waits on the disk is bounded; of what happened nothing is left out but live log.
#[tokio::test]
async fn a_talking_agent_does_not_fill_the_disk_while_the_broker_is_away() {
    const SPOOL: u64 = 64 << 10;
    let mut bench = Bench::new().await;
    bench.options.limits.spool_bytes = SPOOL;
    let worker = bench.work();
    let gate = bench.state.path().join("gate");
    let script = format!(
        "echo begun; while [ ! -e {} ]; do sleep 0.02; done; seq 30000",
        gate.display()
    );
    let request = json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } });
    let run = bench.submit(request).await;
    let begun = |story: &Story| story.output().contains("begun");
    bench.story(run, begun).await;
    bench.broker.kill9().await;
    std::fs::write(gate, "").unwrap();
    let workspace = bench.workspace(run, 1);
    let log = workspace.join("record/logs/agent.log");
    let whole = || std::fs::read_to_string(&log).is_ok_and(|text| text.ends_with("\n30000\n"));
    wait_until(whole).await;
    let waiting = std::fs::metadata(workspace.join("spool/events.jsonl")).unwrap();
    assert!(waiting.len() < SPOOL, "{} bytes wait", waiting.len());
    bench.broker.start_again().await;
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    let live = story.output();
    assert!(std::fs::read_to_string(&log).unwrap().starts_with(&live));
    let ended = |event: &&Event| matches!(event, Event::OutputTruncated { offset } if *offset == live.len() as u64);
    let events = story.events();
    assert_eq!(events.into_iter().filter(ended).count(), 1, "{story:#?}");
    worker.leave().await;
}

#[tokio::test]
async fn a_connection_that_breaks_again_and_again_doubles_nothing() {
    let bench = Bench::new().await;
    let proxy = Proxy::start(&bench.broker.url()).await;
    let bus = connect(&proxy.through(&bench.broker.url())).await;
    let worker = bench.work_as(bus, bench.options.clone());
    let script = "for i in $(seq 100); do echo line $i; sleep 0.02; done";
    let request = json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } });
    let run = bench.submit(request).await;
    for n in 1..=4 {
        let wanted = format!("line {}\n", n * 10);
        bench
            .story(run, |story| story.output().contains(&wanted))
            .await;
        proxy.cut();
        proxy.restore();
    }
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    assert_eq!(story.output().lines().count(), 100);
    worker.leave().await;
}

#[tokio::test]
async fn an_end_that_nobody_heard_is_told_by_the_next_worker_in_the_folder() {
    let mut bench = Bench::new().await;
    // The record cannot be left either, and is not waited for.
    bench.options.limits.upload_patience_failed = std::time::Duration::from_millis(300);
    let mut worker = bench.work();
    let gate = bench.state.path().join("gate");
    let script = format!(
        "echo begun; while [ ! -e {} ]; do sleep 0.02; done; exit 3",
        gate.display()
    );
    let request = json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } });
    let run = bench.submit(request).await;
    bench
        .story(run, |story| story.output().contains("begun"))
        .await;
    bench.broker.kill9().await;
    std::fs::write(gate, "").unwrap();
    let spool = bench.workspace(run, 1).join("spool/events.jsonl");
    last_word_is_written(&spool).await;
    worker.hard.cancel();
    worker.ended().await.unwrap();
    bench.broker.start_again().await;
    let bus = connect(&bench.broker.url()).await;
    let worker = bench.work_as(bus, bench.options.clone());
    let story = bench.end(run).await;
    let (code, _) = story.failure();
    assert_eq!(code, "command_failed");
    story.assert_in_order();
    assert_eq!(story.leases.len(), 1);
    worker.leave().await;
}

/// Waits until the attempt's last word is on the disk.
async fn last_word_is_written(spool: &std::path::Path) {
    let said = || std::fs::read_to_string(spool).is_ok_and(|text| text.contains("command_failed"));
    wait_until(said).await;
}
