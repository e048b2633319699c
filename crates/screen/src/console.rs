//! A terminal's authority: what a program writes goes in, what everybody sees comes out, and the
//! program gets its answers.

use baton_domain::TerminalSize;
use bytes::Bytes;

use crate::{
    interpret::Interpreter,
    op::{Mode, Op, Step},
    row::Cell,
    run,
    screen::Screen,
    snapshot::Snapshot,
    state::State,
    token::Tokeniser,
    width::width,
};

/// Sanitiser and screen in one: the host of a terminal has exactly one.
#[derive(Debug)]
pub struct Console {
    tokeniser: Tokeniser,
    interpreter: Interpreter,
    screen: Screen,
}

/// What came of a program's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passed {
    /// What viewers, recordings and shadow screens are given: complete sequences only, no questions,
    /// nothing that depends on what only the host knows.
    pub output: Bytes,
    /// For the program, as if typed. Nobody else answers.
    pub answers: Vec<u8>,
}

impl Console {
    /// A new terminal.
    #[must_use]
    pub fn new(size: TerminalSize) -> Self {
        Self {
            tokeniser: Tokeniser::default(),
            interpreter: Interpreter::default(),
            screen: Screen::new(size),
        }
    }

    /// Takes what the program wrote. However it is cut, the same bytes come out in the end.
    pub fn feed(&mut self, bytes: &[u8]) -> Passed {
        let Self {
            tokeniser,
            interpreter,
            screen,
        } = self;
        let mut output = Vec::with_capacity(bytes.len());
        let (mut answers, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let (plain, behind) = run::split(tokeniser, interpreter, &screen.state, rest);
            screen.state.print_plain(plain);
            interpreter.note_plain(plain);
            output.extend_from_slice(plain);
            let (next, behind) = behind.split_at(behind.len().min(1));
            rest = behind;
            tokeniser.feed(next, |token| {
                interpreter.read(token, &mut |op| {
                    pass(&mut screen.state, &op, &mut output, &mut answers);
                });
            });
        }
        Passed {
            output: output.into(),
            answers,
        }
    }

    /// As [`feed`](Self::feed), character by character.
    #[cfg(test)]
    pub(crate) fn feed_slowly(&mut self, bytes: &[u8]) -> Passed {
        let (mut output, mut answers) = (Vec::new(), Vec::new());
        self.tokeniser.feed(bytes, |token| {
            self.interpreter.read(token, &mut |op| {
                pass(&mut self.screen.state, &op, &mut output, &mut answers);
            });
        });
        Passed {
            output: output.into(),
            answers,
        }
    }

    /// Gives the terminal another size. Viewers need a new snapshot then.
    pub fn resize(&mut self, size: TerminalSize) {
        self.screen.resize(size);
    }

    /// The screen after everything that was passed on.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Everything that a viewer needs to go on from the end of what was passed on.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.screen.snapshot()
    }
}

/// Carries out an instruction and writes it such that every terminal does the same: what terminals
/// disagree about (saved cursors that scroll, coordinates under origin mode, halves of wide
/// characters) is written as its outcome.
fn pass(state: &mut State, op: &Op, output: &mut Vec<u8>, answers: &mut Vec<u8>) {
    // A mark whose character did not fit the line has nothing to stand on.
    if matches!(op, Op::Combine(_)) && !state.joinable {
        return;
    }
    let cut = cuts(state, op);
    if cut {
        let whole = Op::Step(Step::EraseChars, 1);
        state.apply(&whole, answers);
        whole.write(output);
    }
    let was = state.page.origin;
    let narrowed = state.page.narrowed();
    state.apply(op, answers);
    match op {
        Op::Save | Op::Query(_) => {}
        // Not every terminal shows a hidden cursor again when it is reset.
        Op::Reset => {
            op.write(output);
            Op::Mode(Mode::Visible, true).write(output);
        }
        Op::Restore => place(state, output),
        Op::Alternate(on) => {
            op.write(output);
            // Some terminals have margins for each screen, as this one, some for both.
            let narrowed = narrowed || state.page.narrowed();
            if narrowed {
                state.page.settle();
                state.page.told_margins().write(output);
            }
            if narrowed || !on {
                place(state, output);
            }
        }
        Op::Mode(Mode::Origin, _) => goto(state, output),
        Op::Goto(..) | Op::Margins(..) if was => {
            if matches!(op, Op::Margins(..)) {
                op.write(output);
            }
            goto(state, output);
        }
        Op::Step(step, _) if was && step.moves() => goto(state, output),
        _ => op.write(output),
    }
}

/// Whether the instruction would tear a character of two columns.
fn cuts(state: &State, op: &Op) -> bool {
    let page = &state.page;
    let cells = &page.rows[page.row].cells;
    let within = cells.get(page.col).is_some_and(Cell::is_tail);
    match op {
        Op::Print(_) if within => state.settings.insert,
        // Without wrapping, it is printed over the last column.
        Op::Print(c) => {
            !state.settings.wrap
                && page.col == cells.len()
                && cells.last().is_some_and(Cell::is_tail)
                && width(*c) == Some(1)
        }
        Op::Step(Step::InsertChars, _) => within,
        _ => false,
    }
}

/// Writes pen and cursor as they are.
fn place(state: &State, output: &mut Vec<u8>) {
    state.pen.write(output);
    goto(state, output);
}

fn goto(state: &State, output: &mut Vec<u8>) {
    let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    Op::Goto(narrow(state.page.row), narrow(state.page.col)).write(output);
}
