//! Lines that have left the screen at its top, kept as the bytes that draw them.

use std::collections::VecDeque;

use crate::{pen::Pen, row::Row};

/// The most lines.
const MAX_LINES: usize = 2_000;
/// The most bytes.
const MAX_BYTES: usize = 1 << 20;

/// The last lines.
#[derive(Debug, Default)]
pub(crate) struct History {
    lines: VecDeque<Box<[u8]>>,
    bytes: usize,
}

impl History {
    pub(crate) fn push(&mut self, row: &Row) {
        let line = draw(row);
        self.bytes += line.len();
        self.lines.push_back(line.into());
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(first) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= first.len();
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn last(&self, lines: usize) -> Vec<u8> {
        let skipped = self.lines.len().saturating_sub(lines);
        let mut out = Vec::new();
        for line in self.lines.iter().skip(skipped) {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
        out
    }
}

/// The row's text with its renditions, ending in none.
fn draw(row: &Row) -> Vec<u8> {
    let shown = row.shown();
    let mut out = Vec::with_capacity(shown);
    let mut pen = Pen::default();
    for cell in &row.cells[..shown] {
        if cell.is_tail() {
            continue;
        }
        if cell.pen != pen {
            if cell.pen.link != pen.link {
                Pen::write_link(cell.pen.link.as_deref(), &mut out);
            }
            cell.pen.write(&mut out);
            pen = cell.pen.clone();
        }
        push(cell.c, cell.marks.as_deref(), &mut out);
    }
    if pen.link.is_some() {
        Pen::write_link(None, &mut out);
    }
    if pen != Pen::default() {
        out.extend_from_slice(b"\x1b[0m");
    }
    out
}

/// Appends a cell's text; nothing printed is a space.
pub(crate) fn push(c: char, marks: Option<&str>, out: &mut Vec<u8>) {
    let c = if c == '\0' { ' ' } else { c };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    out.extend_from_slice(marks.unwrap_or_default().as_bytes());
}

/// The row's text.
pub(crate) fn plain(row: &Row) -> String {
    let mut text = String::new();
    for cell in row.cells.iter().filter(|cell| !cell.is_tail()) {
        text.push(if cell.c == '\0' { ' ' } else { cell.c });
        text.push_str(cell.marks.as_deref().unwrap_or_default());
    }
    text.truncate(text.trim_end().len());
    text
}
