//! A run's events as they happen, over as many connections as it takes.

use std::time::Duration;

use baton_domain::RunId;
use baton_wire::http::EventRecord;
use futures::{StreamExt, stream::BoxStream};
use reqwest::Method;
use serde::Deserialize;

use super::{
    Client, ClientError,
    sse::{Message, Parser},
};

/// Between a lost connection and the next.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a followed stream yields.
#[derive(Debug)]
pub(crate) enum Followed {
    /// Something happened.
    Event(Box<EventRecord>),
    /// History lags behind (true), or is up to date again.
    Delayed(bool),
    /// The connection was lost; the next is on its way.
    Interrupted(ClientError),
    /// There is a connection again, after it was told to be lost.
    Connected,
}

/// A stream of events that resumes where it was cut.
pub(crate) struct Follow {
    client: Client,
    /// One run, or the fleet.
    run: Option<RunId>,
    /// The last position that is complete, as the server said it.
    last_id: u64,
    /// The last event that was handed out; what comes again is dropped.
    seen: (u64, u16),
    connection: Option<Connection>,
    pause: Duration,
    interrupted: bool,
}

struct Connection {
    body: BoxStream<'static, Result<bytes::Bytes, reqwest::Error>>,
    parser: Parser,
    ready: std::collections::VecDeque<Message>,
}

#[derive(Deserialize)]
struct History {
    delayed: bool,
}

impl Follow {
    /// Follows a run's events after a position.
    pub(crate) fn new(client: &Client, run: RunId, after: u64) -> Self {
        Self::of(client, Some(run), after)
    }

    /// Follows the events of all runs after a position.
    pub(crate) fn all(client: &Client, after: u64) -> Self {
        Self::of(client, None, after)
    }

    fn of(client: &Client, run: Option<RunId>, after: u64) -> Self {
        Self {
            client: client.clone(),
            run,
            last_id: after,
            seen: (after, u16::MAX),
            connection: None,
            pause: PAUSE,
            interrupted: false,
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// When the API refuses the stream, for example because there is no such run.
    pub(crate) async fn next(&mut self) -> Result<Followed, ClientError> {
        loop {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => match connect(&self.client, self.run, self.last_id).await {
                    Ok(connection) => {
                        let connection = none.insert(connection);
                        if std::mem::take(&mut self.interrupted) {
                            return Ok(Followed::Connected);
                        }
                        connection
                    }
                    Err(error) if error.may_pass() => {
                        tokio::time::sleep(self.pause).await;
                        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                        self.interrupted = true;
                        return Ok(Followed::Interrupted(error));
                    }
                    Err(error) => return Err(error),
                },
            };
            match connection.next().await {
                Some(message) => {
                    self.pause = PAUSE;
                    if let Some(followed) = self.take(&message)? {
                        return Ok(followed);
                    }
                }
                None => {
                    self.connection = None;
                    tokio::time::sleep(self.pause).await;
                }
            }
        }
    }

    /// What a message means; nothing if it was seen before or is of a later version.
    fn take(&mut self, message: &Message) -> Result<Option<Followed>, ClientError> {
        let garbled = |source| ClientError::Garbled { source };
        match message.event.as_str() {
            "run-event" => {
                let event: EventRecord = serde_json::from_str(&message.data).map_err(garbled)?;
                if let Some(id) = message.id.as_ref().and_then(|id| id.parse().ok()) {
                    self.last_id = id;
                }
                let place = (event.position, event.index);
                if place <= self.seen {
                    return Ok(None);
                }
                self.seen = place;
                Ok(Some(Followed::Event(Box::new(event))))
            }
            "history" => {
                let history: History = serde_json::from_str(&message.data).map_err(garbled)?;
                Ok(Some(Followed::Delayed(history.delayed)))
            }
            _ => Ok(None),
        }
    }
}

async fn connect(
    client: &Client,
    run: Option<RunId>,
    last_id: u64,
) -> Result<Connection, ClientError> {
    let path = match run {
        Some(run) => format!("/api/task-runs/{run}/events/stream"),
        None => "/api/events/stream".to_owned(),
    };
    let request = client
        .request(Method::GET, &path)
        .header("Last-Event-ID", last_id)
        .header(reqwest::header::ACCEPT, "text/event-stream");
    let response = client.send(request).await?;
    Ok(Connection {
        body: response.bytes_stream().boxed(),
        parser: Parser::default(),
        ready: std::collections::VecDeque::new(),
    })
}

impl Connection {
    /// The next message; none when the connection has ended or broke.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            let bytes = self.body.next().await?.ok()?;
            self.ready.extend(self.parser.feed(&bytes));
        }
    }
}
