//! What a terminal can be told, as one set of instructions: the sanitiser writes them, the screen
//! carries them out. What is not in this set does not exist.

use std::sync::Arc;

use crate::{pen::Link, pen::Pen, query::Query, sgr::Sgr};

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// A character of one or two columns.
    Print(char),
    /// A mark on the character printed just before.
    Combine(char),
    Bell,
    Back,
    Tab,
    LineFeed,
    Return,
    Index,
    NextLine,
    ReverseIndex,
    SetTab,
    Save,
    Restore,
    /// To the state of a new terminal.
    Reset,
    SoftReset,
    /// To a row and a column, from 0.
    Goto(u16, u16),
    /// Movement, erasure and shifting with one parameter.
    Step(Step, u16),
    /// Top and bottom of what scrolls, from 1; 0 is the default.
    Margins(u16, u16),
    Mode(Mode, bool),
    /// The alternate screen, cleared; or the primary one.
    Alternate(bool),
    Render(Vec<Sgr>),
    /// 0 is the viewer's own; 1 to 6 as DECSCUSR numbers them.
    CursorStyle(u8),
    Title(String),
    Link(Option<Arc<Link>>),
    Query(Query),
}

/// An instruction with one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    /// Down without regard for margins.
    RowsDown,
    Right,
    Left,
    LinesDown,
    LinesUp,
    /// To a column, from 1.
    Column,
    /// To a row, from 1.
    Row,
    TabForward,
    TabBack,
    TabClear,
    EraseDisplay,
    EraseLine,
    EraseChars,
    InsertChars,
    DeleteChars,
    InsertLines,
    DeleteLines,
    ScrollUp,
    ScrollDown,
}

impl Step {
    /// Each with its final byte.
    const FINALS: [(Self, u8); 21] = [
        (Self::Up, b'A'),
        (Self::Down, b'B'),
        (Self::RowsDown, b'e'),
        (Self::Right, b'C'),
        (Self::Left, b'D'),
        (Self::LinesDown, b'E'),
        (Self::LinesUp, b'F'),
        (Self::Column, b'G'),
        (Self::Row, b'd'),
        (Self::TabForward, b'I'),
        (Self::TabBack, b'Z'),
        (Self::TabClear, b'g'),
        (Self::EraseDisplay, b'J'),
        (Self::EraseLine, b'K'),
        (Self::EraseChars, b'X'),
        (Self::InsertChars, b'@'),
        (Self::DeleteChars, b'P'),
        (Self::InsertLines, b'L'),
        (Self::DeleteLines, b'M'),
        (Self::ScrollUp, b'S'),
        (Self::ScrollDown, b'T'),
    ];

    pub(crate) fn of(last: u8) -> Option<Self> {
        let last = match last {
            b'`' => b'G',
            b'a' => b'C',
            other => other,
        };
        let found = Self::FINALS.iter().find(|(_, of)| *of == last);
        found.map(|(step, _)| *step)
    }

    fn last(self) -> u8 {
        let found = Self::FINALS.iter().find(|(step, _)| *step == self);
        found.expect("every step has a final").1
    }

    /// Whether the parameter selects a kind, instead of counting.
    pub(crate) fn selects(self) -> bool {
        matches!(self, Self::TabClear | Self::EraseDisplay | Self::EraseLine)
    }

    /// Whether it moves the cursor and does nothing else.
    pub(crate) fn moves(self) -> bool {
        use Step::{Column, Down, Left, LinesDown, LinesUp, Right, Row, RowsDown, Up};
        matches!(
            self,
            Up | Down | RowsDown | Right | Left | LinesDown | LinesUp | Column | Row
        )
    }
}

/// What can be on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Insert,
    Keypad,
    CursorKeys,
    Origin,
    Wrap,
    Visible,
    MouseX10,
    MouseClicks,
    MouseDrags,
    MouseMoves,
    MouseSgr,
    MousePixels,
    Focus,
    Paste,
    Synchronised,
}

impl Mode {
    /// Each private mode with its number.
    const PRIVATE: [(Self, u16); 13] = [
        (Self::CursorKeys, 1),
        (Self::Origin, 6),
        (Self::Wrap, 7),
        (Self::MouseX10, 9),
        (Self::Visible, 25),
        (Self::MouseClicks, 1000),
        (Self::MouseDrags, 1002),
        (Self::MouseMoves, 1003),
        (Self::Focus, 1004),
        (Self::MouseSgr, 1006),
        (Self::MousePixels, 1016),
        (Self::Paste, 2004),
        (Self::Synchronised, 2026),
    ];

    pub(crate) fn private(number: u16) -> Option<Self> {
        if number == 66 {
            return Some(Self::Keypad);
        }
        let found = Self::PRIVATE.iter().find(|(_, of)| *of == number);
        found.map(|(mode, _)| *mode)
    }

    fn write(self, on: bool, out: &mut Vec<u8>) {
        let last = if on { 'h' } else { 'l' };
        let text = match self {
            Self::Keypad if on => "\x1b=".to_owned(),
            Self::Keypad => "\x1b>".to_owned(),
            Self::Insert => format!("\x1b[4{last}"),
            _ => {
                let found = Self::PRIVATE.iter().find(|(mode, _)| *mode == self);
                let (_, number) = found.expect("every other mode is private");
                format!("\x1b[?{number}{last}")
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
}

impl Op {
    /// Appends the instruction as a terminal reads it.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Print(c) | Self::Combine(c) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Self::Bell => out.push(0x07),
            Self::Back => out.push(0x08),
            Self::Tab => out.push(b'\t'),
            Self::LineFeed => out.push(b'\n'),
            Self::Return => out.push(b'\r'),
            Self::Index => out.extend_from_slice(b"\x1bD"),
            Self::NextLine => out.extend_from_slice(b"\x1bE"),
            Self::ReverseIndex => out.extend_from_slice(b"\x1bM"),
            Self::SetTab => out.extend_from_slice(b"\x1bH"),
            Self::Save => out.extend_from_slice(b"\x1b7"),
            Self::Restore => out.extend_from_slice(b"\x1b8"),
            Self::Reset => out.extend_from_slice(b"\x1bc"),
            Self::SoftReset => out.extend_from_slice(b"\x1b[!p"),
            Self::Goto(row, col) => {
                out.extend_from_slice(format!("\x1b[{};{}H", row + 1, col + 1).as_bytes());
            }
            Self::Step(step, n) => write_step(*step, *n, out),
            Self::Margins(0, 0) => out.extend_from_slice(b"\x1b[r"),
            Self::Margins(top, bottom) => {
                out.extend_from_slice(format!("\x1b[{top};{bottom}r").as_bytes());
            }
            Self::Mode(mode, on) => mode.write(*on, out),
            Self::Alternate(true) => out.extend_from_slice(b"\x1b[?1047h"),
            Self::Alternate(false) => out.extend_from_slice(b"\x1b[?1047l"),
            Self::Render(steps) => Sgr::write(steps, out),
            Self::CursorStyle(style) => {
                out.extend_from_slice(format!("\x1b[{style} q").as_bytes());
            }
            Self::Title(title) => {
                out.extend_from_slice(format!("\x1b]2;{title}\x1b\\").as_bytes());
            }
            Self::Link(link) => Pen::write_link(link.as_deref(), out),
            Self::Query(_) => {}
        }
    }
}

fn write_step(step: Step, n: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    let default = if step.selects() { 0 } else { 1 };
    if n != default {
        out.extend_from_slice(n.to_string().as_bytes());
    }
    out.push(step.last());
}
