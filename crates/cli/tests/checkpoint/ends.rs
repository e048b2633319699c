//! Outside a run, and at its end, nothing holds anybody.

use std::process::Stdio;

use serde_json::Value;
use tokio::{process::Command, time::timeout};

use crate::agent::{BATON, PATIENCE, Run, pre, printed};
#[tokio::test]
async fn outside_a_run_and_after_it_nothing_holds_anybody() {
    for socket in [None, Some("/no/such/folder/agent.sock")] {
        let mut command = Command::new(BATON);
        command
            .arg("checkpoint")
            .stdin(Stdio::null())
            .env_remove("BATON_AGENT_SOCKET");
        if let Some(socket) = socket {
            command.env("BATON_AGENT_SOCKET", socket);
        }
        let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let nothing = output.stdout.is_empty() && output.stderr.is_empty();
        assert!(output.status.success() && nothing, "{output:?}");
    }
    // A host that goes while a hook waits.
    let mut run = Run::start("sleep 300").await;
    run.hold(1).await;
    let held = run.hook(&pre("1")).await;
    run.until(|heard| heard.status.waiting).await;
    run.hosted.remote().end();
    run.until(|_| false).await;
    let said = printed(held).await;
    // It is told to do nothing more.
    assert_eq!(said["hookSpecificOutput"]["permissionDecision"], "deny");
    let gone = run.hook(&pre("2")).await;
    assert_eq!(printed(gone).await, Value::Null);
    let asked = run.call(&["need-operator", "why?"]).output().await.unwrap();
    assert_eq!(asked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&asked.stderr).contains("the run's host does not answer"));
}

// B-03
#[tokio::test]
async fn an_agent_that_is_ended_while_it_waits_is_told_no_before_any_signal() {
    let hook = pre("1").to_string();
    let script = format!("echo '{hook}' | \"$BATON\" checkpoint > said; sleep 300");
    let mut run = Run::start(&format!("while [ ! -e go ]; do sleep 0.01; done; {script}")).await;
    run.hold(1).await;
    std::fs::write(run.folder.path().join("go"), "").unwrap();
    run.until(|heard| heard.status.waiting).await;
    run.hosted.remote().end();
    run.until(|_| false).await;
    let said = std::fs::read_to_string(run.folder.path().join("said")).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["hookSpecificOutput"]["permissionDecision"], "deny");
}
