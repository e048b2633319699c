//! Answers to what programs ask of their terminal.

use super::State;
use crate::{
    op::Mode,
    query::{Facts, Query},
};

impl State {
    pub(super) fn answer(&self, query: &Query, answers: &mut Vec<u8>) {
        let page = &self.page;
        let row = if page.origin {
            page.row - page.top
        } else {
            page.row
        };
        let narrow = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let mode = |number, private| self.mode(number, private);
        let facts = Facts {
            cursor: (narrow(row), narrow(page.col.min(page.cols() - 1))),
            size: self.size(),
            mode: &mode,
        };
        query.answer(&facts, answers);
    }

    fn mode(&self, number: u16, private: bool) -> u8 {
        let value = |on: bool| if on { 1 } else { 2 };
        match (number, private) {
            (4, false) => value(self.settings.insert),
            (_, false) => 0,
            (6, true) => value(self.page.origin),
            (47 | 1047 | 1049, true) => value(self.primary.is_some()),
            (_, true) => Mode::private(number)
                .and_then(|mode| self.settings.get(mode))
                .map_or(0, value),
        }
    }
}
