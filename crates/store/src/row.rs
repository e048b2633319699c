//! Numbers between the domain, where they cannot be negative, and columns, where they can.

use std::fmt::Display;

use baton_domain::{Attempt, EventSeq, Position};

use crate::{
    control_events::Mark,
    error::{InvalidRow, Place},
};

/// A position for a column. The domain's bound is the column's.
pub(crate) fn position_out(position: Position) -> i64 {
    position.get().cast_signed()
}

/// An attempt for a column. The domain's bound is the column's.
pub(crate) fn attempt_out(attempt: Attempt) -> i32 {
    attempt.get().cast_signed()
}

/// An event's sequence for a column. The domain's bound is the column's.
pub(crate) fn seq_out(seq: EventSeq) -> i32 {
    seq.get().cast_signed()
}

/// A count for a column of 32 bits; more than it holds is its most.
pub(crate) fn int_out(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A count for a column of 64 bits; more than it holds is its most.
pub(crate) fn bigint_out(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl<K: Display> Place<'_, K> {
    pub(crate) fn position(&self, column: &'static str, n: i64) -> Result<Position, InvalidRow> {
        self.fit(column, Position::new(n.cast_unsigned()))
    }

    pub(crate) fn attempt(&self, column: &'static str, n: i32) -> Result<Attempt, InvalidRow> {
        let n = self.count(column, i64::from(n))?;
        self.fit(column, Attempt::new(n))
    }

    pub(crate) fn mark(&self, position: i64, index: i16) -> Result<Mark, InvalidRow> {
        Ok(Mark {
            position: self.position("position", position)?,
            index: self.fit("index", u16::try_from(index))?,
        })
    }

    pub(crate) fn seq(&self, column: &'static str, n: i32) -> Result<EventSeq, InvalidRow> {
        let n = self.count(column, i64::from(n))?;
        self.fit(column, EventSeq::new(n))
    }

    pub(crate) fn count(&self, column: &'static str, n: i64) -> Result<u64, InvalidRow> {
        self.fit(column, u64::try_from(n))
    }

    pub(crate) fn small_count(&self, column: &'static str, n: i64) -> Result<u32, InvalidRow> {
        self.fit(column, u32::try_from(n))
    }
}
