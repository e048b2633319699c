//! What becomes of sealed secrets when the API's keys change.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What was sealed anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResealAnswer {
    /// The key that secrets are sealed to from now on.
    pub key_id: String,
    /// How many sessions were sealed anew.
    pub resealed: u32,
    /// Those that could not be.
    pub failed: Vec<ResealFailure>,
}

/// A session whose secrets stay sealed to another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResealFailure {
    /// Whose.
    pub task_run_id: Uuid,
    /// Why, and what to do.
    pub reason: String,
}
