//! Events as Postgres copies them in: its binary format, the cheapest way to hand it many rows.
//!
//! The format is <https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4>: a heading, then
//! of each row the number of its columns and of each column its length and its bytes, -1 for null;
//! numbers are big-endian.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::NewEvent;
use crate::row::{attempt_out, position_out, seq_out};

/// What the rows made here are for.
pub(super) const STATEMENT: &str = "\
    COPY task_run_events
        (position, index, run_id, attempt, seq, source, kind, at, refusal, data, effective)
    FROM STDIN (FORMAT binary)";

const COLUMNS: i16 = 11;
const NULL: i32 = -1;
const END: i16 = -1;
/// The version that leads every value of type jsonb.
const JSONB: u8 = 1;
/// 2000-01-01, from where Postgres counts its microseconds, in those of Unix.
const EPOCH: i64 = 946_684_800_000_000;

/// Rows being written down. What is written can be taken out at any row.
#[derive(Debug)]
pub(super) struct Rows {
    bytes: Vec<u8>,
}

impl Rows {
    /// No rows yet, under their heading.
    pub(super) fn begin() -> Self {
        let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
        // No flags, and nothing more in the heading.
        bytes.extend([0; 8]);
        Self { bytes }
    }

    /// What is written and not taken out yet.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is written counts as taken out.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// There are no further rows.
    pub(super) fn end(&mut self) {
        self.bytes.extend(END.to_be_bytes());
    }

    /// An event as a row.
    pub(super) fn push(&mut self, event: &NewEvent) {
        self.bytes.extend(COLUMNS.to_be_bytes());
        self.value(&position_out(event.position).to_be_bytes());
        self.value(&event.index.cast_signed().to_be_bytes());
        self.value(event.run.as_uuid().as_bytes());
        self.number(event.attempt.map(attempt_out));
        self.number(event.seq.map(seq_out));
        self.value(event.source.as_bytes());
        self.value(event.kind.as_bytes());
        self.value(&since_epoch(event.at).to_be_bytes());
        match &event.refusal {
            Some(refusal) => self.value(refusal.as_bytes()),
            None => self.null(),
        }
        self.json(&event.data);
        self.value(&[u8::from(event.refusal.is_none())]);
    }

    fn value(&mut self, value: &[u8]) {
        self.bytes.extend(length(value.len()));
        self.bytes.extend(value);
    }

    fn number(&mut self, number: Option<i32>) {
        match number {
            Some(number) => self.value(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    fn null(&mut self) {
        self.bytes.extend(NULL.to_be_bytes());
    }

    /// The length stands before the value, and is known after it.
    fn json(&mut self, value: &Value) {
        let at = self.bytes.len();
        self.bytes.extend([0, 0, 0, 0, JSONB]);
        serde_json::to_writer(&mut self.bytes, value)
            .expect("a value is JSON, and memory takes it");
        let written = length(self.bytes.len() - at - 4);
        self.bytes[at..at + 4].copy_from_slice(&written);
    }
}

/// A value's length; Postgres refuses the row of one that is longer than it can say.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}

/// A time as Postgres keeps it.
fn since_epoch(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros() - EPOCH
}
