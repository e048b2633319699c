//! Git over HTTP by git's own server program, for those who log in.

use std::{process::Stdio, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{io::AsyncWriteExt, process::Command};

use super::{Shared, lock};
use crate::tools;

pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Path(rest): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let protocol = headers
        .get("git-protocol")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let known = text(header::AUTHORIZATION) == Some(&login(&shared.token));
    {
        let mut logins = lock(&shared.logins);
        if known { logins.0 += 1 } else { logins.1 += 1 }
    }
    if !known {
        let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
        return (StatusCode::UNAUTHORIZED, ask, "log in").into_response();
    }
    let mut child = Command::new(tools::program("git"))
        .arg("http-backend")
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "octo")
        .env("GIT_PROJECT_ROOT", &shared.repository)
        .env("PATH_INFO", format!("/{rest}"))
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", method.as_str())
        .env(
            "CONTENT_TYPE",
            text(header::CONTENT_TYPE).unwrap_or_default(),
        )
        .env(
            "HTTP_CONTENT_ENCODING",
            text(header::CONTENT_ENCODING).unwrap_or_default(),
        )
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("GIT_PROTOCOL", protocol)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("git's server program");
    let mut input = child.stdin.take().expect("a pipe");
    let feed = async move {
        // What is answered early reads no further.
        let _ = input.write_all(&body).await;
    };
    let (said, ()) = tokio::join!(child.wait_with_output(), feed);
    answer(&said.expect("its answer").stdout)
}

/// An answer of the old gateway form: headers, an empty line, the body.
fn answer(said: &[u8]) -> axum::response::Response {
    let end = said
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(said.len());
    let head = String::from_utf8_lossy(&said[..end]).into_owned();
    let body = said.get(end + 4..).unwrap_or_default().to_vec();
    let mut response = Response::new(axum::body::Body::from(body));
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            *response.status_mut() = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (
            header::HeaderName::try_from(name),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// How git sends user and token.
fn login(token: &str) -> String {
    let plain = format!("x-access-token:{token}");
    format!("Basic {}", STANDARD.encode(plain))
}
