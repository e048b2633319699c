//! A screen written as the bytes that draw it in a terminal that was reset.
//!
//! Origin mode is left out on purpose: what follows a dump counts from the screen's corner.

use crate::{
    history::push,
    op::{Op, Step},
    page::{Page, default_tabs},
    pen::Pen,
    row::{Cell, Row},
    state::State,
};

/// Writes everything. `pending` is what has begun and not ended.
pub(crate) fn dump(state: &State, pending: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    Op::Title(state.title.clone()).write(&mut out.bytes);
    if let Some(primary) = &state.primary {
        out.page(primary);
        out.pen(&Pen::default());
        out.op(&Op::Alternate(true));
        if primary.narrowed() {
            // Some terminals have margins for each screen, some for both.
            out.op(&Op::Margins(0, 0));
        }
    }
    out.page(&state.page);
    state.settings.write(&mut out.bytes);
    out.cursor(state);
    out.bytes.extend_from_slice(pending);
    out.bytes
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// As the terminal has it by now.
    pen: Pen,
}

impl Writer {
    fn op(&mut self, op: &Op) {
        op.write(&mut self.bytes);
    }

    fn step(&mut self, step: Step, n: usize) {
        self.op(&Op::Step(step, narrow(n)));
    }

    fn goto(&mut self, row: usize, col: usize) {
        self.op(&Op::Goto(narrow(row), narrow(col)));
    }

    fn pen(&mut self, pen: &Pen) {
        if pen.link != self.pen.link {
            Pen::write_link(pen.link.as_deref(), &mut self.bytes);
        }
        let unlinked = |pen: &Pen| Pen {
            link: None,
            ..pen.clone()
        };
        if unlinked(pen) != unlinked(&self.pen) {
            pen.write(&mut self.bytes);
        }
        self.pen = pen.clone();
    }

    /// The page's rows, tabs, margins and saved cursor.
    fn page(&mut self, page: &Page) {
        self.saved(page);
        let mut filled = false;
        for (number, row) in page.rows.iter().enumerate() {
            // A row that goes on from the one above is drawn by running over its edge.
            let runs_on = row.wrapped && filled && row.cells[0].c != '\0';
            if !runs_on {
                self.goto(number, 0);
            }
            filled = self.row(row);
        }
        if page.tabs != default_tabs(page.cols()) {
            self.step(Step::TabClear, 3);
            for col in (0..page.cols()).filter(|col| page.tabs[*col]) {
                self.goto(0, col);
                self.op(&Op::SetTab);
            }
        }
        if page.narrowed() {
            self.op(&page.told_margins());
        }
    }

    fn saved(&mut self, page: &Page) {
        let saved = &page.saved;
        if (saved.row, saved.col) != (0, 0) || saved.pen != Pen::default() {
            self.pen(&saved.pen);
            self.goto(saved.row, saved.col);
            self.op(&Op::Save);
            self.pen(&Pen::default());
        }
    }

    /// Draws a row from its first column; says whether the last column was drawn last.
    fn row(&mut self, row: &Row) -> bool {
        let cells = &row.cells[..row.shown()];
        let mut at = 0;
        while at < cells.len() {
            let gap = cells[at..].iter().take_while(|cell| gap(cell)).count();
            if gap == 0 {
                self.cell(&cells[at]);
                at += usize::from(cells[at].width.max(1));
                continue;
            }
            // Erased places of one background.
            let pen = &cells[at].pen;
            let same = cells[at..at + gap].iter();
            let n = same.take_while(|cell| cell.pen.bg == pen.bg).count();
            if *pen != Pen::default() {
                self.pen(pen);
                self.step(Step::EraseChars, n);
            }
            at += n;
            if at < cells.len() {
                self.step(Step::Right, n);
            }
        }
        cells.len() == row.cells.len() && !cells.last().is_some_and(gap)
    }

    fn cell(&mut self, cell: &Cell) {
        self.pen(&cell.pen);
        push(cell.c, cell.marks.as_deref(), &mut self.bytes);
    }

    /// The cursor, behind the last column too, and the pen.
    fn cursor(&mut self, state: &State) {
        let page = &state.page;
        let behind = page.col == page.cols();
        if !(behind || state.joinable) || page.col == 0 {
            self.goto(page.row, page.col);
            return self.pen(&state.pen);
        }
        // The character before the cursor is printed again: only so does the terminal know that
        // the next one wraps, or that a mark joins it.
        let cells = &page.rows[page.row].cells;
        let mut at = page.col - 1;
        if cells[at].is_tail() && at > 0 {
            at -= 1;
        }
        self.goto(page.row, at);
        if state.settings.insert {
            // Room for the character that printing shifts away.
            self.step(Step::DeleteChars, page.col - at);
        }
        self.cell(&cells[at]);
        self.pen(&state.pen);
    }
}

/// Whether nothing was printed there, and nothing is drawn but a background.
fn gap(cell: &Cell) -> bool {
    cell.c == '\0' && cell.width == 1 && cell.pen.only_background()
}

fn narrow(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
