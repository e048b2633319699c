//! Server-sent events, taken apart. No IO.

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// Its `id`, if it has one.
    pub(super) id: Option<String>,
    /// Its `event`; empty for none.
    pub(super) event: String,
    /// Its `data`, lines joined.
    pub(super) data: String,
}

/// Bytes in, events out, wherever the bytes were cut.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
}

impl Parser {
    /// Takes bytes; yields the events that they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut complete = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                complete.extend(self.end_line(line.trim_end_matches('\r')));
            } else {
                self.line.push(*byte);
            }
        }
        complete
    }

    fn end_line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return std::mem::take(&mut self.has_data).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            // A comment (a heartbeat), or a field that we do not use.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": hello\n\nevent: run-event\ndata: {\"a\":\"é\"}\n\nid: 12\r\nevent:x\ndata: 1\ndata: 2\n\nid: 13\n\n";

    fn expected() -> Vec<Message> {
        let message = |id: Option<&str>, event: &str, data: &str| Message {
            id: id.map(str::to_owned),
            event: event.to_owned(),
            data: data.to_owned(),
        };
        vec![
            message(None, "run-event", "{\"a\":\"é\"}"),
            message(Some("12"), "x", "1\n2"),
        ]
    }

    proptest! {
        #[test]
        fn events_come_out_whole_however_the_bytes_are_cut(cuts in prop::collection::vec(0_usize..90, 0..8)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(STREAM.len())).collect();
            cuts.push(STREAM.len());
            cuts.sort_unstable();
            let mut parser = Parser::default();
            let mut from = 0;
            let mut seen = Vec::new();
            for to in cuts {
                seen.extend(parser.feed(&STREAM.as_bytes()[from..to]));
                from = to;
            }
            prop_assert_eq!(seen, expected());
        }
    }
}
