//! Uploading a file to the API: streamed, with its hash, again and again while the API is away.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use baton_domain::{Attempt, RunId};
use baton_wire::http::ArtifactInfo;
use reqwest::{Body, Client, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::AsyncReadExt,
    time::{Instant, sleep},
};
use tokio_util::io::ReaderStream;

use crate::{http, options::WorkerToken};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// An upload that stands still for this long has failed.
const STALLED_AFTER: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Uploads to one API.
#[derive(Debug, Clone)]
pub(crate) struct ArtifactClient {
    http: Client,
    api_url: String,
    token: Option<WorkerToken>,
}

/// A file that was not uploaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("'{}' cannot be read: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the API refused '{name}' with {status}: {answer}")]
    Refused {
        name: String,
        status: StatusCode,
        answer: String,
    },
    #[error("'{name}' could not be uploaded to the API: {why}")]
    Unreachable { name: String, why: String },
}

/// One file on its way.
struct Upload<'a> {
    url: String,
    name: &'a str,
    path: &'a Path,
    size: u64,
    sha256: String,
}

impl ArtifactClient {
    /// A client for the API at this root, that shows this token.
    pub(crate) fn new(api_url: &str, token: Option<WorkerToken>) -> Result<Self, reqwest::Error> {
        let http = http::builder(api_url)
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(STALLED_AFTER)
            // The API is a neighbour; a proxy for the world is none for it.
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            api_url: api_url.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Uploads a file, trying again for as long as `patience` lasts.
    ///
    /// # Errors
    /// When the file cannot be read, the API refuses it, or cannot be reached in time.
    pub(crate) async fn upload(
        &self,
        run: RunId,
        attempt: Attempt,
        name: &str,
        path: &Path,
        patience: Duration,
    ) -> Result<ArtifactInfo, UploadError> {
        let (size, sha256) = digest(path)
            .await
            .map_err(|source| unreadable(path, source))?;
        let upload = Upload {
            url: format!(
                "{}/api/task-runs/{run}/attempts/{attempt}/artifacts/{}",
                self.api_url,
                encode(name)
            ),
            name,
            path,
            size,
            sha256,
        };
        let deadline = Instant::now() + patience;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.put(&upload).await {
                Err(UploadError::Unreachable { .. }) if Instant::now() + pause < deadline => {}
                done => return done,
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn put(&self, upload: &Upload<'_>) -> Result<ArtifactInfo, UploadError> {
        let unreachable = |error: reqwest::Error| UploadError::Unreachable {
            name: upload.name.to_owned(),
            why: causes(&error.without_url()),
        };
        let file = open(upload.path)
            .await
            .map_err(|source| unreadable(upload.path, source))?;
        // What grows meanwhile is not sent: length and hash were told.
        let body = ReaderStream::new(file.take(upload.size));
        let request = self.http.put(&upload.url);
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        };
        let answer = request
            .header(header::CONTENT_TYPE, content_type(upload.name))
            .header(header::CONTENT_LENGTH, upload.size)
            .header("X-Content-Sha256", &upload.sha256)
            .body(Body::wrap_stream(body))
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(unreachable);
        }
        let passing = status.is_server_error()
            || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        let words = answer.text().await.unwrap_or_default();
        let words = crate::text::head(words.trim(), 500);
        Err(if passing {
            UploadError::Unreachable {
                name: upload.name.to_owned(),
                why: format!("it answers {status}: {words}"),
            }
        } else {
            UploadError::Refused {
                name: upload.name.to_owned(),
                status,
                answer: words,
            }
        })
    }
}

fn unreadable(path: &Path, source: io::Error) -> UploadError {
    UploadError::File {
        path: path.to_owned(),
        source,
    }
}

/// An error with all that caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Opens a file, but no link to one.
async fn open(path: &Path) -> io::Result<File> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    let mut options = tokio::fs::OpenOptions::new();
    options.read(true).custom_flags(flags).open(path).await
}

/// Size and SHA-256 in lower-case hex.
async fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = open(path).await?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            let hash = hash.finalize();
            let hex = hash.iter().map(|byte| format!("{byte:02x}"));
            return Ok((size, hex.collect()));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}

/// A path for a URL: everything but letters, digits and `-._~/` in percent form.
fn encode(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// The media type by the name's ending. What the worker does not know is bytes.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("log" | "txt" | "md") => "text/plain; charset=utf-8",
        Some("patch" | "diff") => "text/x-patch; charset=utf-8",
        Some("json") => "application/json",
        Some("jsonl") => "application/x-ndjson",
        Some("html") => "text/html; charset=utf-8",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_url() {
        assert_eq!(encode("logs/ä b?#%.txt"), "logs/%C3%A4%20b%3F%23%25.txt");
    }
}
