//! Comparing the broker with the files, field by field: an older server drops the fields that it
//! does not know without a word.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{RECORDER, RUNS, Settings, text};
use crate::{connect::Bus, error::BusError};

/// A setting that the broker has otherwise than the files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `stream <name>` or `consumer <name>`.
    pub place: String,
    /// The setting; `None` when the whole thing is missing.
    pub field: Option<String>,
    /// What the files say.
    pub wanted: Value,
    /// What the broker has.
    pub found: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            None => write!(f, "{} is missing", self.place),
            Some(field) => write!(
                f,
                "{}: {field} is {} and should be {}",
                self.place, self.found, self.wanted
            ),
        }
    }
}

impl Bus {
    /// What the broker has otherwise than the files; nothing when all is well.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not answer.
    pub async fn verify_topology(&self) -> Result<Vec<Difference>, BusError> {
        let topology = self.topology();
        let mut found = self.stream_differences(topology.stream()).await?;
        for wanted in topology.terminals() {
            found.extend(self.stream_differences(wanted).await?);
        }
        if self.stream_settings(RUNS).await?.is_none() {
            return Ok(found);
        }
        found.extend(
            self.consumer_differences(RECORDER, topology.recorder())
                .await?,
        );
        for (route, priority) in self.queues().await? {
            let name = baton_wire::subject::queue_name(&route, priority);
            let wanted = topology.queue(&route, priority);
            found.extend(self.consumer_differences(&name, &wanted).await?);
        }
        Ok(found)
    }

    async fn stream_differences(&self, wanted: &Settings) -> Result<Vec<Difference>, BusError> {
        let name = text(wanted, "name");
        let place = format!("stream {name}");
        Ok(match self.stream_settings(name).await? {
            None => vec![missing(&place, wanted)],
            Some(found) => differences(&place, &as_far_as_it_matters(wanted, &found), &found),
        })
    }

    async fn consumer_differences(
        &self,
        name: &str,
        wanted: &Settings,
    ) -> Result<Vec<Difference>, BusError> {
        let place = format!("consumer {name}");
        Ok(match self.consumer_settings(name).await? {
            None => vec![missing(&place, wanted)],
            Some(found) => differences(&place, wanted, &found),
        })
    }
}

fn missing(place: &str, wanted: &Settings) -> Difference {
    Difference {
        place: place.to_owned(),
        field: None,
        wanted: Value::Object(wanted.clone()),
        found: Value::Null,
    }
}

/// The settings that the files name and the broker has otherwise. What only the broker names is
/// its own affair.
pub(super) fn differences(place: &str, wanted: &Settings, found: &Settings) -> Vec<Difference> {
    wanted
        .iter()
        .filter_map(|(field, wanted)| {
            let found = found.get(field).unwrap_or(&Value::Null);
            (!same(wanted, found)).then(|| Difference {
                place: place.to_owned(),
                field: Some(field.clone()),
                wanted: wanted.clone(),
                found: found.clone(),
            })
        })
        .collect()
}

/// A stream in memory may be of any size: how much memory the broker has is its operator's affair.
pub(super) fn as_far_as_it_matters(wanted: &Settings, found: &Settings) -> Settings {
    let mut wanted = wanted.clone();
    let is_bounded = found.get("max_bytes").and_then(Value::as_i64) > Some(0);
    if text(&wanted, "storage") == "memory" && is_bounded {
        wanted.remove("max_bytes");
    }
    wanted
}

/// The broker leaves out what is false.
fn same(wanted: &Value, found: &Value) -> bool {
    wanted == found || (found.is_null() && *wanted == Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_field_that_the_server_dropped_is_a_difference() {
        let wanted = settings(json!({"a": 1, "b": true, "c": false}));
        let found = settings(json!({"a": 1, "own": "x"}));
        let all = differences("stream RUNS", &wanted, &found);
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].to_string(),
            "stream RUNS: b is null and should be true"
        );
    }

    #[test]
    fn the_size_of_a_stream_in_memory_is_its_brokers_affair_while_it_has_one() {
        let wanted = settings(json!({"storage": "memory", "max_bytes": 100}));
        let differs = |wanted: &Settings, found: Value| {
            let found = settings(found);
            !differences("", &as_far_as_it_matters(wanted, &found), &found).is_empty()
        };
        assert!(!differs(
            &wanted,
            json!({"storage": "memory", "max_bytes": 7})
        ));
        assert!(differs(
            &wanted,
            json!({"storage": "memory", "max_bytes": -1})
        ));
        let wanted = settings(json!({"storage": "file", "max_bytes": 100}));
        assert!(differs(&wanted, json!({"storage": "file", "max_bytes": 7})));
    }
}
