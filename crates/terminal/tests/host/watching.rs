//! Watching an agent's terminal: from whenever, by however many, however slow.

use std::time::Duration;

use baton_domain::{TerminalName, TerminalSize};
use baton_screen::{BACKGROUND, Screen, Snapshot};
use baton_terminal::{Exit, Seen, Via, attach};
use baton_wire::terminal::Frame;
use tokio::{
    sync::Barrier,
    time::{Instant, timeout},
};

use crate::{
    bench::{Bench, Heard, PATIENCE, end, hear, is_alive, wait_until},
    viewer::Viewer,
};

const AGENT: TerminalName = TerminalName::Agent;

/// Prints without end, a line at a time, until it is let go.
const COUNTING: &str = "i=0; while [ ! -e stop ]; do i=$((i+1)); echo $i; sleep 0.002; done";

/// What a terminal draws of a text.
fn drawn(text: &str) -> Snapshot {
    let mut screen = Screen::new(TerminalSize::DEFAULT);
    screen.feed(text.as_bytes());
    screen.snapshot()
}

fn stop(bench: &Bench) {
    std::fs::write(bench.folder.path().join("stop"), "").unwrap();
}

// B-02
#[tokio::test]
async fn whoever_joins_sees_everything_once_to_the_end() {
    let bench = Bench::on_terminal(COUNTING);
    let mut hosted = bench.launch().await;
    let mut viewers = Vec::new();
    for count in [1, 5, 9] {
        let mut viewer = Viewer::join(&bench, AGENT, Via::Local).await;
        viewer.until_shown(&format!("{count}\r\n")).await;
        viewers.push(viewer);
    }
    stop(&bench);
    let mut heard = Heard::default();
    end(&mut hosted, &mut heard).await.unwrap();
    for mut viewer in viewers {
        viewer.watch_out().await;
        assert_eq!(viewer.snapshots, 1);
        assert_eq!(viewer.screen.snapshot(), drawn(&heard.shown));
        assert_eq!(viewer.offset, Some(heard.shown.len() as u64));
        let last = viewer.frames.last().unwrap();
        assert!(
            matches!(last, Frame::Exit { exit, .. } if exit.code == Some(0)),
            "{last:?}"
        );
    }
}

// B-09
#[tokio::test]
async fn a_worker_that_was_started_again_goes_on_where_it_was() {
    let bench = Bench::on_terminal(COUNTING);
    let mut hosted = bench.launch().await;
    let mut before = Viewer::join(&bench, AGENT, Via::Worker).await;
    before.until_shown("20\r\n").await;
    let (seen, mut screen) = (before.seen(), before.screen);
    drop(hosted);
    hosted = attach(&bench.host()).await.unwrap();
    let mut after = Viewer::resume(&bench, AGENT, Via::Worker, Some(seen)).await;
    assert_eq!(after.epoch(), seen.epoch);
    after.until_shown("40\r\n").await;
    stop(&bench);
    let mut heard = Heard::default();
    end(&mut hosted, &mut heard).await.unwrap();
    after.watch_out().await;
    assert_eq!(after.snapshots, 0);
    screen.feed(&after.shown);
    assert_eq!(screen.snapshot(), drawn(&heard.shown));
}

#[tokio::test]
async fn offsets_of_another_life_mean_nothing() {
    // Without a line's end: whoever sees it whole has seen everything.
    let bench = Bench::on_terminal("printf begun; sleep 300");
    let mut hosted = bench.launch().await;
    let mut first = Viewer::join(&bench, AGENT, Via::Local).await;
    first.until_shown("begun").await;
    let mut seen = first.seen();
    seen.epoch -= 1;
    let mut other = Viewer::resume(&bench, AGENT, Via::Local, Some(seen)).await;
    other.until(|viewer| viewer.snapshots == 1).await;
    assert_eq!(other.screen.snapshot(), first.screen.snapshot());
    hosted.remote().end();
    end(&mut hosted, &mut Heard::default()).await.unwrap();
}

/// How long an agent takes to print 3 MB, from when all who print at once may begin.
async fn printed_within(all: &Barrier, stopped: usize) -> (Duration, Vec<Viewer>) {
    let mut bench = Bench::on_terminal(
        "until [ -e go ]; do sleep 0.01; done; yes a line of a common length, which is many words long | head -c 3000000; echo done; until [ -e seen ]; do sleep 0.01; done",
    );
    bench.order.journal_bytes = 256 << 20;
    let mut hosted = bench.launch().await;
    let mut still = Vec::new();
    for _ in 0..stopped {
        still.push(Viewer::join(&bench, AGENT, Via::Local).await);
    }
    all.wait().await;
    std::fs::write(bench.folder.path().join("go"), "").unwrap();
    let began = Instant::now();
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| {
        heard.shown.ends_with("done\r\n")
    })
    .await;
    let took = began.elapsed();
    for viewer in &mut still {
        viewer.until_shown("done").await;
    }
    std::fs::write(bench.folder.path().join("seen"), "").unwrap();
    end(&mut hosted, &mut heard).await.unwrap();
    (took, still)
}

// B-02
#[tokio::test]
async fn watchers_that_stand_still_hold_up_nobody_and_see_the_last_screen() {
    // At the same time, so that both are given as much of the machine.
    let both = Barrier::new(2);
    let ((alone, _), (watched, viewers)) =
        tokio::join!(printed_within(&both, 0), printed_within(&both, 5));
    for viewer in viewers {
        assert!(viewer.saw(|frame| matches!(frame, Frame::Gap { .. })));
        // A host that gets little of the processors may leave them out more than once.
        assert!((2..=8).contains(&viewer.snapshots), "{}", viewer.snapshots);
    }
    assert!(
        watched < alone * 2 + Duration::from_secs(1),
        "{alone:?} {watched:?}"
    );
}

// H-08
#[tokio::test]
async fn the_host_of_an_agent_that_has_ended_waits_for_the_worker_that_is_to_watch_it() {
    let mut bench = Bench::on_terminal("echo all of it");
    bench.terminal().watched = true;
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| {
        heard.shown.contains("all of it")
    })
    .await;
    let agent = heard.started.as_ref().unwrap().pid;
    wait_until(|| !is_alive(agent)).await;
    // Others who watch are not waited for.
    Viewer::join(&bench, AGENT, Via::Local).await;
    let mut worker = Viewer::resume(&bench, AGENT, Via::Worker, Some(Seen::NOTHING)).await;
    worker.watch_out().await;
    assert_eq!(worker.text(), "all of it\r\n");
    assert!(worker.saw(|frame| matches!(frame, Frame::Exit { .. })));
    end(&mut hosted, &mut heard).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_never_watches_is_not_waited_for_without_end() {
    let mut bench = Bench::on_terminal("echo all of it");
    bench.terminal().watched = true;
    let mut heard = Heard::default();
    let ended = end(&mut bench.launch().await, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(heard.shown, "all of it\r\n");
}

#[tokio::test]
async fn an_agent_without_a_terminal_cannot_be_watched() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let wish = baton_terminal::WatchWish {
        terminal: AGENT,
        from: None,
        via: Via::Local,
    };
    let folder = bench.host();
    let watching = baton_terminal::Watching::connect(&folder, wish);
    let refused = timeout(PATIENCE, watching).await.unwrap();
    assert!(refused.unwrap_err().to_string().contains("agent has none"));
    hosted.remote().end();
    end(&mut hosted, &mut Heard::default()).await.unwrap();
}

/// Asks what kind of terminal this is, where the cursor stands and what colour the background has;
/// prints what it is answered until nothing more comes.
const ASKING: &str = r#"stty raw -echo; printf 'begun'; until [ -e go ]; do sleep 0.01; done
    printf '\033[c\033[6n\033]11;?\007'; dd bs=1 count=39 2>/dev/null | od -An -c | tr -d ' \n'
    stty -raw; printf ' end'; timeout 0.3 cat | wc -c"#;

// B-02
#[tokio::test]
async fn a_program_that_asks_is_answered_once_however_many_watch() {
    let mut answers = Vec::new();
    for count in [0, 1, 50] {
        let bench = Bench::on_terminal(ASKING);
        let mut hosted = bench.launch().await;
        let mut viewers = Vec::new();
        for _ in 0..count {
            viewers.push(Viewer::join(&bench, AGENT, Via::Worker).await);
        }
        std::fs::write(bench.folder.path().join("go"), "").unwrap();
        let mut heard = Heard::default();
        end(&mut hosted, &mut heard).await.unwrap();
        for viewer in &mut viewers {
            viewer.watch_out().await;
            assert!(!viewer.text().contains("\u{1b}[c"), "a viewer was asked");
        }
        answers.push(heard.shown);
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let [red, green, blue] = BACKGROUND.map(|part| format!("{part:02x}{part:02x}"));
    let colour = format!("033]11;rgb:{red}/{green}/{blue}");
    let once = format!("begun033[?62;22c033[1;6R{colour}\\a end0");
    assert_eq!(answers[0].trim_end(), once);
}
