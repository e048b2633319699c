//! The real Codex, held and talked to: what the model is asked proves what reached it.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use baton_domain::{MessageKind, PauseMethod, PauseMode};
use baton_terminal::{Asked, HelpAsk, Hook, ask_person, pass_hook};
use baton_testkit::{
    ModelEndpoint, Recorded, Script, Turn,
    codex::{self, CodexHome},
    git::SampleRepository,
};
use baton_wire::{ControlCommand, Event, event::HelpNeeded};
use baton_worker::{Approvals, CodexLogin, CodexSandbox};
use serde_json::{Value, json};

use crate::{
    agents::program,
    bench::{Bench, Story, marked},
    codex::overrides,
    control::{how, is_paused, resume},
};

/// No test by itself: what Codex's hooks call, and its questions to people.
#[test]
fn hook_role() {
    let Some(question) = std::env::var_os("HOOK_ROLE") else {
        return;
    };
    let socket = std::env::var_os("BATON_AGENT_SOCKET").unwrap();
    let socket = Path::new(&socket);
    let mut out = File::options().write(true).open("/dev/fd/3").unwrap();
    if !question.is_empty() {
        let mut ask = HelpAsk::new(question.to_str().unwrap());
        ask.wait = true;
        let Asked::Answered(answered) = ask_person(socket, ask, None).unwrap() else {
            panic!("nobody has answered");
        };
        writeln!(out, "{}", answered.answer).unwrap();
        return;
    }
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    pass_hook(socket, &Hook::parse(&input).unwrap(), &mut out).unwrap();
}

/// The worker's own program, as far as agents call it: this binary.
pub(crate) fn hook_program(folder: &Path) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    // A pipe, since what some agents give their hooks is a socket, which cannot be opened by its path.
    let script = format!(
        "question=\n[ \"$1\" = need-operator ] && question=$2\n\
         HOOK_ROLE=$question '{}' --exact codex_control::hook_role 3>&1 > /dev/null | cat",
        own.display()
    );
    program(folder, "baton", &script)
}

struct Ground {
    bench: Bench,
    endpoint: ModelEndpoint,
    repository: SampleRepository,
    _home: CodexHome,
}

impl Ground {
    async fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let endpoint = ModelEndpoint::start(Script::new(turns)).await;
        let home = CodexHome::logged_in();
        let mut bench = Bench::new().await;
        let options = &mut bench.options;
        options.run_types = ["codex_exec".parse().unwrap()].into();
        options.hook_program = Some(hook_program(bench.state.path()));
        options.codex.program = codex::program();
        options.codex.login = CodexLogin::Home(home.path().to_owned());
        options.codex.config = overrides(&endpoint);
        Self {
            bench,
            endpoint,
            repository: SampleRepository::new(),
            _home: home,
        }
    }

    fn task(&self, mode: &str) -> Value {
        json!({
            "type": "codex_exec",
            "repository": self.repository.url(),
            "maxAttempts": 1,
            "task": { "instructions": "do it", "runtime": { "mode": mode } },
        })
    }

    /// What the model was asked for the task, the `n`th time. Codex's screen also asks it for a title.
    async fn request(&self, n: usize) -> String {
        let mut all = n;
        while self.requests().len() < n {
            self.endpoint.wait_for_request(all).await;
            all += 1;
        }
        self.requests()[n - 1].body.to_string()
    }

    /// All that the model was asked for the task.
    fn requests(&self) -> Vec<Recorded> {
        let mut requests = self.endpoint.requests();
        requests.retain(|request| !request.body.to_string().contains("thread_title"));
        requests
    }
}

pub(crate) fn soft_pause() -> ControlCommand {
    ControlCommand::Pause {
        mode: PauseMode::Soft,
        deadline_seconds: Some(60),
        resume_after_seconds: None,
        note: None,
    }
}

pub(crate) fn tell(kind: MessageKind, text: &str) -> ControlCommand {
    ControlCommand::SendMessage {
        kind,
        text: text.to_owned(),
    }
}

pub(crate) fn commands_held(story: &Story, n: usize) -> bool {
    let held = |event: &&Event| matches!(event, Event::ControlDelivered(_));
    story.events().into_iter().filter(held).count() >= n
}

pub(crate) fn deliveries(story: &Story) -> Vec<&str> {
    let via = story.events().into_iter().filter_map(|event| match event {
        Event::MessageDelivered(delivered) => Some(delivered.via.as_str()),
        _ => None,
    });
    via.collect()
}

pub(crate) fn seen(story: &Story) -> usize {
    let seen = |event: &&Event| matches!(event, Event::MessageSeen(_));
    story.events().into_iter().filter(seen).count()
}

fn needs(story: &Story) -> Vec<HelpNeeded> {
    let needs = story.events().into_iter().filter_map(|event| match event {
        Event::OperatorNeeded(needed) => Some(needed.clone()),
        _ => None,
    });
    needs.collect()
}

pub(crate) fn succeeded(story: &Story, words: &str) {
    let summary = words.to_owned();
    assert_eq!(
        story.last(),
        Some(&Event::Succeeded { summary }),
        "{story:#?}"
    );
}

/// Pauses the agent before its first tool, tells it something there and lets it go on.
async fn held_and_told(mode: &str) {
    let ground = Ground::new([
        Turn::exec("echo one > one").held("begin"),
        Turn::exec("echo two > two"),
        Turn::say("all done"),
    ])
    .await;
    let bench = &ground.bench;
    let worker = bench.work();
    let run = bench.submit(ground.task(mode)).await;
    ground.request(1).await;
    bench.command(run, soft_pause()).await;
    bench.story(run, |story| commands_held(story, 1)).await;
    ground.endpoint.release("begin");
    let story = bench.story(run, is_paused).await;
    let (_, how) = how(&story);
    assert_eq!(how.method, Some(PauseMethod::Checkpoint));
    assert_eq!(how.before.as_deref(), Some("Bash"));
    let repo = bench.workspace(run, 1).join("repo");
    assert!(!repo.join("one").exists());
    let text = "mind the gap";
    bench.command(run, tell(MessageKind::Steering, text)).await;
    bench.story(run, |story| commands_held(story, 2)).await;
    assert!(!repo.join("one").exists());
    assert_eq!(ground.requests().len(), 1);
    bench.command(run, resume()).await;
    let told = ground.request(2).await;
    assert!(
        told.contains("Message from operator tester (steering): mind the gap"),
        "{told}"
    );
    let story = bench.end(run).await;
    succeeded(&story, "all done");
    assert_eq!((deliveries(&story), seen(&story)), (vec!["PreToolUse"], 1));
    assert!(repo.join("one").exists() && repo.join("two").exists());
    assert_eq!(ground.requests().len(), 3);
    worker.leave().await;
}

// B-03 B-04 H-09 H-10
#[tokio::test]
async fn codex_is_held_before_its_next_tool_call_and_told_something_there() {
    held_and_told("exec").await;
}

// B-03 B-04 H-09 H-10
#[tokio::test]
async fn codex_with_its_own_screen_is_held_and_told_something_too() {
    held_and_told("interactive").await;
}

/// A message for the end of the turn: the agent goes on with it, in the same session.
async fn goes_on_with_a_queued_message(mode: &str) {
    let ground = Ground::new([Turn::say("all done").held("begin")]).await;
    let bench = &ground.bench;
    let worker = bench.work();
    let run = bench.submit(ground.task(mode)).await;
    ground.request(1).await;
    let message = tell(MessageKind::Queued, "and then the tests");
    bench.command(run, message).await;
    bench.story(run, |story| commands_held(story, 1)).await;
    ground.endpoint.release("begin");
    let told = ground.request(2).await;
    assert!(told.contains("and then the tests"), "{told}");
    let story = bench.end(run).await;
    succeeded(&story, "all done");
    assert_eq!((deliveries(&story), seen(&story)), (vec!["Stop"], 1));
    let requests = ground.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].conversation, requests[1].conversation);
    worker.leave().await;
}

// B-04 H-10
#[tokio::test]
async fn codex_goes_on_with_a_message_that_waited_for_the_end_of_its_turn() {
    goes_on_with_a_queued_message("exec").await;
}

// B-04 H-10
#[tokio::test]
async fn codex_with_its_own_screen_goes_on_with_a_queued_message() {
    goes_on_with_a_queued_message("interactive").await;
}

#[tokio::test]
async fn what_the_sandbox_forbids_is_allowed_or_refused_by_people() {
    let outside = tempfile::tempdir_in("/var/tmp").unwrap();
    let write = |name: &str| format!("echo x > {}/{name}", outside.path().display());
    let mut ground = Ground::new([
        Turn::exec(&write("yes")).escalating("it has to be there"),
        Turn::exec(&write("no")).escalating("it would be nice"),
        Turn::say("all done"),
    ])
    .await;
    ground.bench.options.codex.sandbox = CodexSandbox::WorkspaceWrite;
    ground.bench.options.codex.approvals = Approvals::Ask;
    let bench = &ground.bench;
    let worker = bench.work();
    let run = bench.submit(ground.task("exec")).await;
    for (n, answer) in ["allow", "deny"].into_iter().enumerate() {
        let story = bench.story(run, |story| needs(story).len() > n).await;
        assert!(story.has(|event| matches!(
            event,
            Event::AgentStarted { sandbox: Some(sandbox), approvals: Some(approvals), capabilities: Some(can), .. }
                if sandbox == "workspace-write" && approvals == "on-request" && can.permissions
        )));
        let needed = &needs(&story)[n];
        let answer = ControlCommand::AnswerHelp {
            help: needed.help,
            answer: answer.to_owned(),
            note: Some("says anna".to_owned()),
        };
        bench.command(run, answer).await;
    }
    let told = ground.request(3).await;
    assert!(
        told.contains("Denied by operator tester: says anna"),
        "{told}"
    );
    succeeded(&bench.end(run).await, "all done");
    assert!(outside.path().join("yes").exists());
    assert!(!outside.path().join("no").exists());
    worker.leave().await;
}

#[tokio::test]
async fn a_question_from_within_the_sandbox_reaches_people_and_its_answer_the_model() {
    let mut ground = Ground::new([]).await;
    ground.bench.options.codex.sandbox = CodexSandbox::WorkspaceWrite;
    ground.bench.options.codex.approvals = Approvals::Ask;
    let program = ground.bench.options.hook_program.clone().unwrap();
    let question = format!("{} need-operator 'which way?' --wait", program.display());
    ground.endpoint =
        ModelEndpoint::start(Script::new([Turn::exec(&question), Turn::say("all done")])).await;
    ground.bench.options.codex.config = overrides(&ground.endpoint);
    let bench = &ground.bench;
    let worker = bench.work();
    let run = bench.submit(ground.task("exec")).await;
    let story = bench.story(run, |story| !needs(story).is_empty()).await;
    let needed = &needs(&story)[0];
    assert_eq!(needed.question, "which way?");
    let answer = ControlCommand::AnswerHelp {
        help: needed.help,
        answer: "to the left".to_owned(),
        note: None,
    };
    bench.command(run, answer).await;
    let story = bench.end(run).await;
    succeeded(&story, "all done");
    assert!(story.has(|event| matches!(event, Event::CommandFinished { output_tail, .. } if output_tail.contains("to the left"))), "{story:#?}");
    let told = ground.request(1).await;
    assert!(
        told.contains("need-operator \\\"the question\\\" --wait"),
        "{told}"
    );
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_run_that_is_cancelled_while_codex_is_held_leaves_nothing_behind() {
    let ground = Ground::new([
        Turn::exec("echo one > one").held("begin"),
        Turn::say("never"),
    ])
    .await;
    let bench = &ground.bench;
    let worker = bench.work();
    let run = bench.submit(ground.task("interactive")).await;
    ground.request(1).await;
    bench.command(run, soft_pause()).await;
    bench.story(run, |story| commands_held(story, 1)).await;
    ground.endpoint.release("begin");
    bench.story(run, is_paused).await;
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    assert!(!bench.workspace(run, 1).join("repo/one").exists());
    assert_eq!(marked(run), 0);
    worker.leave().await;
}
