//! An agent that is held at its checkpoints.

use std::{
    env::var_os,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

use baton_domain::PauseMethod;
use baton_terminal::{Held, LetGoWhy, What, attach};
use serde_json::json;

use crate::{
    bench::{Bench, Heard, end, hear, wait_until},
    calls::{Call, at, held_by, hold, id, let_go, pass},
};

fn is_held(heard: &Heard, number: u128) -> bool {
    let is = |what: &What| matches!(what, What::Held(held) if held.hold == id(number));
    heard.control.iter().any(is)
}

fn was_let_go(heard: &Heard, number: u128) -> Option<LetGoWhy> {
    heard.control.iter().find_map(|what| match what {
        What::LetGo(let_go) if let_go.hold == id(number) => Some(let_go.why),
        _ => None,
    })
}

// B-03
#[tokio::test]
async fn an_agent_waits_at_its_next_tool_until_it_is_let_go_and_the_time_is_not_its_own() {
    let bench = Bench::on_terminal("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    assert!(pass(&bench, &at("beforeTool", "1")).await.is_empty());
    held_by(&mut hosted, &mut heard, 1).await;
    assert!(!heard.status.waiting && !is_held(&heard, 1));
    let mut call = Call::begin(&bench, &at("beforeTool", "2")).await;
    hear(&mut hosted, &mut heard, |heard| is_held(heard, 1)).await;
    hear(&mut hosted, &mut heard, |heard| heard.status.waiting).await;
    let before = "Bash".to_owned();
    let hold = id(1);
    assert!(heard.control.contains(&What::Held(Held { hold, before })));
    // Nothing announces that nothing happens.
    let still = tokio::time::timeout(Duration::from_millis(300), call.hear());
    assert!(still.await.is_err());
    let_go(&mut hosted, &mut heard).await;
    assert!(call.take().await.is_empty());
    assert_eq!(was_let_go(&heard, 1), Some(LetGoWhy::Released));
    assert_eq!(heard.status.checkpoints, 2);
    hosted.remote().end();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    let ran = heard.at.last().unwrap().as_millis();
    assert!(u128::from(ended.worked_ms) + 300 <= ran, "{ended:?} {ran}");
    assert!(
        heard
            .shown
            .contains("== PAUSED FOR OPERATOR == anna: reason 1")
    );
    assert!(heard.shown.contains("(paused before Bash: anna: reason 1)"));
    assert!(heard.shown.contains("== RESUMED =="));
    assert!(heard.shown.contains("(resumed)"));
}

// B-03
#[tokio::test]
async fn it_waits_on_while_its_worker_is_gone_and_the_next_one_lets_it_go() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    held_by(&mut hosted, &mut heard, 1).await;
    let mut call = Call::begin(&bench, &at("beforeTool", "1")).await;
    hear(&mut hosted, &mut heard, |heard| is_held(heard, 1)).await;
    let agent = hosted.status().agent;
    drop(hosted);
    let mut second = Call::begin(&bench, &at("beforeTool", "2")).await;
    let mut hosted = attach(&bench.host()).await.unwrap();
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| is_held(heard, 1)).await;
    assert_eq!(
        (hosted.status().agent, hosted.status().hold),
        (agent, Some(id(1)))
    );
    // Told again, it is nothing.
    hosted.remote().hold(Some(hold(1)));
    hear(&mut hosted, &mut heard, |heard| {
        heard.status.checkpoints == 2
    })
    .await;
    let_go(&mut hosted, &mut heard).await;
    assert!(call.take().await.is_empty());
    assert!(second.take().await.is_empty());
    let held = heard
        .control
        .iter()
        .filter(|what| matches!(what, What::Held(_)));
    assert_eq!(held.count(), 1);
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_takes_anothers_place_lets_nobody_go_and_a_call_that_leaves_is_told() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    held_by(&mut hosted, &mut heard, 1).await;
    let call = Call::begin(&bench, &at("afterTool", "1")).await;
    hear(&mut hosted, &mut heard, |heard| is_held(heard, 1)).await;
    held_by(&mut hosted, &mut heard, 2).await;
    hear(&mut hosted, &mut heard, |heard| is_held(heard, 2)).await;
    assert_eq!(was_let_go(&heard, 1), None);
    drop(call);
    hear(&mut hosted, &mut heard, |heard| {
        was_let_go(heard, 2).is_some() && !heard.status.waiting
    })
    .await;
    assert_eq!(was_let_go(&heard, 2), Some(LetGoWhy::Left));
    assert_eq!(heard.status.hold, Some(id(2)));
    // The next one waits again.
    let _call = Call::begin(&bench, &at("beforeTool", "2")).await;
    hear(&mut hosted, &mut heard, |heard| heard.status.waiting).await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

#[tokio::test]
async fn an_agent_that_is_ended_while_it_waits_is_told_to_do_nothing_more() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    held_by(&mut hosted, &mut heard, 1).await;
    let mut call = Call::begin(&bench, &at("beforeTool", "1")).await;
    hear(&mut hosted, &mut heard, |heard| heard.status.waiting).await;
    hosted.remote().end();
    let ended = end(&mut hosted, &mut heard);
    let (ended, word) = tokio::join!(ended, call.hear());
    ended.unwrap();
    assert_eq!(word["say"], "ending");
}

/// No test by itself: a call of an agent on a busy machine, which comes to say what it was told a
/// while after it was told.
#[test]
fn slow_call_role() {
    let (Some(socket), Some(told)) = (var_os("BATON_AGENT_SOCKET"), var_os("TOLD")) else {
        return;
    };
    let mut call = UnixStream::connect(socket).unwrap();
    writeln!(call, "{}", at("beforeTool", "1")).unwrap();
    let mut word = String::new();
    BufReader::new(&call).read_line(&mut word).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    std::fs::write(told, word).unwrap();
}

// B-03
#[tokio::test]
async fn a_call_that_is_slow_to_say_no_has_said_it_before_anything_is_signalled() {
    let program = std::env::current_exe().unwrap();
    let script = format!(
        "until [ -e go ]; do sleep 0.01; done; \
         TOLD=told '{}' --exact holds::slow_call_role > /dev/null; sleep 300",
        program.display()
    );
    let bench = Bench::new(&script);
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    held_by(&mut hosted, &mut heard, 1).await;
    std::fs::write(bench.folder.path().join("go"), "").unwrap();
    hear(&mut hosted, &mut heard, |heard| heard.status.waiting).await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
    let told = std::fs::read_to_string(bench.folder.path().join("told")).unwrap();
    assert!(told.contains("ending"), "{told}");
}

#[tokio::test]
async fn words_that_are_not_understood_are_refused_with_the_reason() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut later = at("beforeTool", "1");
    later["baton"] = 2.into();
    for (word, reason) in [
        (later, "version 2"),
        (json!({ "say": "sing" }), "not known"),
        (
            json!({ "say": "checkpoint", "baton": 1 }),
            "missing field `at`",
        ),
        (json!("checkpoint"), "cannot be understood"),
    ] {
        let refused = Call::begin(&bench, &word).await.hear().await;
        assert_eq!(refused["say"], "refused", "{word}");
        assert!(
            refused["reason"].as_str().unwrap().contains(reason),
            "{refused}"
        );
    }
    hosted.remote().end();
    end(&mut hosted, &mut Heard::default()).await.unwrap();
}

/// Time on processors of an agent and what it has started, in clock ticks.
fn ticks(bench: &Bench) -> u64 {
    let pids = std::fs::read_to_string(bench.folder.path().join("pids")).unwrap();
    let of = |pid: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    pids.split_whitespace().map(of).sum()
}

// H-09
#[tokio::test]
async fn a_frozen_agent_uses_no_processor_and_the_method_is_told() {
    const BUSY: &str = "sh -c 'while :; do :; done' & echo $$ $! > pids.new; mv pids.new pids; \
                        while :; do :; done";
    for (bench, without) in [
        (Bench::new(BUSY), false),
        (Bench::new(BUSY).without_cgroup(), true),
    ] {
        let mut hosted = bench.launch().await;
        let mut heard = Heard::default();
        let pids = bench.folder.path().join("pids");
        wait_until(|| pids.exists()).await;
        wait_until(|| ticks(&bench) > 3).await;
        hosted.remote().freeze();
        hear(&mut hosted, &mut heard, |heard| heard.status.frozen).await;
        let cgroup = heard.started.as_ref().unwrap().cgroup.is_some();
        let method = if cgroup {
            PauseMethod::Cgroup
        } else {
            PauseMethod::Signal
        };
        assert_eq!(heard.status.freeze_method, Some(method));
        assert!(!(without && cgroup));
        let before = ticks(&bench);
        // What is still works meanwhile: as much as the agent has used before.
        let mut own = 0_u64;
        let began = std::time::Instant::now();
        wait_until(|| {
            own += u64::from(std::fs::read_dir("/proc").unwrap().count() > 0);
            own > 10 && began.elapsed() > Duration::from_millis(500)
        })
        .await;
        assert_eq!(ticks(&bench), before);
        hosted.remote().thaw();
        hear(&mut hosted, &mut heard, |heard| !heard.status.frozen).await;
        wait_until(|| ticks(&bench) > before).await;
        hosted.remote().end();
        end(&mut hosted, &mut heard).await.unwrap();
    }
}
