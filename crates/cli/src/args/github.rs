//! Where pull requests are opened, and by whom.

use std::path::PathBuf;

use clap::Args;

/// Where pull requests are opened, and by whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct GitHubArgs {
    /// The root of GitHub's REST interface; of an Enterprise server https://HOST/api/v3
    #[arg(
        help_heading = "GitHub",
        long,
        env = "BATON_WORKER_GITHUB_API_URL",
        value_parser = super::checked::http_url,
        value_name = "URL",
        default_value = "https://api.github.com"
    )]
    pub(crate) github_api_url: String,
    /// A file with the token for pull requests, which git gets too for HTTPS repositories of the
    /// same host [default: the token in the variable BATON_WORKER_GITHUB_TOKEN, if it is set]
    #[arg(
        help_heading = "GitHub",
        long,
        env = "BATON_WORKER_GITHUB_TOKEN_FILE",
        value_name = "FILE"
    )]
    pub(crate) github_token_file: Option<PathBuf>,
}
