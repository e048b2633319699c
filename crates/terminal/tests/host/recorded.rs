//! What a terminal showed, played again.

use baton_domain::{TerminalName, TerminalSize, WriteEnd};
use baton_screen::{
    Screen,
    cast::{CastEvent, CastReader},
};
use baton_terminal::{Recorded, Via, recording};
use baton_wire::terminal::Frame;

use crate::{
    bench::{Bench, Heard, end},
    grants::{Api, Grant},
    viewer::Viewer,
};

const AGENT: TerminalName = TerminalName::Agent;

fn of(terminal: TerminalName) -> Recorded {
    Recorded {
        terminal,
        began: Some(1_700_000_000),
        title: Some("a run".to_owned()),
        command: None,
    }
}

// B-07
#[tokio::test]
async fn a_recording_shows_what_viewers_saw_with_marks() {
    let api = Api::new();
    let mut bench =
        Bench::on_terminal("read -r a; printf '\\033[7mü%s\\n' \"$a\"; read -r b; exit 7");
    bench.terminal().keys = api.keys();
    let mut hosted = bench.launch().await;
    let mut viewer = Viewer::join(&bench, AGENT, Via::Worker).await;
    let (grant, remote) = (Grant::at(1), hosted.remote());
    let typing = async {
        remote.mark("turn 1");
        remote.gate(api.grant(&grant), WriteEnd::Revoked);
        viewer.until_fence(1).await;
        let (id, fence) = (grant.id, grant.fence);
        let size = TerminalSize::new(60, 20).unwrap();
        let wish = Frame::Resize {
            grant: id,
            fence,
            size,
        };
        viewer.send(&wish).await;
        let sized = |frame: &Frame| matches!(frame, Frame::Size { .. });
        viewer.until(|viewer| viewer.saw(sized)).await;
        viewer.input(&grant, 1, b"one\n").await;
        viewer.until_shown("\u{fc}one").await;
        viewer.input(&grant, 2, b"two\n").await;
    };
    let mut heard = Heard::default();
    let (ended, ()) = tokio::join!(end(&mut hosted, &mut heard), typing);
    ended.unwrap();
    viewer.watch_out().await;
    let mut cast = Vec::new();
    recording(&bench.host().join("journal"), of(AGENT), &mut cast).unwrap();
    let cast = String::from_utf8(cast).unwrap();
    let mut lines = cast.lines();
    let (mut reader, header) = CastReader::new(lines.next().unwrap()).unwrap();
    assert_eq!(
        (header.size, header.began),
        (TerminalSize::DEFAULT, Some(1_700_000_000))
    );
    let mut screen = Screen::new(header.size);
    let mut others = Vec::new();
    for line in lines {
        match reader.event(line).unwrap().unwrap().event {
            CastEvent::Output(bytes) => {
                screen.feed(&bytes);
            }
            CastEvent::Resize(size) => {
                screen.resize(size);
                others.push(size.to_string());
            }
            CastEvent::Marker(label) => others.push(label),
            CastEvent::Exit(code) => others.push(code.to_string()),
            CastEvent::Input(text) => panic!("{text}"),
        }
    }
    assert_eq!(screen.text(), viewer.screen.text());
    let ends = [
        "turn 1",
        "anna may type",
        "60x20",
        "120x40",
        "anna may type no more: ended",
        "7",
    ];
    assert_eq!(others, ends);
    let mut shell = Vec::new();
    recording(
        &bench.host().join("journal"),
        of(TerminalName::Shell),
        &mut shell,
    )
    .unwrap();
    assert_eq!(String::from_utf8(shell).unwrap().lines().count(), 3);
}
