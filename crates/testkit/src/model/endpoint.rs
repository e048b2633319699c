//! The HTTP server around a script, and its memory of what it was asked.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    messages,
    script::{FaultKind, Script, Turn},
    sse,
};

/// How long a test waits for a request before it fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// A request carries the whole conversation, command output included.
const LARGEST_REQUEST: usize = 64 << 20;

/// A running endpoint on loopback. Dropping it closes it.
#[derive(Debug)]
pub struct ModelEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The agent's own id of the conversation, by a header of its own; empty when it sent none.
    pub conversation: String,
    /// Whose words it is in.
    pub speech: Speech,
    /// The whole body.
    pub body: Value,
}

/// The interface that an agent speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// The Responses API, which Codex speaks.
    Responses,
    /// The Messages API, which Claude Code speaks.
    Messages,
}

#[derive(Debug)]
struct Shared {
    script: Script,
    memory: Mutex<Memory>,
    /// How many requests have come in.
    count: watch::Sender<usize>,
    /// The holds that have been released.
    released: watch::Sender<HashSet<String>>,
}

#[derive(Debug, Default)]
struct Memory {
    requests: Vec<Recorded>,
    attempts: HashMap<(String, usize), u32>,
}

impl ModelEndpoint {
    /// Starts on a free loopback port.
    pub async fn start(script: Script) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let started = Self::start_at(any, script).await;
        started.expect("a free loopback port")
    }

    /// Starts on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start_at(address: SocketAddr, script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            memory: Mutex::default(),
            count: watch::Sender::new(0),
            released: watch::Sender::default(),
        });
        let router = Router::new()
            .route("/v1/responses", post(respond))
            .route("/v1/messages", post(converse))
            .route("/v1/messages/count_tokens", post(count_tokens))
            .layer(axum::extract::DefaultBodyLimit::max(LARGEST_REQUEST))
            .with_state(Arc::clone(&shared));
        let mut server = JoinSet::new();
        server.spawn(async move {
            let served = axum::serve(listener, router).await;
            served.expect("serving ends only with its task");
        });
        Ok(Self {
            address,
            shared,
            _server: server,
        })
    }

    /// The base URL for a model provider: `http://127.0.0.1:<port>/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The base URL for Claude Code, whose paths begin with `/v1` themselves.
    #[must_use]
    pub fn root_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has been asked so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.memory().requests.clone()
    }

    /// Waits for the `n`th request (from 1) and returns it; fails the test after a minute.
    pub async fn wait_for_request(&self, n: usize) -> Recorded {
        let mut count = self.shared.count.subscribe();
        let came = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count >= n)).await;
        assert!(came.is_ok(), "request {n} did not reach the scripted model");
        self.shared.memory().requests[n - 1].clone()
    }

    /// Lets turns that are [`held`](Turn::held) under this name go on, now and later.
    pub fn release(&self, name: &str) {
        self.shared.released.send_modify(|released| {
            released.insert(name.to_owned());
        });
    }
}

impl Recorded {
    /// The outputs of the commands that the agent has executed so far, oldest first.
    #[must_use]
    pub fn outputs(&self) -> Vec<String> {
        match self.speech {
            Speech::Responses => outputs(&self.body),
            Speech::Messages => messages::outputs(&self.body),
        }
    }

    /// Everything that was said to the model as text by the user or on the user's behalf.
    #[must_use]
    pub fn words(&self) -> String {
        match self.speech {
            Speech::Responses => words(&self.body),
            Speech::Messages => messages::words(&self.body),
        }
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the request; returns which attempt (from 0) of its conversation for turn `number` it is.
    fn record(&self, request: Recorded, number: usize) -> u32 {
        let mut memory = self.memory();
        let key = (request.conversation.clone(), number);
        let attempts = memory.attempts.entry(key).or_default();
        let attempt = *attempts;
        *attempts += 1;
        memory.requests.push(request);
        self.count.send_replace(memory.requests.len());
        attempt
    }
}

async fn respond(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    take(&shared, &headers, &body, Speech::Responses).await
}

async fn converse(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    take(&shared, &headers, &body, Speech::Messages).await
}

/// Nobody here counts, and nobody depends on it.
async fn count_tokens() -> Json<Value> {
    Json(json!({ "input_tokens": 1 }))
}

async fn take(shared: &Shared, headers: &HeaderMap, body: &Bytes, speech: Speech) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return problem(StatusCode::BAD_REQUEST, "the body is not JSON");
    };
    let header = match speech {
        Speech::Responses => "session-id",
        Speech::Messages => "x-claude-code-session-id",
    };
    let conversation = headers.get(header).and_then(|id| id.to_str().ok());
    let model = body["model"].clone();
    let request = Recorded {
        conversation: conversation.unwrap_or_default().to_owned(),
        speech,
        body,
    };
    // The number of outputs, not a counter, so that a repeated request gets the same answer and
    // conversations do not disturb each other.
    let number = request.outputs().len();
    let turns = shared.script.turns(&request.words()).to_vec();
    let attempt = shared.record(request, number);
    let Some(turn) = turns.get(number) else {
        let words = format!(
            "the script has {} turns, none after {number} outputs",
            turns.len()
        );
        return problem(StatusCode::BAD_REQUEST, &words);
    };
    wait(shared, turn).await;
    let answer = Answer {
        speech,
        number,
        model,
    };
    match turn.fault(attempt) {
        Some(fault) => answer.fail(fault, turn),
        None => answer.give(turn),
    }
}

async fn wait(shared: &Shared, turn: &Turn) {
    tokio::time::sleep(Duration::from_millis(turn.delay_ms)).await;
    if let Some(name) = &turn.hold {
        let mut released = shared.released.subscribe();
        // An error means that the endpoint is closing.
        let _ = released.wait_for(|released| released.contains(name)).await;
    }
}

/// An answer in the words of whoever asked.
struct Answer {
    speech: Speech,
    number: usize,
    model: Value,
}

impl Answer {
    fn give(&self, turn: &Turn) -> Response {
        let rest = match self.speech {
            Speech::Responses => sse::rest(&self.id(), self.number, turn),
            Speech::Messages => messages::rest(self.number, turn),
        };
        events(Body::from(self.beginning(turn) + &rest))
    }

    fn fail(&self, fault: &FaultKind, turn: &Turn) -> Response {
        match fault {
            FaultKind::Status(status) => {
                let status = StatusCode::from_u16(*status).expect("a script names a valid status");
                problem(status, "the script says so")
            }
            FaultKind::Cut(_) => {
                let first = stream::iter([Ok(self.beginning(turn))]);
                let broken =
                    stream::once(async { Err(io::Error::from(io::ErrorKind::ConnectionReset)) });
                events(Body::from_stream(first.chain(broken)))
            }
            FaultKind::Garbage(text) => events(Body::from(text.clone())),
        }
    }

    fn beginning(&self, turn: &Turn) -> String {
        match self.speech {
            Speech::Responses => sse::created(&self.id()),
            Speech::Messages => messages::began(self.number, &self.model, turn.usage),
        }
    }

    fn id(&self) -> String {
        format!("resp_{}", self.number)
    }
}

fn events(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn problem(status: StatusCode, message: &str) -> Response {
    let error = json!({ "message": message, "type": "scripted", "code": null });
    let body = json!({ "type": "error", "error": error });
    (status, Json(body)).into_response()
}

fn items(body: &Value) -> impl Iterator<Item = &Value> {
    body["input"].as_array().into_iter().flatten()
}

fn outputs(body: &Value) -> Vec<String> {
    items(body)
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| match &item["output"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

fn words(body: &Value) -> String {
    items(body)
        .filter(|item| item["role"] == "user")
        .flat_map(|item| item["content"].as_array().into_iter().flatten())
        .filter_map(|part| part["text"].as_str())
        .collect::<Vec<_>>()
        .join("\n")
}
