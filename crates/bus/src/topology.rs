//! Streams and consumers as data: the files under `nats/`, embedded, and what applies and
//! verifies them. Nothing here deletes anything.

mod apply;
mod verify;

use baton_domain::{Priority, Route};
use baton_wire::{Filter, subject::queue_name};
use serde_json::{Map, Value};

use crate::error::BusError;

pub use verify::Difference;

/// The name of the one stream that counts.
pub const RUNS: &str = "RUNS";

/// The name of the stream of what terminals show.
pub const TERM: &str = "TERM";

/// The name of the stream of terminals' last screens.
pub const TERM_KEYS: &str = "TERM_KEYS";

/// The name of the recorder's durable consumer.
pub(crate) const RECORDER: &str = "recorder";

const STREAM_FILE: &str = "nats/streams/runs.json";
const TERM_FILE: &str = "nats/streams/term.json";
const TERM_KEYS_FILE: &str = "nats/streams/term-keys.json";
const RECORDER_FILE: &str = "nats/consumers/recorder.json";
const QUEUE_FILE: &str = "nats/consumers/queue.json";

/// The settings of a stream or a consumer, in the broker's own words; durations in nanoseconds.
pub(crate) type Settings = Map<String, Value>;

/// What the broker is to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    stream: Settings,
    terminals: [Settings; 2],
    recorder: Settings,
    queue: Settings,
}

impl Topology {
    /// The files that this build carries.
    ///
    /// # Errors
    /// [`BusError::Topology`] when one is malformed: a fault of the build.
    pub fn embedded() -> Result<Self, BusError> {
        let template = queue_name_template();
        let runs = include_str!("../../../nats/streams/runs.json");
        let term = include_str!("../../../nats/streams/term.json");
        let keys = include_str!("../../../nats/streams/term-keys.json");
        let recorder = include_str!("../../../nats/consumers/recorder.json");
        let queue = include_str!("../../../nats/consumers/queue.json");
        Ok(Self {
            stream: settings(STREAM_FILE, runs, "name", RUNS)?,
            terminals: [
                settings(TERM_FILE, term, "name", TERM)?,
                settings(TERM_KEYS_FILE, keys, "name", TERM_KEYS)?,
            ],
            recorder: settings(RECORDER_FILE, recorder, "durable_name", RECORDER)?,
            queue: settings(QUEUE_FILE, queue, "durable_name", &template)?,
        })
    }

    pub(crate) const fn stream(&self) -> &Settings {
        &self.stream
    }

    /// The streams of terminals: in memory, and gone when the broker restarts.
    pub(crate) const fn terminals(&self) -> &[Settings; 2] {
        &self.terminals
    }

    pub(crate) const fn recorder(&self) -> &Settings {
        &self.recorder
    }

    /// The consumer of one queue, by the template.
    pub(crate) fn queue(&self, route: &Route, priority: Priority) -> Settings {
        let mut queue = self.queue.clone();
        queue.insert(
            "durable_name".to_owned(),
            queue_name(route, priority).into(),
        );
        queue.insert(
            "filter_subject".to_owned(),
            Filter::Offers(route.clone(), priority).to_string().into(),
        );
        queue
    }
}

fn queue_name_template() -> String {
    "offer-{route}-{priority}".to_owned()
}

fn settings(
    file: &'static str,
    text: &str,
    name_field: &str,
    name: &str,
) -> Result<Settings, BusError> {
    let broken = |reason: String| BusError::Topology { file, reason };
    let settings: Settings =
        serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    match settings.get(name_field).and_then(Value::as_str) {
        Some(found) if found == name => Ok(settings),
        found => Err(broken(format!(
            "its {name_field} is {found:?} and must be '{name}'"
        ))),
    }
}

/// What a setting says, if it is a text.
fn text<'a>(settings: &'a Settings, field: &str) -> &'a str {
    settings
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_are_well_formed() {
        Topology::embedded().unwrap();
    }

    #[test]
    fn a_queue_has_one_filter_and_the_name_that_is_parsed_elsewhere() {
        let route: Route = "default_codex-exec_docker".parse().unwrap();
        let queue = Topology::embedded().unwrap().queue(&route, Priority::High);
        let name = queue["durable_name"].as_str().unwrap();
        assert_eq!(
            baton_wire::subject::parse_queue_name(name),
            Some((route, Priority::High))
        );
        assert_eq!(
            queue["filter_subject"],
            "baton.v1.run.*.*.offer.default_codex-exec_docker.high"
        );
        assert!(!queue.values().any(|value| value.to_string().contains('{')));
    }

    #[test]
    fn a_file_with_another_name_is_refused() {
        let error = settings(STREAM_FILE, r#"{"name": "OTHER"}"#, "name", RUNS).unwrap_err();
        assert!(error.to_string().contains("OTHER"), "{error}");
    }
}
