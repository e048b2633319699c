//! What is refused, and what fails, each with a reason that a person can act on.

use baton_testkit::git::SampleRepository;
use serde_json::{Value, json};

use crate::stack::{Plan, Stack, id};

async fn failure(stack: &Stack, body: Value) -> (String, String) {
    let mut body = body;
    body["maxAttempts"] = json!(1);
    let run = stack.client.submit(&body).await;
    let run = stack.client.ended(&id(&run)).await;
    assert!(
        run["state"] == "failed" || run["state"] == "dead_lettered",
        "{run:#}"
    );
    let text = |field: &str| run["error"][field].as_str().expect("an error").to_owned();
    (text("code"), text("message"))
}

fn codex(repository: &str) -> Value {
    json!({"repository": repository, "task": {"instructions": "Do it"}})
}

// W-06 W-09
#[tokio::test(flavor = "multi_thread")]
async fn runs_that_cannot_be_done_fail_with_a_reason() {
    let stack = Stack::start(Plan::default()).await;

    let (code, message) = failure(&stack, codex("/nowhere/at/all.git")).await;
    assert_eq!(code, "repository_unreadable", "{message}");
    assert!(message.contains("/nowhere/at/all.git"), "{message}");

    let repository = SampleRepository::new();
    let mut body = codex(&repository.url());
    body["task"]["git"] = json!({"startingBranch": "no-such-branch"});
    let (code, message) = failure(&stack, body).await;
    assert_eq!(code, "ref_not_found", "{message}");
    assert!(message.contains("no-such-branch"), "{message}");

    repository.refuse_pushes("the house rules forbid it");
    let push = json!({
        "type": "command", "repository": repository.url(),
        "task": {"argv": ["sh", "-c", "echo x > x"], "publish": {"mode": "branch"}},
    });
    let (code, message) = failure(&stack, push).await;
    assert_eq!(code, "push_refused", "{message}");
    assert!(message.contains("the house rules forbid it"), "{message}");

    let argv = |argv: &[&str]| json!({"type": "command", "task": {"argv": argv}});
    let (code, message) = failure(&stack, argv(&["sh", "-c", "exit 7"])).await;
    assert_eq!(code, "command_failed");
    assert!(message.contains('7'), "{message}");
    let (code, message) = failure(&stack, argv(&["sh", "-c", "kill -KILL $$"])).await;
    assert_eq!(code, "agent_killed", "{message}");
    let (code, message) = failure(&stack, argv(&["no-such-program-here"])).await;
    assert_eq!(code, "agent_missing", "{message}");
    assert!(message.contains("no-such-program-here"), "{message}");
    stack.stop().await;
}

// W-09
#[tokio::test(flavor = "multi_thread")]
async fn bad_submissions_name_every_field() {
    let stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let body = json!({
        "repository": "ext::sh -c id",
        "task": {"instructions": " ", "git": {"startingBranch": "-x"}, "publish": {"mode": "everywhere"}},
        "maxAttempts": 0,
    });
    let answer = stack.client.try_submit(&body).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.expect("a problem");
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    for field in [
        "repository",
        "task.instructions",
        "task.git.startingBranch",
        "task.publish.mode",
        "maxAttempts",
    ] {
        assert!(fields.contains(&field), "{field} is not in {fields:?}");
    }
    for (body, field) in [
        (json!({"repositry": "/srv/a.git"}), "repositry"),
        (
            json!({"task": {"runtime": {"effort": 3}}}),
            "task.runtime.effort",
        ),
    ] {
        let problem: Value = stack
            .client
            .try_submit(&body)
            .await
            .json()
            .await
            .expect("a problem");
        assert!(problem.to_string().contains(field), "{problem:#}");
    }
    let huge = json!({"repository": "/srv/a.git", "task": {"instructions": "x".repeat(3 << 20)}});
    assert_eq!(stack.client.try_submit(&huge).await.status(), 413);
    assert!(stack.rows().table("task_runs").is_empty());
    stack.stop().await;
}
