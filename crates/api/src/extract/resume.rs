//! Where a stream's client left off.

use axum::{extract::FromRequestParts, http::request::Parts};
use baton_domain::Position;

use super::actor::text;
use crate::problem::{Kind, Problem};

/// `Last-Event-ID`: the last position that the client has.
#[derive(Debug)]
pub(crate) struct LastEventId(pub(crate) Option<Position>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        const NAME: &str = "Last-Event-ID";
        let Some(given) = text(&parts.headers, NAME)?.filter(|given| !given.is_empty()) else {
            return Ok(Self(None));
        };
        let position = given.parse().ok().and_then(|n| Position::new(n).ok());
        match position {
            Some(position) => Ok(Self(Some(position))),
            None => Err(Problem::field(
                Kind::InvalidHeader,
                NAME,
                "must be a position, as the stream's events carry it",
            )),
        }
    }
}
