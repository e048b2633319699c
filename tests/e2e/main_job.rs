//! The main job: an instruction becomes a patch and a pushed branch, done by the real Codex CLI.

use baton_testkit::{Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use crate::stack::{Client, Plan, Stack};

/// What the model does in these journeys: two commands and a word. The second waits for `release("middle")`.
pub(crate) fn script() -> Script {
    Script::new([
        Turn::exec("printf 'noted\\n' > NOTES.md").saying("I will write it down."),
        Turn::exec("cat NOTES.md").held("middle"),
        Turn::say("NOTES.md now says what was asked for."),
    ])
}

/// The job of these journeys.
pub(crate) fn job(repository: &SampleRepository) -> Value {
    json!({
        "type": "codex_exec",
        "repository": repository.url(),
        "task": {
            "instructions": "Write a note",
            "git": {"startingBranch": "main"},
            "publish": {"mode": "branch", "commitMessage": "Add a note"},
        },
    })
}

// W-04 W-05 W-06 W-10 H-16 B-01
#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_becomes_a_patch_and_a_pushed_branch() {
    let repository = SampleRepository::new();
    let stack = Stack::start(Plan {
        script: script(),
        ..Plan::default()
    })
    .await;

    let run = stack.client.submit(&job(&repository)).await;
    let id = crate::stack::id(&run);
    let again = stack.client.get(&format!("/api/task-runs/{id}")).await;
    assert_eq!(
        again["id"], run["id"],
        "a GET right after the POST finds the run"
    );

    stack.model.wait_for_request(2).await;
    let live = stack
        .client
        .until(&id, |run| {
            run["state"] == "running" && run["stage"] == "execute"
        })
        .await;
    assert_eq!(live["lease"]["worker"], "worker-1");
    stack.model.release("middle");

    let run = stack.client.ended(&id).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    let branch = run["result"]["branch"].as_str().expect("a branch");
    assert!(
        branch.starts_with("task/") && branch.ends_with(&id[id.len() - 8..]),
        "{branch}"
    );
    assert_eq!(
        repository.file(branch, "NOTES.md").as_deref(),
        Some("noted")
    );
    assert_eq!(repository.subjects(branch)[0], "Add a note");
    check_artifacts(&stack.client, &id).await;
    check_timeline(&stack.client, &id).await;
    stack.stop().await;
}

async fn check_artifacts(client: &Client, id: &str) {
    let list = client.get(&format!("/api/task-runs/{id}/artifacts")).await;
    let names: Vec<&str> = list["artifacts"]
        .as_array()
        .expect("artifacts")
        .iter()
        .filter_map(|file| file["name"].as_str())
        .collect();
    assert!(
        names.contains(&"logs/agent.log") && names.contains(&"patches/changes.patch"),
        "{names:?}"
    );
    let patch = client
        .text(&format!(
            "/api/task-runs/{id}/artifacts/1/patches/changes.patch"
        ))
        .await;
    assert!(
        patch.contains("+++ b/NOTES.md") && patch.contains("+noted"),
        "{patch}"
    );
    let log = client
        .text(&format!("/api/task-runs/{id}/artifacts/1/logs/agent.log"))
        .await;
    assert!(log.contains("I will write it down."), "{log}");
}

async fn check_timeline(client: &Client, id: &str) {
    let events = client.events(id).await;
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    let expected = [
        "submitted",
        "lease_taken",
        "stage_started",
        "checked_out",
        "agent_started",
        "agent_message",
        "command_started",
        "command_finished",
        "agent_exited",
        "patch_written",
        "artifact_stored",
        "branch_pushed",
        "succeeded",
    ];
    let mut rest = kinds.iter();
    for kind in expected {
        assert!(
            rest.any(|seen| *seen == kind),
            "no {kind} in its place in {kinds:?}"
        );
    }
    let command = events
        .iter()
        .find(|event| event["type"] == "command_finished")
        .expect("a command");
    assert_eq!(command["data"]["exitCode"], 0);
    assert!(command["data"]["durationMs"].is_u64());
}
