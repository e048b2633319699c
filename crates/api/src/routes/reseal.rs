//! Secrets of live sessions, sealed to the current key.

use axum::{Json, extract::State};
use baton_domain::Position;
use baton_store::StoredSecret;
use baton_wire::{
    ControlCommand, MessageId, Sealed, Subject,
    http::{ResealAnswer, ResealFailure},
};

use crate::{
    broker,
    extract::{Asker, Pairs},
    grants,
    identity::Identity,
    problem::{Answer, Wishing},
    say,
    state::App,
};

/// The most sessions of one request; a thousand relays are more than anybody runs.
const MOST: u32 = 1000;

/// Seals the secrets of live sessions anew
///
/// For after a rotation of the session keys: what workers have sealed to an old key is opened with
/// it and sealed to the current one, and the record says so. Then the old key can be dropped. Asking
/// again does what is left.
#[utoipa::path(
    post,
    path = "/api/keys/reseal",
    operation_id = "resealSessions",
    tag = "live sessions",
    responses(
        (status = 200, description = "What was sealed anew", body = ResealAnswer),
        Wishing,
    ),
)]
pub(crate) async fn reseal(
    State(app): State<App>,
    Asker(asker): Asker,
    query: Pairs,
) -> Answer<Json<ResealAnswer>> {
    query.finish()?;
    let key_id = grants::keys(&app)?.current_id();
    let stale = app.history().sealed_to_others(key_id, MOST).await?;
    let mut answer = ResealAnswer {
        key_id: key_id.to_owned(),
        resealed: 0,
        failed: Vec::new(),
    };
    let mut last = Position::START;
    for secret in stale {
        match one(&app, &asker, &secret).await? {
            Ok(position) => {
                last = last.max(position);
                answer.resealed += 1;
            }
            Err(reason) => answer.failed.push(ResealFailure {
                task_run_id: secret.run.as_uuid(),
                reason,
            }),
        }
    }
    app.history()
        .reached_within(last, app.recorder_patience())
        .await;
    Ok(Json(answer))
}

/// Seals one anew; the reason when it cannot be opened.
async fn one(
    app: &App,
    asker: &Identity,
    secret: &StoredSecret,
) -> Answer<Result<Position, String>> {
    let run = secret.run;
    let sealed = Sealed {
        key_id: secret.key_id.clone(),
        sealed: secret.sealed.clone(),
    };
    let sealed = match grants::keys(app)?.reseal(run, &sealed) {
        Ok(anew) => anew.unwrap_or(sealed),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let command = ControlCommand::ResealSession {
        generation: secret.generation,
        sealed,
    };
    let message = say::message(app, run, asker.name.clone(), command);
    let (subject, id) = (
        Subject::Control { run },
        MessageId::control(run, message.id),
    );
    broker::publish(app.bus(), &subject, &id, &message)
        .await
        .map(Ok)
}
