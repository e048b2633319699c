//! One of a terminal's two screens: rows, cursor, margins, tabs; and what moves and changes them.

use std::{collections::VecDeque, mem};

use crate::{
    op::Op,
    pen::Pen,
    row::{Cell, Row},
};

/// A cursor that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Saved {
    pub(crate) row: usize,
    pub(crate) col: usize,
    pub(crate) pen: Pen,
    pub(crate) origin: bool,
}

/// Rows with a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) rows: VecDeque<Row>,
    pub(crate) row: usize,
    /// The column; as many as there are when the next character wraps first.
    pub(crate) col: usize,
    /// First and last row of what scrolls.
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(crate) tabs: Vec<bool>,
    pub(crate) saved: Saved,
    /// Within the margins only.
    pub(crate) origin: bool,
}

/// How a line that comes in at the bottom of a scroll belongs to the one above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Not at all.
    Fresh,
    /// It goes on from there.
    Wrapped,
    /// As it was, where the line is there already.
    Kept,
}

impl Page {
    pub(crate) fn new(cols: usize, rows: usize) -> Self {
        Self {
            rows: (0..rows).map(|_| Row::new(cols, &Pen::default())).collect(),
            row: 0,
            col: 0,
            top: 0,
            bottom: rows - 1,
            tabs: default_tabs(cols),
            saved: Saved::default(),
            origin: false,
        }
    }

    pub(crate) fn cols(&self) -> usize {
        self.tabs.len()
    }

    pub(crate) fn line(&mut self) -> &mut Row {
        &mut self.rows[self.row]
    }

    /// Off the place behind the last column, and within the margins when only they count.
    pub(crate) fn settle(&mut self) {
        self.col = self.col.min(self.cols() - 1);
        self.row = if self.origin {
            self.row.clamp(self.top, self.bottom)
        } else {
            self.row.min(self.rows.len() - 1)
        };
    }

    /// To a place, counted from the margin when only margins count.
    pub(crate) fn goto(&mut self, row: usize, col: usize) {
        self.row = if self.origin { self.top + row } else { row };
        self.col = col;
        self.settle();
    }

    pub(crate) fn up(&mut self, n: usize) {
        self.settle();
        let stop = if self.row >= self.top { self.top } else { 0 };
        self.row = self.row.saturating_sub(n).max(stop);
    }

    pub(crate) fn down(&mut self, n: usize) {
        self.settle();
        let stop = if self.row <= self.bottom {
            self.bottom
        } else {
            self.rows.len() - 1
        };
        self.row = (self.row + n).min(stop);
    }

    pub(crate) fn rows_down(&mut self, n: usize) {
        self.settle();
        self.row += n;
        self.settle();
    }

    pub(crate) fn right(&mut self, n: usize) {
        self.settle();
        self.col += n;
        self.settle();
    }

    pub(crate) fn left(&mut self, n: usize) {
        self.settle();
        self.col = self.col.saturating_sub(n);
    }

    /// One row down; at the bottom margin everything moves up, and the row that leaves the
    /// screen is shown to `gone`.
    pub(crate) fn feed(&mut self, pen: &Pen, line: Line, gone: impl FnOnce(&Row)) {
        if self.row == self.bottom {
            return self.scroll(pen, line, gone);
        }
        let stays = self.row + 1 == self.rows.len();
        self.row += usize::from(!stays);
        match line {
            Line::Wrapped => self.line().wrapped = true,
            Line::Fresh if !stays => self.line().wrapped = false,
            Line::Fresh | Line::Kept => {}
        }
    }

    fn scroll(&mut self, pen: &Pen, line: Line, gone: impl FnOnce(&Row)) {
        let Some(mut row) = self.rows.remove(self.top) else {
            return;
        };
        if self.top == 0 {
            gone(&row);
        }
        row.renew(&pen.erased());
        row.wrapped = line == Line::Wrapped;
        self.rows.insert(self.bottom, row);
    }

    pub(crate) fn reverse_index(&mut self, pen: &Pen) {
        self.settle();
        if self.row == self.top {
            self.rows.remove(self.bottom);
            let fresh = Row::new(self.cols(), &pen.erased());
            self.rows.insert(self.top, fresh);
        } else {
            self.row = self.row.saturating_sub(1);
        }
    }

    /// Moves the rows `from..=bottom` up by `n`; the first ones are lost.
    pub(crate) fn shift_up(&mut self, from: usize, n: usize, pen: &Pen) {
        for _ in 0..n.min(self.bottom + 1 - from) {
            self.rows.remove(from);
            let fresh = Row::new(self.cols(), pen);
            self.rows.insert(self.bottom, fresh);
        }
    }

    /// Moves the rows `from..=bottom` down by `n`; the last ones are lost.
    pub(crate) fn shift_down(&mut self, from: usize, n: usize, pen: &Pen) {
        for _ in 0..n.min(self.bottom + 1 - from) {
            self.rows.remove(self.bottom);
            let fresh = Row::new(self.cols(), pen);
            self.rows.insert(from, fresh);
        }
    }

    /// Whether the cursor is between the margins.
    pub(crate) fn between(&self) -> bool {
        (self.top..=self.bottom).contains(&self.row)
    }

    pub(crate) fn tab(&mut self, n: usize) {
        if self.col >= self.cols() {
            return;
        }
        for _ in 0..n {
            let next = (self.col + 1..self.cols()).find(|col| self.tabs[*col]);
            self.col = next.unwrap_or(self.cols() - 1);
        }
    }

    pub(crate) fn tab_back(&mut self, n: usize) {
        if self.col >= self.cols() {
            return;
        }
        for _ in 0..n {
            let before = (0..self.col).rev().find(|col| self.tabs[*col]);
            self.col = before.unwrap_or(0);
        }
    }

    /// Empties a whole row.
    pub(crate) fn clear_row(&mut self, row: usize, pen: &Pen) {
        self.rows[row] = Row::new(self.cols(), pen);
    }

    /// Sets margins from 1, 0 being the default, and goes home; impossible ones change nothing.
    pub(crate) fn margins(&mut self, top: usize, bottom: usize) {
        let rows = self.rows.len();
        let top = top.max(1);
        let bottom = if bottom == 0 || bottom > rows {
            rows
        } else {
            bottom
        };
        if bottom > top {
            (self.top, self.bottom) = (top - 1, bottom - 1);
            self.goto(0, 0);
        }
    }

    /// Whether there are margins.
    pub(crate) fn narrowed(&self) -> bool {
        (self.top, self.bottom) != (0, self.rows.len() - 1)
    }

    /// What sets these margins.
    pub(crate) fn told_margins(&self) -> Op {
        let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        if self.narrowed() {
            Op::Margins(narrow(self.top + 1), narrow(self.bottom + 1))
        } else {
            Op::Margins(0, 0)
        }
    }

    /// Cuts or extends to another size. Rows that no longer fit leave at the top, unless they are
    /// empty ones below the cursor; they are given back.
    pub(crate) fn resize(&mut self, cols: usize, rows: usize) -> Vec<Row> {
        let mut gone = Vec::new();
        while self.rows.len() > rows {
            if self.row + 1 < self.rows.len() {
                self.rows.pop_back();
            } else {
                gone.extend(self.rows.pop_front());
                self.row -= 1;
                self.saved.row = self.saved.row.saturating_sub(1);
            }
        }
        for row in &mut self.rows {
            row.resize(cols);
            let last = &mut row.cells[cols - 1];
            if last.width == 2 {
                *last = Cell::empty(mem::take(&mut last.pen));
            }
        }
        while self.rows.len() < rows {
            self.rows.push_back(Row::new(cols, &Pen::default()));
        }
        self.resize_tabs(cols);
        (self.top, self.bottom) = (0, rows - 1);
        self.col = self.col.min(cols);
        self.settle();
        gone
    }

    fn resize_tabs(&mut self, cols: usize) {
        let had = self.tabs.len();
        let fresh = default_tabs(cols);
        self.tabs.truncate(cols);
        self.tabs
            .extend_from_slice(fresh.get(had..).unwrap_or_default());
    }
}

/// A stop every eight columns.
pub(crate) fn default_tabs(cols: usize) -> Vec<bool> {
    (0..cols).map(|col| col % 8 == 0).collect()
}
