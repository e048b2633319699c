//! How to reach the API.

use baton_domain::Actor;
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
    /// Who you are, for the record [default: anonymous]
    #[arg(help_heading = "Client", long, env = "BATON_ACTOR", value_name = "NAME", value_parser = actor)]
    pub(crate) actor: Option<Actor>,
    /// Print JSON
    #[arg(help_heading = "Client", long)]
    pub(crate) json: bool,
}

fn actor(text: &str) -> Result<Actor, baton_domain::InvalidName> {
    Actor::try_from(text.to_owned())
}
