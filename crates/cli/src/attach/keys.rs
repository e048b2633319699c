//! What comes from the window's own terminal: keys for the run, the key that leaves, and answers and
//! notices of the terminal itself, which nobody typed. Pure.

use std::{fmt, str::FromStr};

/// The most bytes of a sequence that is left out; more is no answer.
const MOST_LEFT_OUT: usize = 4 << 10;

/// The key that leaves: Ctrl and a letter or one of `[ \ ] ^ _`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DetachKey(u8);

impl Default for DetachKey {
    fn default() -> Self {
        Self(0x1d)
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no key to leave with: use ctrl-] or ctrl and another of a-z \\ ] ^ _")]
pub(crate) struct InvalidKey(String);

impl FromStr for DetachKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let refused = || InvalidKey(text.to_owned());
        let lower = text.to_ascii_lowercase();
        let name = lower.strip_prefix("ctrl-").ok_or_else(refused)?;
        match name.as_bytes() {
            // Those are Enter, Tab and Escape.
            [b'm' | b'i' | b'j' | b'['] => Err(refused()),
            [key @ (b'a'..=b'z' | b'\\' | b']' | b'^' | b'_')] => Ok(Self(key & 0x1f)),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for DetachKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = char::from(self.0 | 0x40);
        write!(f, "Ctrl-{key}")
    }
}

/// Takes apart what comes.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The key that leaves, where one does.
    detach: Option<DetachKey>,
    left_out: Option<LeftOut>,
}

/// A sequence that is being left out, up to its end.
#[derive(Debug, Clone, Copy)]
struct LeftOut {
    /// Whether the last byte was Escape, which may begin the end.
    escaped: bool,
    length: usize,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pressed {
    /// For the run.
    pub(crate) keys: Vec<u8>,
    /// Whether the key that leaves was among them; what came after it is dropped.
    pub(crate) detach: bool,
}

impl Keys {
    pub(crate) const fn new(detach: Option<DetachKey>) -> Self {
        Self {
            detach,
            left_out: None,
        }
    }

    /// Takes what was read. Terminals write a sequence at once, so that an Escape at the end of it
    /// is the key.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Pressed {
        let mut pressed = Pressed::default();
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            if let Some(left_out) = self.left_out {
                self.left_out = left_out.after(*first);
                rest = tail;
            } else if self.detach.is_some_and(|key| key.0 == *first) {
                pressed.detach = true;
                return pressed;
            } else if *first != 0x1b {
                pressed.keys.push(*first);
                rest = tail;
            } else {
                rest = self.escape(rest, &mut pressed.keys);
            }
        }
        pressed
    }

    /// Takes a sequence that begins with Escape; returns what follows.
    fn escape<'a>(&mut self, bytes: &'a [u8], keys: &mut Vec<u8>) -> &'a [u8] {
        match bytes {
            // OSC with a number, or DCS with parameters: Alt with these keys comes alone.
            [_, b']', b'0'..=b'9', ..] | [_, b'P', _, ..] => {
                self.left_out = Some(LeftOut {
                    escaped: false,
                    length: 0,
                });
                &bytes[2..]
            }
            [_, b'[', tail @ ..] => {
                let length = tail.iter().take_while(|byte| !is_final(**byte)).count();
                let end = (2 + length + 1).min(bytes.len());
                let (sequence, rest) = bytes.split_at(end);
                if !is_answer(sequence) {
                    keys.extend_from_slice(sequence);
                }
                rest
            }
            [first, rest @ ..] => {
                keys.push(*first);
                rest
            }
            [] => bytes,
        }
    }
}

impl LeftOut {
    fn after(self, byte: u8) -> Option<Self> {
        let ends = byte == 0x07 || (self.escaped && byte == b'\\');
        let length = self.length + 1;
        (!ends && length < MOST_LEFT_OUT).then_some(Self {
            escaped: byte == 0x1b,
            length,
        })
    }
}

const fn is_final(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7e)
}

/// Whether a sequence that begins with Escape and `[` was typed by nobody: attributes, status, modes,
/// sizes, focus, the cursor's place. Keys with modifiers look like a cursor in the first row.
fn is_answer(sequence: &[u8]) -> bool {
    let Some((last, body)) = sequence.get(2..).and_then(<[u8]>::split_last) else {
        return false;
    };
    match (last, body) {
        (b'c' | b'u', [b'?' | b'>' | b'=', ..]) => true,
        (b'n' | b't', _) => true,
        (b'y', body) => body.ends_with(b"$"),
        (b'I' | b'O', []) => true,
        (b'R', [b'?', ..]) => true,
        (b'R', body) => body.contains(&b';') && !matches!(body, [b'1', b';', b'2'..=b'9']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Pressed {
        Keys::new(Some(DetachKey::default())).read(bytes)
    }

    // B-02
    #[test]
    fn answers_of_the_window_are_left_out_and_keys_pass() {
        let answers: [&[u8]; 9] = [
            b"\x1b[?62;22c",
            b"\x1b[>0;276;0c",
            b"\x1b[0n",
            b"\x1b[12;40R",
            b"\x1b[?2026;2$y",
            b"\x1b]11;rgb:1111/1515/1b1b\x1b\\",
            b"\x1b]10;rgb:0/0/0\x07",
            b"\x1bP>|xterm(390)\x1b\\",
            b"\x1b[I",
        ];
        for answer in answers {
            let mixed = [b"a", answer, b"b"].concat();
            assert_eq!(
                read(&mixed).keys,
                b"ab",
                "{:?}",
                String::from_utf8_lossy(answer)
            );
        }
        let keys: [&[u8]; 8] = [
            b"\x1b",
            b"\x1b[A",
            b"\x1bOP",
            b"\x1b[1;2R",
            b"\x1b[3~",
            b"\x1b]",
            b"\x1bP",
            b"\x1b[200~paste\r\x1b[201~",
        ];
        for key in keys {
            assert_eq!(read(key).keys, key, "{:?}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn an_answer_that_comes_in_two_reads_is_left_out() {
        let mut keys = Keys::new(Some(DetachKey::default()));
        assert_eq!(keys.read(b"x\x1b]11;rgb:11").keys, b"x");
        assert_eq!(keys.read(b"11/2222/3333\x1b").keys, b"");
        assert_eq!(keys.read(b"\\y").keys, b"y");
    }

    #[test]
    fn the_key_that_leaves_can_be_chosen() {
        let pressed = read(b"ab\x1dcd");
        assert_eq!(pressed.keys, b"ab");
        assert!(pressed.detach);
        let key: DetachKey = "ctrl-q".parse().unwrap();
        assert_eq!(key.to_string(), "Ctrl-Q");
        assert!(Keys::new(Some(key)).read(b"\x11").detach);
        let pressed = Keys::new(None).read(b"\x11x");
        assert!(!pressed.detach);
        assert_eq!(pressed.keys, b"\x11x");
        for bad in ["q", "ctrl-", "ctrl-m", "ctrl-[", "alt-x", "ctrl-qq"] {
            assert!(bad.parse::<DetachKey>().is_err(), "{bad}");
        }
    }
}
