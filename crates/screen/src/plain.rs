//! Terminal output as plain text, for logs.

use crate::{interpret::Interpreter, op::Op, token::Tokeniser};

/// Strips sequences and control codes; CR LF becomes LF. However the bytes are cut, the text is the
/// same.
#[derive(Debug, Default)]
pub struct Plain {
    tokeniser: Tokeniser,
    interpreter: Interpreter,
    /// A return that is not yet known to belong to a line feed.
    returned: bool,
}

impl Plain {
    /// The text of these bytes. A lone CR, which starts a line over, becomes LF as well.
    pub fn feed(&mut self, bytes: &[u8]) -> String {
        let Self {
            tokeniser,
            interpreter,
            returned,
        } = self;
        let mut out = String::with_capacity(bytes.len());
        tokeniser.feed(bytes, |token| {
            interpreter.read(token, &mut |op| text(&op, returned, &mut out));
        });
        out
    }
}

fn text(op: &Op, returned: &mut bool, out: &mut String) {
    match op {
        Op::Print(c) | Op::Combine(c) => {
            if std::mem::take(returned) {
                out.push('\n');
            }
            out.push(*c);
        }
        Op::LineFeed | Op::Index | Op::NextLine => {
            *returned = false;
            out.push('\n');
        }
        Op::Return => *returned = true,
        Op::Tab => out.push('\t'),
        _ => {}
    }
}
