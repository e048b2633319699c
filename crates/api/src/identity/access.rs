//! What each route needs: one table for all of them. A route that is not here is served to nobody,
//! and a test says so before anybody meets it.

use axum::http::Method;
use baton_domain::Role;

/// What a route needs of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nobody is asked who they are.
    Nothing,
    /// Anybody who is known.
    Anybody,
    /// An operator of this role or a higher one.
    Role(Role),
    /// A worker.
    Worker,
}

impl Need {
    /// The need, to stand after "this needs".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Anybody => "a token",
            Self::Role(Role::Viewer) => "the role 'viewer' or a higher one",
            Self::Role(Role::Operator) => "the role 'operator' or a higher one",
            Self::Role(Role::Admin) => "the role 'admin'",
            Self::Worker => "a worker's token",
        }
    }
}

/// What a route needs; none for a route that the table does not know. The route is as the router
/// spells it, or as the OpenAPI document does.
pub(crate) fn need(method: &Method, route: &str) -> Option<Need> {
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let route = route.replace("{*", "{");
    match route.strip_prefix("/api/") {
        Some(below) => of_api(method, below),
        None => match &*route {
            "/health/live" | "/health/ready" => Some(Need::Nothing),
            "/metrics" => Some(Need::Role(Role::Viewer)),
            _ => None,
        },
    }
}

fn of_api(method: &str, route: &str) -> Option<Need> {
    const READ: Need = Need::Role(Role::Viewer);
    const ACT: Need = Need::Role(Role::Operator);
    const GOVERN: Need = Need::Role(Role::Admin);
    Some(match (method, route) {
        ("GET", "info") | ("POST", "sign-in") => Need::Nothing,
        ("GET", "me" | "keys") | ("DELETE", "sign-in") => Need::Anybody,

        ("GET", "openapi.json" | "workers" | "events/stream") => READ,
        ("GET", "drains" | "dead-letters" | "dead-letters/runs") => READ,
        ("GET", "task-runs" | "task-runs/{id}") => READ,
        ("GET", "task-runs/{id}/events" | "task-runs/{id}/events/stream") => READ,
        ("GET", "task-runs/{id}/placement") => READ,
        ("GET", "task-runs/{id}/live-session") => READ,
        ("POST", "task-runs/{id}/live-session/ticket") => READ,
        ("GET", "task-runs/{id}/control-events") => READ,
        // Whoever may watch sees what is said to the agent, and what it asks.
        ("GET", "task-runs/{id}/operator-messages") => READ,
        ("GET", "task-runs/{id}/operator-messages/{message}") => READ,
        ("GET", "help-requests" | "help-requests/{id}") => READ,
        // What people typed is not for everybody who may watch.
        ("GET", "task-runs/{id}/inputs") => ACT,
        // Typing needs a grant besides.
        ("GET", "task-runs/{id}/live-session/terminal" | "task-runs/{id}/recording") => READ,
        ("POST", "task-runs/{id}/live-session" | "task-runs/{id}/live-session/revoke") => ACT,
        ("POST", "task-runs/{id}/live-session/grant-write") => ACT,
        ("POST", "task-runs/{id}/live-session/renew-write") => ACT,
        ("POST", "task-runs/{id}/live-session/release-write") => ACT,
        ("POST", "task-runs/{id}/live-session/revoke-write") => ACT,
        ("GET", "task-runs/{id}/artifacts" | "task-runs/{id}/artifacts/{attempt}/{name}") => READ,

        // Taking a lease away needs the role 'admin': the handler sees which wish it is.
        // So does handing back what somebody else has taken over.
        ("POST", "task-runs" | "task-runs/{id}/control") => ACT,
        ("POST", "task-runs/{id}/operator-messages" | "help-requests/{id}/answer") => ACT,
        ("DELETE", "task-runs/{id}/operator-messages/{message}") => ACT,
        ("POST", "drains" | "dead-letters/redrive") | ("DELETE", "drains/{scope}") => ACT,

        ("GET" | "POST", "tokens") | ("POST", "keys/reseal") => GOVERN,
        ("GET" | "PATCH" | "DELETE", "tokens/{id}") => GOVERN,

        ("PUT", "task-runs/{id}/attempts/{attempt}/artifacts/{name}") => Need::Worker,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_is_in_the_table() {
        let document = crate::openapi::document(crate::routes::documented().split_for_parts().1);
        let mut missing = Vec::new();
        for (path, item) in &document.paths.paths {
            for (method, is_there) in [
                (Method::GET, item.get.is_some()),
                (Method::POST, item.post.is_some()),
                (Method::PUT, item.put.is_some()),
                (Method::PATCH, item.patch.is_some()),
                (Method::DELETE, item.delete.is_some()),
            ] {
                if is_there && need(&method, path).is_none() {
                    missing.push(format!("{method} {path}"));
                }
            }
        }
        assert!(
            missing.is_empty(),
            "say in crates/api/src/identity/access.rs what these need: {missing:?}"
        );
    }

    #[test]
    fn a_head_needs_what_its_get_needs_and_the_unknown_is_not_served() {
        let head = need(&Method::HEAD, "/api/task-runs/{id}");
        assert_eq!(head, Some(Need::Role(Role::Viewer)));
        let spelled = "/api/task-runs/{id}/attempts/{attempt}/artifacts/{*name}";
        assert_eq!(need(&Method::PUT, spelled), Some(Need::Worker));
        assert_eq!(need(&Method::PUT, "/api/task-runs"), None);
        assert_eq!(need(&Method::GET, "/api/unheard-of"), None);
        assert_eq!(need(&Method::GET, "/elsewhere"), None);
    }
}
