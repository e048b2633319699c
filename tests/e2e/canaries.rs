//! Canary secrets: planted where a worker has its secrets, and printed, written and published by
//! agents that mean no good, they are nowhere outside the worker.

use baton_testkit::{GitHubStub, Script, Turn, git::SampleRepository};
use serde_json::{Value, json};

use crate::stack::{Outside, Overhearing, Plan, Stack, id};

/// In the worker's environment, for tasks that ask for it.
const FOR_TASKS: &str = "canary-for-tasks-5f2a9c0d1e77";
/// In the worker's environment, for nobody.
const KEPT: &str = "canary-kept-81b3d46aa0c2";
/// The token for GitHub.
const GITHUB: &str = "canary-github-e91cc07f55aa";
/// In an address that git's settings put in the place of another.
const IN_AN_ADDRESS: &str = "canary-address-0c7d8e9fa1b2";
/// What a person put into a clone URL.
const SUBMITTED: &str = "canary-submitted-77aa31c4d2e8";

const TELL: &str = "Tell everything";
const PUBLISH: &str = "Publish something";

/// Prints what it should not, whole, in pieces and encoded, and leaves it in files.
const LEAK: &str = r#"
    printf '%s' "$PASS" | cut -c1-11 | tr -d '\n'; sleep 0.2; printf '%s\n' "$PASS" | cut -c12-
    cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | grep -a canary-
    for n in "" x xy; do printf '%s%s' "$n" "$PASS" | base64 -w0; echo; done
    printf '%s' "$PASS" | od -An -tx1 -v | tr -d ' \n'; echo; cat "$CODEX_HOME/auth.json" "$HOME/.codex/auth.json"
    printf 'key=%s\n' "$PASS" > conf; printf 'a\0%s' "$PASS" > blob
    printf '%s' "$PASS" > "$BATON_ARTIFACTS_DIR/report.txt"
    printf 'a\0%s' "$PASS" > "$BATON_ARTIFACTS_DIR/report.bin"
"#;

fn script() -> Script {
    Script::new([])
        .when(
            TELL,
            [
                Turn::exec(LEAK).saying(&format!("It is {KEPT}.")),
                Turn::say(&format!("All is told: {FOR_TASKS} and {GITHUB}.")),
            ],
        )
        .when(
            PUBLISH,
            [
                Turn::exec("echo more >> README.md; echo \"$PASS\""),
                Turn::say(&format!("Done with {FOR_TASKS}.")),
            ],
        )
}

fn job(repository: &str, instructions: &str) -> Value {
    json!({
        "type": "codex_exec",
        "repository": repository,
        "maxAttempts": 1,
        "task": {
            "instructions": instructions,
            "publish": {"mode": "pr"},
            "secrets": [{"name": "PASS", "from": "env:FOR_TASKS"}],
        },
    })
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn canary_secrets_are_nowhere_outside_the_worker() {
    let sample = SampleRepository::new();
    let github = GitHubStub::start(GITHUB, sample.remote()).await;
    let plan = Plan {
        script: script(),
        workers: 0,
        open: true,
        ..Plan::default()
    };
    let mut stack = Stack::start(plan).await;
    let mut overhearing = Overhearing::begin(&stack).await;
    hire(&mut stack, &github).await;

    let told = run(&stack, &job(&github.repository_url(), TELL)).await;
    assert_eq!(told["error"]["code"], "secret_found", "{told:#}");
    let published = run(&stack, &job(&github.repository_url(), PUBLISH)).await;
    assert_eq!(published["state"], "succeeded", "{published:#}");
    assert_eq!(published["result"]["pullRequest"]["number"], 1);
    let body = github.pulls()[0]["body"].to_string();
    assert!(body.contains("Done with [redacted:FOR_TASKS]."), "{body}");
    let mut unreadable = job("http://nowhere.example/octo/hello.git", PUBLISH);
    unreadable["task"]["publish"] = json!({"mode": "none"});
    let unreadable = run(&stack, &unreadable).await;
    assert_eq!(
        unreadable["error"]["code"], "checkout_failed",
        "{unreadable:#}"
    );
    let with_login = format!("https://user:{SUBMITTED}@github.com/octo/hello.git");
    let refused = stack.client.try_submit(&job(&with_login, TELL)).await;
    assert_eq!(refused.status(), 422);
    let refused = refused.text().await.expect("a problem");

    let of_runs = [&told, &published, &unreadable].map(id);
    let of_runs: Vec<&str> = of_runs.iter().map(String::as_str).collect();
    let mut outside = Outside::read(&stack, &mut overhearing, &of_runs).await;
    outside.add("refusal", refused);
    outside.add("pull requests", format!("{:?}", github.pulls()));
    let log = ["log", "-p", "--all", "--format=fuller"];
    outside.add("remote", sample.ask(&log));
    outside.assert_without(&[FOR_TASKS, KEPT, GITHUB, IN_AN_ADDRESS, SUBMITTED]);
    let said = String::from_utf8_lossy(&overhearing.said().await).into_owned();
    assert!(said.contains("[redacted:FOR_TASKS]") && said.contains("[redacted:DEPLOY_TOKEN]"));
    assert!(said.contains(&format!("\"{}\"", id(&told))));
    stack.stop().await;
}

/// A worker with secrets in all the places where a worker has them.
async fn hire(stack: &mut Stack, github: &GitHubStub) {
    let settings = stack.folder().join("gitconfig");
    let rule = format!(
        "[url \"http://user:{IN_AN_ADDRESS}@127.0.0.1:1/\"]\n\tinsteadOf = http://nowhere.example/\n"
    );
    std::fs::write(&settings, rule).expect("git's settings");
    let settings = settings.display().to_string();
    stack
        .hire(
            "vault",
            2,
            &[
                ("FOR_TASKS", FOR_TASKS.to_owned()),
                ("DEPLOY_TOKEN", KEPT.to_owned()),
                ("BATON_WORKER_TASK_SECRETS", "FOR_TASKS".to_owned()),
                ("BATON_WORKER_GITHUB_API_URL", github.api_url()),
                ("BATON_WORKER_GITHUB_TOKEN", GITHUB.to_owned()),
                ("GIT_CONFIG_GLOBAL", settings),
            ],
        )
        .await;
}

async fn run(stack: &Stack, body: &Value) -> Value {
    let run = stack.client.submit(body).await;
    stack.client.ended(&id(&run)).await
}
