//! Taking a drain back.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use baton_wire::{DrainAction, DrainMessage};

use super::{Recorded, SCOPE, Wish, say};
use crate::{
    broker,
    extract::{By, Pairs, ScopePath},
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::App,
};

/// Takes a drain back
///
/// Workers of the scope take runs again, unless another drain concerns them.
#[utoipa::path(
    delete,
    path = "/api/drains/{scope}",
    operation_id = "endDrain",
    tag = "fleet",
    params(
        ("scope" = String, Path, description = "`fleet`, `pool.<pool>` or `worker.<worker>`", example = "pool.gpu"),
        ("note" = Option<String>, Query, description = "Why, for the record", max_length = 2000, example = "the driver works"),
    ),
    responses(
        (status = 204, description = "The drain is over"),
        Wishing,
    ),
)]
pub(crate) async fn end(
    State(app): State<App>,
    ScopePath(given): ScopePath,
    By(actor): By,
    mut query: Pairs,
) -> Answer<Response> {
    let note = query.text("note", 2000).unwrap_or_default();
    query.finish()?;
    let scope = given
        .parse()
        .map_err(|_| Problem::field(Kind::NotFound, "scope", SCOPE))?;
    let at = app.clock().now();
    // The broker's word: it knows of drains that are not recorded yet.
    let last = broker::last_drain(app.bus(), &scope).await?;
    let drain = last.as_ref().and_then(DrainMessage::drain);
    if !drain.is_some_and(|drain| drain.is_in_force(at)) {
        return Err(Problem::not_found("drain", &given));
    }
    let wish = Wish {
        scope,
        action: DrainAction::Undrain,
        note,
        actor,
        until: None,
        runs: None,
    };
    let (_, recorded) = say(&app, wish, at).await?;
    Ok(match recorded {
        Recorded::Already => StatusCode::NO_CONTENT.into_response(),
        Recorded::NotYet => (StatusCode::NO_CONTENT, reply::delayed()).into_response(),
    })
}
