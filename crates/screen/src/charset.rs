//! Character sets of old: line drawing and the British pound, worked out into Unicode.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Charset {
    #[default]
    Ascii,
    British,
    Drawing,
}

/// The four sets and which one is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Charsets {
    sets: [Charset; 4],
    level: usize,
    saved: ([Charset; 4], usize),
}

/// What `_` to `~` draw.
const DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
    '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

impl Charsets {
    pub(crate) fn shift(&mut self, level: usize) {
        self.level = level;
    }

    pub(crate) fn choose(&mut self, slot: u8, last: u8) {
        self.sets[usize::from(slot)] = match last {
            b'0' => Charset::Drawing,
            b'A' => Charset::British,
            _ => Charset::Ascii,
        };
    }

    pub(crate) fn save(&mut self) {
        self.saved = (self.sets, self.level);
    }

    pub(crate) fn restore(&mut self) {
        (self.sets, self.level) = self.saved;
    }

    /// Whether ASCII is what is printed.
    pub(crate) fn is_ascii(&self) -> bool {
        self.sets[self.level] == Charset::Ascii
    }

    pub(crate) fn translate(&self, c: char) -> char {
        match (self.sets[self.level], c) {
            (Charset::British, '#') => '£',
            (Charset::Drawing, '_'..='~') => DRAWING[c as usize - '_' as usize],
            _ => c,
        }
    }
}
