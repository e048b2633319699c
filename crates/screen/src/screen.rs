//! The emulator: bytes in, a screen that can be drawn again out.

use baton_domain::TerminalSize;

use crate::{
    dump, interpret::Interpreter, run, snapshot::Snapshot, state::State, token::Tokeniser,
};

/// A terminal's screen: fed with bytes, it can be drawn again anywhere.
#[derive(Debug)]
pub struct Screen {
    tokeniser: Tokeniser,
    interpreter: Interpreter,
    pub(crate) state: State,
}

impl Screen {
    /// An empty screen.
    #[must_use]
    pub fn new(size: TerminalSize) -> Self {
        Self {
            tokeniser: Tokeniser::default(),
            interpreter: Interpreter::default(),
            state: State::new(size),
        }
    }

    /// Shows these bytes. The answers to what they ask are given back, for the program that asked:
    /// only its own host sends them, everybody else drops them.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Self {
            tokeniser,
            interpreter,
            state,
        } = self;
        let (mut answers, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let (plain, behind) = run::split(tokeniser, interpreter, state, rest);
            state.print_plain(plain);
            interpreter.note_plain(plain);
            let (next, behind) = behind.split_at(behind.len().min(1));
            rest = behind;
            tokeniser.feed(next, |token| {
                interpreter.read(token, &mut |op| state.apply(&op, &mut answers));
            });
        }
        answers
    }

    /// Gives the screen another size. Lines are cut or extended, not broken anew: programs draw
    /// again when their terminal changes.
    pub fn resize(&mut self, size: TerminalSize) {
        self.state.resize(size);
    }

    /// The size.
    #[must_use]
    pub fn size(&self) -> TerminalSize {
        self.state.size()
    }

    /// Whether the alternate screen is shown, as full-screen programs do.
    #[must_use]
    pub fn alternate(&self) -> bool {
        self.state.primary.is_some()
    }

    /// The window title; empty when none was set.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.state.title
    }

    /// Everything that a viewer needs to go on from here.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            size: self.size(),
            dump: dump::dump(&self.state, &self.tokeniser.pending()).into(),
            alternate: self.alternate(),
        }
    }

    /// The last `lines` lines that have left the screen at its top, oldest first, as text with
    /// renditions, each ended by CR LF.
    #[must_use]
    pub fn history(&self, lines: usize) -> Vec<u8> {
        self.state.history.last(lines)
    }

    /// What the screen shows, as plain text: a line for each row, without trailing blanks.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self.state.page.rows.iter();
        let lines: Vec<String> = rows.map(crate::history::plain).collect();
        lines.join("\n").trim_end().to_owned()
    }
}
