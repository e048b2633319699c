//! A terminal kept in step with its feed.

use baton_domain::{Actor, Channel};
use baton_wire::{WriterShown, terminal::Refused};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn fed(epoch: u64, frame: Frame) -> Fed {
    Fed {
        attempt: Attempt::FIRST,
        epoch,
        kept_at: None,
        frame,
    }
}

fn output(offset: u64, bytes: &[u8]) -> Frame {
    Frame::Output {
        offset,
        bytes: Bytes::copy_from_slice(bytes),
    }
}

fn shown() -> Shown {
    Shown::new(Attempt::FIRST, Instant::now())
}

/// What a viewer makes of frames: the screen, as text.
fn seen(frames: &[Bytes], mut screen: Screen) -> String {
    for bytes in frames {
        match Frame::decode(bytes.clone()).unwrap() {
            Frame::Snapshot { snapshot, .. } => {
                screen = Screen::new(snapshot.size);
                screen.feed(&snapshot.dump);
            }
            Frame::Output { bytes, .. } => {
                screen.feed(&bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    screen.text()
}

fn gate(fence: u64, left_ms: Option<u64>) -> GateShown {
    let holder: Actor = "anna".to_owned().try_into().unwrap();
    GateShown {
        fence: Some(Fence::new(fence).unwrap()),
        writer: left_ms.map(|left_ms| WriterShown {
            grant: GrantId::from_uuid(Uuid::nil()),
            holder,
            channel: Channel::Web,
            terminals: Vec::new(),
            left_ms,
            reason: String::new(),
        }),
        ended: None,
    }
}

#[test]
fn another_life_forgets_what_was_shown_and_keeps_how_the_run_is() {
    let (mut shown, now) = (shown(), Instant::now());
    shown.take(fed(7, output(0, b"old")), now);
    shown.tell(&RunShown {
        silent: Some(true),
        ..RunShown::default()
    });
    let told = shown.take(fed(8, output(0, b"new")), now);
    assert_eq!(told[0], Told::Anew);
    assert_eq!(
        seen(&[shown.screen()], Screen::new(TerminalSize::DEFAULT)).trim(),
        "new"
    );
    assert_eq!(shown.run.silent, Some(true));
    assert_eq!(shown.tail(7, 0), None);
}

#[test]
fn a_tail_is_whole_or_there_is_none() {
    let (mut shown, now) = (shown(), Instant::now());
    let much = vec![b'x'; 300 << 10];
    shown.take(fed(7, output(0, &much)), now);
    let length = much.len() as u64;
    assert_eq!(shown.tail(7, 0), None, "the screen is shorter");
    assert_eq!(shown.tail(7, length + 1), None, "not shown yet");
    assert_eq!(shown.tail(7, length), Some(Vec::new()));
    let tail = shown.tail(7, length - (100 << 10)).unwrap();
    assert_eq!(tail.len(), 4);
    // What was shown in another size is not drawn again in this one.
    let size = TerminalSize::new(80, 24).unwrap();
    let sized = Frame::Size {
        offset: length,
        size,
    };
    assert_eq!(shown.take(fed(7, sized), now), [Told::Sized(length, size)]);
    assert_eq!(shown.tail(7, length - 1), None);
    assert_eq!(shown.tail(7, length), Some(Vec::new()));
    let gap = Frame::Gap {
        from: length,
        to: length + 9,
    };
    assert_eq!(shown.take(fed(7, gap), now), [Told::Behind]);
    assert_eq!(shown.tail(7, length), None);
    assert_eq!(shown.end_offset(), length + 9);
}

#[test]
fn an_older_gate_says_nothing_and_time_passes_for_the_one_in_force() {
    let (mut shown, now) = (shown(), Instant::now());
    let writer = |gate| Frame::Writer { offset: 0, gate };
    shown.take(fed(7, writer(gate(2, Some(1_000)))), now);
    assert_eq!(shown.take(fed(7, writer(gate(1, None))), now), []);
    let later = now + Duration::from_millis(300);
    assert_eq!(shown.gate(later).writer.unwrap().left_ms, 700);
    assert_eq!(shown.take(fed(7, writer(gate(2, None))), now).len(), 1);
    assert_eq!(shown.gate(later).writer, None);
}

#[test]
fn answers_of_the_gate_are_for_whoever_types() {
    let (mut shown, now) = (shown(), Instant::now());
    let grant = GrantId::from_uuid(Uuid::from_u128(7));
    let refused = |grant| {
        Frame::Refused(Refused {
            seq: None,
            grant,
            reason: String::new(),
        })
    };
    let told = shown.take(fed(7, refused(Some(grant))), now);
    assert_eq!(told[1..], [Told::Typist(grant, refused(Some(grant)))]);
    assert_eq!(shown.take(fed(7, refused(None)), now), []);
}

#[test]
fn a_run_that_is_over_ends_its_terminal_once() {
    let (mut shown, now) = (shown(), Instant::now());
    shown.take(fed(7, output(0, b"bye")), now);
    assert!(matches!(
        shown.end(),
        Some(Told::All(Frame::Exit { offset: 3, .. }))
    ));
    assert_eq!(shown.end(), None);
    let last = shown.present().pop().unwrap();
    assert!(matches!(
        Frame::decode(last).unwrap(),
        Frame::Exit { offset: 3, .. }
    ));
}

/// What a program might write: text, colours, moves, wide characters, the other screen.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z]{1,30}".prop_map(String::into_bytes),
        "[äé漢字🙂]{1,6}".prop_map(String::into_bytes),
        Just(b"\r\n".to_vec()),
        (0..108u8).prop_map(|n| format!("\x1b[{n}m").into_bytes()),
        (1..40u8, 1..120u8).prop_map(|(row, col)| format!("\x1b[{row};{col}H").into_bytes()),
        Just(b"\x1b[2J".to_vec()),
        Just(b"\x1b[?1049h".to_vec()),
        Just(b"\x1b[?1049l".to_vec()),
        (1..30u8, 1..40u8).prop_map(|(a, b)| format!("\x1b[{a};{b}r").into_bytes()),
        Just(b"\x1b[3L".to_vec()),
        Just(b"\x1bM".to_vec()),
    ]
}

proptest! {
    // B-07
    #[test]
    fn joining_at_any_moment_shows_what_was_shown_from_the_beginning(
        pieces in prop::collection::vec(piece(), 1..80),
        join in any::<prop::sample::Index>(),
        come_back in any::<prop::sample::Index>(),
    ) {
        let now = Instant::now();
        let mut shown = shown();
        let mut whole = Screen::new(TerminalSize::DEFAULT);
        let (join, come_back) = (join.index(pieces.len()), come_back.index(pieces.len()));
        let (mut offset, mut joined, mut left) = (0u64, None, None);
        for (n, bytes) in pieces.iter().enumerate() {
            if n == join {
                joined = Some((offset, shown.screen()));
            }
            if n == come_back {
                let screen = shown.screen();
                left = Some((offset, screen));
            }
            shown.take(fed(7, output(offset, bytes)), now);
            whole.feed(bytes);
            offset += bytes.len() as u64;
        }
        for (at, screen) in [joined.unwrap(), left.unwrap()] {
            let mut frames = vec![screen];
            frames.extend(shown.tail(7, at).unwrap_or_default());
            let blank = Screen::new(TerminalSize::DEFAULT);
            prop_assert_eq!(seen(&frames, blank), whole.text());
        }
        let blank = Screen::new(TerminalSize::DEFAULT);
        prop_assert_eq!(seen(&[shown.screen()], blank), whole.text());
    }
}
