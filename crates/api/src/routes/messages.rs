//! What operators say to a run's agent, and how far it has come.

pub(super) mod cancel;
pub(super) mod get;
pub(super) mod list;
pub(super) mod send;

use baton_domain::RunId;
use baton_store::StoredMessage;
use uuid::Uuid;

use crate::{
    find,
    problem::{Answer, Problem},
    state::App,
};

/// The message, or `not-found`, also for a run that there is not.
async fn found(app: &App, run: RunId, message: Uuid) -> Answer<StoredMessage> {
    if let Some(stored) = app.history().message(run, message).await? {
        return Ok(stored);
    }
    find::run(app, run).await?;
    Err(Problem::not_found("message", &message.to_string()))
}
