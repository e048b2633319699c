//! The one place where requests are let in or refused.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};

use baton_domain::RunId;

use super::{
    Accounts, Cookie,
    access::{Need, need},
    accounts::{Pass, Secret},
    guarded::guarded,
    ticket,
};
use crate::{
    hosts,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// Finds out who asks, and whether that one may. What is read ends with the right to ask.
pub(crate) async fn guard(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Answer<Response> {
    let Some(need) = needed(&request)? else {
        return Ok(next.run(request).await);
    };
    let ticket = ticket::of(&request);
    let pass = identify(&app, request.method(), request.headers(), ticket).await?;
    pass.identity.require(need)?;
    request.extensions_mut().insert(Arc::clone(&pass.identity));
    if !request.method().is_safe() {
        // What changes something is answered once it is let in: it may be the very change that ends
        // the right to ask, such as signing out.
        return Ok(next.run(request).await);
    }
    let ended = pass.ended();
    tokio::select! {
        biased;
        () = ended => Err(Problem::new(
            Kind::Unauthenticated,
            "the token was changed, revoked or expired while this was being answered",
        )),
        response = next.run(request) => Ok(guarded(response, pass)),
    }
}

/// What the request needs; none if nobody is asked who they are: that is so for what no endpoint
/// takes as well, which is the dashboard's own files.
fn needed(request: &Request) -> Answer<Option<Need>> {
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return Ok(None);
    };
    match need(request.method(), route.as_str()) {
        Some(Need::Nothing) => Ok(None),
        Some(need) => Ok(Some(need)),
        // Whoever is known learns that the path has no such method.
        None => Ok(Some(Need::Role(baton_domain::Role::Admin))),
    }
}

async fn identify(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    ticket: Option<(RunId, String)>,
) -> Answer<Pass> {
    if let Some(token) = bearer(headers)? {
        return app.accounts().admit(Secret::Token(token)).await;
    }
    if let Some((run, ticket)) = ticket {
        let default = app.options().default_identity.as_ref();
        return app.accounts().redeem(run, &ticket, default).await;
    }
    if let Some(cookie) = Cookie::of(headers) {
        hosts::check_named_origin(method, headers)?;
        return app.accounts().admit(Secret::Cookie(cookie)).await;
    }
    match &app.options().default_identity {
        Some(default) => Ok(Accounts::unproven(default.identity())),
        None => Err(Problem::new(
            Kind::Unauthenticated,
            "send 'Authorization: Bearer <token>', or sign in; `baton tokens create` makes tokens",
        )),
    }
}

/// The token of an `Authorization`, if there is one.
fn bearer(headers: &HeaderMap) -> Answer<Option<&str>> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        Some(token) if given.next().is_none() => Ok(Some(token)),
        _ => Err(Problem::new(
            Kind::Unauthenticated,
            "the request needs one Authorization header, of the form 'Bearer <token>'",
        )),
    }
}
