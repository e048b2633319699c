//! The cookie of a browser that signed in.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::Problem;

const NAME: &str = "baton_session";

/// The cookie, as it is given and taken back.
pub(crate) struct Cookie;

impl Cookie {
    /// What the request shows, if it shows one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
        let given = headers.get_all(header::COOKIE).iter();
        given
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == NAME)
            .map(|(_, value)| value)
    }

    /// Gives a browser its cookie. No script can read it, no other site can send it, and where the
    /// page came by TLS it never goes without.
    pub(crate) fn give(
        request: &HeaderMap,
        secret: &str,
        seconds: i64,
    ) -> Result<HeaderValue, Problem> {
        let secure = by_tls(request);
        let text = format!(
            "{NAME}={secret}; Path=/api; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
        );
        HeaderValue::from_str(&text).map_err(|error| Problem::internal(&error))
    }

    /// Takes it back.
    pub(crate) fn take(request: &HeaderMap) -> Result<HeaderValue, Problem> {
        Self::give(request, "", 0)
    }
}

/// A proxy speaks TLS, not this server; the browser says how its page came.
fn by_tls(request: &HeaderMap) -> &'static str {
    let origin = request.get(header::ORIGIN);
    if origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://")) {
        "; Secure"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(Cookie::of(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; x"));
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("c=d; baton_session=baton_session_1_2; e=f"),
        );
        assert_eq!(Cookie::of(&headers), Some("baton_session_1_2"));
    }

    #[test]
    fn it_is_secure_where_the_page_came_by_tls() {
        let mut headers = HeaderMap::new();
        let plain = Cookie::give(&headers, "s", 60).unwrap();
        assert_eq!(
            plain,
            "baton_session=s; Path=/api; HttpOnly; SameSite=Strict; Max-Age=60"
        );
        let origin = HeaderValue::from_static("https://baton.example");
        headers.insert(header::ORIGIN, origin);
        let secure = Cookie::take(&headers).unwrap();
        assert!(secure.to_str().unwrap().ends_with("Max-Age=0; Secure"));
    }
}
