//! `baton doctor`, and where programs are looked for.

use std::path::PathBuf;

use clap::Args;

use super::{IdentityArgs, SessionKeysArgs, examples};

/// What to look at.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::DOCTOR)]
pub(crate) struct DoctorArgs {
    /// The Codex CLI [default: codex on PATH]
    #[arg(long, env = "BATON_WORKER_CODEX_BIN", value_name = "FILE")]
    pub(crate) codex_bin: Option<PathBuf>,
    /// The logged-in Codex home [default: $CODEX_HOME, then ~/.codex]
    #[arg(long, env = "BATON_WORKER_CODEX_HOME", value_name = "DIR")]
    pub(crate) codex_home: Option<PathBuf>,
    /// Claude Code's program [default: claude on PATH]
    #[arg(long, env = "BATON_WORKER_CLAUDE_BIN", value_name = "FILE")]
    pub(crate) claude_bin: Option<PathBuf>,
    /// The logged-in folder of Claude Code [default: $CLAUDE_CONFIG_DIR, then ~/.claude]
    #[arg(long, env = "BATON_WORKER_CLAUDE_HOME", value_name = "DIR")]
    pub(crate) claude_home: Option<PathBuf>,
    /// A file with the API key that Claude Code uses instead
    #[arg(long, env = "BATON_WORKER_CLAUDE_API_KEY_FILE", value_name = "FILE")]
    pub(crate) claude_api_key_file: Option<PathBuf>,
    /// The tmate client [default: tmate on PATH]
    #[arg(long, env = "BATON_WORKER_TMATE_BIN", value_name = "FILE")]
    pub(crate) tmate_bin: Option<PathBuf>,
    /// A NATS server that must be reachable
    #[arg(
        long,
        env = "BATON_NATS_URL",
        value_parser = super::checked::nats_url,
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) nats_url: Option<String>,
    /// The file with a role's key, made by `baton nats keys`, if the NATS server lets in only those
    /// it knows; provisioner.seed lets streams be looked at, too
    #[arg(long, env = "BATON_NATS_SEED_FILE", value_name = "FILE")]
    pub(crate) nats_seed_file: Option<PathBuf>,
    /// A Postgres database that must be reachable
    #[arg(
        long,
        env = "BATON_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) database_url: Option<String>,
    /// A file that holds the database's URL
    #[arg(
        long,
        env = "BATON_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub(crate) database_url_file: Option<PathBuf>,
    /// An API that must be reachable
    #[arg(long, env = "BATON_API_URL", value_parser = super::checked::http_url, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    /// A worker's token that the API must know
    #[arg(
        long,
        env = "BATON_WORKER_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) worker_token: Option<String>,
    /// A file that holds it
    #[arg(
        long,
        env = "BATON_WORKER_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "worker_token"
    )]
    pub(crate) worker_token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: SessionKeysArgs,
    /// The state folder of `baton dev`, for the disk space
    #[arg(long, env = "BATON_DEV_STATE_DIR", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) programs: ProgramArgs,
}

/// Programs that `baton dev` starts.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProgramArgs {
    /// The NATS server's program [default: nats-server on PATH, in .tools/bin, in the usual places]
    #[arg(
        help_heading = "Programs",
        long,
        env = "BATON_NATS_SERVER_BIN",
        value_name = "FILE"
    )]
    pub(crate) nats_server_bin: Option<PathBuf>,
    /// The folder of Postgres' programs [default: as above, and /usr/lib/postgresql]
    #[arg(
        help_heading = "Programs",
        long,
        env = "BATON_POSTGRES_BIN_DIR",
        value_name = "DIR"
    )]
    pub(crate) postgres_bin_dir: Option<PathBuf>,
}
