//! The dashboard, as built from `static/` and embedded in the binary.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::{Kind, Problem};

#[derive(RustEmbed)]
#[folder = "../../static/dist"]
struct Page;

/// What the page may do: only what comes from here.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

const UNBUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Baton</title><body><h1>Baton</h1><p>The API runs. This binary was built without its \
dashboard: run <code>make page</code> and build it again.</p>\
<p>The interface is described at <a href=\"/api/openapi.json\">/api/openapi.json</a>.</p>";

/// Everything that no endpoint takes: a file of the dashboard, one of its pages, or nothing.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if reserved(path) {
        return Problem::not_found("resource", path).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wrong_method(request).await.into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(file) = Page::get(name).filter(|_| name != "index.html") {
        return asset(name, file);
    }
    if is_page(path) {
        return index();
    }
    Problem::not_found("page", path).into_response()
}

/// The pages that have no id in their path, as `static/src/lib/router.svelte.ts` knows them.
const PAGES: [&str; 7] = [
    "/",
    "/index.html",
    "/runs",
    "/inbox",
    "/workers",
    "/dead-letters",
    "/tokens",
];

/// Whether the dashboard makes a page of the path.
fn is_page(path: &str) -> bool {
    PAGES.contains(&path) || path.starts_with("/runs/")
}

fn reserved(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path.starts_with("/health/")
}

fn index() -> Response {
    let mut response = match Page::get("index.html") {
        Some(file) => {
            let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (html, file.data).into_response()
        }
        None => (StatusCode::OK, Html(UNBUILT)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}

/// Files below `assets/` carry a hash of their content in their name.
fn asset(name: &str, file: EmbeddedFile) -> Response {
    let caching = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, caching.to_owned()),
    ];
    (headers, file.data).into_response()
}

/// The path has no such method.
pub(crate) async fn wrong_method(request: Request) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        format!("{} is not possible here", request.method()),
    )
}
