//! Typing into a terminal: under a grant, for as long as it is good, on record.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use baton_domain::{Channel, EndStep, TerminalName, TerminalSize, WriteEnd, session::ChainLink};
use baton_redact::Secret;
use baton_terminal::{Hosted, ShellOrder, Via};
use baton_wire::{audit, terminal::Frame};

use crate::{
    bench::{Bench, Heard, end, follow_while, hear},
    grants::{Api, Grant},
    viewer::Viewer,
};

const AGENT: TerminalName = TerminalName::Agent;
const SHELL: TerminalName = TerminalName::Shell;

/// A terminal whose gate knows the API's keys.
fn bench(api: &Api, script: &str) -> Bench {
    let mut bench = Bench::on_terminal(script);
    bench.terminal().keys = api.keys();
    bench
}

/// Prints each line that is typed, once.
const ECHOING: &str = "stty -echo; echo begun; while read -r line; do echo \"<$line>\"; done";

/// How many inputs wait for their answers at most while a holder types on.
const AHEAD: usize = 60;

async fn grant(hosted: &mut Hosted, viewer: &mut Viewer, api: &Api, grant: &Grant) {
    hosted.remote().gate(api.grant(grant), WriteEnd::Revoked);
    follow_while(hosted, viewer.until_fence(grant.fence.get())).await;
}

/// Ends the agent; what its journal tells from start to end.
async fn story(bench: &Bench, hosted: &mut Hosted) -> Heard {
    hosted.remote().end();
    end(hosted, &mut Heard::default()).await.unwrap();
    let mut heard = Heard::default();
    let mut again = baton_terminal::attach(&bench.host()).await.unwrap();
    end(&mut again, &mut heard).await.unwrap();
    heard
}

// B-05
#[tokio::test]
async fn nobody_types_without_a_grant_and_the_holder_does_through_its_door() {
    let api = Api::new();
    let bench = bench(&api, ECHOING);
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    let mut tmate = Viewer::join(&bench, AGENT, Via::Tmate).await;
    let mut local = Viewer::join(&bench, AGENT, Via::Local).await;
    worker.until_shown("begun").await;
    let first = Grant::at(1);
    for viewer in [&mut worker, &mut tmate, &mut local] {
        viewer.input(&first, 1, b"too early\n").await;
        viewer.until(|viewer| viewer.refused().len() == 1).await;
    }
    grant(&mut hosted, &mut worker, &api, &first).await;
    for viewer in [&mut tmate, &mut local] {
        viewer.input(&first, 2, b"another door\n").await;
        viewer.until(|viewer| viewer.refused().len() == 2).await;
    }
    worker.input(&first, 3, b"one\n").await;
    // Sent again, it is answered again and not typed again.
    worker.input(&first, 3, b"one\n").await;
    worker.until(|viewer| viewer.accepted() == [3, 3]).await;
    let second = Grant {
        channel: Channel::Tmate,
        ..Grant::at(2)
    };
    grant(&mut hosted, &mut worker, &api, &second).await;
    tmate.input(&second, 1, b"two\n").await;
    tmate.until_shown("<two>").await;
    worker.input(&first, 4, b"too late\n").await;
    worker.until(|viewer| viewer.refused().len() == 2).await;
    let heard = story(&bench, &mut hosted).await;
    assert_eq!(heard.shown, "begun\r\n<one>\r\n<two>\r\n");
    let causes: Vec<WriteEnd> = heard.ended.iter().map(|ended| ended.cause).collect();
    assert_eq!(causes, [WriteEnd::Replaced, WriteEnd::Ended]);
}

// B-05
#[tokio::test]
async fn what_nobody_has_signed_opens_nothing() {
    let (api, other) = (Api::new(), Api::new());
    let bench = bench(&api, ECHOING);
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let first = Grant::at(1);
    hosted.remote().gate(other.grant(&first), WriteEnd::Revoked);
    hear(&mut hosted, &mut heard, |heard| heard.refused.len() == 1).await;
    let unknown = other.keys()[0].key_id.clone();
    assert_eq!(heard.refused[0].unknown_key, Some(unknown));
    let mut forged = api.grant(&first);
    forged.signature = other.grant(&first).signature;
    hosted.remote().gate(forged, WriteEnd::Revoked);
    hear(&mut hosted, &mut heard, |heard| heard.refused.len() == 2).await;
    assert_eq!(heard.refused[1].unknown_key, None);
    // Told the other's keys, it believes the other.
    hosted.remote().trust(other.keys());
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    grant(&mut hosted, &mut worker, &other, &first).await;
    worker.input(&first, 1, b"one\n").await;
    worker.until_shown("<one>").await;
    story(&bench, &mut hosted).await;
}

// B-05, B-06
#[tokio::test]
async fn a_grant_that_is_revoked_while_its_holder_types_lets_no_byte_in_after() {
    let api = Api::new();
    let bench = bench(&api, ECHOING);
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    worker.until_shown("begun").await;
    let first = Grant::at(1);
    grant(&mut hosted, &mut worker, &api, &first).await;
    let remote = hosted.remote();
    let typing = async {
        for seq in 1.. {
            worker
                .input(&first, seq, format!("{seq}\n").as_bytes())
                .await;
            if seq == 200 {
                remote.gate(api.revoke(2), WriteEnd::Revoked);
            }
            // A holder types ahead of what it is answered, but not without end.
            let answered = |viewer: &Viewer| viewer.accepted().len() + viewer.refused().len();
            if seq % 20 == 0 {
                let enough = usize::try_from(seq).unwrap().saturating_sub(AHEAD);
                worker.until(|viewer| answered(viewer) >= enough).await;
            }
            // However long the host takes to hear of it, the holder goes on typing until then.
            if seq >= 400 && !worker.refused().is_empty() {
                let sent = usize::try_from(seq).unwrap();
                worker.until(|viewer| answered(viewer) == sent).await;
                break;
            }
        }
    };
    follow_while(&mut hosted, typing).await;
    let last = *worker.accepted().last().unwrap();
    assert!(!worker.refused().is_empty());
    assert!(worker.accepted().into_iter().eq(1..=last));
    // After the writer has gone, nothing was accepted any more.
    let gone = worker.frames.iter().position(
        |frame| matches!(frame, Frame::Writer { gate, .. } if gate.fence.is_some_and(|at| at.get() == 2)),
    );
    let after = &worker.frames[gone.unwrap()..];
    assert!(
        !after
            .iter()
            .any(|frame| matches!(frame, Frame::Accepted { .. }))
    );
    // What was accepted is typed; its program may take it later.
    let printed = format!("<{last}>");
    follow_while(&mut hosted, worker.until_shown(&printed)).await;
    let heard = story(&bench, &mut hosted).await;
    let mut expected = "begun\r\n".to_owned();
    for seq in 1..=last {
        write!(expected, "<{seq}>\r\n").unwrap();
    }
    assert_eq!(heard.shown, expected);
    assert_eq!(heard.ended[0].last_seq.0, last);
    let on_record: u64 = heard.typed.iter().map(|typed| typed.length).sum();
    let typed: usize = (1..=last).map(|seq| format!("{seq}\n").len()).sum();
    assert_eq!(on_record, typed as u64);
}

// B-05
#[tokio::test]
async fn a_grant_ends_by_its_time_without_anybody() {
    let api = Api::new();
    let bench = bench(&api, ECHOING);
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    let first = Grant {
        // Long enough for its holder to type something.
        ttl_ms: 3_000,
        ..Grant::at(1)
    };
    grant(&mut hosted, &mut worker, &api, &first).await;
    worker.input(&first, 1, b"one\n").await;
    worker.until(|viewer| viewer.accepted() == [1]).await;
    // Nobody looks after it any more.
    drop(hosted);
    worker
        .until(|viewer| {
            viewer.saw(|frame| match frame {
                Frame::Writer { gate, .. } => gate.ended == Some(WriteEnd::Expired),
                _ => false,
            })
        })
        .await;
    worker.input(&first, 2, b"two\n").await;
    worker.until(|viewer| viewer.refused().len() == 1).await;
    let mut hosted = baton_terminal::attach(&bench.host()).await.unwrap();
    let heard = story(&bench, &mut hosted).await;
    assert!(!heard.shown.contains("two"));
    assert_eq!(heard.ended[0].cause, WriteEnd::Expired);
}

// B-06
#[tokio::test]
async fn what_is_typed_is_on_record_and_a_password_is_not() {
    let api = Api::new();
    let script =
        "echo begun; read a; stty -echo; echo ask; read b; stty echo; echo ok; read c; sleep 300";
    let mut bench = bench(&api, script);
    bench.terminal().secrets = vec![Secret::new("KEY", "correct-horse")];
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    worker.until_shown("begun").await;
    let first = Grant::at(1);
    grant(&mut hosted, &mut worker, &api, &first).await;
    worker.input(&first, 1, b"shown\n").await;
    worker.until_shown("ask").await;
    worker.input(&first, 2, b"hunter2\n").await;
    worker.until_shown("ok").await;
    worker.input(&first, 3, b"correct-horse\n").await;
    worker.until_shown("*************\r\n").await;
    let heard = story(&bench, &mut hosted).await;
    let journal = std::fs::read(bench.host().join("journal")).unwrap();
    let journal = String::from_utf8_lossy(&journal);
    assert!(!journal.contains("hunter2") && !journal.contains("correct-horse"));
    let texts: Vec<Option<&str>> = heard.typed.iter().map(|t| t.text.as_deref()).collect();
    assert_eq!(texts, [Some("shown\n"), None, Some("*************\n")]);
    assert_eq!((heard.typed[1].length, heard.typed[1].echo), (8, false));
    let hello_run = bench.order.terminal.as_ref().unwrap();
    let mut head = audit::genesis(hello_run.run, hello_run.attempt);
    for (count, typed) in (0..).zip(&heard.typed) {
        assert_eq!(audit::judge(&head, count, typed), ChainLink::Continues);
        head.clone_from(&typed.hash);
    }
}

/// How long a terminal waits for a later wish before it gets the size that was wished.
const SIZED_AFTER: Duration = Duration::from_millis(250);

/// The sizes that a terminal was seen to get.
fn sizes(viewer: &Viewer) -> Vec<TerminalSize> {
    let all = viewer.frames.iter();
    all.filter_map(|frame| match frame {
        Frame::Size { size, .. } => Some(*size),
        _ => None,
    })
    .collect()
}

/// Tells how often it was told of another size.
const SIZED: &str = "n=0; trap 'n=$((n+1)); echo \"winch $n $(stty size)\"' WINCH; echo begun; while :; do sleep 0.01; done";

// B-02
#[tokio::test]
async fn only_the_holder_gives_a_terminal_another_size_and_it_gets_its_own_back() {
    let api = Api::new();
    let bench = bench(&api, SIZED);
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, AGENT, Via::Worker).await;
    let mut local = Viewer::join(&bench, AGENT, Via::Local).await;
    worker.until_shown("begun").await;
    let first = Grant::at(1);
    grant(&mut hosted, &mut worker, &api, &first).await;
    let wish = |cols| Frame::Resize {
        grant: first.id,
        fence: first.fence,
        size: TerminalSize::new(cols, 30).unwrap(),
    };
    for cols in 100..200 {
        local.send(&wish(cols)).await;
    }
    let refused = |viewer: &Viewer| {
        let all = viewer.frames.iter();
        all.filter(|frame| matches!(frame, Frame::Refused(_)))
            .count()
    };
    local.until(|viewer| refused(viewer) == 100).await;
    // Fast ones become one.
    let began = Instant::now();
    for cols in 100..200 {
        worker.send(&wish(cols)).await;
    }
    let wished = TerminalSize::new(199, 30).unwrap();
    worker
        .until(|viewer| sizes(viewer).last() == Some(&wished))
        .await;
    let took = began.elapsed();
    worker.until_shown(" 30 199\r\n").await;
    hosted.remote().gate(api.revoke(2), WriteEnd::Released);
    follow_while(&mut hosted, worker.until_shown(" 40 120\r\n")).await;
    let sizes = sizes(&worker);
    let (own, others) = sizes.split_last().unwrap();
    assert_eq!(*own, TerminalSize::DEFAULT);
    // Each has waited for its time: however long it took to wish them all, they are no more.
    let most = took.as_millis() / SIZED_AFTER.as_millis();
    assert!(others.len() as u128 <= most, "{took:?}: {others:?}");
    let heard = story(&bench, &mut hosted).await;
    assert!(heard.shown.matches("winch").count() <= sizes.len());
    assert_eq!(heard.ended[0].cause, WriteEnd::Released);
}

#[tokio::test]
async fn an_operators_shell_starts_with_its_first_grant_and_ends_with_the_agent() {
    let api = Api::new();
    let mut bench = bench(&api, "echo begun; sleep 300");
    bench.terminal().shell = Some(ShellOrder {
        program: "sh".into(),
        arguments: vec!["-i".into()],
        environment: Vec::new(),
    });
    let mut hosted = bench.launch().await;
    let mut worker = Viewer::join(&bench, SHELL, Via::Worker).await;
    let first = Grant {
        terminals: vec![AGENT, SHELL],
        ..Grant::at(1)
    };
    grant(&mut hosted, &mut worker, &api, &first).await;
    worker.input(&first, 1, b"stty size; echo pid=$$=\n").await;
    worker
        .until(|viewer| viewer.text().matches("pid=").count() == 2)
        .await;
    assert!(worker.text().contains("40 120"));
    // It works while the agent is held still.
    hosted.remote().freeze();
    let frozen = |frame: &Frame| matches!(frame, Frame::State(state) if state.frozen == Some(true));
    follow_while(&mut hosted, worker.until(|viewer| viewer.saw(frozen))).await;
    worker.input(&first, 2, b"echo still $((1+1)) here\n").await;
    worker.until_shown("still 2 here").await;
    // One that was left is started again by the next that is typed.
    worker.input(&first, 3, b"exit\n").await;
    worker.until_shown("[the shell has ended]").await;
    worker.input(&first, 4, b"echo another $((2+2))\n").await;
    worker.until_shown("another 4").await;
    let heard = story(&bench, &mut hosted).await;
    // It was hung up: nothing was left to be killed.
    assert_eq!(heard.steps, [EndStep::Terminated, EndStep::Gone]);
    worker.watch_out().await;
    assert!(!heard.shown.contains("another"));
}
