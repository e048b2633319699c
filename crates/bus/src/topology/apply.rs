//! Bringing the broker to what the files say: create what is missing, update in place what
//! differs, delete nothing.

use async_nats::jetstream::{self, response::Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    RUNS, Settings,
    verify::{Difference, differences},
};
use crate::{connect::Bus, error::BusError};

/// The broker's code for a stream that does not exist.
const STREAM_NOT_FOUND: u64 = 10_059;
/// The broker's code for a consumer that does not exist.
const CONSUMER_NOT_FOUND: u64 = 10_014;

impl Bus {
    /// Creates the stream and the recorder's consumer, or updates them in place where they
    /// differ; existing queues follow their template. Returns what was otherwise before: nothing
    /// when it is done again.
    ///
    /// # Errors
    /// [`BusError::Refused`] when the broker cannot make such a thing (its words say why),
    /// [`BusError::Unavailable`] when it does not answer.
    pub async fn apply_topology(&self) -> Result<Vec<Difference>, BusError> {
        let topology = self.topology();
        let before = self.verify_topology().await?;
        self.put_stream(topology.stream()).await?;
        self.put_consumer(topology.recorder()).await?;
        for (route, priority) in self.queues().await? {
            self.put_consumer(&topology.queue(&route, priority)).await?;
        }
        Ok(before)
    }

    async fn put_stream(&self, wanted: &Settings) -> Result<(), BusError> {
        let Some(found) = self.stream_settings().await? else {
            let subject = format!("STREAM.CREATE.{RUNS}");
            return self.ask("create the stream RUNS", subject, wanted).await;
        };
        if differences("stream RUNS", wanted, &found).is_empty() {
            return Ok(());
        }
        // An update says everything: what the files leave open stays as it is.
        let mut whole = found;
        whole.extend(wanted.clone());
        let subject = format!("STREAM.UPDATE.{RUNS}");
        self.ask("update the stream RUNS", subject, &whole).await
    }

    pub(crate) async fn put_consumer(&self, wanted: &Settings) -> Result<(), BusError> {
        let name = text(wanted, "durable_name");
        let found = self.consumer_settings(name).await?;
        if let Some(found) = &found
            && differences("consumer", wanted, found).is_empty()
        {
            return Ok(());
        }
        let mut whole = found.unwrap_or_default();
        whole.extend(wanted.clone());
        let subject = match text(wanted, "filter_subject") {
            "" => format!("CONSUMER.CREATE.{RUNS}.{name}"),
            filter => format!("CONSUMER.CREATE.{RUNS}.{name}.{filter}"),
        };
        let request = json!({"stream_name": RUNS, "config": whole});
        self.ask(&format!("make the consumer {name}"), subject, &request)
            .await
    }

    /// The stream's settings as the broker has them; `None` without a stream.
    pub(super) async fn stream_settings(&self) -> Result<Option<Settings>, BusError> {
        self.look_up(format!("STREAM.INFO.{RUNS}"), STREAM_NOT_FOUND)
            .await
    }

    /// A consumer's settings as the broker has them; `None` without one.
    pub(super) async fn consumer_settings(&self, name: &str) -> Result<Option<Settings>, BusError> {
        let subject = format!("CONSUMER.INFO.{RUNS}.{name}");
        self.look_up(subject, CONSUMER_NOT_FOUND).await
    }

    async fn look_up(&self, subject: String, missing: u64) -> Result<Option<Settings>, BusError> {
        // These requests take no body at all; the client's own helper would send `null`.
        let said = self
            .client()
            .request(format!("$JS.API.{subject}"), Bytes::new())
            .await
            .map_err(BusError::unavailable)?;
        let answer: Response<Value> =
            serde_json::from_slice(&said.payload).map_err(BusError::unavailable)?;
        match answer {
            Response::Ok(mut info) => match info.get_mut("config").map(Value::take) {
                Some(Value::Object(settings)) => Ok(Some(settings)),
                _ => Err(refused(&subject, "the answer has no settings")),
            },
            Response::Err { error } if error.error_code().0 == missing => Ok(None),
            Response::Err { error } => Err(api_error(&subject, &error)),
        }
    }

    async fn ask(
        &self,
        action: &str,
        subject: String,
        request: &(impl serde::Serialize + Sync),
    ) -> Result<(), BusError> {
        let answer: Response<Value> = self
            .jetstream()
            .request(subject, request)
            .await
            .map_err(BusError::unavailable)?;
        match answer {
            Response::Ok(_) => Ok(()),
            Response::Err { error } => Err(api_error(action, &error)),
        }
    }
}

fn api_error(action: &str, error: &jetstream::Error) -> BusError {
    refused(action, &error.to_string())
}

fn refused(action: &str, reason: &str) -> BusError {
    BusError::Refused {
        action: action.to_owned(),
        reason: reason.to_owned(),
    }
}

fn text<'a>(settings: &'a Settings, field: &str) -> &'a str {
    settings
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
