//! A program that prints without end, before somebody who does not read and somebody who types.

use baton_domain::{TerminalName, WriteEnd};
use baton_terminal::Via;
use baton_wire::terminal::Frame;

use crate::{
    bench::{Bench, Heard, end, follow_while},
    grants::{Api, Grant},
    viewer::Viewer,
};

const AGENT: TerminalName = TerminalName::Agent;

/// By then the ring of what was shown last is full.
const SOME: u64 = 6 << 20;
/// A few seconds of output.
const MUCH: u64 = 24 << 20;

// Its last words end without a line's end: whoever sees them whole has seen everything.

/// How many come while it prints.
const JOINING: usize = 20;

/// What a process holds in memory, in KiB.
fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let amount = line.unwrap().split_whitespace().nth(1);
    amount.unwrap().parse().unwrap()
}

// B-02
#[tokio::test]
async fn a_flood_is_stopped_by_whoever_types_while_somebody_does_not_read() {
    let api = Api::new();
    let mut bench = Bench::on_terminal(
        "trap : INT; stty -echo; until [ -e go ]; do sleep 0.01; done; yes a line of a common length, which is many words long; \
         printf '%s' 'it stopped'; cat > /dev/null",
    );
    bench.terminal().keys = api.keys();
    let mut hosted = bench.launch().await;
    let host = hosted.status().host;
    let mut still = Viewer::join(&bench, AGENT, Via::Local).await;
    still.until(|viewer| viewer.offset.is_some()).await;
    let joined = still.offset.unwrap();
    let mut writer = Viewer::join(&bench, AGENT, Via::Worker).await;
    let grant = Grant::at(1);
    hosted.remote().gate(api.grant(&grant), WriteEnd::Revoked);
    let stopped = follow_while(&mut hosted, async {
        writer.until_fence(1).await;
        std::fs::write(bench.folder.path().join("go"), "").unwrap();
        writer.until(|viewer| viewer.offset >= Some(SOME)).await;
        let before = resident(host);
        writer.until(|viewer| viewer.offset >= Some(MUCH)).await;
        let grown = resident(host).saturating_sub(before);
        assert!(grown < 8 << 10, "its host has grown by {grown} KiB");
        writer.input(&grant, 1, b"\x03").await;
        let stopped = |viewer: &Viewer| viewer.screen.text().contains("it stopped");
        writer.until(stopped).await;
        assert_eq!(writer.accepted(), [1]);
        still.until(stopped).await;
        writer.offset.unwrap()
    });
    let end_offset = stopped.await;
    let typed_at = writer.frames.iter().find_map(|frame| match frame {
        Frame::Accepted { offset, .. } => Some(*offset),
        _ => None,
    });
    // What the system held of it still came, and no more.
    assert!(end_offset - typed_at.unwrap() < 1 << 20);
    // Whoever did not read was sent what waited, and then the screen.
    let left_out: Vec<(u64, u64)> = still
        .frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Gap { from, to } => Some((*from, *to)),
            _ => None,
        })
        .collect();
    let (first, last) = (left_out[0], left_out[left_out.len() - 1]);
    // What waits for one who does not read is bounded: its queue, and what the system holds.
    assert!(
        first.0 - joined < 2 << 20 && last.1 >= MUCH,
        "{joined}: {left_out:?}"
    );
    assert_eq!(still.screen.snapshot(), writer.screen.snapshot());
    hosted.remote().end();
    end(&mut hosted, &mut Heard::default()).await.unwrap();
}

// B-02
#[tokio::test]
async fn whoever_joins_in_the_midst_of_a_flood_is_greeted_and_shown_everything() {
    let bench = Bench::on_terminal(
        "yes a line of a common length, which is many words long & \
         until [ -e stop ]; do sleep 0.01; done; kill $!; wait $!; printf '%s' 'it stopped'; cat > /dev/null",
    );
    let mut hosted = bench.launch().await;
    follow_while(&mut hosted, async {
        let mut first = Viewer::join(&bench, AGENT, Via::Worker).await;
        first.until(|viewer| viewer.offset >= Some(SOME)).await;
        // Nobody reads on while others join, so that everybody falls behind.
        let mut joined = Vec::new();
        for _ in 0..JOINING {
            joined.push(Viewer::join(&bench, AGENT, Via::Local).await);
        }
        std::fs::write(bench.folder.path().join("stop"), "").unwrap();
        for viewer in std::iter::once(&mut first).chain(&mut joined) {
            let stopped = |viewer: &Viewer| viewer.screen.text().contains("it stopped");
            viewer.until(stopped).await;
        }
        for viewer in &joined {
            assert_eq!(viewer.screen.snapshot(), first.screen.snapshot());
        }
    })
    .await;
    hosted.remote().end();
    end(&mut hosted, &mut Heard::default()).await.unwrap();
}
