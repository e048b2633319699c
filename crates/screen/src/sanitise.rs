//! The filter alone, without a screen.

use crate::{interpret::Interpreter, token::Tokeniser};

/// Lets only known and harmless sequences through, in one canonical form, complete and bounded. It
/// holds back what has begun and not ended.
#[derive(Debug, Default)]
pub struct Sanitiser {
    tokeniser: Tokeniser,
    interpreter: Interpreter,
}

impl Sanitiser {
    /// What may be shown of these bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Self {
            tokeniser,
            interpreter,
        } = self;
        let mut out = Vec::with_capacity(bytes.len());
        tokeniser.feed(bytes, |token| {
            interpreter.read(token, &mut |op| op.write(&mut out));
        });
        out
    }
}
