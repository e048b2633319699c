//! What the tests of the real agents share.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use baton_testkit::git::SampleRepository;
use baton_wire::Event;
use baton_worker::WorkerOptions;
use serde_json::{Value, json};

use crate::bench::{Bench, Story};

/// A run of this type, whose changes become a branch.
pub(crate) fn task(agent: &str, repository: &SampleRepository, runtime: Value) -> Value {
    json!({
        "type": agent,
        "repository": repository.url(),
        "task": {
            "instructions": "make the file\n\nand say so",
            "runtime": runtime,
            "publish": { "mode": "branch" },
        },
    })
}

pub(crate) fn is_good(story: &Story) -> bool {
    matches!(story.last(), Some(Event::Succeeded { .. }))
}

/// The branch that was pushed.
pub(crate) fn branch(story: &Story) -> String {
    let branch = story.events().into_iter().find_map(|event| match event {
        Event::BranchPushed { branch, .. } => Some(branch.clone()),
        _ => None,
    });
    branch.unwrap_or_else(|| panic!("nothing was pushed: {story:#?}"))
}

/// What the agent's commands came to.
pub(crate) fn commands(story: &Story) -> Vec<(Option<i32>, &str)> {
    let finished = story.events().into_iter().filter_map(|event| match event {
        Event::CommandFinished {
            exit_code,
            output_tail,
            ..
        } => Some((*exit_code, output_tail.as_str())),
        _ => None,
    });
    finished.collect()
}

/// A script that can be run as a program.
pub(crate) fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Does the run; the code and the words of its failure.
pub(crate) async fn failure(bench: &Bench, request: Value) -> (String, String) {
    let worker = bench.work();
    let run = bench.submit(request).await;
    let failure = bench.end(run).await.failure();
    worker.leave().await;
    failure
}

/// Has the run done by programs that go wrong in every way that agents share, and in one of this
/// agent's own. `sense` prints a line that is one of the agent's; `pretend` puts a program that does
/// this in the agent's place.
pub(crate) async fn go_wrong(
    bench: &mut Bench,
    request: &Value,
    (sense, own): (&str, (&str, &str, &str)),
    pretend: impl Fn(&mut WorkerOptions, &Path, &str),
) {
    let cases = [
        ("echo hello world", "agent_garbled", "hello world"),
        ("yes garbage", "agent_garbled", "garbage"),
        (&format!("{sense}; kill -9 $$"), "agent_killed", "signal 9"),
        (
            &format!("{sense}; exit 137"),
            "agent_killed",
            "exit code 137",
        ),
        (
            &format!("{sense}; echo 'no disk' >&2; exit 2"),
            "agent_failed",
            "no disk",
        ),
        (
            &format!("{sense}; exit 0"),
            "agent_failed",
            "without an answer",
        ),
        (
            &format!("{sense}; echo half a line; exit 0"),
            "agent_garbled",
            "half a line",
        ),
        (&format!("{sense}; {}", own.0), own.1, own.2),
    ];
    for (exec, code, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        pretend(&mut bench.options, folder.path(), exec);
        let (found, message) = failure(bench, request.clone()).await;
        assert_eq!(found, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
}
