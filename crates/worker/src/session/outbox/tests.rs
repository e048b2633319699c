use baton_domain::TerminalSize;
use baton_wire::terminal::{Snapshot, TypedSeq};
use bytes::Bytes;

use super::*;

fn outbox() -> Outbox {
    Outbox::new(Attempt::FIRST, 7)
}

fn output(offset: u64, bytes: Vec<u8>) -> Frame {
    let bytes = Bytes::from(bytes);
    Frame::Output { offset, bytes }
}

fn snapshot(offset: u64) -> Frame {
    let snapshot = Snapshot {
        size: TerminalSize::DEFAULT,
        dump: Bytes::from_static(b"screen"),
    };
    Frame::Snapshot { offset, snapshot }
}

fn printed(message: &TerminalMessage) -> Vec<(u64, usize)> {
    let frames = message.frames.iter().filter_map(|frame| match frame {
        Frame::Output { offset, bytes } => Some((*offset, bytes.len())),
        _ => None,
    });
    frames.collect()
}

// H-08
#[test]
fn the_first_bytes_go_at_once_and_what_follows_goes_together() {
    let (mut outbox, now) = (outbox(), Instant::now());
    outbox.take(output(0, vec![b'a']), now);
    assert!(outbox.due().unwrap() <= Instant::now());
    assert_eq!(printed(&outbox.message(now).unwrap()), [(0, 1)]);
    assert_eq!(outbox.due(), None);
    for n in 0..10 {
        outbox.take(output(1 + n * 10, vec![b'b'; 10]), now);
    }
    assert_eq!(outbox.due(), Some(now + BETWEEN));
    assert_eq!(printed(&outbox.message(now).unwrap()), [(1, 100)]);
}

// H-08
#[test]
fn an_answer_to_whoever_types_and_the_echo_wait_for_nothing_before_them() {
    let (mut outbox, now) = (outbox(), Instant::now());
    let accepted = Frame::Accepted {
        offset: 10,
        grant: "0198c8a0-0000-7000-8000-000000000002".parse().unwrap(),
        seq: TypedSeq(1),
    };
    outbox.take(output(0, vec![b'a'; 10]), now);
    assert!(outbox.message(now).is_some());
    outbox.take(accepted.clone(), now);
    assert_eq!(outbox.due(), Some(now));
    let frames = outbox.message(now).unwrap().frames;
    assert_eq!(frames, std::slice::from_ref(&accepted));
    outbox.take(output(10, vec![b'x']), now);
    assert_eq!(outbox.due(), Some(now));
    assert_eq!(printed(&outbox.message(now).unwrap()), [(10, 1)]);
    // What follows is gathered, and so is what is too much for an echo.
    outbox.take(output(11, vec![b'y']), now);
    assert_eq!(outbox.due(), Some(now + BETWEEN));
    assert!(outbox.message(now).is_some());
    outbox.take(accepted, now);
    assert!(outbox.message(now).is_some());
    outbox.take(output(12, vec![b'z'; ECHO + 1]), now);
    outbox.take(output(13 + ECHO as u64, vec![b'z']), now);
    assert_eq!(outbox.due(), Some(now + BETWEEN));
}

// H-08 B-05
#[test]
fn who_may_type_already_is_told_before_anything_is_shown() {
    let (mut outbox, now) = (outbox(), Instant::now());
    outbox.greeted(&hello(), now);
    assert!(outbox.message(now).is_none());
    let mut open = hello();
    open.gate.fence = Some(serde_json::from_value(4.into()).unwrap());
    outbox.greeted(&open, now);
    outbox.take(output(0, vec![b'a']), now);
    let frames = outbox.message(now).unwrap().frames;
    let gate = open.gate;
    assert_eq!(frames[0], Frame::Writer { offset: 0, gate });
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_flood_waits_where_it_comes_from() {
    let (mut outbox, now) = (outbox(), Instant::now());
    outbox.take(output(0, vec![b'x'; 100_000]), now);
    assert!(!outbox.has_room());
    let mut sent = Vec::new();
    while let Some(message) = outbox.message(now) {
        assert!(message.encode().len() < 64 << 10);
        sent.extend(printed(&message));
    }
    assert_eq!(sent.iter().map(|(_, n)| n).sum::<usize>(), 100_000);
    assert!(sent.iter().all(|(_, n)| *n <= MAX_OUTPUT));
    assert!(outbox.has_room());
    // What was dropped there is told, and the screen stands for it.
    let (from, to) = (100_000, 900_000);
    outbox.take(Frame::Gap { from, to }, now);
    outbox.take(snapshot(to), now);
    outbox.take(output(to, vec![b'y']), now);
    let frames = outbox.message(now).unwrap().frames;
    assert!(matches!(frames[..], [Frame::Gap { .. }]), "{frames:?}");
    assert!(outbox.message(now).is_none());
    assert!(outbox.screen(now).is_some());
    assert_eq!(printed(&outbox.message(now).unwrap()), [(to, 1)]);
}

fn hello() -> Hello {
    serde_json::from_value(serde_json::json!({
        "run": "0198c8a0-0000-7000-8000-000000000001", "attempt": 1, "terminal": "agent",
        "epoch": 7, "size": {"cols": 120, "rows": 40}, "gate": {}, "at": "2026-01-02T03:04:05Z",
    }))
    .unwrap()
}

// B-05
#[test]
fn what_changes_while_a_screen_is_fetched_wants_another_one() {
    let (mut outbox, now) = (outbox(), Instant::now());
    for (changes, due) in [(false, None), (true, Some(now + BETWEEN_SCREENS))] {
        outbox.asked();
        if changes {
            let (offset, gate) = (0, hello().gate);
            outbox.take(Frame::Writer { offset, gate }, now);
        }
        outbox.take_screen(hello(), 0, snapshot(0));
        assert!(outbox.screen(now).is_some());
        assert_eq!(outbox.screen_due(), due);
    }
}

#[test]
fn a_screen_goes_out_when_everything_before_it_did() {
    let (mut outbox, now) = (outbox(), Instant::now());
    assert!(outbox.screen_due().unwrap() <= Instant::now());
    outbox.take(output(0, vec![b'a'; 10]), now);
    outbox.take_screen(hello(), 20, snapshot(20));
    assert!(outbox.message(now).is_some());
    assert_eq!(outbox.screen(now), None);
    outbox.take(output(10, vec![b'b'; 30]), now);
    assert_eq!(printed(&outbox.message(now).unwrap()), [(10, 10)]);
    let screen = outbox.screen(now).unwrap();
    assert!(matches!(
        screen.frames[..],
        [Frame::Hello(_), Frame::Snapshot { offset: 20, .. }]
    ));
    assert_eq!(printed(&outbox.message(now).unwrap()), [(20, 20)]);
}

#[test]
fn screens_are_due_by_bytes_by_time_and_by_what_changes() {
    let (mut outbox, now) = (outbox(), Instant::now());
    outbox.take(snapshot(0), now);
    assert!(outbox.screen(now).is_some());
    assert_eq!(outbox.screen_due(), None);
    outbox.take(output(0, vec![b'a']), now);
    assert_eq!(outbox.screen_due(), Some(now + SCREEN_EVERY));
    outbox.take(output(1, b"\x1b[?1049h".to_vec()), now);
    assert_eq!(outbox.screen_due(), Some(now + BETWEEN_SCREENS));
    assert!(outbox.message(now).is_some());
    outbox.take(snapshot(9), now);
    assert!(outbox.screen(now).is_some());
    outbox.take(output(9, vec![b'a'; 256 << 10]), now);
    assert_eq!(outbox.screen_due(), Some(now + BETWEEN_SCREENS));
}
