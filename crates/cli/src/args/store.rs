//! How to reach the database.

use std::path::PathBuf;

use clap::Args;

/// How to reach the database. One of the two is needed.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// The Postgres database, `postgres://user:password@host:port/database`
    #[arg(
        help_heading = "Database",
        long,
        env = "BATON_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) database_url: Option<String>,
    /// A file that holds the URL, so that the password stands in no process list
    #[arg(
        help_heading = "Database",
        long,
        env = "BATON_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub(crate) database_url_file: Option<PathBuf>,
    /// The most connections to the database at once, 1 to 500
    #[arg(
        help_heading = "Database",
        long,
        env = "BATON_DATABASE_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..=500)
    )]
    pub(crate) database_max_connections: u32,
}
