//! What the server says of itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    /// Always `baton`.
    pub name: String,
    /// Which Baton.
    pub version: String,
    /// The largest artifact that it takes, in bytes.
    pub artifact_max_bytes: u64,
}

/// Whether the server can do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `ok`, `degraded` (runs are taken, history is delayed) or `unavailable`.
    pub status: String,
    /// Whether the broker can be reached.
    pub broker: bool,
    /// Whether the database can be reached.
    pub database: bool,
}
