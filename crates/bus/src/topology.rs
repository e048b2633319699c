//! Streams and consumers as data: the files under `nats/`, applied and compared, never deleted.

use std::fmt;

use async_nats::jetstream::{consumer, stream};
use serde_json::Value;

use crate::{
    connect::{Bus, describe},
    error::BusError,
    stream::RUNS,
};

const STREAM_FILE: &str = include_str!("../../../nats/streams/RUNS.json");
const RECORDER_FILE: &str = include_str!("../../../nats/consumers/recorder.json");
const QUEUE_FILE: &str = include_str!("../../../nats/consumers/queue.json");

/// A field of the broker's that is not as this version wants it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The stream or consumer.
    pub object: String,
    /// The field, by the server's name; empty when the object is missing.
    pub field: String,
    /// What this version wants.
    pub wanted: Value,
    /// What the broker has.
    pub found: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return write!(f, "{} is missing", self.object);
        }
        write!(
            f,
            "{}: {} is {}, wanted {}",
            self.object, self.field, self.found, self.wanted
        )
    }
}

impl Bus {
    /// Creates what is missing and updates what differs. Returns what was different.
    ///
    /// # Errors
    /// When the broker does not answer or refuses.
    pub async fn apply_topology(&self) -> Result<Vec<Difference>, BusError> {
        let before = self.verify_topology().await?;
        let refuse = |what: &str, error: &dyn std::error::Error| BusError::Topology {
            what: format!("failed to apply {what}"),
            reason: describe(error),
        };
        if before.iter().any(|difference| difference.object == RUNS) {
            let config: stream::Config = parse(STREAM_FILE)?;
            self.jetstream
                .create_or_update_stream(config)
                .await
                .map_err(|error| refuse(RUNS, &error))?;
        }
        let wanted: consumer::Config = parse(RECORDER_FILE)?;
        let name = consumer_name(&wanted);
        if before.iter().any(|difference| difference.object == name) {
            let stream = self.runs().await?;
            let made = stream.create_consumer(pull_config(wanted)?).await;
            made.map_err(|error| refuse(&name, &error))?;
        }
        Ok(before)
    }

    /// Compares the broker with this version, field by field.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn verify_topology(&self) -> Result<Vec<Difference>, BusError> {
        let mut differences = Vec::new();
        let found = self.stream_config().await?;
        compare(RUNS, STREAM_FILE, found, &mut differences)?;
        let name = consumer_name(&parse::<consumer::Config>(RECORDER_FILE)?);
        let found = if differences
            .iter()
            .any(|d| d.object == RUNS && d.field.is_empty())
        {
            None
        } else {
            self.consumer_config(&name).await?
        };
        compare(&name, RECORDER_FILE, found, &mut differences)?;
        Ok(differences)
    }

    async fn stream_config(&self) -> Result<Option<Value>, BusError> {
        match self.jetstream.get_stream(RUNS).await {
            Ok(stream) => json(&stream.cached_info().config).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(BusError::Unavailable(describe(&error))),
        }
    }

    async fn consumer_config(&self, name: &str) -> Result<Option<Value>, BusError> {
        match self.runs().await?.consumer_info(name).await {
            Ok(info) => json(&info.config).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(BusError::Unavailable(describe(&error))),
        }
    }
}

/// The consumer that every queue is made from.
pub(crate) fn queue_template() -> Result<consumer::pull::Config, BusError> {
    pull_config(parse(QUEUE_FILE)?)
}

fn pull_config(config: consumer::Config) -> Result<consumer::pull::Config, BusError> {
    consumer::FromConsumer::try_from_consumer_config(config)
        .map_err(|error| BusError::Unreadable(error.to_string()))
}

fn consumer_name(config: &consumer::Config) -> String {
    config.durable_name.clone().unwrap_or_default()
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, BusError> {
    serde_json::from_str(text)
        .map_err(|error| BusError::Unreadable(format!("a file under nats/: {error}")))
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value, BusError> {
    serde_json::to_value(value).map_err(|error| BusError::Unreadable(error.to_string()))
}

/// The server's answers for "no such stream" and "no such consumer".
fn is_missing(error: &dyn std::error::Error) -> bool {
    let text = describe(error);
    text.contains("10059") || text.contains("10014") || text.contains("not found")
}

fn compare(
    object: &str,
    wanted: &str,
    found: Option<Value>,
    out: &mut Vec<Difference>,
) -> Result<(), BusError> {
    let wanted: Value = parse(wanted)?;
    let Some(found) = found else {
        out.push(Difference {
            object: object.to_owned(),
            field: String::new(),
            wanted,
            found: Value::Null,
        });
        return Ok(());
    };
    let fields = wanted.as_object().into_iter().flatten();
    out.extend(
        fields
            .filter(|(field, value)| found.get(field) != Some(value))
            .map(|(field, value)| Difference {
                object: object.to_owned(),
                field: field.clone(),
                wanted: value.clone(),
                found: found.get(field).cloned().unwrap_or_default(),
            }),
    );
    Ok(())
}
