//! GitHub's REST interface, as far as a pull request needs it.

use std::{fmt::Write, time::Duration};

use baton_domain::spec::HostedPath;
use chrono::{DateTime, Utc};
use reqwest::{Client, Method, Response, StatusCode, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{http, options::GitHubOptions, text};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// What GitHub asks of clients that it has slowed down without saying for how long.
const SLOWED_DOWN: Duration = Duration::from_secs(60);
const LONGEST_WORDS: usize = 500;

/// A client that speaks for the worker.
#[derive(Debug)]
pub(super) struct GitHub {
    http: Client,
    root: String,
    token: String,
}

/// A pull request, as GitHub shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) html_url: String,
    pub(super) base: Reference,
}

/// A branch, as GitHub shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "ref")]
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
struct Hosted {
    default_branch: String,
}

/// What a pull request says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) base: &'a str,
}

/// Why GitHub did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It may do it later; it may say when.
    Passing { why: String, wait: Option<Duration> },
    /// It will not.
    Refused { status: StatusCode, said: Complaint },
    /// It is not GitHub, or of another time.
    Garbled(String),
}

/// The body of a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) errors: Vec<Detail>,
}

/// One thing that is wrong; GitHub sends a plain text in its place at times.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Detail {
    Field {
        #[serde(default)]
        field: String,
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    },
    Text(String),
}

impl GitHub {
    /// A client; nothing is sent yet.
    pub(super) fn new(options: &GitHubOptions, token: &str) -> Result<Self, reqwest::Error> {
        let http = http::builder(&options.api_url)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .build()?;
        Ok(Self {
            http,
            root: options.api_url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        })
    }

    /// The repository's default branch.
    pub(super) async fn default_branch(
        &self,
        place: &HostedPath<'_>,
        now: DateTime<Utc>,
    ) -> Result<String, Trouble> {
        let url = format!("{}/repos/{}/{}", self.root, place.owner, place.name);
        let hosted: Hosted = self.send(Method::GET, &url, &[], None, now).await?;
        Ok(hosted.default_branch)
    }

    /// The open pull requests of a branch.
    pub(super) async fn open_pulls(
        &self,
        place: &HostedPath<'_>,
        head: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Pull>, Trouble> {
        let head = format!("{}:{head}", place.owner);
        let query = [("state", "open"), ("head", &head), ("per_page", "100")];
        self.send(Method::GET, &self.pulls(place), &query, None, now)
            .await
    }

    /// Opens a pull request.
    pub(super) async fn create(
        &self,
        place: &HostedPath<'_>,
        head: &str,
        words: Words<'_>,
        now: DateTime<Utc>,
    ) -> Result<Pull, Trouble> {
        let Words { title, body, base } = words;
        let body = json!({"title": title, "head": head, "base": base, "body": body});
        self.send(Method::POST, &self.pulls(place), &[], Some(&body), now)
            .await
    }

    /// Brings one up to date.
    pub(super) async fn update(
        &self,
        place: &HostedPath<'_>,
        number: u64,
        words: Words<'_>,
        now: DateTime<Utc>,
    ) -> Result<Pull, Trouble> {
        let Words { title, body, base } = words;
        let body = json!({"title": title, "base": base, "body": body});
        let url = format!("{}/{number}", self.pulls(place));
        self.send(Method::PATCH, &url, &[], Some(&body), now).await
    }

    fn pulls(&self, place: &HostedPath<'_>) -> String {
        format!("{}/repos/{}/{}/pulls", self.root, place.owner, place.name)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        now: DateTime<Utc>,
    ) -> Result<T, Trouble> {
        let mut request = self
            .http
            .request(method, url)
            .query(query)
            .bearer_auth(&self.token)
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| away(&error))?;
        if !answer.status().is_success() {
            return Err(refusal(answer, now).await);
        }
        let body = answer.bytes().await.map_err(|error| away(&error))?;
        serde_json::from_slice(&body).map_err(|error| {
            Trouble::Garbled(format!("its answer cannot be read as GitHub's ({error})"))
        })
    }
}

fn away(error: &reqwest::Error) -> Trouble {
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        let _ = write!(why, ": {source}");
        cause = source.source();
    }
    Trouble::Passing { why, wait: None }
}

async fn refusal(answer: Response, now: DateTime<Utc>) -> Trouble {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap_or_default();
    let said: Complaint = serde_json::from_slice(&body).unwrap_or_default();
    let limited = is_limited(status, &headers, &said);
    let passing = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
    if limited || passing {
        let wait = told_to_wait(&headers, now);
        return Trouble::Passing {
            why: format!("it answers {status} {}", said.in_words())
                .trim_end()
                .to_owned(),
            wait: wait.or(limited.then_some(SLOWED_DOWN)),
        };
    }
    Trouble::Refused { status, said }
}

/// Whether the worker asked too often, by GitHub's primary or secondary limits.
fn is_limited(status: StatusCode, headers: &HeaderMap, said: &Complaint) -> bool {
    let spent = number(headers, "x-ratelimit-remaining") == Some(0);
    let words = said.message.to_lowercase();
    let slowed = headers.contains_key("retry-after") || words.contains("rate limit");
    status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN && (spent || slowed))
}

fn told_to_wait(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let asked = number(headers, "retry-after");
    let asked = asked.or_else(|| {
        let spent = number(headers, "x-ratelimit-remaining") == Some(0);
        let reset = number(headers, "x-ratelimit-reset").filter(|_| spent)?;
        // A second more: the two clocks are not the same.
        Some((reset - now.timestamp()).max(0) + 1)
    });
    asked.map(|seconds| Duration::from_secs(seconds.max(0).cast_unsigned()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

impl Complaint {
    /// Everything that it says.
    pub(super) fn in_words(&self) -> String {
        let details = self.errors.iter().map(Detail::in_words);
        let parts = std::iter::once(self.message.clone()).chain(details);
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        text::head(&parts.join("; "), LONGEST_WORDS)
    }

    /// Whether one of its messages has these words.
    pub(super) fn says(&self, words: &str) -> bool {
        self.in_words().to_lowercase().contains(words)
    }

    /// Whether a field has a value that it cannot have.
    pub(super) fn blames(&self, name: &str) -> bool {
        self.errors.iter().any(|detail| match detail {
            Detail::Field { field, code, .. } => field == name && code == "invalid",
            Detail::Text(_) => false,
        })
    }
}

impl Detail {
    fn in_words(&self) -> String {
        match self {
            Self::Field { message, .. } if !message.is_empty() => message.clone(),
            Self::Field { field, code, .. } => format!("{field} {code}").trim().to_owned(),
            Self::Text(text) => text.clone(),
        }
    }
}
