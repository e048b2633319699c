//! Snapshots.

use baton_screen::{Console, Screen};
use proptest::prelude::*;

use crate::{noise, size};

fn shown(dump: &[u8], cols: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(size(cols, rows));
    screen.feed(dump);
    screen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_dump_draws_what_it_was_made_from(bytes in noise(), tail in noise()) {
        let mut console = Console::new(size(20, 6));
        console.feed(&bytes);
        let snapshot = console.snapshot();
        let mut copy = shown(&snapshot.dump, 20, 6);
        prop_assert_eq!(copy.text(), console.screen().text());
        let passed = console.feed(&tail);
        copy.feed(&passed.output);
        prop_assert_eq!(copy.text(), console.screen().text());
        prop_assert_eq!(copy.alternate(), console.screen().alternate());
    }

    #[test]
    fn a_dump_in_the_middle_of_a_sequence_goes_on_there(bytes in noise(), cut in any::<prop::sample::Index>()) {
        let mut console = Console::new(size(20, 6));
        let passed = console.feed(&bytes).output;
        let cut = cut.index(passed.len() + 1);
        let mut whole = Screen::new(size(20, 6));
        whole.feed(&passed[..cut]);
        let mut copy = shown(&whole.snapshot().dump, 20, 6);
        whole.feed(&passed[cut..]);
        copy.feed(&passed[cut..]);
        prop_assert_eq!(copy.text(), whole.text());
        let place = b"\x1b[6n\x1b[?7$p\x1b[4$p\x1b[?25$p\x1b[?1006$p\x1b[?2004$p";
        prop_assert_eq!(copy.feed(place), whole.feed(place));
    }

    #[test]
    fn sizes_change_without_harm(bytes in noise(), cols in 2_u16..40, rows in 2_u16..20, more in noise()) {
        let mut console = Console::new(size(20, 6));
        console.feed(&bytes);
        console.resize(size(cols, rows));
        console.feed(&more);
        prop_assert_eq!(console.screen().size(), size(cols, rows));
    }
}

#[test]
fn the_primary_screen_waits_behind_the_alternate_one() {
    let mut screen = Screen::new(size(20, 4));
    screen.feed(b"shell\r\n$ vi\x1b[?1049h\x1b[2J\x1b[Hfile");
    let mut copy = shown(&screen.snapshot().dump, 20, 4);
    assert!(copy.alternate());
    assert_eq!(copy.text(), "file");
    copy.feed(b"\x1b[?1049l");
    assert_eq!(copy.text(), "shell\n$ vi");
}

#[test]
fn lines_that_left_at_the_top_are_asked_for_apart() {
    let mut screen = Screen::new(size(20, 2));
    screen.feed(b"one\r\n\x1b[31mtwo\x1b[0m\r\nthree\r\nfour");
    assert_eq!(screen.history(10), b"one\r\n\x1b[0;31mtwo\x1b[0m\r\n");
    assert_eq!(screen.history(1), b"\x1b[0;31mtwo\x1b[0m\r\n");
    assert!(!screen.snapshot().dump.windows(3).any(|part| part == b"one"));
}
