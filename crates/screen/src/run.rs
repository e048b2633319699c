//! Runs of plain text: most of what programs print, and carried out at once.

use crate::{interpret::Interpreter, state::State, token::Tokeniser};

/// The characters at the beginning of these bytes that are printed as they are, and the rest. There
/// are none within a sequence, nor where each character has to be looked at.
pub(crate) fn split<'a>(
    tokeniser: &Tokeniser,
    interpreter: &Interpreter,
    state: &State,
    bytes: &'a [u8],
) -> (&'a [u8], &'a [u8]) {
    if !(tokeniser.is_between() && interpreter.is_plain() && state.prints_plainly()) {
        return (&[], bytes);
    }
    let special = bytes.iter().position(|byte| !matches!(byte, 0x20..=0x7e));
    bytes.split_at(special.unwrap_or(bytes.len()))
}

#[cfg(test)]
mod tests {
    use baton_domain::TerminalSize;
    use proptest::prelude::*;

    use crate::{Console, Screen};

    /// Text of all kinds, and what changes how text is printed.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let fixed = |text: &'static str| Just(text.as_bytes().to_vec());
        prop_oneof![
            4 => "[ -~]{1,30}".prop_map(String::into_bytes),
            2 => prop_oneof![fixed("\r\n"), fixed("\n"), fixed("\r"), fixed("\x08"), fixed("\t")],
            2 => "[表e\u{301}é🙂]{1,8}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 1..6),
            1 => "\\[[0-9]{0,2}[@A-HJ-MPX]".prop_map(|text| format!("\x1b{text}").into_bytes()),
            1 => prop_oneof![
                fixed("\x1b[4h"), fixed("\x1b[4l"), fixed("\x1b[?7l"), fixed("\x1b[?7h"),
                fixed("\x1b(0"), fixed("\x1b(B"), fixed("\x0e"), fixed("\x0f"), fixed("\x1b[3b"),
                fixed("\x1b[41m"), fixed("\x1b[0m"), fixed("\x1b[2;3r"), fixed("\x1b[r"),
                fixed("\x1b[?1049h"), fixed("\x1b[?1049l"), fixed("\x1b[2J"), fixed("\x1b[H"),
            ],
        ]
    }

    proptest! {
        #[test]
        fn plain_text_is_shown_as_it_is_character_by_character(
            pieces in prop::collection::vec(piece(), 1..60),
        ) {
            let size = TerminalSize::new(20, 4).unwrap();
            let (mut fast, mut slow) = (Console::new(size), Console::new(size));
            let mut shadow = Screen::new(size);
            for bytes in pieces {
                let passed = fast.feed(&bytes);
                prop_assert_eq!(&passed, &slow.feed_slowly(&bytes));
                shadow.feed(&passed.output);
                let (fast, slow) = (fast.screen(), slow.screen());
                prop_assert_eq!(&fast.state.page, &slow.state.page);
                prop_assert_eq!(fast.state.joinable, slow.state.joinable);
                prop_assert_eq!(fast.snapshot(), slow.snapshot());
                prop_assert_eq!(fast.history(50), slow.history(50));
                prop_assert_eq!(shadow.text(), slow.text());
            }
        }
    }
}
