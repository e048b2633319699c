//! Recordings.

use std::time::Duration;

use baton_screen::cast::{CastAt, CastEvent, CastHeader, CastReader, CastWriter};
use bytes::Bytes;

use crate::size;

fn header() -> CastHeader {
    CastHeader {
        size: size(80, 24),
        began: Some(1_700_000_000),
        title: Some("a run".to_owned()),
        command: None,
    }
}

fn write(events: &[(u64, CastEvent)]) -> String {
    let (mut writer, mut lines) = CastWriter::new(&header());
    for (at, event) in events {
        writer.event(Duration::from_millis(*at), event, &mut lines);
    }
    lines
}

fn output(bytes: &'static [u8]) -> CastEvent {
    CastEvent::Output(Bytes::from_static(bytes))
}

#[test]
fn a_recording_is_read_as_it_was_written() {
    let events = [
        (10, output(b"\x1b[1mhello\r\n")),
        (1510, CastEvent::Resize(size(100, 30))),
        (1510, CastEvent::Marker(r#"{"kind":"paused"}"#.to_owned())),
        (1600, CastEvent::Input("ls\r".to_owned())),
        (2000, CastEvent::Exit(3)),
    ];
    let lines = write(&events);
    let mut lines = lines.lines();
    let (mut reader, read) = CastReader::new(lines.next().unwrap()).unwrap();
    assert_eq!(read, header());
    let read: Vec<CastAt> = lines
        .filter_map(|line| reader.event(line).unwrap())
        .collect();
    let wrote = events.into_iter().map(|(at, event)| CastAt {
        at: Duration::from_millis(at),
        event,
    });
    assert_eq!(read, wrote.collect::<Vec<_>>());
}

#[test]
fn times_are_intervals_and_do_not_drift() {
    let events: Vec<_> = (0..4).map(|n| (n * 1333, output(b"x"))).collect();
    let lines = write(&events);
    let said: Vec<&str> = lines.lines().skip(1).collect();
    assert_eq!(
        said,
        [
            "[0.000,\"o\",\"x\"]",
            "[1.333,\"o\",\"x\"]",
            "[1.333,\"o\",\"x\"]",
            "[1.333,\"o\",\"x\"]"
        ]
    );
}

#[test]
fn characters_that_are_cut_are_put_together() {
    let lines = write(&[
        (0, output(b"a\xe2\x94")),
        (5, CastEvent::Marker("m".to_owned())),
        (10, output(b"\x80b\xff\xf0\x9f")),
        (20, output(b"c\xe2")),
        (30, CastEvent::Exit(0)),
    ]);
    let said: Vec<&str> = lines.lines().skip(1).collect();
    assert_eq!(
        said,
        [
            "[0.000,\"o\",\"a\"]",
            "[0.005,\"m\",\"m\"]",
            "[0.005,\"o\",\"─b\u{fffd}\"]",
            "[0.010,\"o\",\"\u{fffd}c\"]",
            "[0.010,\"o\",\"\u{fffd}\"]",
            "[0.000,\"x\",\"0\"]",
        ]
    );
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let refused = CastReader::new(r#"{"version":2,"width":80,"height":24}"#).unwrap_err();
    assert!(refused.to_string().contains("version 2"), "{refused}");
    let refused = CastReader::new(r#"{"version":3,"term":{"cols":0,"rows":1}}"#).unwrap_err();
    assert!(refused.to_string().contains("0x1"), "{refused}");
    assert!(CastReader::new("hello").is_err());
    let (mut reader, _) = CastReader::new(r#"{"version":3,"future":true}"#).unwrap();
    assert_eq!(reader.event("# a comment").unwrap(), None);
    assert_eq!(reader.event("[0.1,\"z\",\"later\"]").unwrap(), None);
    for line in [
        "[-1,\"o\",\"x\"]",
        "[1e300,\"o\",\"x\"]",
        "[0,\"r\",\"80\"]",
        "{}",
    ] {
        let refused = reader.event(line).unwrap_err().to_string();
        assert!(refused.starts_with("line "), "{refused}");
    }
}
