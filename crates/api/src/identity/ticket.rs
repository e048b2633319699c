//! Tickets in addresses: browsers that hold no cookie cannot show a token when they open a
//! WebSocket, and an address may end in a log. So it carries a ticket instead, which is good once.

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};
use baton_domain::RunId;

/// The one route that takes tickets, as the router spells it.
const ROUTE: &str = "/api/task-runs/{id}/live-session/terminal";

/// The run and the ticket, where a request has one and its route takes it.
pub(super) fn of(request: &Request) -> Option<(RunId, String)> {
    let route = request.extensions().get::<MatchedPath>()?;
    if route.as_str() != ROUTE || request.method() != Method::GET {
        return None;
    }
    let run = request.uri().path().split('/').nth(3)?.parse().ok()?;
    Some((run, in_query(request.uri().query()?)?))
}

/// A ticket is letters, digits and `_`: what is written in another way is none.
fn in_query(query: &str) -> Option<String> {
    let mut given = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("ticket="));
    let ticket = given.next()?;
    given.next().is_none().then(|| ticket.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_taken_once_from_the_query() {
        assert_eq!(in_query("a=1&ticket=x_1&b=2").as_deref(), Some("x_1"));
        for query in ["", "a=1", "ticket=a&ticket=b", "tickets=a"] {
            assert_eq!(in_query(query), None, "{query}");
        }
    }
}
