//! What the API does with live sessions.

use baton_domain::{RunId, TerminalName};
use baton_wire::{
    http::{GrantRequest, SessionAnswer, SessionNote, WriteGrant},
    terminal::SUBPROTOCOL,
};
use reqwest::{Method, Response, StatusCode, Upgraded, header};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::client::generate_key, protocol::Role},
};

use super::{Client, ClientError};

/// A connection to a terminal.
pub(crate) type TerminalSocket = WebSocketStream<Upgraded>;

impl Client {
    /// Asks for the right to type.
    pub(crate) async fn grant_write(
        &self,
        run: RunId,
        request: &GrantRequest,
    ) -> Result<WriteGrant, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session/grant-write");
        self.json(self.request(Method::POST, &path).json(request))
            .await
    }

    /// Gives back the right to type.
    pub(crate) async fn release_write(&self, run: RunId) -> Result<SessionAnswer, ClientError> {
        let path = format!("/api/task-runs/{run}/live-session/release-write");
        let note = SessionNote::default();
        self.json(self.request(Method::POST, &path).json(&note))
            .await
    }

    /// Opens a connection to a terminal.
    pub(crate) async fn terminal(
        &self,
        run: RunId,
        terminal: TerminalName,
    ) -> Result<TerminalSocket, ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/live-session/terminal"));
        url.query_pairs_mut()
            .append_pair("terminal", terminal.as_str());
        let request = self
            .signed(self.http.get(url))
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, generate_key())
            .header(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        let response = request
            .send()
            .await
            .map_err(|source| self.unreachable(source))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(ClientError::of_answer(response).await);
        }
        let upgraded = response
            .upgrade()
            .await
            .map_err(|source| self.unreachable(source))?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
    }

    /// What a terminal of an attempt has shown: asciicast, version 3.
    pub(crate) async fn recording(
        &self,
        run: RunId,
        attempt: Option<u32>,
        terminal: TerminalName,
    ) -> Result<Response, ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/recording"));
        url.query_pairs_mut()
            .append_pair("terminal", terminal.as_str())
            .extend_pairs(attempt.map(|attempt| ("attempt", attempt.to_string())));
        self.send(self.signed(self.http.get(url))).await
    }
}
