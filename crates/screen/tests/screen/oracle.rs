//! Another emulator, avt, as a second opinion on what a screen shows.

use avt::Terminal;
use baton_screen::{Console, Screen};
use proptest::prelude::*;

use crate::size;

/// What avt shows of these bytes.
fn second(bytes: &[u8], cols: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(cols.into(), rows.into()).expect("a size");
    terminal.feed([String::from_utf8_lossy(bytes).as_ref()]);
    let screen = terminal.screen();
    let lines = (0..rows.into()).map(|row| {
        screen
            .line(row)
            .expect("a row")
            .text()
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// What terminals agree about: text, lines, movement, erasure, scrolling, renditions.
fn ordinary() -> impl Strategy<Value = Vec<u8>> {
    let text = "[a-z ]{1,12}".prop_map(String::into_bytes);
    let control = prop::sample::select(vec![
        b"\r\n".to_vec(),
        b"\r".to_vec(),
        b"\x1b[2;4r".to_vec(),
        b"\x1b[r".to_vec(),
        b"\r\x1b[?1049h".to_vec(),
        b"\r\x1b[?1049l".to_vec(),
        b"\r\x1bM".to_vec(),
    ]);
    let step = ("[1-9]?", "[A-FSTGHd@PX]").prop_map(|(n, last)| {
        // From a column that nothing hangs over: what waits to wrap is told apart differently.
        format!("\r\x1b[{n}{last}").into_bytes()
    });
    let erase =
        ("[0-2]", "[JK]").prop_map(|(n, last)| format!("\r\x1b[3C\x1b[{n}{last}").into_bytes());
    // Outside of margins, they disagree.
    let lines = ("[1-6]", "[1-3]", "[LM]")
        .prop_map(|(row, n, last)| format!("\x1b[r\x1b[{row}H\x1b[{n}{last}").into_bytes());
    let render = "[1-9]{1,2}".prop_map(|n| format!("\x1b[{n}m").into_bytes());
    let piece =
        prop_oneof![6 => text, 3 => control, 4 => step, 2 => erase, 2 => lines, 1 => render];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_second_emulator_sees_the_same(bytes in ordinary(), tail in ordinary()) {
        let mut console = Console::new(size(20, 6));
        let passed = console.feed(&bytes).output;
        prop_assert_eq!(console.screen().text(), second(&passed, 20, 6));
        // From a dump on as well.
        let mut joined = console.snapshot().dump.to_vec();
        joined.extend_from_slice(&console.feed(&tail).output);
        prop_assert_eq!(console.screen().text(), second(&joined, 20, 6));
    }
}

#[test]
fn a_second_emulator_sees_real_agents_alike() {
    for name in ["claude-tui", "codex-exec", "codex-inline", "codex-tui"] {
        let path = format!("{}/tests/recordings/{name}.vt", env!("CARGO_MANIFEST_DIR"));
        let printed = std::fs::read_to_string(path).unwrap();
        // Marks are cells of their own there.
        let printed = printed.replace("\u{301}", "");
        let passed = Console::new(size(120, 40)).feed(printed.as_bytes()).output;
        let mut screen = Screen::new(size(120, 40));
        let mut from = 0;
        for at in (0..=passed.len()).step_by(passed.len() / 20) {
            let at = whole(&passed, at);
            screen.feed(&passed[from..at]);
            from = at;
            assert_eq!(
                screen.text(),
                second(&screen.snapshot().dump, 120, 40),
                "{name} at {at}"
            );
            let shown = second(&passed[..at], 120, 40);
            assert_eq!(screen.text(), shown, "{name} at {at}");
        }
    }
}

/// The next place that is not within a character: half of one is shown by the other emulator alone.
fn whole(text: &[u8], at: usize) -> usize {
    let rest = text[at..].iter();
    at + rest.take_while(|byte| **byte & 0xc0 == 0x80).count()
}
