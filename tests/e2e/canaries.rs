//! Canary secrets: planted where a worker has its secrets, and printed, written and published by
//! agents that mean no good, they are nowhere outside the worker.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use baton_testkit::{GitHubStub, Script, Turn, git::SampleRepository};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::stack::{Plan, Stack};

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
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut listening = JoinSet::new();
    listen(&stack.broker.url(), &heard, &mut listening).await;
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

    let mut places = vec![
        ("refusal".to_owned(), refused.into_bytes()),
        (
            "pull requests".to_owned(),
            format!("{:?}", github.pulls()).into_bytes(),
        ),
        (
            "remote".to_owned(),
            sample
                .ask(&["log", "-p", "--all", "--format=fuller"])
                .into_bytes(),
        ),
        ("database".to_owned(), dump(&stack.database.url())),
    ];
    places.extend(answers(&stack, &[&told, &published, &unreadable]).await);
    files(&stack.folder().join("artifacts"), &mut places);
    let processes = [
        &stack.api,
        &stack.recorder,
        &stack.supervisor,
        &stack.workers[0],
    ];
    for (n, process) in processes.into_iter().enumerate() {
        places.push((format!("log {n}"), process.log().into_bytes()));
    }
    places.push((
        "broker".to_owned(),
        heard.lock().expect("nobody panicked").clone(),
    ));
    for (place, bytes) in &places {
        for canary in [FOR_TASKS, KEPT, GITHUB, IN_AN_ADDRESS, SUBMITTED] {
            assert_not_in(canary, place, bytes);
        }
    }
    let said = String::from_utf8_lossy(&places.last().expect("the broker").1).into_owned();
    assert!(said.contains("[redacted:FOR_TASKS]") && said.contains("[redacted:DEPLOY_TOKEN]"));
    assert!(said.contains(&format!("\"{}\"", told["id"].as_str().expect("an id"))));
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
    stack.client.ended(&crate::stack::id(&run)).await
}

/// Takes down everything that anybody publishes.
pub(crate) async fn listen(url: &str, heard: &Arc<Mutex<Vec<u8>>>, listening: &mut JoinSet<()>) {
    let address = url.trim_start_matches("nats://").to_owned();
    let mut socket = TcpStream::connect(address).await.expect("the broker");
    let hello = b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB > 1\r\nPING\r\n";
    socket.write_all(hello).await.expect("the broker listens");
    let heard = heard.clone();
    listening.spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = socket.read(&mut buffer).await {
            heard
                .lock()
                .expect("nobody panicked")
                .extend_from_slice(&buffer[..read]);
            // An answer too many is none too few.
            if buffer[..read]
                .windows(6)
                .any(|window| window == b"PING\r\n")
            {
                socket
                    .write_all(b"PONG\r\n")
                    .await
                    .expect("the broker listens");
            }
        }
    });
}

/// All tables, as text.
pub(crate) fn dump(url: &str) -> Vec<u8> {
    let said = Command::new("pg_dump")
        .args(["--inserts", url])
        .output()
        .expect("pg_dump runs");
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    said.stdout
}

/// What the API answers about the runs.
async fn answers(stack: &Stack, runs: &[&Value]) -> Vec<(String, Vec<u8>)> {
    let mut paths = vec!["/api/task-runs".to_owned(), "/api/workers".to_owned()];
    for run in runs {
        let id = run["id"].as_str().expect("an id");
        let of_run = ["", "/events?limit=1000", "/artifacts"];
        paths.extend(of_run.map(|path| format!("/api/task-runs/{id}{path}")));
    }
    let mut answers = Vec::new();
    for path in paths {
        let text = stack.client.text(&path).await;
        answers.push((path, text.into_bytes()));
    }
    answers
}

/// The files below a folder.
pub(crate) fn files(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), places);
        } else {
            let bytes = std::fs::read(entry.path()).expect("a file");
            places.push((entry.path().display().to_string(), bytes));
        }
    }
}

/// Asserts that a word is not there, neither as it is nor encoded.
pub(crate) fn assert_not_in(canary: &str, place: &str, bytes: &[u8]) {
    let mut forms = vec![canary.as_bytes().to_vec()];
    forms.push(
        canary
            .bytes()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
    );
    for before in ["", "x", "xy"] {
        // All letters but those that depend on what stands before and after.
        let encoded = STANDARD.encode(format!("{before}{canary}"));
        forms.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
    }
    for form in forms {
        let at = bytes.windows(form.len()).position(|window| window == form);
        if let Some(at) = at {
            let around = &bytes[at.saturating_sub(300)..bytes.len().min(at + 100)];
            panic!("{canary} in {place}: {}", String::from_utf8_lossy(around));
        }
    }
}
