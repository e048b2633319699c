//! More time for whoever may type.

use axum::{extract::State, response::Response};
use baton_wire::{
    GrantStep, Writer,
    http::{GrantRequest, SessionAnswer},
};

use super::{step, wish};
use crate::{
    extract::{Asker, Body, Pairs, RunPath},
    grants::Next,
    problem::{Answer, Wishing},
    state::App,
};

/// Gives the holder of the right to type more time
///
/// The time counts from now on. The grant and its key stay as they are; its fence rises: type under
/// the one in the answer.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/renew-write",
    operation_id = "renewWrite",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = GrantRequest, example = json!({"ttlMinutes": 15})),
    responses(
        (status = 200, description = "The grant has more time", body = SessionAnswer),
        Wishing,
    ),
)]
pub(crate) async fn renew_write(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<GrantRequest>,
) -> Answer<Response> {
    query.finish()?;
    wish::more_time_alone(&request)?;
    let ttl_ms = wish::ttl_ms(&app, &asker, request.ttl_minutes)?;
    let reason = wish::reason(request.reason.as_ref())?;
    step::answered(&app, run, &asker.name, |before| {
        let writer = step::held(before, &asker)?;
        let reason = Some(&reason).filter(|reason| !reason.is_empty());
        Ok(Next {
            step: GrantStep::Renewed,
            grant: writer.grant,
            writer: Some(Writer {
                ttl_ms,
                reason: reason.unwrap_or(&writer.reason).clone(),
                ..writer.clone()
            }),
            note: None,
        })
    })
    .await
}
