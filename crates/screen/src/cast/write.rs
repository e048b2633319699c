//! Recordings written, line by line.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Map, Value, json};

use super::{CastEvent, CastHeader};

/// Writes a recording's lines. Characters that are cut between two outputs are put together.
#[derive(Debug, Default)]
pub struct CastWriter {
    /// The time of the last line, in milliseconds since the start.
    last: u128,
    /// The first bytes of a character.
    cut: Vec<u8>,
}

impl CastWriter {
    /// A writer and the header's line.
    #[must_use]
    pub fn new(header: &CastHeader) -> (Self, String) {
        let mut line = Map::new();
        line.insert("version".to_owned(), json!(3));
        line.insert(
            "term".to_owned(),
            json!({"cols": header.size.cols(), "rows": header.size.rows(), "type": "xterm-256color"}),
        );
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                line.insert(name.to_owned(), value);
            }
        };
        put("timestamp", header.began.map(Value::from));
        put("title", header.title.clone().map(Value::from));
        put("command", header.command.clone().map(Value::from));
        (Self::default(), format!("{}\n", Value::Object(line)))
    }

    /// Appends an event's line. `at` counts from the start; an earlier time than the last one's
    /// counts as that. Output that is only the beginning of a character waits for the rest.
    pub fn event(&mut self, at: Duration, event: &CastEvent, lines: &mut String) {
        match event {
            CastEvent::Output(bytes) => {
                let text = self.text(bytes);
                if !text.is_empty() {
                    self.line(at, 'o', &text, lines);
                }
            }
            CastEvent::Input(text) => self.line(at, 'i', text, lines),
            CastEvent::Resize(size) => self.line(at, 'r', &size.to_string(), lines),
            CastEvent::Marker(label) => self.line(at, 'm', label, lines),
            CastEvent::Exit(status) => {
                let rest = std::mem::take(&mut self.cut);
                if !rest.is_empty() {
                    self.line(at, 'o', &String::from_utf8_lossy(&rest), lines);
                }
                self.line(at, 'x', &status.to_string(), lines);
            }
        }
    }

    fn line(&mut self, at: Duration, code: char, data: &str, lines: &mut String) {
        let at = at.as_millis().max(self.last);
        let since = at - self.last;
        self.last = at;
        let data = Value::from(data);
        writeln!(
            lines,
            "[{}.{:03},\"{code}\",{data}]",
            since / 1000,
            since % 1000
        )
        .expect("a string takes everything");
    }

    /// The whole characters of what was cut before and these bytes.
    fn text(&mut self, bytes: &[u8]) -> String {
        self.cut.extend_from_slice(bytes);
        let whole = self.cut.len() - unfinished(&self.cut);
        let rest = self.cut.split_off(whole);
        let bytes = std::mem::replace(&mut self.cut, rest);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// How many bytes at the end are the beginning of a character that may still become whole.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes
        .utf8_chunks()
        .last()
        .map_or(&[][..], |last| last.invalid());
    match std::str::from_utf8(tail) {
        Err(error) if error.error_len().is_none() => tail.len(),
        _ => 0,
    }
}
