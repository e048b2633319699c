//! Agents that come to checkpoints: held there, told something there, taken over there.

use std::path::PathBuf;

use baton_domain::{
    BudgetKind, HelpEnd, MessageKind, PauseCause, PauseMethod, PauseMode, TakeoverEnd,
};
use baton_testkit::git::SampleRepository;
use baton_wire::{ControlCommand, Event, event::TakeoverOver};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    bench::{Bench, Story, asking, checkpoint, read, wait_until},
    codex_control::commands_held,
    control::{begun, how, is_paused, pause, resume, resumes},
};

/// An agent that comes to a checkpoint before each of its steps, and ends when it is to.
struct Agent {
    folder: TempDir,
}

impl Agent {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("told"), "").unwrap();
        std::fs::write(folder.path().join("steps"), "").unwrap();
        Self { folder }
    }

    fn told(&self) -> PathBuf {
        self.folder.path().join("told")
    }

    fn steps(&self) -> usize {
        read(self.folder.path().join("steps")).lines().count()
    }

    fn script(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "echo begun; until [ -e {folder}/stop ]; do {}; echo step >> {folder}/steps; sleep 0.05; done",
            checkpoint(&self.told())
        )
    }

    fn request(&self) -> Value {
        json!({ "type": "command", "task": { "argv": ["sh", "-c", self.script()] } })
    }

    fn stop(&self) {
        std::fs::write(self.folder.path().join("stop"), "").unwrap();
    }
}

fn tell(kind: MessageKind, text: &str) -> ControlCommand {
    ControlCommand::SendMessage {
        kind,
        text: text.to_owned(),
    }
}

fn delivered(story: &Story) -> bool {
    story.has(|event| matches!(event, Event::MessageDelivered(_)))
}

fn succeeded(story: &Story) {
    let end = story.last();
    assert!(matches!(end, Some(Event::Succeeded { .. })), "{story:#?}");
}

// B-03 H-09
#[tokio::test]
async fn a_paused_agent_takes_no_further_step_until_it_is_resumed() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let run = bench.submit(agent.request()).await;
    bench.story(run, begun).await;
    let soft = ControlCommand::Pause {
        mode: PauseMode::Soft,
        deadline_seconds: Some(60),
        resume_after_seconds: None,
        note: None,
    };
    bench.command(run, soft).await;
    let story = bench.story(run, is_paused).await;
    let (_, how) = how(&story);
    assert_eq!(
        (how.method, how.escalated),
        (Some(PauseMethod::Checkpoint), false)
    );
    assert_eq!(how.before.as_deref(), Some("the next step"));
    let steps = agent.steps();
    worker.crash().await;
    let worker = bench.work();
    let adopted = |story: &Story| story.has(|event| matches!(event, Event::Adopted { .. }));
    bench.story(run, adopted).await;
    assert_eq!(agent.steps(), steps);
    bench.command(run, resume()).await;
    let story = bench.story(run, |story| resumes(story) == 1).await;
    assert!(story.has(|event| matches!(event, Event::Resumed(how) if how.paused_ms > Some(0))));
    wait_until(|| agent.steps() > steps).await;
    agent.stop();
    succeeded(&bench.end(run).await);
    worker.leave().await;
}

// H-06 H-10 B-04
#[tokio::test]
async fn messages_reach_the_agent_at_its_next_step_and_stand_in_the_runs_inbox() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let run = bench.submit(agent.request()).await;
    bench
        .command(run, tell(MessageKind::Steering, "said while it was queued"))
        .await;
    let worker = bench.work();
    bench.story(run, delivered).await;
    bench
        .command(run, tell(MessageKind::Queued, "for the end of its turn"))
        .await;
    bench.story(run, |story| commands_held(story, 2)).await;
    wait_until(|| read(agent.told()).contains("said while it was queued")).await;
    agent.stop();
    let story = bench.end(run).await;
    succeeded(&story);
    assert!(!read(agent.told()).contains("for the end"));
    assert!(
        story.has(|event| matches!(event, Event::MessageDropped(_))),
        "{story:#?}"
    );
    let inbox = bench
        .sink
        .text(&format!("{run}/1/logs/operator_inbox.jsonl"));
    let inbox = inbox.expect("an inbox is kept");
    assert!(
        inbox.contains("said while it was queued") && inbox.contains("\"delivered\""),
        "{inbox}"
    );
    worker.leave().await;
}

/// A run in a repository that an operator has taken over, and its working copy.
async fn taken_over(bench: &Bench, agent: &Agent, expires: u64) -> (baton_domain::RunId, PathBuf) {
    let repository = SampleRepository::new();
    let request = json!({
        "type": "command",
        "repository": repository.url(),
        "task": { "argv": ["sh", "-c", agent.script()] },
    });
    let run = bench.submit(request).await;
    bench.story(run, begun).await;
    let takeover = ControlCommand::Takeover {
        deadline_seconds: Some(60),
        expires_after_seconds: expires,
        note: None,
    };
    bench.command(run, takeover).await;
    let began = |story: &Story| story.has(|event| matches!(event, Event::TakeoverBegan(_)));
    bench.story(run, began).await;
    (run, bench.workspace(run, 1).join("repo"))
}

fn over(story: &Story) -> Option<TakeoverOver> {
    story.events().into_iter().find_map(|event| match event {
        Event::TakeoverEnded(over) => Some(over.clone()),
        _ => None,
    })
}

// B-08 H-09
#[tokio::test]
async fn what_an_operator_did_meanwhile_is_told_to_the_agent_and_kept() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let (run, repo) = taken_over(&bench, &agent, 600).await;
    std::fs::write(repo.join("README.md"), "by hand\n").unwrap();
    std::fs::write(repo.join("new file"), "untracked\n").unwrap();
    let hand_back = ControlCommand::HandBack {
        summary: "fixed the lock by hand".to_owned(),
    };
    bench.command(run, hand_back).await;
    let story = bench.story(run, |story| resumes(story) == 1).await;
    let over = over(&story).expect("the takeover is over");
    assert_eq!((over.end, over.files), (TakeoverEnd::HandedBack, 2));
    assert_eq!(over.artifact.as_deref(), Some("handback/1/changes.patch"));
    wait_until(|| read(agent.told()).contains("fixed the lock by hand")).await;
    let told = read(agent.told());
    assert!(
        told.contains("+by hand") && told.contains("+untracked"),
        "{told}"
    );
    // Nothing was staged by that.
    assert_eq!(
        SampleRepository::status(&repo),
        " M README.md\n?? \"new file\""
    );
    // It is kept by then, and once, while the agent works on.
    let kept = |name: &str| bench.sink.text(&format!("{run}/1/handback/1/{name}"));
    let patch = kept("changes.patch");
    assert!(patch.is_some_and(|patch| patch.contains("+by hand")));
    assert!(kept("commands.txt").is_some());
    agent.stop();
    let story = bench.end(run).await;
    succeeded(&story);
    let stored = story.events().into_iter().filter(
        |event| matches!(event, Event::ArtifactStored { name, .. } if name.starts_with("handback/")),
    );
    assert_eq!(stored.count(), 2);
    worker.leave().await;
}

// B-08 H-09
#[tokio::test]
async fn a_takeover_that_nobody_ends_leaves_the_run_held() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let (run, _) = taken_over(&bench, &agent, 1).await;
    let asked = |story: &Story| story.has(|event| matches!(event, Event::OperatorNeeded(_)));
    let story = bench
        .story(run, |story| over(story).is_some() && asked(story))
        .await;
    assert_eq!(
        over(&story).map(|over| over.end),
        Some(TakeoverEnd::Expired)
    );
    let story = bench
        .story(run, |story| {
            is_paused(story) && how(story).1.cause == Some(PauseCause::Operator)
        })
        .await;
    assert_eq!(resumes(&story), 0);
    bench.cancel(run).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_run_that_has_worked_for_long_enough_is_held_until_its_budget_is_raised() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let mut request = agent.request();
    request["control"] = json!({ "budgets": { "wallSeconds": 1 } });
    let run = bench.submit(request).await;
    let story = bench.story(run, is_paused).await;
    assert_eq!(how(&story).1.cause, Some(PauseCause::Budget));
    let raise = ControlCommand::RaiseBudget {
        budget: BudgetKind::WallSeconds,
        limit: 1000,
        note: None,
    };
    bench.command(run, raise).await;
    let story = bench.story(run, |story| resumes(story) == 1).await;
    assert!(story.has(|event| matches!(event, Event::BudgetRaised(_))));
    assert!(story.has(|event| matches!(event, Event::OperatorNotNeeded(_))));
    agent.stop();
    succeeded(&bench.end(run).await);
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn lines_that_are_changed_are_counted() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let repository = SampleRepository::new();
    let script = format!("seq 30 > numbers; {}", agent.script());
    let run = bench
        .submit(json!({
            "type": "command",
            "repository": repository.url(),
            "control": { "budgets": { "diffLines": 20 } },
            "task": { "argv": ["sh", "-c", script] },
        }))
        .await;
    let story = bench.story(run, is_paused).await;
    let reached = story.events().into_iter().find_map(|event| match event {
        Event::BudgetReached(reached) => Some((reached.budget, reached.used)),
        _ => None,
    });
    assert_eq!(reached, Some((BudgetKind::DiffLines, 30)));
    bench.cancel(run).await;
    bench.end(run).await;
    worker.leave().await;
}

// H-10
#[tokio::test]
async fn a_question_is_answered_once_also_after_a_restart_of_the_worker() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let worker = bench.work();
    let run = bench
        .submit(json!({ "type": "command", "task": { "argv": ["sh", "-c", asking(&told)] } }))
        .await;
    let help = |story: &Story| {
        story.events().into_iter().find_map(|event| match event {
            Event::OperatorNeeded(needed) => Some(needed.help),
            _ => None,
        })
    };
    let story = bench.story(run, |story| help(story).is_some()).await;
    let help = help(&story).unwrap();
    worker.crash().await;
    let worker = bench.work();
    let answer = |answer: &str| ControlCommand::AnswerHelp {
        help,
        answer: answer.to_owned(),
        note: None,
    };
    bench.command(run, answer("to the left")).await;
    bench.command(run, answer("to the right")).await;
    let story = bench.end(run).await;
    succeeded(&story);
    assert_eq!(read(&told), "to the left");
    let closed: Vec<_> = story
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::OperatorNotNeeded(closed) => Some((closed.end, closed.command.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(closed, [(HelpEnd::Answered, true)]);
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn an_agent_to_which_nothing_happens_calls_a_person() {
    let mut bench = Bench::new().await;
    bench.options.control.stall_after = Some(std::time::Duration::from_secs(1));
    let worker = bench.work();
    let run = bench
        .submit(json!({ "type": "command", "task": { "argv": ["sleep", "300"] } }))
        .await;
    let asked = |story: &Story| {
        story.events().into_iter().find_map(|event| match event {
            Event::OperatorNeeded(needed) => Some(needed.help),
            _ => None,
        })
    };
    let story = bench.story(run, |story| asked(story).is_some()).await;
    let answer = ControlCommand::AnswerHelp {
        help: asked(&story).unwrap(),
        answer: "cancel".to_owned(),
        note: None,
    };
    bench.command(run, answer).await;
    let story = bench.end(run).await;
    assert_eq!(story.last(), Some(&Event::Cancelled));
    worker.leave().await;
}

// H-09
#[tokio::test]
async fn a_soft_pause_of_an_agent_in_its_checkpoint_becomes_hard_at_once() {
    let bench = Bench::new().await;
    let agent = Agent::new();
    let worker = bench.work();
    let run = bench.submit(agent.request()).await;
    bench.story(run, begun).await;
    bench.command(run, pause(PauseMode::Soft)).await;
    bench.story(run, is_paused).await;
    bench.command(run, pause(PauseMode::Hard)).await;
    let frozen =
        |story: &Story| is_paused(story) && how(story).1.method != Some(PauseMethod::Checkpoint);
    bench.story(run, frozen).await;
    bench.command(run, resume()).await;
    bench.story(run, |story| resumes(story) == 1).await;
    agent.stop();
    succeeded(&bench.end(run).await);
    worker.leave().await;
}
