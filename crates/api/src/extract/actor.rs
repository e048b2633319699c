//! Who asks. There is no sign-in yet: the caller says who it is.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use baton_domain::Actor;

use crate::problem::{Kind, Problem};

const NAME: &str = "Baton-Actor";

/// The actor of a request, from `Baton-Actor`; `anonymous` if absent.
#[derive(Debug)]
pub(crate) struct By(pub(crate) Actor);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let name = text(&parts.headers, NAME)?.unwrap_or("anonymous");
        let actor = Actor::try_from(name.to_owned()).map_err(|_| {
            let rule = "must have 1 to 200 printable characters";
            Problem::field(Kind::InvalidHeader, NAME, rule)
        })?;
        Ok(Self(actor))
    }
}

/// The one value of a header as text.
pub(super) fn text<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::field(
            Kind::InvalidHeader,
            name,
            "is given more than once",
        ));
    }
    std::str::from_utf8(value.as_bytes())
        .map(Some)
        .map_err(|_| Problem::field(Kind::InvalidHeader, name, "is not UTF-8"))
}
