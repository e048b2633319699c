//! The schema's version, and bringing it up to date.

use sqlx::migrate::Migrator;

use crate::{Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The schema's version, as found and as needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// The last migration that was applied; 0 if none.
    pub found: i64,
    /// The last migration that this program knows.
    pub needed: i64,
}

impl Store {
    /// Applies every migration that is missing, one process at a time. Nothing to do is fine.
    ///
    /// # Errors
    /// When the database is unavailable, a migration fails, or an applied one was edited.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        MIGRATIONS
            .run(self.pool())
            .await
            .map_err(|error| match error {
                sqlx::migrate::MigrateError::Execute(error) => StoreError::from(error),
                other => StoreError::Migration(other),
            })
    }

    /// The schema's version.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn schema_version(&self) -> Result<SchemaVersion, StoreError> {
        let needed = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
        let found = self.last_applied().await?;
        Ok(SchemaVersion { found, needed })
    }

    /// Refuses a schema that is older than this program.
    ///
    /// # Errors
    /// When migrations are missing, or the database is unavailable.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let SchemaVersion { found, needed } = self.schema_version().await?;
        if found >= needed {
            return Ok(());
        }
        Err(StoreError::WrongSchema { found, needed })
    }

    async fn last_applied(&self) -> Result<i64, StoreError> {
        // The table belongs to the migrator and is no part of any migration, so the checked
        // macros cannot know it.
        let found: Result<Option<i64>, _> =
            sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
                .fetch_one(self.pool())
                .await;
        match found {
            Ok(version) => Ok(version.unwrap_or(0)),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}
