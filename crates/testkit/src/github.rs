//! A stand-in for GitHub: one repository with its REST interface for pull requests, answered as
//! GitHub's documents say, and git over HTTP with a login.

mod git_http;
mod pulls;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, patch},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

/// A running GitHub on loopback with the repository `octo/hello`. Dropping it closes it.
#[derive(Debug)]
pub struct GitHubStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

/// A request to the REST interface, as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `POST` or `PATCH`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body; null without one.
    pub body: Value,
}

/// An answer in place of the proper one.
#[derive(Debug, Clone)]
pub struct Answer {
    /// An HTTP status.
    pub status: u16,
    /// Headers such as `retry-after`.
    pub headers: Vec<(&'static str, String)>,
    /// The body's `message`.
    pub message: &'static str,
    /// Whether the request is carried out all the same.
    pub done: bool,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    token: String,
    /// The bare repository behind it.
    repository: PathBuf,
    pulls: Mutex<Vec<Value>>,
    asked: Mutex<Vec<Asked>>,
    /// Each for the next request of its method.
    answers: Mutex<VecDeque<(&'static str, Answer)>>,
    /// How many git requests came with the right login, and without.
    logins: Mutex<(usize, usize)>,
}

impl GitHubStub {
    /// Starts one that lets this token in and serves this bare repository.
    pub async fn start(token: &str, repository: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        let address = listener.local_addr().expect("a bound listener has one");
        let shared = Arc::new(Shared {
            address,
            token: token.to_owned(),
            repository,
            pulls: Mutex::default(),
            asked: Mutex::default(),
            answers: Mutex::default(),
            logins: Mutex::default(),
        });
        let rest = Router::new()
            .route("/repos/{owner}/{name}", get(pulls::repository))
            .route(
                "/repos/{owner}/{name}/pulls",
                get(pulls::list).post(pulls::create),
            )
            .route("/repos/{owner}/{name}/pulls/{number}", patch(pulls::update))
            .layer(middleware::from_fn_with_state(shared.clone(), guard));
        let router = Router::new()
            .route("/octo/hello.git/{*rest}", any(git_http::serve))
            .merge(rest)
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

    /// The root of the REST interface.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where git finds the repository.
    #[must_use]
    pub fn repository_url(&self) -> String {
        format!("http://{}/octo/hello.git", self.address)
    }

    /// The next requests of this method are answered with these, one each.
    pub fn answer_with(&self, method: &'static str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().map(|answer| (method, answer));
        lock(&self.shared.answers).extend(answers);
    }

    /// The pull requests, as GitHub would show them.
    #[must_use]
    pub fn pulls(&self) -> Vec<Value> {
        lock(&self.shared.pulls).clone()
    }

    /// What was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// How many requests of git came with the right login.
    #[must_use]
    pub fn git_logins(&self) -> usize {
        lock(&self.shared.logins).0
    }
}

impl Answer {
    /// A status with words.
    #[must_use]
    pub const fn new(status: u16, message: &'static str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            message,
            done: false,
        }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The same, but the request was carried out: an answer that was lost on its way.
    #[must_use]
    pub const fn although_done(mut self) -> Self {
        self.done = true;
        self
    }
}

/// Notes what is asked, lets in who may, and answers as it was told.
async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20)
        .await
        .unwrap_or_default();
    lock(&shared.asked).push(Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    });
    if let Some(refused) = refuse(&shared, &parts.headers) {
        return refused;
    }
    let told = told(&shared, parts.method.as_str());
    let proper = async |bytes: Bytes| next.run(Request::from_parts(parts, bytes.into())).await;
    match told {
        None => proper(bytes).await,
        Some(answer) => {
            if answer.done {
                proper(bytes).await;
            }
            let status = StatusCode::from_u16(answer.status).expect("an HTTP status");
            let mut response = problem(status, answer.message, &json!([]));
            for (name, value) in answer.headers {
                let value = HeaderValue::from_str(&value).expect("a header's value");
                response.headers_mut().insert(name, value);
            }
            response
        }
    }
}

fn told(shared: &Shared, method: &str) -> Option<Answer> {
    let mut answers = lock(&shared.answers);
    let next = answers.iter().position(|(wanted, _)| *wanted == method)?;
    answers.remove(next).map(|(_, answer)| answer)
}

fn refuse(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("user-agent").is_none() {
        let message = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header";
        return Some(problem(StatusCode::FORBIDDEN, message, &json!([])));
    }
    if text("x-github-api-version") != Some("2022-11-28") {
        return Some(problem(
            StatusCode::BAD_REQUEST,
            "Unsupported version",
            &json!([]),
        ));
    }
    let expected = format!("Bearer {}", shared.token);
    (text("authorization") != Some(&expected))
        .then(|| problem(StatusCode::UNAUTHORIZED, "Bad credentials", &json!([])))
}

/// A refusal in GitHub's form.
fn problem(status: StatusCode, message: &str, errors: &Value) -> Response {
    let mut body = json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest/pulls/pulls",
        "status": status.as_u16().to_string(),
    });
    if errors.as_array().is_some_and(|errors| !errors.is_empty()) {
        body["errors"] = errors.clone();
    }
    (status, Json(body)).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
