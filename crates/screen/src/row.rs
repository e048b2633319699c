//! Cells and rows. What happens to characters of two columns when they are cut follows xterm.js,
//! which draws the same rows for viewers.

use crate::pen::Pen;

/// One place of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    /// The character; `\0` where nothing was printed.
    pub(crate) c: char,
    /// Marks on the character.
    pub(crate) marks: Option<Box<str>>,
    /// 1 or 2; 0 for the second column of a character of two.
    pub(crate) width: u8,
    pub(crate) pen: Pen,
}

impl Cell {
    /// An empty place.
    pub(crate) fn empty(pen: Pen) -> Self {
        Self {
            c: '\0',
            marks: None,
            width: 1,
            pen,
        }
    }

    /// Empties it.
    #[inline]
    fn clear(&mut self, pen: &Pen) {
        (self.c, self.width) = ('\0', 1);
        self.marks = None;
        if self.pen != *pen {
            self.pen = pen.clone();
        }
    }

    /// Whether it is the second column of a character of two.
    #[inline]
    pub(crate) fn is_tail(&self) -> bool {
        self.width == 0 && self.c == '\0'
    }
}

/// A line of cells.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Whoever changes one from outside says so ([`Row::touch`]).
    pub(crate) cells: Vec<Cell>,
    /// Whether it goes on from the row above.
    pub(crate) wrapped: bool,
    /// The cells from here on are empty, and all of one pen.
    used: usize,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        (self.wrapped, &self.cells) == (other.wrapped, &other.cells)
    }
}

impl Eq for Row {}

impl Row {
    pub(crate) fn new(cols: usize, pen: &Pen) -> Self {
        Self {
            cells: vec![Cell::empty(pen.clone()); cols],
            wrapped: false,
            used: 0,
        }
    }

    /// As [`Row::new`], in place: most rows hold little, and there is a new one for each line.
    pub(crate) fn renew(&mut self, pen: &Pen) {
        if self.cells.last().is_some_and(|last| last.pen != *pen) {
            self.used = self.cells.len();
        }
        for cell in &mut self.cells[..self.used] {
            cell.clear(pen);
        }
        (self.used, self.wrapped) = (0, false);
    }

    /// Cuts or extends to so many columns.
    pub(crate) fn resize(&mut self, cols: usize) {
        self.cells.resize(cols, Cell::empty(Pen::default()));
        self.used = cols;
    }

    /// The cells before `end` may have changed.
    pub(crate) fn touch(&mut self, end: usize) {
        self.used = self.used.max(end.min(self.cells.len()));
    }

    /// Prints characters of one column from `col` on, where there is room for them.
    pub(crate) fn print(&mut self, col: usize, text: &[u8], pen: &Pen) {
        let end = col + text.len();
        self.touch(end);
        self.cut_before(col, pen);
        for (cell, byte) in self.cells[col..end].iter_mut().zip(text) {
            cell.c = char::from(*byte);
            cell.marks = None;
            cell.width = 1;
            if cell.pen != *pen {
                cell.pen = pen.clone();
            }
        }
        self.cut_at(end, pen);
    }

    fn width(&self, col: usize) -> u8 {
        self.cells.get(col).map_or(1, |cell| cell.width)
    }

    fn clear_cell(&mut self, col: usize, pen: &Pen) {
        if let Some(cell) = self.cells.get_mut(col) {
            *cell = Cell::empty(pen.clone());
            self.touch(col + 1);
        }
    }

    /// Empties the first half of a character that the place `col` cuts.
    pub(crate) fn cut_before(&mut self, col: usize, pen: &Pen) {
        if col > 0 && self.width(col - 1) == 2 {
            self.clear_cell(col - 1, pen);
        }
    }

    /// Empties a second half that lost its first.
    pub(crate) fn cut_at(&mut self, col: usize, pen: &Pen) {
        if self.cells.get(col).is_some_and(Cell::is_tail) {
            self.clear_cell(col, pen);
        }
    }

    /// Empties `start..end`.
    pub(crate) fn erase(&mut self, start: usize, end: usize, pen: &Pen) {
        self.cut_before(start, pen);
        if end > 0 && end < self.cells.len() && self.width(end - 1) == 2 {
            self.clear_cell(end, pen);
        }
        let end = end.min(self.cells.len());
        self.touch(end);
        for cell in self.cells.get_mut(start..end).unwrap_or_default() {
            *cell = Cell::empty(pen.clone());
        }
    }

    /// Shifts what is at `col` to the right by `n`.
    pub(crate) fn insert(&mut self, col: usize, n: usize, pen: &Pen) {
        self.cut_before(col, pen);
        let n = n.min(self.cells.len() - col);
        self.touch(self.cells.len());
        self.cells[col..].rotate_right(n);
        for cell in &mut self.cells[col..col + n] {
            *cell = Cell::empty(pen.clone());
        }
        let last = self.cells.len() - 1;
        if self.width(last) == 2 {
            self.clear_cell(last, pen);
        }
    }

    /// Takes `n` cells at `col` away and shifts the rest to the left.
    pub(crate) fn delete(&mut self, col: usize, n: usize, pen: &Pen) {
        let n = n.min(self.cells.len() - col);
        self.touch(self.cells.len());
        self.cells[col..].rotate_left(n);
        let end = self.cells.len();
        for cell in &mut self.cells[end - n..] {
            *cell = Cell::empty(pen.clone());
        }
        self.cut_before(col, pen);
        self.cut_at(col, pen);
    }

    /// The number of cells up to the last one that shows something.
    pub(crate) fn shown(&self) -> usize {
        let blank = |cell: &Cell| cell.c == '\0' && cell.width == 1 && cell.pen == Pen::default();
        // One of those behind the last used stands for all of them.
        let end = match self.cells.last() {
            Some(last) if blank(last) => self.used,
            _ => self.cells.len(),
        };
        let tail = self.cells[..end].iter().rev();
        end - tail.take_while(|cell| blank(cell)).count()
    }
}
