//! Browsers: a token is shown once, a cookie stands for it from then on.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_domain::TokenKind;
use baton_store::accounts::{self, Checked, SignIn, Verdict};
use baton_wire::http::{Me, SignInRequest};
use chrono::TimeDelta;

use super::{me, tokens::unavailable};
use crate::{
    extract::{Asker, Body, Pairs},
    identity::{Cookie, Identity},
    problem::{Answer, Anywhere, Kind, Problem, SigningIn},
    state::App,
};

/// How long a sign-in lasts, at most: a working day.
const LASTS: TimeDelta = TimeDelta::hours(12);

/// Signs a browser in
///
/// The browser shows an operator's token and gets a cookie that no script can read. It lasts 12
/// hours at most, and ends with the token. Programs send the token itself, as
/// `Authorization: Bearer <token>`.
#[utoipa::path(
    post,
    path = "/api/sign-in",
    operation_id = "signIn",
    tag = "identity",
    request_body(content = SignInRequest),
    responses(
        (status = 200, description = "The browser is signed in", body = Me, headers(
            ("Set-Cookie" = String, description = "The cookie `baton_session`"),
        )),
        SigningIn,
    ),
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    query: Pairs,
    headers: HeaderMap,
    Body(request): Body<SignInRequest>,
) -> Answer<Response> {
    query.finish()?;
    let checked = check(&app, request.token.trim()).await?;
    let now = app.clock().now();
    let end = now + LASTS;
    let new = SignIn {
        id: app.new_id(now).as_uuid(),
        token: checked.token.id,
        at: now,
        expires_at: checked.until.map_or(end, |until| until.min(end)),
    };
    let store = app.accounts().store();
    let secret = accounts::sign_in(store, new).await.map_err(unavailable)?;
    tracing::info!(name = %checked.token.name, token = %checked.token.id, "a browser signed in");
    let seconds = (new.expires_at - now).num_seconds();
    let cookie = Cookie::give(&headers, secret.reveal(), seconds)?;
    let identity = Identity::from(Checked {
        sign_in: Some(new.id),
        until: Some(new.expires_at),
        ..checked
    });
    let body = Json(me::shown(&identity));
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

/// Signs the browser out
///
/// The cookie is good for nothing from then on, and what is open under it ends.
#[utoipa::path(
    delete,
    path = "/api/sign-in",
    operation_id = "signOut",
    tag = "identity",
    responses(
        (status = 204, description = "The browser is signed out"),
        Anywhere,
    ),
)]
pub(crate) async fn sign_out(
    State(app): State<App>,
    Asker(asker): Asker,
    headers: HeaderMap,
) -> Answer<Response> {
    if let Some(id) = asker.sign_in() {
        let now = app.clock().now();
        let store = app.accounts().store();
        accounts::sign_out(store, id, now)
            .await
            .map_err(unavailable)?;
        tracing::info!(name = %asker.name, "a browser signed out");
    }
    let cookie = Cookie::take(&headers)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

async fn check(app: &App, text: &str) -> Answer<Checked> {
    let now = app.clock().now();
    let store = app.accounts().store();
    let asked = accounts::check(store, TokenKind::Operator, text, now).await;
    match asked.map_err(unavailable)? {
        Verdict::Good(checked) => Ok(*checked),
        Verdict::Refused(why) => {
            tracing::warn!(%why, "refused a browser's sign-in");
            Err(Problem::new(
                Kind::Unauthenticated,
                format!("{why}: sign in with an operator's token"),
            ))
        }
    }
}
