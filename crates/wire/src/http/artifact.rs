//! Files that an attempt left.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file in the artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactInfo {
    /// Its path among the attempt's artifacts, such as `patches/changes.patch`.
    pub name: String,
    /// The attempt that left it.
    pub attempt: u32,
    /// In bytes.
    pub size: u64,
    /// Of its content, lower-case hex.
    pub sha256: String,
    /// Its media type.
    pub content_type: String,
    /// When it was recorded; null in the answer to an upload.
    pub stored_at: Option<DateTime<Utc>>,
}

/// The artifacts of a run, by attempt and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactList {
    /// The files.
    pub artifacts: Vec<ArtifactInfo>,
}
