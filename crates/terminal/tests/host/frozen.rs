//! Holding an agent still.

use std::time::Duration;

use baton_terminal::Hosted;

use crate::bench::{Bench, Heard, end, hear, wait_until};

const COUNTING: &str =
    "i=0; while :; do i=$((i+1)); echo $i; echo $i > new; mv new count; sleep 0.01; done";

async fn counted(bench: &Bench) -> u32 {
    let path = bench.folder.path().join("count");
    let mut count = None;
    wait_until(|| {
        count = std::fs::read_to_string(&path)
            .ok()
            .and_then(|t| t.trim().parse().ok());
        count.is_some()
    })
    .await;
    count.unwrap()
}

async fn told(hosted: &mut Hosted, heard: &mut Heard, frozen: bool) {
    hear(hosted, heard, |heard| heard.status.frozen == frozen).await;
}

#[tokio::test]
async fn an_agent_stands_still_until_it_is_let_go_and_the_time_does_not_count() {
    for bench in [Bench::new(COUNTING), Bench::new(COUNTING).without_cgroup()] {
        let mut hosted = bench.launch().await;
        let mut heard = Heard::default();
        hear(&mut hosted, &mut heard, |heard| {
            heard.stdout.contains("5\n")
        })
        .await;
        hosted.remote().freeze();
        told(&mut hosted, &mut heard, true).await;
        let before = counted(&bench).await;
        // Nothing announces that nothing happens.
        let still = tokio::time::timeout(Duration::from_millis(300), hosted.follow(&mut heard));
        assert!(still.await.is_err());
        assert_eq!(counted(&bench).await, before);
        hosted.remote().thaw();
        told(&mut hosted, &mut heard, false).await;
        assert!(heard.status.frozen_ms >= 300);
        let next = format!("{}\n", before + 5);
        hear(&mut hosted, &mut heard, |heard| {
            heard.stdout.contains(&next)
        })
        .await;
        hosted.remote().freeze();
        told(&mut hosted, &mut heard, true).await;
        hosted.remote().end();
        let ended = end(&mut hosted, &mut heard).await.unwrap();
        let ran = heard.at.last().unwrap().as_millis();
        assert!(u128::from(ended.worked_ms) + 300 <= ran, "{ended:?} {ran}");
    }
}
