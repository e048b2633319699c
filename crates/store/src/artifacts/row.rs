//! A row of `task_run_artifacts`.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoredArtifact;
use crate::error::{InvalidRow, Place};

pub(super) struct ArtifactRow {
    pub(super) run_id: Uuid,
    pub(super) attempt: i32,
    pub(super) name: String,
    pub(super) size: i64,
    pub(super) sha256: String,
    pub(super) content_type: String,
    pub(super) stored_at: DateTime<Utc>,
    pub(super) position: i64,
}

impl TryFrom<ArtifactRow> for StoredArtifact {
    type Error = InvalidRow;

    fn try_from(row: ArtifactRow) -> Result<Self, InvalidRow> {
        let key = format!(
            "run {} attempt {} name {}",
            row.run_id, row.attempt, row.name
        );
        let at = Place {
            table: "task_run_artifacts",
            key: &key,
        };
        Ok(Self {
            run: RunId::from_uuid(row.run_id),
            attempt: at.attempt("attempt", row.attempt)?,
            size: at.count("size", row.size)?,
            position: at.position("position", row.position)?,
            name: row.name,
            sha256: row.sha256,
            content_type: row.content_type,
            stored_at: row.stored_at,
        })
    }
}
