//! Who may address this server: a page of another site must not reach it through the browser,
//! neither by a name that it points here (DNS rebinding) nor by a form.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use crate::{
    options::ApiOptions,
    problem::{Answer, Kind, Problem},
};

/// The names that the server answers to.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    names: Vec<String>,
    any_address: bool,
}

impl Hosts {
    /// Loopback's names, and those of the options. Where remote access is allowed, every literal
    /// address too: rebinding needs a name.
    pub(crate) fn new(options: &ApiOptions) -> Self {
        let own = options.allowed_hosts.iter();
        Self {
            names: own
                .map(|name| name.to_ascii_lowercase())
                .chain(["localhost".to_owned()])
                .collect(),
            any_address: options.allow_remote,
        }
    }

    fn admits(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => {
                address.is_loopback() || self.any_address || self.names.iter().any(|n| n == bare)
            }
            Err(_) => {
                let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
                self.names.contains(&name)
            }
        }
    }
}

/// Refuses requests to other names, and changes wished by pages of other sites.
pub(crate) async fn check(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Answer<Response> {
    let host = authority(request.headers(), request.uri().authority())?;
    if !hosts.admits(host.host()) {
        return Err(Problem::new(
            Kind::ForbiddenHost,
            format!(
                "the server does not answer to '{}': use localhost, or add the name to its allowed \
                 hosts",
                host.host()
            ),
        ));
    }
    if changes(request.method()) {
        check_origin(request.headers(), &host)?;
        check_site(request.headers())?;
    } else if opens_socket(request.headers()) {
        // Browsers let pages of other sites open those, and send their cookies along.
        check_origin(request.headers(), &host)?;
    }
    Ok(next.run(request).await)
}

fn authority(headers: &HeaderMap, target: Option<&Authority>) -> Answer<Authority> {
    let named: Vec<_> = headers.get_all(header::HOST).iter().collect();
    let parsed = match (&named[..], target) {
        ([host], None) => host.to_str().ok().and_then(|host| host.parse().ok()),
        // A request line with a whole URL: the two must agree, or one of them lies.
        ([host], Some(target)) if host.as_bytes() == target.as_str().as_bytes() => {
            Some(target.clone())
        }
        _ => None,
    };
    parsed.ok_or_else(|| {
        Problem::new(
            Kind::ForbiddenHost,
            "the request needs exactly one valid Host header",
        )
    })
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the request asks for a WebSocket, which is more than reading.
fn opens_socket(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// Refuses a change that comes with a cookie but does not say from which page: browsers do.
pub(crate) fn check_named_origin(method: &Method, headers: &HeaderMap) -> Answer<()> {
    let is_named = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if is_named || !(changes(method) || opens_socket(headers)) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::ForbiddenOrigin,
        "a cookie is for this server's own page, whose requests have an Origin: send a token instead",
    ))
}

/// Browsers name the page that a request comes from; other clients name none.
fn check_origin(headers: &HeaderMap, host: &Authority) -> Answer<()> {
    let same = |origin: &str| {
        let authority = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_str()))
    };
    let foreign_origin = headers
        .get_all(header::ORIGIN)
        .iter()
        .any(|origin| !origin.to_str().is_ok_and(same));
    if foreign_origin {
        Err(foreign())
    } else {
        Ok(())
    }
}

fn check_site(headers: &HeaderMap) -> Answer<()> {
    let cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| !["same-origin", "none"].iter().any(|ours| site == ours));
    if cross_site { Err(foreign()) } else { Ok(()) }
}

fn foreign() -> Problem {
    Problem::new(
        Kind::ForbiddenOrigin,
        "only this server's own page may change things, or open terminals, from a browser",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_addresses_are_answered_where_remote_access_is_allowed() {
        let mut options = ApiOptions::new("artifacts".into());
        options.allowed_hosts = vec!["Baton.example".to_owned(), "10.0.0.9".to_owned()];
        let local = Hosts::new(&options);
        options.allow_remote = true;
        let remote = Hosts::new(&options);
        for (host, by_local, by_remote) in [
            ("127.0.0.1", true, true),
            ("127.9.9.9", true, true),
            ("[::1]", true, true),
            ("LOCALHOST.", true, true),
            ("baton.example", true, true),
            ("10.0.0.9", true, true),
            ("10.0.0.1", false, true),
            ("[fe80::1]", false, true),
            ("evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
        ] {
            let admitted = (local.admits(host), remote.admits(host));
            assert_eq!(admitted, (by_local, by_remote), "{host}");
        }
    }
}
