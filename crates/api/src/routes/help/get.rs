//! One request for a person.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_wire::http::HelpRequest;

use super::found;
use crate::{
    extract::{HelpPath, Pairs},
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Shows what a run needs a person for
#[utoipa::path(
    get,
    path = "/api/help-requests/{id}",
    operation_id = "getHelpRequest",
    tag = "control",
    params(("id" = uuid::Uuid, Path, description = "The request's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33")),
    responses(
        (status = 200, description = "The request", body = HelpRequest, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    HelpPath(help): HelpPath,
    query: Pairs,
) -> Answer<Response> {
    query.finish()?;
    let position = reply::recorded_to(app.history().position());
    let help = found(&app, help).await?;
    Ok((position, Json(shown::help(help))).into_response())
}
