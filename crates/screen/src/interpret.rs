//! Tokens read as instructions. This is where hostile output ends: what no instruction stands for
//! (clipboard, window operations, images, colours of the palette, unknown modes) is dropped here.
//! Character sets and repetitions are worked out here as well, so that nobody behind needs them.

use crate::{
    charset::Charsets,
    op::{Mode, Op, Step},
    osc,
    params::Params,
    query::Query,
    sgr::Sgr,
    token::Token,
    width::width,
};

/// The most marks on one character.
const MAX_MARKS: u8 = 6;

/// Reads tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interpreter {
    charsets: Charsets,
    /// The character just printed, and its marks so far.
    printed: Option<(char, u8)>,
    /// Whether a line feed returns as well (LNM).
    returns: bool,
    /// How many links without an id there were.
    links: u64,
}

impl Interpreter {
    /// Gives the instructions that a token means to `take`.
    pub(crate) fn read(&mut self, token: Token<'_>, take: &mut impl FnMut(Op)) {
        if let Token::Text(c) = token {
            return self.text(c, take);
        }
        let printed = self.printed.take();
        match token {
            Token::Text(_) => {}
            Token::Control(code) => self.control(code, take),
            Token::Escape {
                intermediates,
                last,
            } => self.escape(intermediates, last, take),
            Token::Csi { body, last } => {
                if let Some(params) = Params::read(body) {
                    self.csi(&params, last, printed, take);
                }
            }
            Token::Osc { body, bell } => osc::read(body, bell, &mut self.links, take),
            Token::Dcs { body } => {
                if body.starts_with(b"$q") {
                    take(Op::Query(Query::Setting));
                } else if body.starts_with(b"+q") {
                    take(Op::Query(Query::Capability));
                }
            }
        }
    }

    /// Whether ASCII is printed as it is.
    pub(crate) fn is_plain(&self) -> bool {
        self.charsets.is_ascii()
    }

    /// These characters were printed as they are.
    pub(crate) fn note_plain(&mut self, text: &[u8]) {
        if let Some(last) = text.last() {
            self.printed = Some((char::from(*last), 0));
        }
    }

    fn text(&mut self, c: char, take: &mut impl FnMut(Op)) {
        let c = self.charsets.translate(c);
        match width(c) {
            None => {}
            Some(0) => {
                if let Some((_, marks)) = &mut self.printed
                    && *marks < MAX_MARKS
                {
                    *marks += 1;
                    take(Op::Combine(c));
                }
            }
            Some(_) => {
                self.printed = Some((c, 0));
                take(Op::Print(c));
            }
        }
    }

    fn control(&mut self, code: u8, take: &mut impl FnMut(Op)) {
        match code {
            0x07 => take(Op::Bell),
            0x08 => take(Op::Back),
            0x09 => take(Op::Tab),
            0x0a..=0x0c => {
                if self.returns {
                    take(Op::Return);
                }
                take(Op::LineFeed);
            }
            0x0d => take(Op::Return),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            _ => {}
        }
    }

    fn escape(&mut self, intermediates: &[u8], last: u8, take: &mut impl FnMut(Op)) {
        match (intermediates, last) {
            ([], b'7') => self.save(take),
            ([], b'8') => self.restore(take),
            ([], b'D') => take(Op::Index),
            ([], b'E') => take(Op::NextLine),
            ([], b'H') => take(Op::SetTab),
            ([], b'M') => take(Op::ReverseIndex),
            ([], b'=') => take(Op::Mode(Mode::Keypad, true)),
            ([], b'>') => take(Op::Mode(Mode::Keypad, false)),
            ([], b'c') => {
                *self = Self {
                    links: self.links,
                    ..Self::default()
                };
                take(Op::Reset);
            }
            ([], b'n') => self.charsets.shift(2),
            ([], b'o') => self.charsets.shift(3),
            ([slot @ b'('..=b'+'], _) => self.charsets.choose(slot - b'(', last),
            _ => {}
        }
    }

    fn csi(
        &mut self,
        params: &Params,
        last: u8,
        printed: Option<(char, u8)>,
        take: &mut impl FnMut(Op),
    ) {
        match (params.prefix, params.intermediates.as_slice(), last) {
            (None, [], b'b') => self.repeat(printed, params.count(0), take),
            (None, [], b'h' | b'l') => self.ansi_modes(params, last == b'h', take),
            (Some(b'?'), [], b'h' | b'l') => self.private_modes(params, last == b'h', take),
            (None, [], b's') => self.save(take),
            (None, [], b'u') => self.restore(take),
            (None, b"!", b'p') => {
                self.charsets = Charsets::default();
                self.returns = false;
                take(Op::SoftReset);
            }
            (Some(b'?'), [], b'J' | b'K') => plain(&Params::default(), params.get(0), last, take),
            (None, [], _) => plain(params, params.get(0), last, take),
            (None, b" ", b'q') => take(Op::CursorStyle(match params.get(0) {
                0 if params.groups().is_empty() => 1,
                style @ 0..=6 => style as u8,
                _ => return,
            })),
            (Some(b'>'), [], b'c') => take(Op::Query(Query::Version)),
            (Some(b'>'), [], b'q') => take(Op::Query(Query::Name)),
            (Some(b'?'), [], b'n') if params.get(0) == 6 => {
                take(Op::Query(Query::Cursor { private: true }));
            }
            (prefix @ (None | Some(b'?')), b"$", b'p') => take(Op::Query(Query::Mode {
                number: params.get(0),
                private: prefix.is_some(),
            })),
            _ => {}
        }
    }

    fn repeat(&mut self, printed: Option<(char, u8)>, n: u16, take: &mut impl FnMut(Op)) {
        if let Some((c, _)) = printed {
            for _ in 0..n {
                take(Op::Print(c));
            }
            self.printed = Some((c, 0));
        }
    }

    fn ansi_modes(&mut self, params: &Params, on: bool, take: &mut impl FnMut(Op)) {
        for group in params.groups() {
            match group[0] {
                4 => take(Op::Mode(Mode::Insert, on)),
                20 => self.returns = on,
                _ => {}
            }
        }
    }

    fn private_modes(&mut self, params: &Params, on: bool, take: &mut impl FnMut(Op)) {
        for group in params.groups() {
            match (group[0], on) {
                (47 | 1047, _) => take(Op::Alternate(on)),
                (1048, true) => self.save(take),
                (1048, false) => self.restore(take),
                (1049, true) => {
                    self.save(take);
                    take(Op::Alternate(true));
                }
                (1049, false) => {
                    take(Op::Alternate(false));
                    self.restore(take);
                }
                (number, _) => {
                    if let Some(mode) = Mode::private(number) {
                        take(Op::Mode(mode, on));
                    }
                }
            }
        }
    }

    fn save(&mut self, take: &mut impl FnMut(Op)) {
        self.charsets.save();
        take(Op::Save);
    }

    fn restore(&mut self, take: &mut impl FnMut(Op)) {
        self.charsets.restore();
        take(Op::Restore);
    }
}

/// Sequences without prefix and intermediates.
fn plain(params: &Params, selected: u16, last: u8, take: &mut impl FnMut(Op)) {
    match last {
        b'H' | b'f' => take(Op::Goto(params.count(0) - 1, params.count(1) - 1)),
        b'm' => {
            let steps = Sgr::read(params);
            if !steps.is_empty() {
                take(Op::Render(steps));
            }
        }
        b'r' => take(Op::Margins(params.get(0).min(400), params.get(1).min(400))),
        b'c' if params.get(0) == 0 => take(Op::Query(Query::Attributes)),
        b'n' if params.get(0) == 5 => take(Op::Query(Query::Status)),
        b'n' if params.get(0) == 6 => take(Op::Query(Query::Cursor { private: false })),
        b't' if params.get(0) == 18 => take(Op::Query(Query::Size)),
        // More than one parameter is mouse tracking by highlighting, not scrolling.
        b'T' if params.groups().len() > 1 => {}
        _ => {
            let Some(step) = Step::of(last) else { return };
            if !step.selects() {
                take(Op::Step(step, params.count(0)));
            } else if selects(step, selected) {
                take(Op::Step(step, selected));
            }
        }
    }
}

fn selects(step: Step, n: u16) -> bool {
    match step {
        Step::TabClear => matches!(n, 0 | 3),
        Step::EraseLine => n <= 2,
        _ => n <= 3,
    }
}
