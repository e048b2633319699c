//! Writes static/src/lib/widths.ts: how many columns each character takes, as the emulator counts.
//! `scripts/generate` runs it.

use std::io::{self, Write as _};

const TEMPLATE: &str = include_str!("widths.ts.in");

fn main() -> io::Result<()> {
    let text = TEMPLATE
        .replace("@NONE@", &ranges(0))
        .replace("@WIDE@", &ranges(2));
    io::stdout().write_all(text.as_bytes())
}

/// The ranges of a width, in base 36: first and how many more, each first counted from the one before.
fn ranges(columns: u8) -> String {
    let mut before = 0;
    let mut lines = String::from("\n");
    let mut line = String::new();
    for (first, last) in baton_screen::ranges_of_width(columns) {
        let one = format!("{}+{} ", base36(first - before), base36(last - first));
        before = first;
        if line.len() + one.len() > 100 {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line.clear();
        }
        line.push_str(&one);
    }
    lines + line.trim_end()
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
