//! What runs need a person for, listed, watched and answered by the command line.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout},
    time::timeout,
};

use crate::stack::{Plan, Stack, binary, id};

const PATIENCE: Duration = Duration::from_secs(60);

/// `baton inbox watch --json`, a change at a time.
struct Watching {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(stack: &Stack, more: &[&str]) -> Self {
        let mut command = stack.command(&[&["inbox", "watch", "--json"], more].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("its output");
        Self {
            _child: child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("a change in time").expect("it can be read");
        serde_json::from_str(&line.expect("a change")).expect("JSON, one object a line")
    }
}

/// A run that asks this, and says what it was told.
async fn asking(stack: &Stack, words: &str) -> String {
    let baton = binary();
    let script = format!(
        "answer=$({} need-operator {words} --wait) && echo \"told $answer\"",
        baton.display()
    );
    let body =
        json!({"type": "command", "title": "the asker", "task": {"argv": ["sh", "-c", script]}});
    id(&stack.client.submit(&body).await)
}

async fn told(stack: &Stack, run: &str) -> String {
    let ended = stack.client.ended(run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let log = format!("/api/task-runs/{run}/artifacts/1/logs/agent.log");
    stack.client.text(&log).await
}

// H-10
#[tokio::test(flavor = "multi_thread")]
async fn questions_are_seen_as_they_come_and_answered_by_number_and_in_words() {
    let stack = Stack::start(Plan::default()).await;
    let said = stack.ask(&["inbox"]).await.done();
    assert_eq!(said, "nothing waits for a person\n");
    let first = asking(
        &stack,
        "'Drop the table?' --option no='Keep it' --option yes=Drop",
    )
    .await;
    let mut watching = Watching::start(&stack, &[]);
    let needed = watching.next().await;
    assert_eq!(needed["change"], "needed", "{needed:#}");
    let help = needed["helpRequest"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let listed = stack.ask(&["inbox"]).await.done();
    for text in [
        "question",
        "Drop the table?",
        "1) no: Keep it",
        "2) yes: Drop",
        &help,
        "the asker",
    ] {
        assert!(listed.contains(text), "{text}: {listed}");
    }
    let second = asking(&stack, "'Which schema?'").await;
    let other = watching.next().await;
    let other = other["helpRequest"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let page = stack
        .ask(&["inbox", "list", "--run", &second, "--json"])
        .await
        .json();
    assert_eq!(page["open"], 2, "{page:#}");
    assert_eq!(page["helpRequests"].as_array().map(Vec::len), Some(1));
    let none = stack.ask(&["inbox", "--kind", "permission"]).await.done();
    assert_eq!(
        none,
        "there is nothing like that; 2 others wait for a person\n"
    );
    let refused = stack.ask(&["inbox", "answer", &help, "3"]).await.failed(4);
    assert!(
        refused.contains("no") && refused.contains("yes"),
        "{refused}"
    );
    let said = stack
        .ask(&["inbox", "answer", &help, "2", "--note", "it is a copy"])
        .await
        .done();
    assert_eq!(said, "answered: yes\n");
    let over = watching.next().await;
    assert_eq!(
        (&over["change"], &over["helpRequest"]["id"]),
        (&json!("over"), &json!(help))
    );
    assert!(told(&stack, &first).await.contains("told yes"));
    let taken = stack
        .ask(&["inbox", "answer", &other, "that of v2", "--json"])
        .await
        .json();
    assert_eq!(taken["action"], "answer_help", "{taken:#}");
    assert!(told(&stack, &second).await.contains("told that of v2"));
    let late = stack
        .ask(&["inbox", "answer", &other, "that of v1"])
        .await
        .failed(4);
    assert!(late.contains("answered"), "{late}");
    let over = stack.ask(&["inbox", "--state", "over"]).await.done();
    assert!(
        over.contains("answered by tester: yes (it is a copy)"),
        "{over}"
    );
    stack.stop().await;
}
