//! How to reach the API, and who asks.

use std::path::PathBuf;

use clap::Args;

/// How to reach the API, for commands that ask it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClientArgs {
    /// The API
    #[arg(
        help_heading = "Client",
        long,
        env = "BATON_API_URL",
        value_parser = super::checked::http_url,
        value_name = "URL",
        default_value = "http://127.0.0.1:7700"
    )]
    pub(crate) api_url: String,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    /// Print JSON
    #[arg(help_heading = "Client", long)]
    pub(crate) json: bool,
}

/// Who asks. `baton dev` asks nobody.
#[derive(Clone, Args)]
pub(crate) struct IdentityArgs {
    /// Your token, as `baton tokens create` gave it; better in the variable or in a file than here,
    /// where process lists show it [default: none, which `baton dev` takes for its developer]
    #[arg(
        help_heading = "Client",
        long,
        env = "BATON_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,
    /// A file that holds your token
    #[arg(
        help_heading = "Client",
        long,
        env = "BATON_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "token"
    )]
    pub(crate) token_file: Option<PathBuf>,
}

impl std::fmt::Debug for IdentityArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityArgs")
            .field("token_file", &self.token_file)
            .finish_non_exhaustive()
    }
}
