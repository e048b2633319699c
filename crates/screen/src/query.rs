//! What programs ask terminals, and the one answer that they get.

use baton_domain::TerminalSize;

/// The terminal's colours as programs are told them; the page draws with the same.
pub const FOREGROUND: [u8; 3] = [0xe4, 0xe9, 0xf0];
/// The background.
pub const BACKGROUND: [u8; 3] = [0x11, 0x15, 0x1b];

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Query {
    /// DA1: what kind of terminal.
    Attributes,
    /// DA2: which version.
    Version,
    /// XTVERSION: its name.
    Name,
    /// DSR 5: whether all is well.
    Status,
    /// DSR 6: where the cursor is; with `?` or without.
    Cursor { private: bool },
    /// DECRQM: a mode's setting.
    Mode { number: u16, private: bool },
    /// XTWINOPS 18: columns and rows.
    Size,
    /// OSC 10, 11, 12: a colour.
    Colour { code: u8, bell: bool },
    /// OSC 4: a colour of the palette.
    Palette { index: u8, bell: bool },
    /// DECRQSS: a setting. Answered as unknown.
    Setting,
    /// XTGETTCAP: a capability. Answered as unknown.
    Capability,
}

/// What answers depend on.
pub(crate) struct Facts<'a> {
    /// Row and column of the cursor, from 0, as programs count them.
    pub(crate) cursor: (u16, u16),
    pub(crate) size: TerminalSize,
    /// DECRQM's value of a mode: 0 unknown, 1 set, 2 reset, 4 never set.
    pub(crate) mode: &'a dyn Fn(u16, bool) -> u8,
}

impl Query {
    /// Appends the answer.
    pub(crate) fn answer(&self, facts: &Facts<'_>, out: &mut Vec<u8>) {
        let (row, col) = (facts.cursor.0 + 1, facts.cursor.1 + 1);
        let text = match self {
            Self::Attributes => "\x1b[?62;22c".to_owned(),
            Self::Version => "\x1b[>1;100;0c".to_owned(),
            Self::Name => concat!("\x1bP>|Baton ", env!("CARGO_PKG_VERSION"), "\x1b\\").to_owned(),
            Self::Status => "\x1b[0n".to_owned(),
            Self::Cursor { private: false } => format!("\x1b[{row};{col}R"),
            Self::Cursor { private: true } => format!("\x1b[?{row};{col}R"),
            Self::Mode { number, private } => {
                let value = (facts.mode)(*number, *private);
                let mark = if *private { "?" } else { "" };
                format!("\x1b[{mark}{number};{value}$y")
            }
            Self::Size => format!("\x1b[8;{};{}t", facts.size.rows(), facts.size.cols()),
            Self::Colour { code, bell } => {
                let colour = if *code == 11 { BACKGROUND } else { FOREGROUND };
                format!("\x1b]{code};{}{}", rgb(colour), end(*bell))
            }
            Self::Palette { index, bell } => {
                format!("\x1b]4;{index};{}{}", rgb(palette(*index)), end(*bell))
            }
            Self::Setting => "\x1bP0$r\x1b\\".to_owned(),
            Self::Capability => "\x1bP0+r\x1b\\".to_owned(),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

fn end(bell: bool) -> &'static str {
    if bell { "\x07" } else { "\x1b\\" }
}

fn rgb([r, g, b]: [u8; 3]) -> String {
    format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}")
}

/// The customary 256 colours.
fn palette(index: u8) -> [u8; 3] {
    const FIRST: [[u8; 3]; 16] = [
        [0, 0, 0],
        [205, 0, 0],
        [0, 205, 0],
        [205, 205, 0],
        [0, 0, 238],
        [205, 0, 205],
        [0, 205, 205],
        [229, 229, 229],
        [127, 127, 127],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
        [255, 255, 255],
    ];
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match index {
        0..=15 => FIRST[usize::from(index)],
        16..=231 => {
            let n = index - 16;
            [step(n / 36), step(n / 6 % 6), step(n % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}
