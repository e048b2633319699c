//! A worker that has lost the broker for long.

use std::time::{Duration, Instant};

use baton_wire::Event;
use serde_json::json;
use tokio::process::Command;

use crate::bench::{Bench, Story, wait_until};

// W-11
#[tokio::test]
async fn an_agent_cut_off_for_too_long_stands_still_until_the_broker_is_back() {
    let mut bench = Bench::new().await;
    bench.options.freeze_after = Duration::from_millis(200);
    let worker = bench.work();
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "i=0; until [ -e {0}/stop ]; do i=$((i+1)); echo $i | tee {0}/count; sleep 0.02; done",
        folder.path().display()
    );
    let request = json!({ "type": "command", "task": { "argv": ["sh", "-c", script] } });
    let run = bench.submit(request).await;
    bench
        .story(run, |story| story.output().contains("\n5\n"))
        .await;
    bench.broker.kill9().await;
    let spool = bench.workspace(run, 1).join("spool/events.jsonl");
    wait_until(|| std::fs::read_to_string(&spool).is_ok_and(|text| text.contains("agent_frozen")))
        .await;
    let count = || std::fs::read_to_string(folder.path().join("count")).unwrap();
    let before = count();
    // Somebody who is not held takes as many steps meanwhile.
    let began = Instant::now();
    let steps = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.02; done";
    let other = Command::new("sh").args(["-c", steps]).status().await;
    assert!(other.unwrap().success());
    let meanwhile = began.elapsed().as_millis();
    assert_eq!(count(), before);
    bench.broker.start_again().await;
    let thawed = |story: &Story| story.has(|event| matches!(event, Event::AgentThawed { .. }));
    bench.story(run, thawed).await;
    std::fs::write(folder.path().join("stop"), "").unwrap();
    let story = bench.end(run).await;
    assert!(
        matches!(story.last(), Some(Event::Succeeded { .. })),
        "{story:#?}"
    );
    story.assert_in_order();
    let counted: Vec<usize> = story.output().lines().map(|n| n.parse().unwrap()).collect();
    assert!(counted.iter().copied().eq(1..=counted.len()), "{counted:?}");
    let frozen = story.events().into_iter().find_map(|event| match event {
        Event::AgentThawed { frozen_ms } => Some(*frozen_ms),
        _ => None,
    });
    assert!(u128::from(frozen.unwrap()) >= meanwhile);
    worker.leave().await;
}
