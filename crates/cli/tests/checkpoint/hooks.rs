//! An agent's hook is held, told something, and killed.

use baton_domain::MessageKind;
use baton_terminal::{LetGoWhy, What};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::agent::{PATIENCE, Run, pre, printed};
// B-03, B-04
#[tokio::test]
async fn a_hook_stands_still_while_the_run_is_held_and_comes_back_with_what_was_said() {
    let mut run = Run::start("sleep 300").await;
    assert_eq!(printed(run.hook(&pre("1")).await).await, Value::Null);
    run.hold(1).await;
    let held = run.hook(&pre("2")).await;
    run.until(|heard| heard.status.waiting).await;
    run.tell(7, MessageKind::Steering, 1).await;
    run.let_go().await;
    let said = printed(held).await;
    assert_eq!(said["hookSpecificOutput"]["hookEventName"], "PreToolUse");
    let context = said["hookSpecificOutput"]["additionalContext"].as_str();
    assert!(
        context
            .unwrap()
            .starts_with("Message from operator anna (steering): text 7\n")
    );
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(run.delivered(), [7]);
    run.tell(8, MessageKind::Queued, 1).await;
    let stop = json!({ "hook_event_name": "Stop", "session_id": "s" });
    let said = printed(run.hook(&stop).await).await;
    assert_eq!(said["decision"], "block");
    assert!(
        said["reason"]
            .as_str()
            .unwrap()
            .contains("(queued): text 8")
    );
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(printed(run.hook(&stop).await).await, Value::Null);
    run.until(|heard| heard.status.turns == 1).await;
}

// B-04
#[tokio::test]
async fn a_hook_that_is_killed_has_handed_nothing_over() {
    let mut run = Run::start("sleep 300").await;
    run.hold(1).await;
    run.tell(7, MessageKind::Steering, 1).await;
    let mut held = run.hook(&pre("1")).await;
    run.until(|heard| heard.status.waiting).await;
    held.kill().await.unwrap();
    let left = |what: &What| matches!(what, What::LetGo(let_go) if let_go.why == LetGoWhy::Left);
    run.until(|heard| heard.told.iter().any(left)).await;
    run.let_go().await;
    // One that cannot say what it was given has not handed it over either.
    let (nobody, said) = std::io::pipe().unwrap();
    drop(nobody);
    let mut broken = run.hook_into(said.into(), &pre("2")).await;
    assert!(
        timeout(PATIENCE, broken.wait())
            .await
            .unwrap()
            .unwrap()
            .success()
    );
    let said = loop {
        let said = printed(run.hook(&pre("3")).await).await;
        if said != Value::Null {
            break said;
        }
    };
    assert!(said.to_string().contains("text 7"));
    run.until(|heard| heard.status.pending == 0).await;
    assert_eq!(run.delivered(), [7]);
}
