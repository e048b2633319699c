//! Whatever is lost on the live way, the sequence has every byte and every word once and in order.

use baton_wire::terminal::{Snapshot, TerminalSaid};
use proptest::prelude::*;

use super::*;

fn heard(epoch: u64, kept: bool, frames: Vec<Frame>) -> Heard {
    let message = TerminalMessage {
        attempt: Attempt::FIRST,
        epoch,
        frames,
    };
    Heard {
        payload: message.encode(),
        message,
        kept_at: kept.then(DateTime::default),
    }
}

fn output(offset: u64, text: &str) -> Frame {
    Frame::Output {
        offset,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    }
}

fn said(text: &str) -> Frame {
    Frame::Said(TerminalSaid {
        kind: "notice".to_owned(),
        text: text.to_owned(),
    })
}

fn screen(offset: u64) -> Frame {
    Frame::Snapshot {
        offset,
        snapshot: Snapshot {
            size: baton_domain::TerminalSize::DEFAULT,
            dump: Bytes::from_static(b"screen"),
        },
    }
}

fn frames(splice: &mut Splice) -> Vec<Frame> {
    std::iter::from_fn(|| splice.pop())
        .map(|fed| fed.frame)
        .collect()
}

#[test]
fn a_screen_begins_and_what_it_shows_is_not_shown_again() {
    let mut splice = Splice::default();
    splice.screen(&heard(7, true, vec![screen(10)]), Holes::Tell);
    splice.overlap();
    splice.output(heard(7, true, vec![output(4, "abcdefgh")]), Holes::Tell);
    splice.output(heard(6, true, vec![output(12, "older")]), Holes::Tell);
    assert_eq!(frames(&mut splice), [screen(10), output(10, "gh")]);
}

// B-05
#[test]
fn who_may_type_is_told_though_the_screen_shows_what_was_shown_before_it() {
    let mut splice = Splice::default();
    splice.screen(&heard(7, true, vec![screen(4)]), Holes::Tell);
    splice.overlap();
    let gate = |offset| Frame::Writer {
        offset,
        gate: baton_wire::GateShown {
            fence: None,
            writer: None,
            ended: None,
        },
    };
    let message = vec![gate(0), output(0, "who?"), gate(4), said("old")];
    splice.output(heard(7, true, message), Holes::Tell);
    assert_eq!(frames(&mut splice), [screen(4), gate(4)]);
}

#[test]
fn a_hole_is_waited_for_and_told_when_nothing_fills_it_and_a_screen_closes_it() {
    let mut splice = Splice::default();
    splice.output(heard(7, false, vec![output(0, "ab")]), Holes::Wait);
    let behind = heard(7, false, vec![output(5, "fg"), said("hello")]);
    let verdict = splice.output(behind.clone(), Holes::Wait);
    assert_eq!(verdict, Verdict::Missing);
    assert_eq!(frames(&mut splice), [output(0, "ab")]);
    splice.output(behind, Holes::Tell);
    let gap = Frame::Gap { from: 2, to: 5 };
    assert_eq!(frames(&mut splice), [gap, output(5, "fg"), said("hello")]);
    // One that is of no use, one that closes the hole, one that is not needed any more.
    for (offset, shown) in [(6, 0), (7, 1), (7, 0)] {
        splice.screen(&heard(7, false, vec![screen(offset)]), Holes::Wait);
        assert_eq!(frames(&mut splice).len(), shown, "{offset}");
    }
    let ahead = splice.screen(&heard(7, false, vec![screen(20)]), Holes::Wait);
    assert_eq!(ahead, Verdict::Missing);
}

#[test]
fn another_life_begins_at_nothing_and_the_one_before_is_over() {
    let mut splice = Splice::default();
    splice.output(heard(7, false, vec![output(0, "ab")]), Holes::Wait);
    let late = splice.output(heard(8, false, vec![output(3, "d")]), Holes::Wait);
    assert_eq!(late, Verdict::Missing);
    splice.output(heard(8, true, vec![output(0, "abc")]), Holes::Tell);
    splice.output(heard(8, false, vec![output(3, "d")]), Holes::Wait);
    splice.output(heard(7, false, vec![output(2, "cd")]), Holes::Wait);
    splice.screen(&heard(7, false, vec![screen(9)]), Holes::Tell);
    let all = [output(0, "ab"), output(0, "abc"), output(3, "d")];
    assert_eq!(frames(&mut splice), all);
    assert_eq!(splice.place(), Some((8, 4)));
}

#[test]
fn the_same_word_twice_is_two_words_while_nothing_is_read_again() {
    let mut splice = Splice::default();
    for _ in 0..2 {
        splice.output(heard(7, false, vec![said("frozen")]), Holes::Wait);
    }
    assert_eq!(frames(&mut splice).len(), 2);
}

/// What a worker said: bytes, a word, or both, and whether the message is lost on its live way.
fn script() -> impl Strategy<Value = Vec<(usize, bool, bool)>> {
    prop::collection::vec((0..40usize, any::<bool>(), any::<bool>()), 1..60)
}

proptest! {
    #[test]
    fn every_byte_and_every_word_comes_once_and_in_order(
        script in script(),
        begin in 0..60usize,
        reads in prop::collection::vec(any::<bool>(), 60),
    ) {
        let (mut all, mut kept, mut offset) = (String::new(), Vec::new(), 0u64);
        for (n, (length, word, _)) in script.iter().enumerate() {
            let text: String = (0..*length).map(|i| char::from(b'a' + ((n + i) % 26) as u8)).collect();
            let mut frames = vec![output(offset, &text)];
            if *word {
                frames.push(said(&n.to_string()));
            }
            offset += *length as u64;
            all.push_str(&text);
            kept.push(frames);
        }
        let begin = begin.min(kept.len() - 1);
        let Some(Frame::Output { offset: first, .. }) = kept[begin].first().cloned() else {
            unreachable!()
        };
        let mut splice = Splice::default();
        splice.screen(&heard(1, true, vec![screen(first)]), Holes::Tell);
        let read = |splice: &mut Splice, through: usize| {
            splice.overlap();
            for frames in &kept[begin..=through] {
                splice.output(heard(1, true, frames.clone()), Holes::Tell);
            }
        };
        for n in begin..kept.len() {
            let is_lost = script[n].2 && n + 1 < kept.len();
            if is_lost {
                continue;
            }
            let live = heard(1, false, kept[n].clone());
            // Some read what is kept before they have to, as after a lost connection.
            if reads[n] || splice.output(live.clone(), Holes::Wait) == Verdict::Missing {
                read(&mut splice, n);
                prop_assert_eq!(splice.output(live, Holes::Wait), Verdict::Taken);
            }
        }
        let fed = frames(&mut splice);
        let mut shown = String::new();
        let mut words = Vec::new();
        for frame in &fed {
            match frame {
                Frame::Output { bytes, .. } => shown.push_str(std::str::from_utf8(bytes).expect("text")),
                Frame::Said(said) => words.push(said.text.clone()),
                Frame::Gap { .. } => prop_assert!(false, "a hole was told"),
                _ => {}
            }
        }
        prop_assert_eq!(shown, &all[first as usize..]);
        let mut once = words.clone();
        once.dedup();
        prop_assert_eq!(&once, &words);
    }
}
