//! Who waits for a wish hears how it came, by words and by the exit code.

use serde_json::json;

use super::{
    command_line::{stepping, stepping_run},
    post, until_phase, until_running, wish,
};
use crate::stack::{Asking, Counters, Plan, Stack, id};

/// Starts a command that waits, and waits until its wish has come so far.
async fn waiting(stack: &Stack, run: &str, words: &[&str], phase: &str) -> Asking {
    let arguments = [&["runs"], words, &[run, "--wait"]].concat();
    let asking = stack.asking(&arguments);
    until_phase(stack, run, phase).await;
    asking
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_a_standstill_ends_in_each_way_it_can() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let runs = counters.begin(&stack, 2).await;
    let [run, other] = [runs[0].as_str(), runs[1].as_str()];
    // By force, and on.
    let pause = ["runs", "pause", run, "--deadline", "1s", "--wait"];
    let said = stack.ask(&pause).await.done();
    assert!(said.ends_with("; no tool call came in time\n"), "{said}");
    let again = stack.ask(&["runs", "pause", run, "--wait", "--json"]).await;
    assert_eq!(again.json()["control"]["pause"]["phase"], "effective");
    let said = stack.ask(&["runs", "resume", run, "--wait"]).await.done();
    assert_eq!(said, "the run goes on\n");
    // Taken back, by somebody else.
    for wish in ["pause", "takeover"] {
        let asking = waiting(&stack, run, &[wish, "--deadline", "1h"], "delivered").await;
        stack.ask(&["runs", "resume", run, "--wait"]).await.done();
        let said = asking.ends().await.failed(1);
        assert!(said.contains("it was taken back"), "{said}");
        until_running(&stack, run).await;
    }
    // Its end comes first.
    let asking = waiting(&stack, run, &["pause", "--deadline", "1h"], "delivered").await;
    stack.ask(&["runs", "cancel", run, "--follow"]).await.done();
    let said = asking.ends().await.failed(1);
    assert!(said.contains("cancelled"), "{said}");
    let asking = waiting(
        &stack,
        other,
        &["takeover", "--deadline", "1h"],
        "delivered",
    )
    .await;
    counters.let_go();
    let said = asking.ends().await.failed(1);
    assert!(said.contains("the run is held before publish"), "{said}");
    let said = stack.ask(&["runs", "resume", other, "--wait"]).await;
    assert_eq!(said.done(), "the run goes on\n");
    assert_eq!(stack.client.ended(other).await["state"], "succeeded");
    let said = stack.ask(&["runs", "pause", run, "--wait"]).await.failed(4);
    assert!(
        said.contains("the run has ended: it is cancelled"),
        "{said}"
    );
    stack.stop().await;
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_its_pool_holds_goes_on_by_the_pool_alone() {
    let stack = Stack::start(Plan::default()).await;
    let counters = Counters::new("0.05");
    let run = counters.begin(&stack, 1).await.remove(0);
    let drain = json!({"scope": "pool.default", "note": "who spends so much?", "runs": "pause"});
    post(&stack, "/api/drains", drain).await;
    let held = until_phase(&stack, &run, "effective").await;
    assert_eq!(held["control"]["pause"]["cause"], "scope", "{held:#}");
    let resume = ["runs", "resume", &run, "--wait"];
    let said = stack.ask(&resume).await.failed(1);
    assert!(said.contains("pool.default is paused by"), "{said}");
    // An operator's own pause ends; the pool's does not.
    stack
        .ask(&["runs", "pause", &run, "--hard", "--wait"])
        .await
        .done();
    let said = stack.ask(&resume).await.failed(1);
    assert!(said.contains("held again, cause: scope"), "{said}");
    let held = until_phase(&stack, &run, "effective").await;
    assert_eq!(held["control"]["pause"]["cause"], "scope", "{held:#}");
    stack.ask(&["undrain", "pool", "default"]).await.done();
    until_running(&stack, &run).await;
    counters.let_go();
    stack.client.ended(&run).await;
    stack.stop().await;
}

// H-05 H-09
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_taken_over_and_handed_back_by_who_has_it() {
    let mut stack = Stack::start(Plan::default()).await;
    let run = stepping_run(&stack).await;
    let take = ["runs", "takeover", &run, "--note", "mine", "--wait"];
    let said = stack.ask(&take).await.done();
    assert!(said.starts_with("the run is yours until "), "{said}");
    assert!(
        said.contains(&format!("baton runs hand-back {run}")),
        "{said}"
    );
    let grace = stack.token(&["--name", "grace", "--role", "operator"]);
    let hand_back = |summary| ["runs", "hand-back", &run, "--wait", "--summary", summary];
    let said = stack.ask_as(&grace, &hand_back("not mine")).await.failed(4);
    assert!(said.contains("'tester' has taken the run over"), "{said}");
    let said = stack
        .ask(&["runs", "resume", &run, "--wait"])
        .await
        .failed(4);
    assert!(said.contains("hand"), "{said}");
    let said = stack.ask(&hand_back("looked at it")).await.done();
    assert_eq!(said, "the agent was told what you have done, and goes on\n");
    let said = stack.ask(&hand_back("twice")).await.failed(4);
    assert!(said.contains("nobody has taken the run over"), "{said}");
    // Who waits while the API is away hears of it, and goes on waiting.
    std::fs::write(stack.folder().join("go"), "").expect("a word to the agent");
    stack.client.ended(&run).await;
    stack.workers[0].stop().await;
    let queued = id(&stack.client.submit(&stepping(&stack)).await);
    let asking = waiting(&stack, &queued, &["pause"], "requested").await;
    stack.api.stop().await;
    stack.workers[0].start_again();
    stack.workers[0].wait_for_line("ready").await;
    stack.api.start_again();
    let said = asking.ends().await;
    let told = ["trying again", "the API is back"].map(|words| said.err.matches(words).count());
    assert_eq!(told, [1, 1], "{said:#?}");
    assert_eq!(said.done(), "the run stands still before prepare (stage)\n");
    wish(&stack, &queued, json!({"action": "resume"})).await;
    assert_eq!(stack.client.ended(&queued).await["state"], "succeeded");
    stack.stop().await;
}

// H-05
#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_dies_under_a_look_is_told_once_and_once_more_when_it_is_back() {
    let mut stack = Stack::start(Plan::default()).await;
    let run = stepping_run(&stack).await;
    let mut following = stack.process(&["runs", "follow", &run]);
    following.wait_for_line("execute").await;
    // What is not recorded is looked for again and again.
    stack.recorder.stop().await;
    let mut waiting = stack.process(&["runs", "pause", &run, "--wait"]);
    following.wait_for_line("paused (checkpoint)").await;
    stack.api.stop().await;
    for process in [&mut following, &mut waiting] {
        process.wait_for_line("failed to reach the API").await;
    }
    stack.api.start_again();
    stack.recorder.start_again();
    following.wait_for_line("the API is back").await;
    waiting.wait_for_line("the run stands still").await;
    let ended = waiting.wait().await;
    assert!(ended.success(), "{}", waiting.log());
    std::fs::write(stack.folder().join("go"), "").expect("a word to the agent");
    stack.ask(&["runs", "resume", &run, "--wait"]).await.done();
    let ended = following.wait().await;
    assert!(ended.success(), "{}", following.log());
    for process in [&following, &waiting] {
        for words in ["; trying again for 15 min", "the API is back"] {
            let log = process.log();
            assert_eq!(log.matches(words).count(), 1, "{words}: {log}");
        }
    }
    stack.stop().await;
}
