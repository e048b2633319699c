//! Draws a screen and a line about it into a window of any size. Pure: what is to be written comes out.

use baton_screen::Screen;

/// What the window shows besides the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Status {
    /// On the left.
    pub(crate) text: String,
    /// Whether it is to be noticed.
    pub(crate) loud: bool,
    /// Whether what is typed goes to the run.
    pub(crate) typing: bool,
}

/// What was drawn, so that only what changed is drawn again.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    window: (u16, u16),
    lines: Vec<Vec<u8>>,
    status: Vec<u8>,
    keyboard: Vec<u8>,
}

/// Where a screen stands in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The screen's first row and column that are shown.
    from: (u16, u16),
    /// How many rows and columns.
    size: (u16, u16),
    /// Where they begin in the window.
    at: (u16, u16),
}

impl Painter {
    /// Everything is to be drawn anew: the window may show anything.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What leads the window, of so many columns and rows, from what was drawn to this.
    pub(crate) fn paint(
        &mut self,
        window: (u16, u16),
        screen: &Screen,
        status: &Status,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"\x1b[?2026h\x1b[?25l");
        if self.window != window {
            self.forget();
            self.window = window;
            out.extend_from_slice(b"\x1b[0m\x1b[2J");
        }
        let place = Place::of(window, screen);
        self.screen(place, screen, &mut out);
        self.status(window, status, &mut out);
        self.keyboard(screen, status.typing, &mut out);
        cursor(place, screen, &mut out);
        out.extend_from_slice(b"\x1b[?2026l");
        out
    }

    fn screen(&mut self, place: Place, screen: &Screen, out: &mut Vec<u8>) {
        let view = screen.view(place.from, place.size);
        let (top, left) = place.at;
        let rows = usize::from(self.window.1.saturating_sub(1));
        let mut lines = vec![Vec::new(); rows];
        for (row, drawn) in view.lines.into_iter().enumerate() {
            if let Some(line) = lines.get_mut(usize::from(top) + row) {
                line.extend(std::iter::repeat_n(b' ', left.into()));
                line.extend(drawn);
            }
        }
        for (row, line) in lines.iter().enumerate() {
            if self.lines.get(row) != Some(line) {
                goto(row, 0, out);
                out.extend_from_slice(line);
                out.extend_from_slice(b"\x1b[0m\x1b[K");
            }
        }
        self.lines = lines;
    }

    fn status(&mut self, window: (u16, u16), status: &Status, out: &mut Vec<u8>) {
        let width = usize::from(window.0);
        let text: String = status.text.chars().take(width).collect();
        let colour = match (status.loud, status.typing) {
            (true, _) => "\x1b[0;30;43m",
            (false, true) => "\x1b[0;30;42m",
            (false, false) => "\x1b[0;7m",
        };
        let line = format!("{colour}{text:<width$}\x1b[0m").into_bytes();
        if self.status != line {
            goto(usize::from(window.1.saturating_sub(1)), 0, out);
            out.extend_from_slice(&line);
            self.status = line;
        }
    }

    /// Keys say what the run's program expects, while they go to it.
    fn keyboard(&mut self, screen: &Screen, typing: bool, out: &mut Vec<u8>) {
        let keyboard = if typing {
            screen.keyboard()
        } else {
            Screen::new(screen.size()).keyboard()
        };
        if self.keyboard != keyboard {
            out.extend_from_slice(&keyboard);
            self.keyboard = keyboard;
        }
    }
}

impl Place {
    /// In the middle where there is room; otherwise the part around the cursor.
    fn of(window: (u16, u16), screen: &Screen) -> Self {
        let size = screen.size();
        let cursor = screen.cursor();
        let (from_col, cols, left) = along(window.0, size.cols(), cursor.1);
        let (from_row, rows, top) = along(window.1.saturating_sub(1), size.rows(), cursor.0);
        Self {
            from: (from_row, from_col),
            size: (rows, cols),
            at: (top, left),
        }
    }
}

/// The first that is shown, how many, and after how much space, in one direction.
fn along(room: u16, need: u16, cursor: u16) -> (u16, u16, u16) {
    if need <= room {
        return (0, need, (room - need) / 2);
    }
    let from = (cursor + 1).saturating_sub(room).min(need - room);
    (from, room, 0)
}

/// Whether a window shows all of a screen.
pub(crate) fn fits(window: (u16, u16), screen: &Screen) -> bool {
    let size = screen.size();
    size.cols() <= window.0 && size.rows() < window.1
}

fn cursor(place: Place, screen: &Screen, out: &mut Vec<u8>) {
    if !screen.cursor_visible() {
        return;
    }
    let (row, col) = screen.cursor();
    let row = row
        .checked_sub(place.from.0)
        .filter(|row| *row < place.size.0);
    let col = col
        .checked_sub(place.from.1)
        .filter(|col| *col < place.size.1);
    if let (Some(row), Some(col)) = (row, col) {
        goto((row + place.at.0).into(), (col + place.at.1).into(), out);
        out.extend_from_slice(b"\x1b[?25h");
    }
}

fn goto(row: usize, col: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("\x1b[{};{}H", row + 1, col + 1).as_bytes());
}

#[cfg(test)]
mod tests {
    use baton_domain::TerminalSize;

    use super::*;

    fn screen(cols: u16, rows: u16, bytes: &[u8]) -> Screen {
        let mut screen = Screen::new(TerminalSize::new(cols, rows).unwrap());
        screen.feed(bytes);
        screen
    }

    fn status(text: &str) -> Status {
        Status {
            text: text.to_owned(),
            ..Status::default()
        }
    }

    /// What a window shows after these bytes.
    fn window(cols: u16, rows: u16, bytes: &[u8]) -> Screen {
        screen(cols, rows, bytes)
    }

    // B-02
    #[test]
    fn a_small_screen_stands_in_the_middle_of_a_large_window() {
        let screen = screen(6, 2, b"one\r\ntwo");
        let mut painter = Painter::default();
        let shown = window(12, 7, &painter.paint((12, 7), &screen, &status("watching")));
        assert_eq!(shown.text(), "\n\n   one\n   two\n\n\nwatching");
        assert_eq!(shown.cursor(), (3, 6));
    }

    #[test]
    fn a_small_window_shows_the_part_around_the_cursor() {
        let screen = screen(20, 6, b"a\r\nb\r\nc\r\nd\r\ne\r\n0123456789abcdef");
        let mut painter = Painter::default();
        let shown = window(8, 4, &painter.paint((8, 4), &screen, &status("small")));
        assert_eq!(shown.text(), "\n\n9abcdef\nsmall");
        assert!(!fits((8, 4), &screen) && fits((20, 7), &screen));
        assert_eq!(shown.cursor(), (2, 7));
    }

    #[test]
    fn only_what_changed_is_drawn_again() {
        let mut screen = screen(20, 4, b"first\r\nsecond\r\n");
        let mut painter = Painter::default();
        let mut all = painter.paint((20, 5), &screen, &status("a"));
        screen.feed(b"third");
        let more = painter.paint((20, 5), &screen, &status("a"));
        let text = String::from_utf8(more.clone()).unwrap();
        assert!(
            text.contains("third") && !text.contains("second"),
            "{text:?}"
        );
        all.extend(more);
        assert_eq!(window(20, 5, &all).text(), "first\nsecond\nthird\n\na");
    }

    #[test]
    fn the_keyboard_is_the_programs_only_while_keys_go_there() {
        let screen = screen(20, 4, b"\x1b[?2004h\x1b[?1h");
        let mut painter = Painter::default();
        let typing = Status {
            typing: true,
            ..status("a")
        };
        let watching = painter.paint((20, 5), &screen, &status("a"));
        assert!(!String::from_utf8_lossy(&watching).contains("\x1b[?2004h"));
        let typing = painter.paint((20, 5), &screen, &typing);
        assert!(String::from_utf8_lossy(&typing).contains("\x1b[?2004h"));
    }
}
