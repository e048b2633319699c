//! A part of a screen, for drawing it into a window of another size.

use crate::{
    history::push,
    op::{Mode, Op},
    pen::Pen,
    row::{Cell, Row},
    screen::Screen,
};

/// A part of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What draws each row: text with renditions, without links. What follows it is drawn with none.
    pub lines: Vec<Vec<u8>>,
}

impl Screen {
    /// The part that begins at a row and column and has so many rows and columns. Characters that
    /// its edges cut are blanks.
    #[must_use]
    pub fn view(&self, from: (u16, u16), size: (u16, u16)) -> View {
        let rows = self.state.page.rows.iter();
        let shown = rows.skip(from.0.into()).take(size.0.into());
        View {
            lines: shown
                .map(|row| draw(row, from.1.into(), size.1.into()))
                .collect(),
        }
    }

    /// The cursor's row and column.
    #[must_use]
    pub fn cursor(&self) -> (u16, u16) {
        let page = &self.state.page;
        let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        (narrow(page.row), narrow(page.col.min(page.cols() - 1)))
    }

    /// Whether the cursor is shown.
    #[must_use]
    pub fn cursor_visible(&self) -> bool {
        self.state.settings.get(Mode::Visible) == Some(true)
    }

    /// What sets a keyboard to what the program expects: cursor keys, keypad, pasting. The mouse is
    /// left out: its places would be those of another window.
    #[must_use]
    pub fn keyboard(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for mode in [Mode::CursorKeys, Mode::Keypad, Mode::Paste] {
            let on = self.state.settings.get(mode) == Some(true);
            Op::Mode(mode, on).write(&mut out);
        }
        out
    }
}

fn draw(row: &Row, from: usize, cols: usize) -> Vec<u8> {
    let shown = row.shown().min(from + cols);
    let cells = row.cells.get(from..shown).unwrap_or_default();
    let mut out = Vec::new();
    let mut pen = Pen::default();
    for (at, cell) in cells.iter().enumerate() {
        if cell.is_tail() && at > 0 {
            continue;
        }
        let unlinked = Pen {
            link: None,
            ..cell.pen.clone()
        };
        if unlinked != pen {
            unlinked.write(&mut out);
            pen = unlinked;
        }
        if cut(cell, at, cols) {
            out.push(b' ');
        } else {
            push(cell.c, cell.marks.as_deref(), &mut out);
        }
    }
    if pen != Pen::default() {
        out.extend_from_slice(b"\x1b[0m");
    }
    out
}

/// Whether an edge goes through a character.
fn cut(cell: &Cell, at: usize, cols: usize) -> bool {
    cell.is_tail() || (cell.width == 2 && at + 1 == cols)
}

#[cfg(test)]
mod tests {
    use baton_domain::TerminalSize;

    use super::*;

    fn screen(bytes: &str) -> Screen {
        let mut screen = Screen::new(TerminalSize::new(10, 3).expect("a size"));
        screen.feed(bytes.as_bytes());
        screen
    }

    #[test]
    fn a_part_is_drawn_with_its_colours_and_without_halves() {
        let screen = screen("ab\x1b[31mcd\x1b[0m\r\n日本x");
        let lines = |from, size| -> Vec<String> {
            let view = screen.view(from, size);
            let text = |line| String::from_utf8(line).expect("UTF-8");
            view.lines.into_iter().map(text).collect()
        };
        assert_eq!(lines((0, 1), (1, 2)), ["b\x1b[0;31mc\x1b[0m"]);
        assert_eq!(lines((1, 0), (1, 3)), ["日 "]);
        assert_eq!(lines((1, 1), (2, 9)), [" 本x", ""]);
        assert_eq!(screen.cursor(), (1, 5));
    }

    #[test]
    fn the_keyboard_is_what_the_program_expects() {
        let text = String::from_utf8(screen("\x1b[?1h\x1b[?2004h").keyboard()).expect("ASCII");
        assert!(
            text.contains("\x1b[?1h") && text.contains("\x1b[?2004h"),
            "{text:?}"
        );
        assert!(!screen("\x1b[?25l").cursor_visible());
    }
}
