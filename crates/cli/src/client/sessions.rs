//! What the client asks about live sessions.

use baton_domain::RunId;
use baton_wire::http::{
    GrantRequest, LiveSession, ResealAnswer, SessionAnswer, SessionNote, SessionRequest,
};
use reqwest::Method;
use serde_json::json;

use super::{Client, ClientError};

impl Client {
    /// A run's live session.
    pub(crate) async fn session(&self, run: RunId) -> Result<LiveSession, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session");
        self.json(self.request(Method::GET, &path)).await
    }

    /// Lets people watch.
    pub(crate) async fn enable_session(
        &self,
        run: RunId,
        request: &SessionRequest,
    ) -> Result<LiveSession, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session");
        let asked = self.request(Method::POST, &path).json(request);
        self.json(asked).await
    }

    /// More time to type.
    pub(crate) async fn renew_write(
        &self,
        run: RunId,
        request: &GrantRequest,
    ) -> Result<SessionAnswer, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session/renew-write");
        let asked = self.request(Method::POST, &path).json(request);
        self.json(asked).await
    }

    /// Ends something about a session: `release-write`, `revoke-write` or `revoke`.
    pub(crate) async fn end(
        &self,
        run: RunId,
        what: &str,
        note: Option<String>,
    ) -> Result<SessionAnswer, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session/{what}");
        let asked = self
            .request(Method::POST, &path)
            .json(&SessionNote { note });
        self.json(asked).await
    }

    /// Lets the API seal the secrets of live sessions anew.
    pub(crate) async fn reseal(&self) -> Result<ResealAnswer, ClientError> {
        let asked = self.request(Method::POST, "/api/keys/reseal");
        self.json(asked.json(&json!({}))).await
    }
}
