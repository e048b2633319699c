//! The API as a caller sees it: plain JSON, nothing of the server's types.

use std::time::Duration;

use reqwest::{
    Response, StatusCode,
    header::{self, HeaderMap},
};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A caller of the API.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// A caller that shows this token.
    pub(crate) fn new(base: &str, token: &str) -> Self {
        let value = format!("Bearer {token}").parse().expect("a header");
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
        Self {
            token: Some(token.to_owned()),
            ..Self::with(base, headers)
        }
    }

    /// What it shows.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A caller that does not say who it is.
    pub(crate) fn anonymous(base: &str) -> Self {
        Self::with(base, HeaderMap::new())
    }

    fn with(base: &str, headers: HeaderMap) -> Self {
        let http = baton_testkit::http()
            .default_headers(headers)
            .timeout(Duration::from_secs(20))
            .build();
        Self {
            base: base.to_owned(),
            token: None,
            http: http.expect("an HTTP client"),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Submits a run and returns it.
    pub(crate) async fn submit(&self, body: &Value) -> Value {
        let answer = self.try_submit(body).await;
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(
            matches!(status, StatusCode::CREATED | StatusCode::ACCEPTED),
            "submit answered {status}: {text}"
        );
        serde_json::from_str(&text).expect("a run")
    }

    pub(crate) async fn try_submit(&self, body: &Value) -> Response {
        let request = self.http.post(self.url("/api/task-runs")).json(body);
        request.send().await.expect("the API answers")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.http.post(self.url(path)).json(body);
        request.send().await.expect("the API answers")
    }

    /// Posts under a key, by which the API knows what it was asked before.
    pub(crate) async fn post_under(&self, path: &str, key: &str, body: &Value) -> Response {
        let request = self.http.post(self.url(path)).json(body);
        let request = request.header("Idempotency-Key", key);
        request.send().await.expect("the API answers")
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        let request = self.http.delete(self.url(path));
        request.send().await.expect("the API answers")
    }

    pub(crate) async fn try_get(&self, path: &str) -> Response {
        let request = self.http.get(self.url(path));
        request.send().await.expect("the API answers")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.try_get(path).await;
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "GET {path} answered {status}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self
            .http
            .get(self.url(path))
            .send()
            .await
            .expect("the API answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "GET {path} answered {status}: {text}");
        text
    }

    /// The run once it has ended. The API, the recorder or the database may be away for a while.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        let over = ["succeeded", "failed", "cancelled", "dead_lettered"];
        self.until(id, |run| over.iter().any(|state| run["state"] == *state))
            .await
    }

    /// The run once it is as wished.
    pub(crate) async fn until(&self, id: &str, wished: impl Fn(&Value) -> bool) -> Value {
        self.until_at(&format!("/api/task-runs/{id}"), wished).await
    }

    /// What is there, once it is as wished.
    pub(crate) async fn until_at(&self, path: &str, wished: impl Fn(&Value) -> bool) -> Value {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + PATIENCE;
        let mut last = json!(null);
        while Instant::now() < deadline {
            poll.tick().await;
            let Ok(answer) = self.http.get(self.url(path)).send().await else {
                continue;
            };
            let Ok(found) = answer.json::<Value>().await else {
                continue;
            };
            if wished(&found) {
                return found;
            }
            last = found;
        }
        panic!("{path} did not get there; it is {last:#}");
    }

    /// All events of a run.
    pub(crate) async fn events(&self, id: &str) -> Vec<Value> {
        let (mut events, mut after) = (Vec::new(), 0);
        loop {
            let path = format!("/api/task-runs/{id}/events?limit=1000&after={after}");
            let page = self.get(&path).await;
            events.extend(page["events"].as_array().expect("events").iter().cloned());
            if page["hasMore"] == false {
                return events;
            }
            after = page["nextAfter"].as_u64().expect("where it goes on");
        }
    }
}

/// The id of a run.
pub(crate) fn id(run: &Value) -> String {
    run["id"].as_str().expect("an id").to_owned()
}
