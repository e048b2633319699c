//! What is passed on does not depend on how the bytes were cut.

use baton_screen::{Console, Plain, Ring, Sanitiser};
use bytes::Bytes;
use proptest::prelude::*;

use crate::{noise, size};

/// Cuts bytes into chunks of these lengths, over and over.
fn chunks<'a>(bytes: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    let mut lengths = lengths.iter().cycle();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (chunk, after) = rest.split_at((*lengths.next()?).min(rest.len()));
        rest = after;
        Some(chunk)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn cuts_do_not_show(bytes in noise(), lengths in prop::collection::vec(1_usize..9, 1..5)) {
        let mut whole = Console::new(size(20, 6));
        let mut cut = Console::new(size(20, 6));
        let once = whole.feed(&bytes);
        let (mut output, mut answers) = (Vec::new(), Vec::new());
        for chunk in chunks(&bytes, &lengths) {
            let passed = cut.feed(chunk);
            output.extend_from_slice(&passed.output);
            answers.extend_from_slice(&passed.answers);
        }
        prop_assert_eq!(&output, &once.output);
        prop_assert_eq!(answers, once.answers);
        let mut plain = Plain::default();
        let pieces: String = chunks(&output, &lengths).map(|chunk| plain.feed(chunk)).collect();
        prop_assert_eq!(pieces, Plain::default().feed(&output));
    }

    #[test]
    fn what_was_sanitised_stays_as_it_is(bytes in noise()) {
        let once = Sanitiser::default().feed(&bytes);
        prop_assert_eq!(Sanitiser::default().feed(&once), once.clone());
        let passed = Console::new(size(20, 6)).feed(&bytes).output;
        prop_assert_eq!(Sanitiser::default().feed(&passed), passed.to_vec());
        prop_assert!(std::str::from_utf8(&once).is_ok());
    }
}

#[test]
fn plain_text_has_no_sequences_and_no_returns() {
    let mut plain = Plain::default();
    let text = plain.feed(b"\x1b[1mone\x1b[0m\r\ntwo\r");
    assert_eq!(text, "one\ntwo");
    assert_eq!(plain.feed(b"\n\x1b]0;title\x07\xe2\x94"), "\n");
    assert_eq!(plain.feed(b"\x80 50%\r60%"), "─ 50%\n60%");
}

#[test]
fn a_ring_keeps_the_end_of_a_stream() {
    let mut ring = Ring::starting_at(100, 10);
    assert_eq!(ring.from(100), Some(vec![]));
    for part in ["abcd", "efgh", "", "ij", "klm"] {
        ring.push(Bytes::from_static(part.as_bytes()));
    }
    assert_eq!((ring.start(), ring.end()), (104, 113));
    assert_eq!(ring.from(104).unwrap().concat(), b"efghijklm");
    assert_eq!(ring.from(110).unwrap().concat(), b"klm");
    assert_eq!(ring.from(113), Some(vec![]));
    assert_eq!((ring.from(103), ring.from(114)), (None, None));
}
