//! What a run's worker says, as everybody hears it who watches.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use baton_domain::RunId;
use baton_wire::http::EventRecord;
use chrono::{DateTime, Utc};
use reqwest::Response;
use tokio::{sync::Notify, task::JoinSet};
use uuid::Uuid;

use crate::{BenchError, terminal::house::House};

/// When a worker held a wish.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// By its own word.
    pub(super) at: DateTime<Utc>,
    /// When we heard of it.
    pub(super) arrived: Instant,
}

/// The stream of a run's events, read all the while: an answer that waits must not make it late.
/// Dropping it ends the reading.
pub(super) struct Heard {
    told: Arc<Shared>,
    reading: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    told: Mutex<HashMap<Uuid, Told>>,
    more: Notify,
}

impl Heard {
    pub(super) async fn of(house: &House, run: RunId) -> Result<Self, BenchError> {
        let path = format!("/api/task-runs/{run}/events/stream");
        let stream = house.get(&path).await?;
        let told = Arc::new(Shared::default());
        let mut reading = JoinSet::new();
        reading.spawn(read(stream, Arc::clone(&told)));
        Ok(Self { told, reading })
    }

    /// Waits until the worker held a wish.
    pub(super) async fn delivered(&mut self, command: Uuid) -> Result<Told, BenchError> {
        loop {
            if let Some(told) = self.told.take(command) {
                return Ok(told);
            }
            if self.reading.is_empty() {
                return Err(BenchError::Ended("stream of events"));
            }
            self.told.more.notified().await;
        }
    }
}

impl Shared {
    fn take(&self, command: Uuid) -> Option<Told> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(&command)
    }
}

async fn read(mut stream: Response, shared: Arc<Shared>) {
    let mut text = Vec::new();
    while let Ok(Some(bytes)) = stream.chunk().await {
        let arrived = Instant::now();
        text.extend_from_slice(&bytes);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            if let Some((command, at)) = delivered(&line) {
                let mut told = shared.told.lock().unwrap_or_else(PoisonError::into_inner);
                told.insert(command, Told { at, arrived });
                shared.more.notify_one();
            }
        }
    }
}

/// The command that a line of the stream says is held, and since when.
fn delivered(line: &[u8]) -> Option<(Uuid, DateTime<Utc>)> {
    let data = line.strip_prefix(b"data:")?;
    let event: EventRecord = serde_json::from_slice(data).ok()?;
    if event.kind != "control_delivered" {
        return None;
    }
    let command = event.data.get("command")?.as_str()?.parse().ok()?;
    Some((command, event.at))
}
