//! What instructions lead to, on two pages, and how each is carried out.

mod answer;
mod change;
mod print;

use std::mem;

use baton_domain::TerminalSize;

use crate::{
    history::History,
    op::{Mode, Op, Step},
    page::{Line, Page, Saved},
    pen::Pen,
    row::Row,
    settings::Settings,
};

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
    pub(crate) history: History,
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
}
