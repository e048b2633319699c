//! Erasing, inserting, deleting and scrolling.

use super::State;
use crate::{op::Step, page::Page, pen::Pen};

impl State {
    /// Steps that change what is shown.
    pub(super) fn change(&mut self, step: Step, n: usize) {
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
