//! Claude Code with its own screen in the run's terminal.

use baton_testkit::{Fault, ModelEndpoint, Script, Turn, git::SampleRepository};
use baton_wire::Event;
use serde_json::json;

use crate::{
    agents::{branch, commands, failure, is_good, task},
    bench::marked,
    claude::{CLAUDE, bench, usage},
};

// W-04
#[tokio::test]
async fn claudes_own_screen_is_in_the_terminal_and_its_work_is_told_all_the_same() {
    let endpoint = ModelEndpoint::start(Script::new([
        Turn::exec("printf made > made.txt; cat made.txt").saying("I make a file."),
        Turn::write("b.txt", "hello"),
        Turn::exec("exit 3"),
        Turn::say("all done"),
    ]))
    .await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let worker = bench.work();
    let run = bench
        .submit(task(CLAUDE, &repository, json!({ "mode": "interactive" })))
        .await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    story.assert_in_order();
    let done = Event::Succeeded {
        summary: "all done".to_owned(),
    };
    assert_eq!(story.last(), Some(&done));
    assert_eq!(commands(&story), [(Some(0), "made"), (Some(3), "")]);
    assert!(
        story
            .has(|event| matches!(event, Event::FilesChanged { paths, .. } if paths == &["b.txt"]))
    );
    assert_eq!(usage(&story), (400, 160, 80));
    assert_eq!(repository.file(&branch(&story), "b.txt").unwrap(), "hello");
    let recording = bench.sink.text(&format!("{run}/1/recording/agent.cast"));
    let recording = recording.unwrap();
    assert!(recording.contains("Claude"), "{recording}");
    let asked = endpoint.wait_for_request(4).await;
    assert!(asked.words().contains("make the file\n\nand say so"));
    assert_eq!(marked(run), 0);
    worker.leave().await;
}

#[tokio::test]
async fn a_model_that_refuses_fails_the_run_with_a_screen_too() {
    let refusal = Turn::say("never").failing(Fault::status(400).always());
    let endpoint = ModelEndpoint::start(Script::new([refusal])).await;
    let repository = SampleRepository::new();
    let bench = bench(&endpoint).await;
    let request = task(CLAUDE, &repository, json!({ "mode": "interactive" }));
    let (code, message) = failure(&bench, request).await;
    assert_eq!(code, "agent_failed");
    assert!(message.contains("the script says so"), "{message}");
}
