//! Watching terminals.

use baton_api::{ApiOptions, ApiServer};
use baton_domain::{SessionStatus, StateName, TerminalSize};
use baton_wire::{Frame, terminal::Subscribe};
use bytes::Bytes;
use futures::future::join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::terminal::Stage;

// B-02, B-07
#[tokio::test]
async fn whoever_joins_sees_what_is_shown_and_what_follows() {
    let mut stage = Stage::start().await;
    stage.speaker.show("first \x1b[31mred\r\n").await;
    stage.speaker.key().await;
    stage.speaker.show("second\r\n").await;
    stage.speaker.is_kept().await;
    let mut viewer = stage.viewer().await;
    let Frame::Hello(hello) = viewer.next().await.unwrap() else {
        panic!("the first frame is Hello");
    };
    assert_eq!((hello.run, hello.epoch), (stage.run.id, 7));
    let limits = hello.limits.unwrap();
    assert_eq!((limits.name.as_str(), limits.may_type), ("root", false));
    viewer.reach(7, stage.speaker.offset).await;
    assert_eq!(viewer.snapshots, 1);
    stage.speaker.show("third").await;
    viewer.reach(7, stage.speaker.offset).await;
    assert_eq!(viewer.screen.text(), stage.speaker.text());
    let state = viewer.heard.iter().rev().find_map(|frame| match frame {
        Frame::State(state) => Some((state.state, state.session)),
        _ => None,
    });
    let running = (Some(StateName::Running), Some(SessionStatus::Ready));
    assert_eq!(state, Some(running));
    viewer.send(Frame::Ping("here".into())).await;
    let pong = viewer.until(|frame| matches!(frame, Frame::Pong(_))).await;
    assert_eq!(pong, Frame::Pong("here".into()));
}

// B-07
#[tokio::test]
async fn a_viewer_that_comes_back_goes_on_where_it_was_or_is_shown_the_screen() {
    let mut stage = Stage::start().await;
    stage.speaker.show("before ").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, 7).await;
    let seen = viewer.offset;
    drop(viewer);
    stage.speaker.show("meanwhile ").await;
    let again = |epoch, offset| Subscribe {
        epoch: Some(epoch),
        offset: Some(offset),
        ..Subscribe::default()
    };
    let address = stage.world.address;
    let mut back = stage.viewer_at(address, &again(7, seen)).await;
    back.offset = seen;
    stage.speaker.show("after").await;
    back.reach(7, stage.speaker.offset).await;
    assert_eq!(back.snapshots, 0);

    // What is not kept any more, or never was.
    let much = "a line of some length\r\n".repeat(20_000);
    stage.speaker.show(&much).await;
    back.reach(7, stage.speaker.offset).await;
    for (epoch, offset) in [(7, seen), (6, seen), (7, u64::MAX)] {
        let mut late = stage.viewer_at(address, &again(epoch, offset)).await;
        late.reach(7, stage.speaker.offset).await;
        assert_eq!(late.snapshots, 1);
        assert_eq!(late.screen.text(), stage.speaker.text());
        let told = late.heard.iter().any(|f| matches!(f, Frame::Gap { .. }));
        assert_eq!(told, epoch == 7);
    }
}

// B-02
#[tokio::test]
async fn of_fifty_viewers_one_is_frozen_and_nobody_else_notices() {
    let mut stage = Stage::start().await;
    let mut frozen = stage.viewer().await;
    frozen.until(|frame| matches!(frame, Frame::State(_))).await;
    let mut viewers = join_all((0..49).map(|_| stage.viewer())).await;
    for viewer in &mut viewers {
        viewer.until(|frame| matches!(frame, Frame::State(_))).await;
    }
    let text = "0123456789 and so on, until the line is full of it\r\n".repeat(600);
    // More than a queue and the small buffers of a socket hold.
    let rounds = 160;
    let end = text.len() as u64 * rounds;
    let mut watching = JoinSet::new();
    for viewer in viewers {
        let mut viewer = viewer.blindly();
        watching.spawn(async move { viewer.reach(7, end).await });
    }
    for _ in 0..rounds {
        stage.speaker.show(&text).await;
    }
    assert_eq!(stage.speaker.offset, end);
    while let Some(reached) = watching.join_next().await {
        reached.unwrap();
    }
    // It was skipped, and is shown the screen as it is once it reads again.
    let mut frozen = frozen.blindly();
    frozen.reach(7, end).await;
    assert!(frozen.heard.iter().any(|f| matches!(f, Frame::Gap { .. })));
    assert!(frozen.snapshots > 1);
    assert_eq!(frozen.screen.text(), stage.speaker.text());
}

// B-02
#[tokio::test]
async fn a_viewer_that_reads_but_does_not_draw_is_skipped_until_it_does() {
    let mut stage = Stage::start().await;
    let mut slow = stage.viewer().await.silently();
    slow.until(|frame| matches!(frame, Frame::State(_))).await;
    slow.send(Frame::Ack { offset: 0 }).await;
    let mut other = stage.viewer().await;
    let line = format!("{}\r\n", "x".repeat(98));
    for n in 0..60u8 {
        stage.speaker.show(&line.repeat(100)).await;
        other.reach(7, stage.speaker.offset).await;
        let ping = Bytes::from(vec![n]);
        slow.send(Frame::Ping(ping.clone())).await;
        slow.until(|frame| *frame == Frame::Pong(ping.clone()))
            .await;
    }
    // So much and no more, besides what came with the first screen.
    let most = (512 << 10) + 10_000;
    assert!(
        (most - 20_000..=most).contains(&slow.offset),
        "{}",
        slow.offset
    );
    let offset = slow.offset;
    slow.send(Frame::Ack { offset }).await;
    slow.reach(7, stage.speaker.offset).await;
    assert_eq!(slow.screen.text(), stage.speaker.text());
}

// B-02
#[tokio::test]
async fn another_size_is_told_where_it_changed_with_the_screen_in_it_and_nothing_is_left_out() {
    let mut stage = Stage::start().await;
    stage.speaker.show("$ ").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, 2).await;
    let wrapped = "\x1b[32m0123456789".repeat(25);
    for (shown, cols, rows) in [
        (wrapped.as_str(), 60, 20),
        ("\x1b[?1047h\x1b[Hon the other screen", 90, 10),
        ("\x1b[3;1Hmore of it", 30, 30),
        ("\x1b[?1047lback", 120, 40),
    ] {
        let size = TerminalSize::new(cols, rows).unwrap();
        stage.speaker.show(shown).await;
        let offset = stage.speaker.offset;
        stage.speaker.resize(size).await;
        // Not a byte of what came just before is left out.
        let told = loop {
            match viewer.next().await.unwrap() {
                Frame::Output { .. } | Frame::State(_) => {}
                other => break other,
            }
        };
        assert_eq!(told, Frame::Size { offset, size });
        assert_eq!(viewer.offset, offset);
        let Frame::Snapshot {
            offset: at,
            snapshot,
        } = viewer.next().await.unwrap()
        else {
            panic!("the screen follows");
        };
        assert_eq!((at, snapshot.size), (offset, size));
        assert_eq!(snapshot.dump, stage.speaker.drawn());
        stage.speaker.show("and on").await;
        viewer.reach(7, stage.speaker.offset).await;
        assert_eq!(
            viewer.screen.snapshot().dump,
            stage.speaker.drawn(),
            "at {size}"
        );
    }
    assert!(!viewer.heard.iter().any(|f| matches!(f, Frame::Gap { .. })));
}

// B-02
#[tokio::test]
async fn two_servers_share_nothing_but_the_broker() {
    let mut stage = Stage::start().await;
    let mut options = ApiOptions::new(stage.world.artifacts.path().join("other"));
    options.listen.set_port(0);
    let other = ApiServer::new(options, stage.world.deps()).unwrap();
    let other = other.bind().await.unwrap();
    let address = other.local_addr();
    let soft = CancellationToken::new();
    let mut serving = JoinSet::new();
    serving.spawn(other.serve(soft.clone(), CancellationToken::new()));
    let mut here = stage.viewer().await;
    let mut there = stage.viewer_at(address, &Subscribe::default()).await;
    for n in 0..50 {
        stage.speaker.show(&format!("line {n}\r\n")).await;
    }
    for viewer in [&mut here, &mut there] {
        viewer.reach(7, stage.speaker.offset).await;
        assert_eq!(viewer.screen.text(), stage.speaker.text());
    }
    soft.cancel();
    assert_eq!(there.end().await.0, 1012);
    serving.join_next().await.unwrap().unwrap().unwrap();
}
