//! Printing characters, one by one or many at once.

use super::State;
use crate::{page::Line, row::Cell, width::width};

impl State {
    pub(super) fn print(&mut self, c: char) {
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

    pub(super) fn combine(&mut self, mark: char) {
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
}
