//! A client of server-sent events that keeps everything it is told.

use std::{pin::Pin, time::Duration};

use baton_wire::http::EventRecord;
use futures::{Stream, StreamExt as _};
use reqwest::{RequestBuilder, header::HeaderMap};

/// Longer than anything here takes; only a hang meets it.
const HANG: Duration = Duration::from_secs(20);

pub(crate) struct Sse {
    pub(crate) headers: HeaderMap,
    bytes: Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    pub(crate) id: Option<u64>,
    pub(crate) event: String,
    pub(crate) data: String,
}

impl Told {
    pub(crate) fn record(&self) -> EventRecord {
        assert_eq!(self.event, "run-event", "{self:?}");
        serde_json::from_str(&self.data).unwrap()
    }
}

impl Sse {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            headers: response.headers().clone(),
            bytes: Box::pin(response.bytes_stream()),
            text: String::new(),
        }
    }

    /// The next event; none at the stream's end. Comments and `retry` alone are passed over.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let told = parse(block);
                self.text = rest.to_owned();
                if !told.event.is_empty() {
                    return Some(told);
                }
            }
            let chunk = tokio::time::timeout(HANG, self.bytes.next()).await;
            let chunk = chunk.expect("an event or the end in time")?;
            self.text += std::str::from_utf8(&chunk.ok()?).unwrap();
        }
    }

    /// The next so many records, with the ids they carry.
    pub(crate) async fn records(&mut self, count: usize) -> Vec<(Option<u64>, EventRecord)> {
        let mut records = Vec::new();
        while records.len() < count {
            let told = self.next().await.expect("more events");
            if told.event == "run-event" {
                records.push((told.id, told.record()));
            }
        }
        records
    }

    /// Everything up to the word on history, and that word.
    pub(crate) async fn until_history(&mut self) -> (Vec<Told>, String) {
        let mut before = Vec::new();
        loop {
            let told = self.next().await.expect("a word on history");
            if told.event == "history" {
                return (before, told.data);
            }
            before.push(told);
        }
    }
}

fn parse(block: &str) -> Told {
    let mut told = Told::default();
    for line in block.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim_start();
        match name {
            "id" => told.id = Some(value.parse().unwrap()),
            "event" => value.clone_into(&mut told.event),
            "data" => value.clone_into(&mut told.data),
            _ => {}
        }
    }
    told
}
