//! The API as a worker asks it: small answers, in JSON.

use std::{sync::Arc, time::Duration};

use baton_wire::http::{Me, PublicKeys};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;

use crate::{http, options::WorkerToken};

const WITHIN: Duration = Duration::from_secs(10);

/// One API; clones ask the same.
#[derive(Debug, Clone)]
pub(crate) struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Client,
    url: String,
    token: Option<WorkerToken>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It has nothing of this kind: it is older, or something else.
    #[error("the API does not know '{0}': it may be older than this worker")]
    Unknown(&'static str),
    /// It does not want to answer.
    #[error("the API refused '{0}' with {1}")]
    Refused(&'static str, StatusCode),
    /// It cannot be reached, or not be understood.
    #[error("the API did not answer '{0}': {1}")]
    Unreachable(&'static str, String),
}

impl Api {
    /// The API at this root, shown this token.
    pub(crate) fn new(url: &str, token: Option<WorkerToken>) -> Result<Self, reqwest::Error> {
        let http = http::builder(url)
            .timeout(WITHIN)
            // The API is a neighbour; a proxy for the world is none for it.
            .no_proxy()
            .build()?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self(Arc::new(Inner { http, url, token })))
    }

    /// Who this worker is, and what its token allows.
    pub(crate) async fn me(&self) -> Result<Me, ApiError> {
        self.get("/api/me").await
    }

    /// The keys that grants are signed with and secrets are sealed to.
    pub(crate) async fn keys(&self) -> Result<PublicKeys, ApiError> {
        self.get("/api/keys").await
    }

    async fn get<T: DeserializeOwned>(&self, path: &'static str) -> Result<T, ApiError> {
        let unreachable =
            |error: reqwest::Error| ApiError::Unreachable(path, error.without_url().to_string());
        let mut request = self.0.http.get(format!("{}{path}", self.0.url));
        if let Some(token) = &self.0.token {
            request = request.bearer_auth(token.reveal());
        }
        let response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::NOT_FOUND => Err(ApiError::Unknown(path)),
            status if status.is_client_error() => Err(ApiError::Refused(path, status)),
            status if !status.is_success() => {
                Err(ApiError::Unreachable(path, format!("it says {status}")))
            }
            _ => response.json().await.map_err(unreachable),
        }
    }
}
