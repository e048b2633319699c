//! Bringing the broker to what the files say: create what is missing, update in place what
//! differs, delete nothing.

use async_nats::jetstream::{self, response::Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    RUNS, Settings, text,
    verify::{Difference, as_far_as_it_matters, differences},
};
use crate::{connect::Bus, error::BusError};

/// The broker's code for a stream that does not exist.
const STREAM_NOT_FOUND: u64 = 10_059;
/// The broker's code for a consumer that does not exist.
const CONSUMER_NOT_FOUND: u64 = 10_014;
/// The broker's codes for a stream that it has no memory for: of the server, of the account.
const NO_ROOM: [u64; 3] = [10_028, 10_023, 10_002];
/// A stream of terminals that is smaller is of no use.
const LEAST_BYTES: i64 = 1 << 20;

impl Bus {
    /// Creates the streams and the recorder's consumer, or updates them in place where they
    /// differ; existing queues follow their template. Returns what was otherwise before: nothing
    /// when it is done again. A broker with little memory gets smaller streams of terminals, or
    /// none, which is a difference when it is verified.
    ///
    /// # Errors
    /// [`BusError::Refused`] when the broker cannot make such a thing (its words say why),
    /// [`BusError::Unavailable`] when it does not answer.
    pub async fn apply_topology(&self) -> Result<Vec<Difference>, BusError> {
        let topology = self.topology();
        let before = self.verify_topology().await?;
        self.put_stream(topology.stream()).await?;
        self.put_terminal_streams().await?;
        self.put_consumer(topology.recorder()).await?;
        for (route, priority) in self.queues().await? {
            self.put_consumer(&topology.queue(&route, priority)).await?;
        }
        Ok(before)
    }

    /// Makes sure that the streams of terminals are there, which a broker without copies forgets
    /// when it restarts.
    ///
    /// # Errors
    /// As for [`apply_topology`](Self::apply_topology).
    pub async fn ensure_terminal_streams(&self) -> Result<(), BusError> {
        for wanted in self.topology().terminals() {
            if self.stream_settings(text(wanted, "name")).await?.is_none() {
                self.create_in_memory(wanted).await?;
            }
        }
        Ok(())
    }

    async fn put_terminal_streams(&self) -> Result<(), BusError> {
        self.ensure_terminal_streams().await?;
        for wanted in self.topology().terminals() {
            let name = text(wanted, "name");
            if let Some(found) = self.stream_settings(name).await? {
                let wanted = as_far_as_it_matters(wanted, &found);
                self.mend_stream(name, &wanted, found).await?;
            }
        }
        Ok(())
    }

    /// Creates a stream in memory, as large as the broker lets it be. One that has no memory for
    /// the smallest goes without: runs do not need it.
    async fn create_in_memory(&self, wanted: &Settings) -> Result<(), BusError> {
        let name = text(wanted, "name");
        let mut wanted = wanted.clone();
        let mut bytes = wanted.get("max_bytes").and_then(Value::as_i64);
        loop {
            let subject = format!("STREAM.CREATE.{name}");
            match self.answer(subject, &wanted).await? {
                Ok(()) => return Ok(()),
                Err(error) if NO_ROOM.contains(&error.error_code().0) => {
                    bytes = bytes.map(|b| b / 2).filter(|b| *b >= LEAST_BYTES);
                    let Some(bytes) = bytes else {
                        tracing::warn!(
                            stream = name, %error,
                            "the broker has no memory for terminals: nobody sees what they showed \
                             before; raise max_memory_store in its jetstream block"
                        );
                        return Ok(());
                    };
                    wanted.insert("max_bytes".to_owned(), bytes.into());
                }
                Err(error) => return Err(api_error(&format!("create the stream {name}"), &error)),
            }
        }
    }

    async fn put_stream(&self, wanted: &Settings) -> Result<(), BusError> {
        let Some(found) = self.stream_settings(RUNS).await? else {
            let subject = format!("STREAM.CREATE.{RUNS}");
            return self.ask("create the stream RUNS", subject, wanted).await;
        };
        self.mend_stream(RUNS, wanted, found).await
    }

    async fn mend_stream(
        &self,
        name: &str,
        wanted: &Settings,
        found: Settings,
    ) -> Result<(), BusError> {
        if differences(name, wanted, &found).is_empty() {
            return Ok(());
        }
        // An update says everything: what the files leave open stays as it is.
        let mut whole = found;
        whole.extend(wanted.clone());
        let subject = format!("STREAM.UPDATE.{name}");
        self.ask(&format!("update the stream {name}"), subject, &whole)
            .await
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

    /// A stream's settings as the broker has them; `None` without the stream.
    pub(super) async fn stream_settings(&self, name: &str) -> Result<Option<Settings>, BusError> {
        self.look_up(format!("STREAM.INFO.{name}"), STREAM_NOT_FOUND)
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
        let answer = self.answer(subject, request).await?;
        answer.map_err(|error| api_error(action, &error))
    }

    async fn answer(
        &self,
        subject: String,
        request: &(impl serde::Serialize + Sync),
    ) -> Result<Result<(), jetstream::Error>, BusError> {
        let answer: Response<Value> = self
            .jetstream()
            .request(subject, request)
            .await
            .map_err(BusError::unavailable)?;
        Ok(match answer {
            Response::Ok(_) => Ok(()),
            Response::Err { error } => Err(error),
        })
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
