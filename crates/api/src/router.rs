//! All routes, and what every request passes through.

use std::time::Instant;

use axum::{
    Extension, Router,
    extract::{MatchedPath, Request},
    http::{HeaderValue, Response, header},
    middleware::{self, Next},
    response::IntoResponse,
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    dashboard, hosts, identity, openapi,
    problem::Problem,
    routes::{self, OpenApiText},
    state::App,
};

/// What the service offers, as an OpenAPI document in JSON, indented, with a line's end at its end.
#[must_use]
pub fn openapi_json() -> String {
    let (_, endpoints) = routes::documented().split_for_parts();
    openapi::text_of(endpoints)
}

/// The whole service.
pub(crate) fn build(app: App) -> Router {
    let hosts = app.hosts().clone();
    let (router, endpoints) = routes::documented().split_for_parts();
    let document = OpenApiText::from(openapi::text_of(endpoints));
    router
        .method_not_allowed_fallback(dashboard::wrong_method)
        .fallback(dashboard::serve)
        .with_state(app.clone())
        .layer(middleware::from_fn_with_state(app, identity::guard))
        .layer(middleware::from_fn_with_state(hosts, hosts::check))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::internal(&"a handler panicked").into_response()
        }))
        .layer(Extension(document))
        .layer(middleware::from_fn(harden))
        .layer(middleware::from_fn(log))
}

/// Headers that keep browsers from guessing, framing and telling.
async fn harden(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line a request: what was asked by which route, never what was in it.
async fn log(request: Request, next: Next) -> Response<axum::body::Body> {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let ms = begun.elapsed().as_millis();
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    if route.starts_with("/health/") {
        tracing::debug!(%method, route, status, ms, "request");
    } else {
        tracing::info!(%method, route, status, ms, "request");
    }
    response
}
