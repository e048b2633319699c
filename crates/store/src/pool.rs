//! Connections to the database.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::error::StoreError;

/// How long a caller waits for a connection before the database counts as unavailable.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(3);

/// How to reach the database.
#[derive(Clone)]
pub struct StoreOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The most connections at once, at least 2: a position feed keeps one to itself.
    pub max_connections: u32,
    /// Whether the database is to refuse every write on these connections.
    pub read_only: bool,
    /// The name that the database shows for these connections, such as `baton-api`.
    pub application_name: String,
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("StoreOptions")
            .field("max_connections", &self.max_connections)
            .field("read_only", &self.read_only)
            .field("application_name", &self.application_name)
            .finish_non_exhaustive()
    }
}

/// The database. Cheap to clone; connections are made when they are needed.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    /// Checks the settings; connects to nothing yet, so it succeeds while the database is away.
    /// To be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn connect(options: &StoreOptions) -> Result<Self, StoreError> {
        let connect = connect_options(options)?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections.max(2))
            .acquire_timeout(ACQUIRE_WITHIN)
            .connect_lazy_with(connect);
        Ok(Self { pool })
    }

    /// Closes every connection; later calls find the database unavailable.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Settings for a connection beside the pool.
    pub(crate) fn connect_options(&self) -> PgConnectOptions {
        (*self.pool.connect_options()).clone()
    }
}

fn connect_options(options: &StoreOptions) -> Result<PgConnectOptions, StoreError> {
    let read_only = if options.read_only { "on" } else { "off" };
    let connect = PgConnectOptions::from_str(&options.url)
        .map_err(StoreError::Settings)?
        .application_name(&options.application_name)
        .options([
            ("default_transaction_read_only", read_only),
            // Filters are optional parameters: only a plan made for their values uses an index.
            ("plan_cache_mode", "force_custom_plan"),
            // The server notices within a minute that the other machine is gone, and frees its locks.
            ("tcp_keepalives_idle", "20"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
        ]);
    Ok(connect)
}
