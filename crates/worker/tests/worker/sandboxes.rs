//! The agents' own sandboxes, with the real programs that they are made of.

use std::path::{Path, PathBuf};

use baton_testkit::{ModelEndpoint, Script, Turn, codex, git::SampleRepository};
use baton_worker::{ClaudeSandbox, CodexLogin, CodexSandbox};
use serde_json::json;

use crate::{
    agents::{is_good, program, task},
    claude::{CLAUDE, bench},
};

// W-04
#[tokio::test]
async fn claude_writes_in_its_sandbox_and_nowhere_else() {
    // Below the system's temporary folder, everything could be written.
    let state = tempfile::tempdir_in("/var/tmp").unwrap();
    let outside = state.path().join("outside");
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = door.local_addr().unwrap().port();
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("echo in > in.txt; echo a > $BATON_ARTIFACTS_DIR/a.txt; cat in.txt"),
        Turn::exec(&format!("echo out > {}", outside.display())),
        Turn::exec(&format!(
            "echo x > /dev/tcp/127.0.0.1/{port} && echo reached"
        )),
        Turn::exec("cat $CLAUDE_CONFIG_DIR/api-key"),
        Turn::write(&outside.display().to_string(), "out"),
        Turn::write("b.txt", "hello"),
        Turn::say("done"),
    ]))
    .await;
    let repository = SampleRepository::new();
    let mut bench = bench(&endpoint).await;
    bench.options.state_dir = state.path().join("w1");
    bench.options.claude.sandbox = ClaudeSandbox::WorkspaceWrite;
    let worker = bench.work();
    let run = bench.submit(task(CLAUDE, &repository, json!({}))).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    let outputs = endpoint.wait_for_request(7).await.outputs();
    assert!(outputs[0].contains("in"), "{outputs:#?}");
    assert!(outputs[1].contains("Read-only"), "{outputs:#?}");
    assert!(!outputs[2].contains("reached"), "{outputs:#?}");
    assert!(!outputs[3].contains("sk-ant"), "{outputs:#?}");
    assert!(!outside.exists(), "{outputs:#?}");
    let repo = bench.workspace(run, 1).join("repo");
    let read = |name: &str| std::fs::read_to_string(repo.join(name)).unwrap();
    assert_eq!(
        (read("in.txt"), read("b.txt")),
        ("in\n".into(), "hello".into())
    );
    assert_eq!(bench.sink.text(&format!("{run}/1/a.txt")).unwrap(), "a\n");
    worker.leave().await;
}

/// The program, where nobody may make a namespace: as in most containers.
fn confined(folder: &Path, agent: &Path) -> PathBuf {
    let script = format!(
        "exec unshare --user --map-root-user sh -c '\
         echo 0 > /proc/sys/user/max_user_namespaces; \
         exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" \"$@\"' '{}' \"$@\"",
        agent.display()
    );
    program(folder, "confined", &script)
}

// W-08
#[tokio::test]
async fn a_worker_whose_machine_allows_no_sandbox_says_so_before_it_takes_a_run() {
    let endpoint = ModelEndpoint::start(Script::default()).await;
    let mut bench = bench(&endpoint).await;
    let folder = tempfile::tempdir().unwrap();
    let options = &mut bench.options;
    options.claude.program = confined(folder.path(), &options.claude.program);
    options.claude.sandbox = ClaudeSandbox::WorkspaceWrite;
    let refused = bench.work().ended().await.unwrap_err().to_string();
    for words in [
        "namespace",
        "docs/agents.md",
        "BATON_WORKER_CLAUDE_SANDBOX=bypass",
    ] {
        assert!(refused.contains(words), "{refused}");
    }
    let options = &mut bench.options;
    options.run_types = ["codex_exec".parse().unwrap()].into();
    options.codex.program = confined(folder.path(), &codex::program());
    options.codex.login = CodexLogin::ApiKey(codex::API_KEY.to_owned());
    options.codex.sandbox = CodexSandbox::WorkspaceWrite;
    let refused = bench.work().ended().await.unwrap_err().to_string();
    for words in [
        "namespace",
        "docs/agents.md",
        "BATON_WORKER_CODEX_SANDBOX=bypass",
    ] {
        assert!(refused.contains(words), "{refused}");
    }
}
