//! Agents with screens of their own whose turn is over: held there, told something there.

use baton_domain::{MessageKind, PauseMethod, RunId, TerminalName, run::PauseKind};
use baton_keys::KeySet;
use baton_testkit::{
    ModelEndpoint, Recorded, Script, Turn,
    codex::{self, CodexHome},
    git::SampleRepository,
};
use baton_wire::{Event, Frame, GrantStep};
use baton_worker::CodexLogin;
use serde_json::json;

use crate::{
    bench::{Bench, Story, Working},
    claude, codex as codex_runs,
    codex_control::{commands_held, deliveries, hook_program, seen, soft_pause, succeeded, tell},
    control::{how, pauses, resume},
    terminals::{self, Seen, grant, input},
};

const CODEX: &str = "codex_exec";

/// An agent whose turn has ended, and that a pause found there.
struct Ground {
    bench: Bench,
    worker: Working,
    endpoint: ModelEndpoint,
    run: RunId,
    keys: KeySet,
    _repository: SampleRepository,
    _home: Option<CodexHome>,
}

impl Ground {
    /// Its turn ends, and it is let go from there as the next pause comes: without another checkpoint
    /// on its way, only the deadline would end the wait, which is longer than anybody waits here.
    async fn paused_between_turns(agent: &str) -> Self {
        let ground = Self::begun(agent).await;
        let Self { bench, run, .. } = &ground;
        bench.command(*run, soft_pause()).await;
        bench.story(*run, |story| commands_held(story, 1)).await;
        ground.endpoint.release("answer");
        let story = bench.story(*run, |story| pauses(story) == 1).await;
        assert_eq!(how(&story).1.before.as_deref(), Some("Stop"));
        let wishes = [resume(), soft_pause()];
        bench.commands(*run, wishes).await;
        let story = bench.story(*run, |story| pauses(story) == 2).await;
        let (kind, how) = how(&story);
        assert_eq!((kind, how.escalated), (PauseKind::Checkpoint, false));
        assert_eq!(how.method, Some(PauseMethod::Checkpoint));
        assert_eq!(how.before.as_deref(), Some("its next turn"));
        ground
    }

    async fn begun(agent: &str) -> Self {
        let script = Script::new([Turn::say("all done").held("answer")]);
        let endpoint = ModelEndpoint::start(script).await;
        let (mut bench, mut home) = match agent {
            CODEX => (Bench::new().await, Some(CodexHome::logged_in())),
            _ => (claude::bench(&endpoint).await, None),
        };
        let options = &mut bench.options;
        options.hook_program = Some(hook_program(bench.state.path()));
        if let Some(home) = &mut home {
            options.run_types = [CODEX.parse().unwrap()].into();
            options.codex.program = codex::program();
            options.codex.login = CodexLogin::Home(home.path().to_owned());
            options.codex.config = codex_runs::overrides(&endpoint);
        }
        let repository = SampleRepository::new();
        let keys = terminals::keys(&bench);
        let worker = bench.work();
        let task = json!({
            "type": agent,
            "repository": repository.url(),
            "maxAttempts": 1,
            "task": { "instructions": "do it", "runtime": { "mode": "interactive" } },
        });
        let run = bench.submit(task).await;
        let ground = Self {
            bench,
            worker,
            endpoint,
            run,
            keys,
            _repository: repository,
            _home: home,
        };
        ground.request(1).await;
        ground
    }

    /// What the model was asked for the task, the `n`th time. Codex's screen also asks it for a title.
    async fn request(&self, n: usize) -> Recorded {
        let mut all = n;
        while self.requests().len() < n {
            self.endpoint.wait_for_request(all).await;
            all += 1;
        }
        self.requests().swap_remove(n - 1)
    }

    fn requests(&self) -> Vec<Recorded> {
        let mut requests = self.endpoint.requests();
        requests.retain(|request| !request.body.to_string().contains("thread_title"));
        requests
    }

    /// Somebody types to it while it is held, and goes without entering what was typed.
    async fn leave_a_draft(&self, draft: &[&str], last: &str) {
        let (bench, run, agent) = (&self.bench, self.run, TerminalName::Agent);
        let worker = &bench.options.worker;
        bench.command(run, terminals::enable()).await;
        let ready = |story: &Story| story.has(|event| matches!(event, Event::SessionReady(_)));
        bench.story(run, ready).await;
        let mut seen = Seen::of(bench, run, agent).await;
        let gate = async |fence, step| {
            let grant = grant(run, &self.keys, fence, step);
            bench.bus.push_gate(worker, &grant).await.unwrap();
        };
        let writes = |frame: &Frame| match frame {
            Frame::Writer { gate, .. } => Some(gate.writer.is_some()),
            _ => None,
        };
        gate(1, GrantStep::Granted).await;
        seen.until(|frame, _| writes(frame) == Some(true)).await;
        for (seq, keys) in (1..).zip(draft) {
            let input = input(seq, 1, keys);
            bench.bus.type_in(worker, run, agent, &input).await.unwrap();
            seen.until(|frame, _| matches!(frame, Frame::Accepted { .. }))
                .await;
            if seq == 1 {
                seen.until(|_, text| text.contains(last)).await;
            }
        }
        gate(2, GrantStep::Revoked).await;
        seen.until(|frame, _| writes(frame) == Some(false)).await;
    }

    async fn end(self) -> Story {
        let story = self.bench.end(self.run).await;
        succeeded(&story, "all done");
        self.worker.leave().await;
        story
    }
}

/// Without anything to say to it, the run ends as it would have.
async fn goes_on_to_its_end(agent: &str) {
    let ground = Ground::paused_between_turns(agent).await;
    ground.bench.command(ground.run, resume()).await;
    let requests = ground.requests().len();
    ground.end().await;
    assert_eq!(requests, 1);
}

/// Messages of both kinds wait, and begin another turn once it goes on.
async fn hears_what_waited(agent: &str) {
    let ground = Ground::paused_between_turns(agent).await;
    let (bench, run) = (&ground.bench, ground.run);
    let messages = [
        tell(MessageKind::Steering, "mind the gap"),
        tell(MessageKind::Queued, "and the doors"),
    ];
    bench.commands(run, messages).await;
    let story = bench.story(run, |story| commands_held(story, 5)).await;
    assert_eq!(deliveries(&story), [""; 0]);
    assert_eq!(ground.requests().len(), 1);
    bench.command(run, resume()).await;
    let heard = ground.request(2).await.body.to_string();
    for words in ["mind the gap", "and the doors"] {
        assert!(heard.contains(words), "{heard}");
    }
    let story = ground.end().await;
    assert_eq!(deliveries(&story), ["UserPromptSubmit"; 2]);
    assert_eq!(seen(&story), 2);
}

/// A draft of several lines stands at its prompt, and the cursor in the midst of it; the words that
/// wake it are all that is entered.
async fn is_woken_without_what_stood_there(agent: &str) {
    let ground = Ground::paused_between_turns(agent).await;
    let (bench, run) = (&ground.bench, ground.run);
    let draft = "\x1b[200~draft-one\ndraft-two\ndraft-three\x1b[201~";
    let into_the_midst = "\x1b[A\x1b[D\x1b[D";
    ground
        .leave_a_draft(&[draft, into_the_midst], "draft-three")
        .await;
    bench
        .command(run, tell(MessageKind::Steering, "mind the gap"))
        .await;
    let story = bench.story(run, |story| commands_held(story, 5)).await;
    assert_eq!(deliveries(&story), [""; 0]);
    bench.command(run, resume()).await;
    let heard = ground.request(2).await.body.to_string();
    assert!(heard.contains("mind the gap"), "{heard}");
    assert!(!heard.contains("draft-"), "{heard}");
    ground.end().await;
}

// H-06
#[tokio::test]
async fn codex_is_woken_without_a_draft_of_several_lines() {
    is_woken_without_what_stood_there(CODEX).await;
}

// H-06
#[tokio::test]
async fn claude_is_woken_without_a_draft_of_several_lines() {
    is_woken_without_what_stood_there(claude::CLAUDE).await;
}

// H-09 B-03
#[tokio::test]
async fn a_pause_of_codex_is_effective_at_once_where_its_turn_is_just_over() {
    goes_on_to_its_end(CODEX).await;
}

// H-09 B-03
#[tokio::test]
async fn a_pause_of_claude_is_effective_at_once_where_its_turn_is_just_over() {
    goes_on_to_its_end(claude::CLAUDE).await;
}

// H-06 H-10 B-04
#[tokio::test]
async fn messages_to_codex_that_waits_for_its_user_begin_another_turn() {
    hears_what_waited(CODEX).await;
}

// H-06 H-10 B-04
#[tokio::test]
async fn messages_to_claude_that_waits_for_its_user_begin_another_turn() {
    hears_what_waited(claude::CLAUDE).await;
}
