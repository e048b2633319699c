//! The golden frames: their bytes never change, and the dashboard's codec
//! (`static/src/api/frames.ts`) is held by the same file.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use baton_domain::{Fence, GrantId, TerminalSize};
use baton_wire::{
    Frame,
    terminal::{Exit, Input, RunShown, Snapshot, Subscribe, TypedSeq},
};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

const GRANT: &str = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b";

fn grant() -> GrantId {
    GRANT.parse().expect("a grant id")
}

fn fence() -> Fence {
    Fence::new(7).expect("a fence")
}

fn size() -> TerminalSize {
    TerminalSize::new(132, 43).expect("a size")
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("words of a frame")
}

fn hello() -> Frame {
    Frame::Hello(read(json!({
        "run": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a", "attempt": 2, "terminal": "agent",
        "epoch": 1_763_712_000_123_u64, "size": {"cols": 132, "rows": 43},
        "gate": {"fence": 7, "writer": {
            "grant": GRANT, "holder": "ada", "channel": "web", "terminals": ["agent", "shell"],
            "leftMs": 61_000, "reason": "the migration waits for an answer",
        }},
        "at": "2025-11-21T08:00:00Z",
        "limits": {"name": "ada", "mayType": true, "maxInput": 4096, "inputPerSecond": 65_536},
    })))
}

fn writer() -> Frame {
    Frame::Writer {
        offset: 81_000,
        gate: read(json!({"fence": 8, "ended": "revoked"})),
    }
}

fn snapshot() -> Frame {
    Frame::Snapshot {
        offset: 5_000_000_000,
        snapshot: Snapshot {
            size: size(),
            dump: Bytes::from_static(b"\x1b[2J\x1b[Hready $ "),
        },
    }
}

fn shown() -> Vec<(&'static str, Frame)> {
    vec![
        ("hello", hello()),
        ("snapshot", snapshot()),
        (
            "output",
            Frame::Output {
                offset: 80_992,
                bytes: Bytes::from("grüße\r\n".as_bytes().to_vec()),
            },
        ),
        (
            "size",
            Frame::Size {
                offset: 80_999,
                size: size(),
            },
        ),
        ("state", Frame::State(state())),
        ("writer", writer()),
        (
            "said",
            Frame::Said(read(
                json!({"kind": "notice", "text": "paused for an operator"}),
            )),
        ),
        (
            "exit",
            Frame::Exit {
                offset: 81_007,
                exit: Exit {
                    code: Some(3),
                    signal: None,
                },
            },
        ),
        (
            "gap",
            Frame::Gap {
                from: 10,
                to: 4_000_000,
            },
        ),
        (
            "accepted",
            Frame::Accepted {
                offset: 81_004,
                grant: grant(),
                seq: TypedSeq(12),
            },
        ),
        (
            "refused",
            Frame::Refused(read(
                json!({"seq": 13, "grant": GRANT, "reason": "the grant's time is over"}),
            )),
        ),
        ("pong", Frame::Pong(Bytes::from_static(b"1"))),
    ]
}

fn state() -> RunShown {
    read(json!({"state": "running", "session": "ready", "frozen": false, "silent": true}))
}

fn wishes() -> Vec<(&'static str, Frame)> {
    vec![
        (
            "subscribe",
            Frame::Subscribe(Subscribe {
                epoch: Some(1_763_712_000_123),
                offset: Some(81_000),
                grant: Some(grant()),
                write_key: Some("c2VjcmV0".to_owned()),
            }),
        ),
        ("ack", Frame::Ack { offset: 81_000 }),
        (
            "input",
            Frame::Input(Input {
                grant: grant(),
                fence: fence(),
                seq: TypedSeq(12),
                bytes: Bytes::from_static(b"yes\r"),
            }),
        ),
        (
            "resize",
            Frame::Resize {
                grant: grant(),
                fence: fence(),
                size: size(),
            },
        ),
        ("ping", Frame::Ping(Bytes::from_static(b"1"))),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Bytes {
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(pair).collect()
}

#[test]
fn frames_are_written_and_read_as_they_always_were() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/terminal/frames.json");
    let text = fs::read_to_string(file).expect("the golden frames");
    let golden: BTreeMap<String, String> = serde_json::from_str(&text).expect("names and hex");
    let frames: Vec<_> = shown().into_iter().chain(wishes()).collect();
    let written: BTreeMap<String, String> = frames
        .iter()
        .map(|(name, frame)| ((*name).to_owned(), hex(&frame.encode())))
        .collect();
    assert_eq!(written, golden);
    for (name, frame) in frames {
        assert_eq!(
            Frame::decode(unhex(&golden[name])).unwrap(),
            frame,
            "{name}"
        );
    }
    assert_eq!(Uuid::parse_str(GRANT).unwrap(), grant().as_uuid());
}
