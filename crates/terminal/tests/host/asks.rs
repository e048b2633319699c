//! What an agent asks a person.

use std::time::Duration;

use baton_domain::{HelpEnd, HelpKind};
use baton_redact::Secret;
use baton_terminal::{Asked, HelpAnswer, HelpAsk, Hosted, What, ask_person};
use baton_wire::event::{HelpClosed, HelpNeeded};
use serde_json::json;
use uuid::Uuid;

use crate::{
    bench::{Bench, Heard, end, hear},
    calls::{Call, at, held_by, id, let_go, pass},
};

fn needed(heard: &Heard) -> Vec<HelpNeeded> {
    let all = heard.control.iter();
    all.filter_map(|what| match what {
        What::HelpNeeded(needed) => Some(needed.clone()),
        _ => None,
    })
    .collect()
}

fn closed(heard: &Heard, help: Uuid) -> Option<HelpClosed> {
    heard.control.iter().find_map(|what| match what {
        What::HelpClosed(closed) if closed.help == help => Some(closed.clone()),
        _ => None,
    })
}

/// Waits for the next thing that is asked.
async fn asked(hosted: &mut Hosted, heard: &mut Heard) -> HelpNeeded {
    let before = needed(heard).len();
    hear(hosted, heard, |heard| needed(heard).len() > before).await;
    needed(heard).remove(before)
}

fn answer(help: Uuid, answer: &str) -> HelpAnswer {
    HelpAnswer {
        help,
        answer: answer.to_owned(),
        note: Some("use the copy".to_owned()),
        from: Some("operator anna".to_owned()),
        command: Some(id(77)),
    }
}

#[tokio::test]
async fn a_permission_is_given_or_denied_by_a_person_and_the_time_is_not_the_agents() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    for word in ["allow", "deny"] {
        let mut wish = at("permission", "1");
        wish["detail"] = "rm -r data".into();
        let mut call = Call::begin(&bench, &wish).await;
        let request = asked(&mut hosted, &mut heard).await;
        assert_eq!(
            (request.kind, request.blocking),
            (HelpKind::Permission, true)
        );
        assert_eq!(request.detail.as_deref(), Some("rm -r data"));
        assert_eq!(request.options[0].answer, "deny");
        let still = tokio::time::timeout(Duration::from_millis(100), call.hear());
        assert!(still.await.is_err());
        hosted.remote().answer(answer(request.help, word));
        hosted.remote().measure();
        let go = tokio::select! {
            go = call.hear() => go,
            ended = end(&mut hosted, &mut heard) => panic!("{ended:?}"),
        };
        assert_eq!(go["decision"]["answer"], word);
        assert_eq!(closed(&heard, request.help), None);
        call.say(&json!({ "say": "done", "ids": [request.help] }))
            .await;
        hear(&mut hosted, &mut heard, |heard| {
            closed(heard, request.help).is_some()
        })
        .await;
        let closed = closed(&heard, request.help).unwrap();
        assert_eq!(
            (closed.end, closed.command),
            (HelpEnd::Answered, Some(id(77)))
        );
    }
    // The agent is gone before anybody answers.
    let call = Call::begin(&bench, &at("permission", "2")).await;
    let request = asked(&mut hosted, &mut heard).await;
    drop(call);
    hear(&mut hosted, &mut heard, |heard| {
        closed(heard, request.help).is_some()
    })
    .await;
    assert_eq!(
        closed(&heard, request.help).unwrap().end,
        HelpEnd::Withdrawn
    );
    hosted.remote().answer(answer(request.help, "allow"));
    hosted.remote().end();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    let ran = heard.at.last().unwrap().as_millis();
    assert!(u128::from(ended.worked_ms) + 200 <= ran, "{ended:?} {ran}");
}

// B-03
#[tokio::test]
async fn an_agent_that_waits_for_a_permission_is_held_by_that_and_an_answer_does_not_let_it_go() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let mut call = Call::begin(&bench, &at("permission", "1")).await;
    let request = asked(&mut hosted, &mut heard).await;
    held_by(&mut hosted, &mut heard, 1).await;
    hear(&mut hosted, &mut heard, |heard| heard.status.waiting).await;
    hosted.remote().answer(answer(request.help, "allow"));
    held_by(&mut hosted, &mut heard, 2).await;
    let still = tokio::time::timeout(Duration::from_millis(100), call.hear());
    assert!(still.await.is_err());
    let_go(&mut hosted, &mut heard).await;
    assert_eq!(call.hear().await["decision"]["answer"], "allow");
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

async fn ask(bench: &Bench, wait: bool, timeout: Option<Duration>) -> Asked {
    let socket = bench.host().join("agent.sock");
    let mut ask = HelpAsk::new("which database?");
    ask.wait = wait;
    let asking = tokio::task::spawn_blocking(move || ask_person(&socket, ask, timeout));
    asking.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_question_is_answered_to_whoever_waits_or_by_a_message_and_closed_when_its_time_is_over()
{
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let answering = async {
        let request = asked(&mut hosted, &mut heard).await;
        assert!(request.blocking && request.free_text);
        hosted.remote().answer(answer(request.help, "staging"));
        let is_closed = |heard: &Heard| closed(heard, request.help).is_some();
        hear(&mut hosted, &mut heard, is_closed).await;
    };
    let (answered, ()) = tokio::join!(ask(&bench, true, None), answering);
    let Asked::Answered(answered) = answered else {
        panic!("{answered:?}")
    };
    assert_eq!(answered.answer, "staging");
    assert_eq!(answered.note.as_deref(), Some("use the copy"));
    // Nobody waits for this one: the answer is a message.
    let Asked::Open(help) = ask(&bench, false, None).await else {
        panic!("open")
    };
    assert_eq!(asked(&mut hosted, &mut heard).await.help, help);
    hosted.remote().answer(answer(help, "production"));
    hear(&mut hosted, &mut heard, |heard| {
        closed(heard, help).is_some()
    })
    .await;
    let handed = pass(&bench, &at("beforeTool", "1")).await;
    assert!(handed[0].contains("\"which database?\" is: production\nuse the copy"));
    // Nobody answers.
    let timed_out = ask(&bench, true, Some(Duration::from_millis(50))).await;
    let Asked::TimedOut(help) = timed_out else {
        panic!("{timed_out:?}")
    };
    hear(&mut hosted, &mut heard, |heard| {
        closed(heard, help).is_some()
    })
    .await;
    assert_eq!(closed(&heard, help).unwrap().end, HelpEnd::TimedOut);
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

/// Asks, and does not keep the agent from going on; what it had worked by then, in milliseconds.
async fn asked_aside(bench: &Bench, hosted: &mut Hosted, heard: &mut Heard) -> (Call, u64) {
    let wish = json!({
        "say": "help", "baton": 1, "question": "which database?", "options": [], "wait": true,
    });
    let call = Call::begin(bench, &wish).await;
    asked(hosted, heard).await;
    hear(hosted, heard, |heard| heard.status.asking).await;
    (call, heard.status.worked_ms)
}

#[tokio::test]
async fn an_agent_that_asks_and_uses_processors_works_on() {
    let bench = Bench::new("while :; do :; done");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let (_call, before) = asked_aside(&bench, &mut hosted, &mut heard).await;
    let remote = hosted.remote();
    let measuring = async {
        // Two measurements may tell the same: a kernel counts processors' time in ticks.
        let mut poll = tokio::time::interval(Duration::from_millis(20));
        loop {
            poll.tick().await;
            remote.measure();
        }
    };
    let worked = |heard: &Heard| heard.status.worked_ms > before + 50;
    tokio::select! {
        _ = measuring => {}
        () = hear(&mut hosted, &mut heard, worked) => {}
    }
    assert!(heard.status.asking);
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

#[tokio::test]
async fn an_agent_that_asks_and_comes_to_its_next_step_has_worked_until_then() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let (_call, before) = asked_aside(&bench, &mut hosted, &mut heard).await;
    while heard.status.worked_ms <= before + 5 {
        let steps = heard.status.checkpoints;
        pass(&bench, &at("beforeTool", "1")).await;
        hear(&mut hosted, &mut heard, |heard| {
            heard.status.checkpoints > steps
        })
        .await;
    }
    assert!(heard.status.asking);
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

// W-10
#[tokio::test]
async fn what_an_agent_asks_is_kept_and_told_without_secrets() {
    let mut bench = Bench::on_terminal("sleep 300");
    bench.terminal().secrets = vec![Secret::new("KEY", "correct-horse")];
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let mut permission = at("permission", "1");
    permission["detail"] = "login --password correct-horse".into();
    let question = json!({
        "say": "help", "baton": 1, "question": "is correct-horse the password?", "wait": true,
    });
    let mut calls = Vec::new();
    for (wish, told) in [
        (permission, "login --password [redacted:KEY]"),
        (question, "is [redacted:KEY] the password?"),
    ] {
        calls.push(Call::begin(&bench, &wish).await);
        let needed = asked(&mut hosted, &mut heard).await;
        let said = [Some(needed.question), needed.detail];
        assert!(said.contains(&Some(told.to_owned())), "{said:?}");
    }
    let journal = std::fs::read(bench.host().join("journal")).unwrap();
    let journal = String::from_utf8_lossy(&journal);
    assert!(journal.contains("redacted:KEY") && !journal.contains("correct-horse"));
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}
