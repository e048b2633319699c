//! `baton migrate`.

use std::path::PathBuf;

use baton_store::DatabaseRole;
use clap::Args;

use super::{StoreArgs, examples};

/// Bringing the tables up to date, and who may use them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Roles", after_help = examples::MIGRATE)]
pub(crate) struct MigrateArgs {
    /// A database role for the API: it may read everything, make and revoke tokens, and write no
    /// run. The role must exist, unless a password is given for it
    #[arg(long, env = "BATON_DATABASE_API_ROLE", value_name = "NAME")]
    pub(crate) api_role: Option<DatabaseRole>,
    /// A file with the password for that role; the role is made if it does not exist
    #[arg(
        long,
        env = "BATON_DATABASE_API_ROLE_PASSWORD_FILE",
        value_name = "FILE",
        requires = "api_role"
    )]
    pub(crate) api_role_password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
