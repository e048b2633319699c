//! How many columns a character takes: one table for the emulator, and for the page's terminal.

use unicode_width::UnicodeWidthChar as _;

/// 0, 1 or 2 columns; `None` for what is never shown: controls, and marks that turn text around.
pub(crate) fn width(c: char) -> Option<u8> {
    match c {
        ' '..='~' => Some(1),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => None,
        _ => c.width().map(|width| width.min(2) as u8),
    }
}

/// The ranges of characters (first and last code point) that take so many columns.
#[must_use]
pub fn ranges_of_width(columns: u8) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for c in '\u{80}'..=char::MAX {
        if width(c).unwrap_or(1) != columns {
            continue;
        }
        let code = u32::from(c);
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    ranges
}
