//! The client of the HTTP API: typed requests, problems as errors, a stream that resumes.

mod control;
mod error;
mod events;
mod fleet;
mod live;
mod record;
mod sessions;
mod sse;
mod tokens;

use std::time::Duration;

use anyhow::{Context, bail};
use baton_domain::RunId;
use baton_wire::http::{
    ArtifactInfo, ArtifactList, ControlRequest, Me, PlacementInfo, TaskRun, TaskRunPage,
};
use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use error::ClientError;
pub(crate) use events::{Follow, Followed};
pub(crate) use live::TerminalSocket;

use crate::{args::ClientArgs, config};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Heartbeats come every 15 s; a connection that says nothing for longer is dead.
const SILENT_FOR: Duration = Duration::from_secs(45);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Pauses before the repeats of a submission; its key makes them harmless.
const REPEATS: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(600),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A client of one API.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is nobody's to see.
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client by its flags; nothing is sent yet.
    pub(crate) fn new(args: &ClientArgs) -> anyhow::Result<Self> {
        Self::at(&args.api_url, config::token(&args.identity)?)
    }

    /// A client of the API at `url`, that shows this token.
    pub(crate) fn at(url: &str, token: Option<String>) -> anyhow::Result<Self> {
        let base = base(url).with_context(|| format!("--api-url (BATON_API_URL) is '{url}'"))?;
        // The first one counts for the whole process; a second one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENT_FOR)
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // Without TLS no certificates are needed, which some containers do not have.
            http = http.tls_certs_only([]);
        }
        let http = http.build().context("failed to prepare the HTTP client")?;
        Ok(Self { http, base, token })
    }

    /// Submits a request; a lost answer or an API that is away is tried again under the same key.
    pub(crate) async fn submit(&self, request: &Value, key: &str) -> Result<TaskRun, ClientError> {
        let send = || {
            self.request(Method::POST, "/api/task-runs")
                .header("Idempotency-Key", key)
                .json(request)
        };
        for pause in REPEATS {
            match self.json(send()).await {
                Err(error) if error.may_pass() => {
                    tracing::info!(%error, "submitting again");
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.json(send()).await
    }

    /// A page of runs.
    pub(crate) async fn list(&self, query: &[(&str, String)]) -> Result<TaskRunPage, ClientError> {
        let mut url = self.url("/api/task-runs");
        url.query_pairs_mut().extend_pairs(query);
        self.json(self.signed(self.http.get(url))).await
    }

    /// One run.
    pub(crate) async fn run(&self, run: RunId) -> Result<TaskRun, ClientError> {
        Ok(self.run_as_of(run).await?.0)
    }

    /// One run, and the position up to which history was recorded then.
    pub(crate) async fn run_as_of(&self, run: RunId) -> Result<(TaskRun, u64), ClientError> {
        let request = self.request(Method::GET, &format!("/api/task-runs/{run}"));
        let response = self.send(request.timeout(ANSWER_WITHIN)).await?;
        let recorded = recorded_to(&response);
        let run: TaskRun = self.read(response).await?;
        let recorded = recorded.unwrap_or(run.position);
        Ok((run, recorded))
    }

    /// Why a run has not started.
    pub(crate) async fn placement(&self, run: RunId) -> Result<PlacementInfo, ClientError> {
        let path = format!("/api/task-runs/{run}/placement");
        self.json(self.request(Method::GET, &path)).await
    }

    /// Wishes something of a run: `cancel`, `redrive` or `release_lease`.
    pub(crate) async fn control(
        &self,
        run: RunId,
        action: &str,
        note: Option<String>,
    ) -> Result<Value, ClientError> {
        let body = ControlRequest {
            action: action.to_owned(),
            note,
            ..ControlRequest::default()
        };
        let path = format!("/api/task-runs/{run}/control");
        self.json(self.request(Method::POST, &path).json(&body))
            .await
    }

    /// The files that a run left.
    pub(crate) async fn artifacts(&self, run: RunId) -> Result<Vec<ArtifactInfo>, ClientError> {
        let path = format!("/api/task-runs/{run}/artifacts");
        let list: ArtifactList = self.json(self.request(Method::GET, &path)).await?;
        Ok(list.artifacts)
    }

    /// The content of a file, as a stream of chunks.
    pub(crate) async fn artifact(
        &self,
        run: RunId,
        file: &ArtifactInfo,
    ) -> Result<Response, ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/artifacts/{}", file.attempt));
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(file.name.split('/'));
        }
        self.send(self.signed(self.http.get(url))).await
    }

    /// What the API says of itself.
    pub(crate) async fn info(&self) -> Result<Value, ClientError> {
        self.json(self.request(Method::GET, "/api/info")).await
    }

    /// Who asks, as the API knows it.
    pub(crate) async fn me(&self) -> Result<Me, ClientError> {
        self.json(self.request(Method::GET, "/api/me")).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.signed(self.http.request(method, self.url(path)))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header(header::ACCEPT, "application/json, */*;q=0.5");
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.send(request.timeout(ANSWER_WITHIN)).await?;
        self.read(response).await
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let body = response
            .bytes()
            .await
            .map_err(|source| self.unreachable(source))?;
        serde_json::from_slice(&body).map_err(|source| ClientError::Garbled { source })
    }

    /// Sends; any answer but success is an error.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request
            .send()
            .await
            .map_err(|source| self.unreachable(source))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(ClientError::of_answer(response).await)
        }
    }

    fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            url: self.base.to_string(),
            source,
        }
    }
}

/// The position up to which history was recorded when the API answered.
fn recorded_to(response: &Response) -> Option<u64> {
    let recorded = response.headers().get("Baton-History-Position");
    recorded.and_then(|value| value.to_str().ok()?.parse().ok())
}

fn base(url: &str) -> anyhow::Result<Url> {
    let url = Url::parse(url).context("that is no URL such as http://127.0.0.1:7700")?;
    match url.scheme() {
        "http" | "https" if url.host().is_some() => Ok(url),
        _ => bail!("that is no URL such as http://127.0.0.1:7700"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_urls_are_refused_by_the_name_of_their_setting() {
        for url in ["", "localhost:7700", "ftp://example.org"] {
            let error = Client::at(url, None).unwrap_err();
            assert!(error.to_string().contains("BATON_API_URL"), "{error}");
        }
    }

    #[test]
    fn an_api_may_live_below_a_path() {
        let client = Client::at("http://example.org/baton/", None).unwrap();
        let url = client.url("/api/info").to_string();
        assert_eq!(url, "http://example.org/baton/api/info");
    }
}
