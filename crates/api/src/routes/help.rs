//! What runs need a person for: one inbox over the fleet.

pub(super) mod answer;
pub(super) mod get;
pub(super) mod list;

use baton_store::StoredHelp;
use uuid::Uuid;

use crate::{
    problem::{Answer, Problem},
    state::App,
};

async fn found(app: &App, help: Uuid) -> Answer<StoredHelp> {
    let stored = app.history().help_request(help).await?;
    stored.ok_or_else(|| Problem::not_found("request for help", &help.to_string()))
}
