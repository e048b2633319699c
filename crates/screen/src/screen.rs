//! The emulator: carries out instructions on two pages and keeps what is set.

use std::mem;

use baton_domain::TerminalSize;

use crate::{
    dump,
    history::History,
    interpret::Interpreter,
    op::{Mode, Op, Step},
    page::{Line, Page, Saved},
    pen::Pen,
    query::{Facts, Query},
    row::{Cell, Row},
    run,
    settings::Settings,
    snapshot::Snapshot,
    token::Tokeniser,
    width::width,
};

/// A terminal's screen: fed with bytes, it can be drawn again anywhere.
#[derive(Debug)]
pub struct Screen {
    tokeniser: Tokeniser,
    interpreter: Interpreter,
    pub(crate) state: State,
}

/// What the instructions have led to.
#[derive(Debug)]
pub(crate) struct State {
    /// The page that is shown.
    pub(crate) page: Page,
    /// The primary page while the alternate one is shown.
    pub(crate) primary: Option<Page>,
    pub(crate) pen: Pen,
    pub(crate) settings: Settings,
    pub(crate) title: String,
    /// Whether the last thing was a character, which a mark may still join.
    pub(crate) joinable: bool,
    history: History,
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

impl State {
    pub(crate) fn new(size: TerminalSize) -> Self {
        Self {
            page: Page::new(size.cols().into(), size.rows().into()),
            primary: None,
            pen: Pen::default(),
            settings: Settings::default(),
            title: String::new(),
            joinable: false,
            history: History::default(),
        }
    }

    pub(crate) fn size(&self) -> TerminalSize {
        let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        TerminalSize::new(narrow(self.page.cols()), narrow(self.page.rows.len()))
            .expect("a page has the size that it was given")
    }

    pub(crate) fn resize(&mut self, size: TerminalSize) {
        let (cols, rows) = (size.cols().into(), size.rows().into());
        let gone = self.page.resize(cols, rows);
        let gone = match &mut self.primary {
            Some(primary) => primary.resize(cols, rows),
            None => gone,
        };
        for row in gone {
            self.history.push(&row);
        }
        self.joinable = false;
    }

    /// Carries out one instruction.
    pub(crate) fn apply(&mut self, op: &Op, answers: &mut Vec<u8>) {
        let joinable = mem::replace(&mut self.joinable, matches!(op, Op::Print(_)));
        let page = &mut self.page;
        match op {
            Op::Print(c) => self.print(*c),
            Op::Combine(c) if joinable => self.combine(*c),
            Op::Combine(_) => {}
            Op::Bell => {}
            Op::Back => page.left(1),
            Op::Tab => page.tab(1),
            Op::LineFeed => {
                self.feed(Line::Fresh);
                let page = &mut self.page;
                page.col = page.col.min(page.cols() - 1);
            }
            Op::Return => page.col = 0,
            Op::Index => self.index(),
            Op::NextLine => {
                page.col = 0;
                self.index();
            }
            Op::ReverseIndex => page.reverse_index(&self.pen),
            Op::SetTab => {
                let col = page.col;
                if let Some(stop) = page.tabs.get_mut(col) {
                    *stop = true;
                }
            }
            Op::Save => self.save(),
            Op::Restore => self.restore(),
            Op::Reset => self.reset(),
            Op::SoftReset => self.soft_reset(),
            Op::Goto(row, col) => page.goto((*row).into(), (*col).into()),
            Op::Step(step, n) => self.step(*step, (*n).into()),
            Op::Margins(top, bottom) => page.margins((*top).into(), (*bottom).into()),
            Op::Mode(Mode::Origin, on) => {
                page.origin = *on;
                page.goto(0, 0);
            }
            Op::Mode(mode, on) => self.settings.set(*mode, *on),
            Op::Alternate(on) => self.alternate(*on),
            Op::Render(steps) => {
                for step in steps {
                    step.apply(&mut self.pen);
                }
            }
            Op::CursorStyle(style) => self.settings.cursor_style = *style,
            Op::Title(title) => self.title.clone_from(title),
            Op::Link(link) => self.pen.link.clone_from(link),
            Op::Query(query) => self.answer(query, answers),
        }
    }

    fn print(&mut self, c: char) {
        let wide = usize::from(width(c).unwrap_or(1).clamp(1, 2));
        let cols = self.page.cols();
        let (row, col) = (self.page.row, self.page.col);
        self.page.rows[row].cut_before(col, &self.pen);
        if col + wide > cols {
            if self.settings.wrap {
                self.wrap(col);
            } else {
                self.page.col = cols - 1;
                if wide == 2 {
                    self.joinable = false;
                    return;
                }
            }
        }
        let (pen, page) = (&self.pen, &mut self.page);
        let col = page.col;
        let line = &mut page.rows[page.row];
        line.touch(col + wide);
        if self.settings.insert {
            line.insert(col, wide, pen);
        }
        line.cells[col] = Cell {
            c,
            marks: None,
            width: wide as u8,
            pen: pen.clone(),
        };
        if wide == 2 {
            line.cells[col + 1] = Cell {
                width: 0,
                ..Cell::empty(pen.clone())
            };
        }
        page.col = col + wide;
        line.cut_at(col + wide, pen);
    }

    /// Whether characters of one column are printed one beside the other, come what may.
    pub(crate) fn prints_plainly(&self) -> bool {
        self.settings.wrap && !self.settings.insert
    }

    /// Prints characters of one column at once, where that is [plain](Self::prints_plainly).
    pub(crate) fn print_plain(&mut self, mut text: &[u8]) {
        self.joinable |= !text.is_empty();
        while !text.is_empty() {
            if self.page.col >= self.page.cols() {
                let (row, col) = (self.page.row, self.page.col);
                self.page.rows[row].cut_before(col, &self.pen);
                self.wrap(col);
            }
            let page = &mut self.page;
            let fits = text.len().min(page.cols() - page.col);
            let (here, behind) = text.split_at(fits);
            page.rows[page.row].print(page.col, here, &self.pen);
            page.col += fits;
            text = behind;
        }
    }

    /// On to the next line, since the character does not fit at `col`.
    fn wrap(&mut self, col: usize) {
        let (row, cols) = (self.page.row, self.page.cols());
        let line = &mut self.page.rows[row];
        for cell in &mut line.cells[col.min(cols)..] {
            *cell = Cell::empty(self.pen.clone());
        }
        line.touch(cols);
        self.page.col = 0;
        self.feed(Line::Wrapped);
    }

    fn combine(&mut self, mark: char) {
        self.joinable = true;
        let col = self.page.col;
        let line = self.page.line();
        let back = match col.checked_sub(1).map(|before| line.cells[before].width) {
            None => return,
            Some(0) => 2,
            Some(_) => 1,
        };
        let Some(cell) = col.checked_sub(back).map(|at| &mut line.cells[at]) else {
            return;
        };
        let mut marks = cell.marks.take().unwrap_or_default().into_string();
        marks.push(mark);
        cell.marks = Some(marks.into());
    }

    fn feed(&mut self, line: Line) {
        let history = self.primary.is_none().then_some(&mut self.history);
        let keep = |row: &Row| {
            if let Some(history) = history {
                history.push(row);
            }
        };
        self.page.feed(&self.pen, line, keep);
    }

    fn index(&mut self) {
        self.page.settle();
        self.feed(Line::Kept);
        self.page.settle();
    }

    fn step(&mut self, step: Step, n: usize) {
        let page = &mut self.page;
        match step {
            Step::Up => page.up(n),
            Step::Down => page.down(n),
            Step::RowsDown => page.rows_down(n),
            Step::Right => page.right(n),
            Step::Left => page.left(n),
            Step::LinesDown => {
                page.down(n);
                page.col = 0;
            }
            Step::LinesUp => {
                page.up(n);
                page.col = 0;
            }
            Step::Column => {
                page.col = n - 1;
                page.settle();
            }
            Step::Row => {
                let col = page.col;
                page.goto(n - 1, col);
            }
            Step::TabForward => page.tab(n),
            Step::TabBack => page.tab_back(n),
            Step::TabClear if n == 3 => page.tabs.fill(false),
            Step::TabClear => {
                let col = page.col;
                if let Some(stop) = page.tabs.get_mut(col) {
                    *stop = false;
                }
            }
            _ => self.change(step, n),
        }
    }

    /// Steps that change what is shown.
    fn change(&mut self, step: Step, n: usize) {
        let erased = self.pen.erased();
        let page = &mut self.page;
        match step {
            Step::EraseDisplay if n == 3 => self.history.clear(),
            Step::EraseDisplay => erase_display(page, n, &erased),
            Step::EraseLine => erase_line(page, n, &erased),
            Step::EraseChars => {
                page.settle();
                let col = page.col;
                page.line().erase(col, col + n, &erased);
            }
            Step::InsertChars | Step::DeleteChars => {
                page.settle();
                let col = page.col;
                if step == Step::InsertChars {
                    page.line().insert(col, n, &erased);
                } else {
                    page.line().delete(col, n, &erased);
                }
            }
            Step::InsertLines | Step::DeleteLines => {
                page.settle();
                if page.between() {
                    let from = page.row;
                    if step == Step::InsertLines {
                        page.shift_down(from, n, &erased);
                    } else {
                        page.shift_up(from, n, &erased);
                    }
                    page.col = 0;
                }
            }
            Step::ScrollUp => page.shift_up(page.top, n, &erased),
            Step::ScrollDown => page.shift_down(page.top, n, &Pen::default()),
            _ => {}
        }
    }

    fn save(&mut self) {
        let page = &mut self.page;
        page.saved = Saved {
            row: page.row,
            col: page.col,
            pen: self.pen.clone(),
            origin: page.origin,
        };
    }

    fn restore(&mut self) {
        let saved = self.page.saved.clone();
        let link = self.pen.link.take();
        self.pen = Pen { link, ..saved.pen };
        let page = &mut self.page;
        page.origin = saved.origin;
        (page.row, page.col) = (saved.row, saved.col);
        page.settle();
    }

    fn alternate(&mut self, on: bool) {
        match (on, self.primary.take()) {
            (true, None) => {
                let (cols, rows) = (self.page.cols(), self.page.rows.len());
                let mut page = Page::new(cols, rows);
                for row in 0..rows {
                    page.clear_row(row, &self.pen.erased());
                }
                (page.row, page.col) = (self.page.row, self.page.col);
                self.primary = Some(mem::replace(&mut self.page, page));
            }
            (false, Some(mut page)) => {
                (page.row, page.col) = (self.page.row, self.page.col);
                self.page = page;
                self.page.settle();
            }
            (_, primary) => self.primary = primary,
        }
    }

    fn reset(&mut self) {
        let title = mem::take(&mut self.title);
        *self = Self {
            title,
            ..Self::new(self.size())
        };
    }

    fn soft_reset(&mut self) {
        self.settings.soft_reset();
        self.pen = Pen::default();
        let page = &mut self.page;
        (page.top, page.bottom) = (0, page.rows.len() - 1);
        page.saved = Saved::default();
        page.origin = false;
    }

    fn answer(&self, query: &Query, answers: &mut Vec<u8>) {
        let page = &self.page;
        let row = if page.origin {
            page.row - page.top
        } else {
            page.row
        };
        let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let mode = |number, private| self.mode(number, private);
        let facts = Facts {
            cursor: (narrow(row), narrow(page.col.min(page.cols() - 1))),
            size: self.size(),
            mode: &mode,
        };
        query.answer(&facts, answers);
    }

    fn mode(&self, number: u16, private: bool) -> u8 {
        let value = |on: bool| if on { 1 } else { 2 };
        match (number, private) {
            (4, false) => value(self.settings.insert),
            (_, false) => 0,
            (6, true) => value(self.page.origin),
            (47 | 1047 | 1049, true) => value(self.primary.is_some()),
            (_, true) => Mode::private(number)
                .and_then(|mode| self.settings.get(mode))
                .map_or(0, value),
        }
    }
}

fn erase_display(page: &mut Page, n: usize, erased: &Pen) {
    page.row = page.row.min(page.rows.len() - 1);
    let (row, col) = (page.row, page.col);
    let rows = match n {
        0 => {
            let cols = page.cols();
            page.line().erase(col, cols, erased);
            if col == 0 {
                page.line().wrapped = false;
            }
            row + 1..page.rows.len()
        }
        1 => {
            page.line().erase(0, col + 1, erased);
            page.line().wrapped = false;
            if col + 1 >= page.cols()
                && let Some(next) = page.rows.get_mut(row + 1)
            {
                next.wrapped = false;
            }
            0..row
        }
        _ => 0..page.rows.len(),
    };
    for row in rows {
        page.clear_row(row, erased);
    }
}

fn erase_line(page: &mut Page, n: usize, erased: &Pen) {
    let (col, cols) = (page.col, page.cols());
    let line = page.line();
    match n {
        0 => {
            line.erase(col, cols, erased);
            if col == 0 {
                line.wrapped = false;
            }
        }
        1 => line.erase(0, col + 1, erased),
        _ => {
            line.erase(0, cols, erased);
            line.wrapped = false;
        }
    }
}
