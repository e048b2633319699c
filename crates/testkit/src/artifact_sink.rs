//! A stand-in for the API as workers use it: keeps what it is brought, fails when told to, and
//! answers what it is told to answer.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::put,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

/// A running sink on loopback. Dropping it closes it.
#[derive(Debug)]
pub struct ArtifactSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Statuses that uploads are answered with before any is taken.
    failing: Mutex<Vec<StatusCode>>,
    /// What is answered to questions, by path.
    answers: Mutex<BTreeMap<String, Value>>,
}

impl ArtifactSink {
    /// Starts a sink that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener.local_addr().expect("a bound listener has one");
        let shared = Arc::new(Shared {
            kept: Mutex::default(),
            failing: Mutex::default(),
            answers: Mutex::default(),
        });
        let route = "/api/task-runs/{run}/attempts/{attempt}/artifacts/{*name}";
        let router = Router::new()
            .route(route, put(take))
            .fallback(answer)
            .with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("a listener serves until it is dropped");
        });
        Self {
            address,
            shared,
            _server: server,
        }
    }

    /// The root of the API that it stands in for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next uploads are answered with these statuses, one each.
    pub fn fail_with(&self, statuses: &[u16]) {
        let statuses = statuses
            .iter()
            .rev()
            .map(|status| StatusCode::from_u16(*status).expect("an HTTP status"));
        lock(&self.shared.failing).extend(statuses);
    }

    /// From now on questions for this path are answered so; others are not known here.
    pub fn answer(&self, path: &str, answer: Value) {
        lock(&self.shared.answers).insert(path.to_owned(), answer);
    }

    /// What was brought, by `<run>/<attempt>/<name>`.
    #[must_use]
    pub fn kept(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.shared.kept).clone()
    }

    /// The text of one file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = lock(&self.shared.kept).get(path).cloned()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    match lock(&shared.answers).get(uri.path()) {
        Some(answer) => Json(answer).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    Path((run, attempt, name)): Path<(String, u32, String)>,
    headers: HeaderMap,
    content: Bytes,
) -> Response {
    let failure = lock(&shared.failing).pop();
    if let Some(status) = failure {
        return (status, "told to fail").into_response();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let info = json!({
        "name": name,
        "attempt": attempt,
        "size": content.len(),
        "sha256": text("x-content-sha256"),
        "contentType": text(header::CONTENT_TYPE.as_str()),
        "storedAt": null,
    });
    lock(&shared.kept).insert(format!("{run}/{attempt}/{name}"), content.to_vec());
    (StatusCode::CREATED, Json(info)).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
