//! What each operation needs, told in the document as the guard enforces it.

use axum::http::Method;
use utoipa::openapi::{
    OpenApi,
    path::{Operation, PathItem},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

use crate::identity::{Need, need};

const TOKEN: &str = "token";
const SESSION: &str = "session";

/// Adds the ways to say who asks, and what every operation needs.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Default::default);
    let mut token = Http::new(HttpAuthScheme::Bearer);
    token.description =
        Some("An operator's or a worker's token, as `baton tokens create` makes it".to_owned());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    let cookie = ApiKeyValue::with_description(
        "baton_session",
        "The cookie of a browser that signed in at `/api/sign-in`",
    );
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(need) = need(&method, path) {
                say(operation, need);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let slots = [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ];
    slots
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

fn say(operation: &mut Operation, need: Need) {
    let by = |scheme: &str| SecurityRequirement::new(scheme, [] as [&str; 0]);
    operation.security = Some(match need {
        Need::Nothing => Vec::new(),
        Need::Worker => vec![by(TOKEN)],
        Need::Anybody | Need::Role(_) => vec![by(TOKEN), by(SESSION)],
    });
    let words = match need {
        Need::Nothing => "Nobody is asked who they are.".to_owned(),
        need => format!("Needs {}.", need.words()),
    };
    let before = operation.description.take();
    operation.description = Some(match before {
        Some(before) => format!("{before}\n\n{words}"),
        None => words,
    });
}
