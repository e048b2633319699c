//! The range of a number, as its help states it. A test holds every parser to what its help says.

use std::any::TypeId;

use clap::Arg;

/// The smallest and the largest value that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl Bounds {
    /// The range of an argument that takes a number, by its help's `1 to 256`.
    pub(crate) fn of(arg: &Arg, help: &str) -> Option<Self> {
        is_number(arg).then(|| Self::read(help)).flatten()
    }

    fn read(help: &str) -> Option<Self> {
        let words: Vec<&str> = help.split_whitespace().collect();
        words.windows(3).find_map(|words| match words {
            [least, "to", most] => Some(Self {
                least: number(least)?,
                most: number(most)?,
            }),
            _ => None,
        })
    }
}

/// Whether an argument takes a whole number.
pub(crate) fn is_number(arg: &Arg) -> bool {
    let parsed = arg.get_value_parser().type_id();
    let numbers = [
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
    ];
    numbers.iter().any(|number| parsed == *number)
}

fn number(word: &str) -> Option<u64> {
    let digits = word.trim_end_matches([',', ';', '.', ')']);
    digits.replace(',', "").parse().ok()
}
