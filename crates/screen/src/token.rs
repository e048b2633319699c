//! Bytes of a terminal cut into tokens: characters, control codes and complete sequences. How the
//! bytes were cut into chunks never shows; bad UTF-8 becomes U+FFFD; nothing grows without a bound.

/// The most bytes of parameters and intermediates in a control sequence; longer ones are dropped.
const MAX_CSI: usize = 128;
/// The most bytes in an operating system command; longer ones are dropped.
const MAX_OSC: usize = 4 << 10;
/// The most bytes kept of a device control string: enough to know a question by.
const MAX_DCS: usize = 64;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A character of text.
    Text(char),
    /// A control code below 0x20, ESC apart.
    Control(u8),
    /// `ESC`, intermediates, final.
    Escape { intermediates: &'a [u8], last: u8 },
    /// `CSI`, prefix, parameters and intermediates as sent, final.
    Csi { body: &'a [u8], last: u8 },
    /// An operating system command; `bell` says how it ended.
    Osc { body: &'a [u8], bell: bool },
    /// The first bytes of a device control string that ended.
    Dcs { body: &'a [u8] },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    /// Within a character: bytes still to come, bounds of the next one, what is known.
    Utf8 {
        left: u8,
        low: u8,
        high: u8,
        code: u32,
    },
    Escape,
    Csi,
    Osc,
    /// A string that only its end matters of, or a device control string.
    Text {
        device: bool,
    },
    /// After ESC within a string: `\` ends it.
    StringEnd(StringKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StringKind {
    Osc,
    Device,
    Other,
}

/// Cuts bytes into tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokeniser {
    state: State,
    /// The bytes of the unfinished sequence, up to its bound.
    held: Vec<u8>,
    /// Whether the unfinished sequence has passed its bound.
    too_long: bool,
}

impl Tokeniser {
    /// Gives every token that ends within these bytes to `take`.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(Token<'_>)) {
        for &byte in bytes {
            self.push(byte, &mut take);
        }
    }

    /// Whether the next byte begins something.
    pub(crate) fn is_between(&self) -> bool {
        self.state == State::Ground
    }

    /// The bytes of a sequence or a character that has begun and not ended: sent again to a
    /// terminal, they bring it into the same state.
    pub(crate) fn pending(&self) -> Vec<u8> {
        let mut out = match self.state {
            State::Ground => Vec::new(),
            State::Utf8 { .. } => return self.held.clone(),
            State::Escape => b"\x1b".to_vec(),
            State::Csi => b"\x1b[".to_vec(),
            State::Osc | State::StringEnd(StringKind::Osc) => b"\x1b]".to_vec(),
            State::Text { device: true } | State::StringEnd(StringKind::Device) => {
                b"\x1bP".to_vec()
            }
            State::Text { device: false } | State::StringEnd(StringKind::Other) => {
                b"\x1b_".to_vec()
            }
        };
        out.extend_from_slice(&self.held);
        if matches!(self.state, State::StringEnd(_)) {
            out.push(0x1b);
        }
        out
    }

    fn push(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        match self.state {
            State::Ground => self.ground(byte, take),
            State::Utf8 {
                left,
                low,
                high,
                code,
            } => self.character(byte, (left, low, high, code), take),
            State::Escape => self.escape(byte, take),
            State::Csi => self.csi(byte, take),
            State::Osc => self.osc(byte, take),
            State::Text { device } => self.text(byte, device),
            State::StringEnd(kind) => self.string_end(byte, kind, take),
        }
    }

    fn ground(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        match byte {
            0x1b => self.begin(State::Escape),
            0x00..=0x1f => take(Token::Control(byte)),
            0x20..=0x7e => take(Token::Text(byte as char)),
            0x7f => {}
            _ => self.lead(byte, take),
        }
    }

    /// The first byte of a character of several.
    fn lead(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        let (left, low, high, code) = match byte {
            0xc2..=0xdf => (1, 0x80, 0xbf, byte & 0x1f),
            0xe0 => (2, 0xa0, 0xbf, 0),
            0xe1..=0xec | 0xee..=0xef => (2, 0x80, 0xbf, byte & 0x0f),
            0xed => (2, 0x80, 0x9f, 0x0d),
            0xf0 => (3, 0x90, 0xbf, 0),
            0xf1..=0xf3 => (3, 0x80, 0xbf, byte & 0x07),
            0xf4 => (3, 0x80, 0x8f, 4),
            _ => return take(Token::Text(char::REPLACEMENT_CHARACTER)),
        };
        self.begin(State::Utf8 {
            left,
            low,
            high,
            code: code.into(),
        });
        self.held.push(byte);
    }

    fn character(
        &mut self,
        byte: u8,
        (left, low, high, code): (u8, u8, u8, u32),
        take: &mut impl FnMut(Token<'_>),
    ) {
        if !(low..=high).contains(&byte) {
            self.begin(State::Ground);
            take(Token::Text(char::REPLACEMENT_CHARACTER));
            return self.ground(byte, take);
        }
        let code = code << 6 | u32::from(byte & 0x3f);
        if left > 1 {
            self.held.push(byte);
            self.state = State::Utf8 {
                left: left - 1,
                low: 0x80,
                high: 0xbf,
                code,
            };
        } else {
            self.begin(State::Ground);
            take(Token::Text(
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            ));
        }
    }

    fn escape(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        match byte {
            0x1b => self.begin(State::Escape),
            0x18 | 0x1a => self.begin(State::Ground),
            0x00..=0x1f => take(Token::Control(byte)),
            0x20..=0x2f => self.hold(byte, MAX_CSI),
            b'[' if self.held.is_empty() => self.begin(State::Csi),
            b']' if self.held.is_empty() => self.begin(State::Osc),
            b'P' if self.held.is_empty() => self.begin(State::Text { device: true }),
            b'X' | b'^' | b'_' if self.held.is_empty() => {
                self.begin(State::Text { device: false });
            }
            0x30..=0x7e => self.end(|held| {
                take(Token::Escape {
                    intermediates: held,
                    last: byte,
                });
            }),
            0x7f => {}
            // Text within a sequence: the sequence is broken, the text stands.
            _ => {
                self.begin(State::Ground);
                self.ground(byte, take);
            }
        }
    }

    fn csi(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        match byte {
            0x1b => self.begin(State::Escape),
            0x18 | 0x1a => self.begin(State::Ground),
            0x00..=0x1f => take(Token::Control(byte)),
            0x20..=0x3f => self.hold(byte, MAX_CSI),
            0x40..=0x7e => self.end(|held| {
                take(Token::Csi {
                    body: held,
                    last: byte,
                });
            }),
            0x7f => {}
            _ => {
                self.begin(State::Ground);
                self.ground(byte, take);
            }
        }
    }

    fn osc(&mut self, byte: u8, take: &mut impl FnMut(Token<'_>)) {
        match byte {
            0x07 => self.end(|body| take(Token::Osc { body, bell: true })),
            0x1b => self.state = State::StringEnd(StringKind::Osc),
            0x18 | 0x1a => self.begin(State::Ground),
            0x00..=0x1f | 0x7f => {}
            _ => self.hold(byte, MAX_OSC),
        }
    }

    fn text(&mut self, byte: u8, device: bool) {
        match byte {
            0x1b if device => self.state = State::StringEnd(StringKind::Device),
            0x1b => self.state = State::StringEnd(StringKind::Other),
            0x18 | 0x1a => self.begin(State::Ground),
            _ if device && self.held.len() < MAX_DCS => self.held.push(byte),
            _ => {}
        }
    }

    fn string_end(&mut self, byte: u8, kind: StringKind, take: &mut impl FnMut(Token<'_>)) {
        if byte != b'\\' {
            self.begin(State::Escape);
            return self.escape(byte, take);
        }
        self.end(|body| match kind {
            StringKind::Osc => take(Token::Osc { body, bell: false }),
            StringKind::Device => take(Token::Dcs { body }),
            StringKind::Other => {}
        });
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.held.clear();
        self.too_long = false;
    }

    fn hold(&mut self, byte: u8, most: usize) {
        if self.held.len() < most {
            self.held.push(byte);
        } else {
            self.too_long = true;
        }
    }

    /// The sequence is complete: given on unless it was too long.
    fn end(&mut self, take: impl FnOnce(&[u8])) {
        if !self.too_long {
            take(&self.held);
        }
        self.begin(State::Ground);
    }
}
