//! The pull request for a pushed branch: opened once, and brought up to date when it is there.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    Clock, Failure, FailureCode,
    spec::{HostedPath, Repository},
};
use reqwest::{StatusCode, Url};
use tokio::time::{Instant, sleep};

use super::github::{Complaint, GitHub, Pull, Trouble, Words};
use crate::{
    options::GitHubOptions,
    stop::{Interrupted, Stop},
};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How often a branch that was just pushed may be unknown to the rest of GitHub.
const MOST_UNKNOWN_HEADS: usize = 5;

/// Where a repository's pull requests are opened, and with what.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    place: HostedPath<'a>,
    github: GitHub,
    patience: Duration,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The branch with the changes.
    pub(crate) head: &'a str,
    /// The branch that they are for; otherwise the repository's default.
    pub(crate) base: Option<&'a str>,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// A pull request that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) url: String,
    pub(crate) number: u64,
    /// It was there before.
    pub(crate) updated: bool,
}

/// What is there before anything is done.
struct Found {
    base: String,
    pull: Option<Pull>,
}

/// What an attempt has to say to a try: whether it may still go out, and why one failed.
pub(crate) trait Witness {
    /// Whether the lease is held, asked right before anything is done.
    async fn confirm(&self) -> Result<(), Interrupted>;
    /// A try failed and another follows.
    fn tell(&self, message: String);
}

impl<'a> Desk<'a> {
    /// What is needed to open one, found out before any work is done.
    pub(crate) fn find(
        options: &GitHubOptions,
        repository: &'a Repository,
    ) -> Result<Self, Failure> {
        let Some(place) = repository.hosted_path() else {
            return Err(refused(format!(
                "'{repository}' has no owner and name for a pull request: it must end in 'owner/name'"
            )));
        };
        let Some(token) = options.token.as_deref() else {
            return Err(refused(
                "this worker has no token for pull requests: give it one (BATON_WORKER_GITHUB_TOKEN), or let only workers take the run that have one, by a required capability".to_owned(),
            ));
        };
        let expected = web_host(&options.api_url);
        if let (Some(host), Some(expected)) = (place.host, &expected)
            && !host.eq_ignore_ascii_case(expected)
        {
            return Err(refused(format!(
                "'{repository}' is on '{host}', but this worker opens pull requests on '{expected}': set BATON_WORKER_GITHUB_API_URL to the interface of that host"
            )));
        }
        let github = GitHub::new(options, token).map_err(|error| {
            let message = format!("the client for GitHub cannot be made: {error}");
            Failure::new(FailureCode::WorkerFault, message)
        })?;
        Ok(Self {
            place,
            github,
            patience: options.patience,
        })
    }

    /// Opens the pull request or brings it up to date, trying again while GitHub is away.
    pub(crate) async fn open(
        &self,
        request: &Request<'_>,
        clock: &Arc<dyn Clock>,
        stop: &Stop,
        witness: &impl Witness,
    ) -> Result<Opened, Interrupted> {
        let deadline = Instant::now() + self.patience;
        let (mut pause, mut unknown_heads) = (FIRST_PAUSE, 0);
        loop {
            let done = match self.look(request, clock).await {
                Ok(found) => {
                    // As late as it can be.
                    witness.confirm().await?;
                    self.write(request, &found, clock).await
                }
                Err(trouble) => Err(trouble),
            };
            let (why, wait) = match done {
                Ok(opened) => return Ok(opened),
                Err(Trouble::Passing { why, wait }) => (why, wait),
                Err(Trouble::Refused { said, .. })
                    if said.blames("head") && unknown_heads < MOST_UNKNOWN_HEADS =>
                {
                    unknown_heads += 1;
                    ("it does not know the pushed branch yet".to_owned(), None)
                }
                Err(trouble) => return Err(self.give_up(request, &trouble).into()),
            };
            let wait = wait.unwrap_or(pause);
            if Instant::now() + wait > deadline {
                let waited = self.patience.as_secs();
                let message = format!(
                    "GitHub did not open the pull request within {waited} s: {why}; the branch '{}' is pushed",
                    request.head
                );
                return Err(Failure::new(FailureCode::PullRequestFailed, message).into());
            }
            let seconds = wait.as_secs_f64();
            witness.tell(format!(
                "GitHub did not open the pull request: {why}; trying again in {seconds} s"
            ));
            tokio::select! {
                () = sleep(wait) => {}
                reason = stop.requested() => return Err(Interrupted::Stopped(reason)),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn look(&self, request: &Request<'_>, clock: &Arc<dyn Clock>) -> Result<Found, Trouble> {
        let (github, place) = (&self.github, &self.place);
        let base = match request.base {
            Some(base) => base.to_owned(),
            None => github.default_branch(place, clock.now()).await?,
        };
        let there = github.open_pulls(place, request.head, clock.now()).await?;
        let pull = choose(&there, &base).cloned();
        Ok(Found { base, pull })
    }

    async fn write(
        &self,
        request: &Request<'_>,
        found: &Found,
        clock: &Arc<dyn Clock>,
    ) -> Result<Opened, Trouble> {
        let (github, place) = (&self.github, &self.place);
        let words = Words {
            title: &request.title,
            body: &request.body,
            base: &found.base,
        };
        let pull = match &found.pull {
            Some(pull) => {
                github
                    .update(place, pull.number, words, clock.now())
                    .await?
            }
            None => {
                let created = github.create(place, request.head, words, clock.now());
                created.await.map_err(overtaken)?
            }
        };
        Ok(Opened {
            url: pull.html_url,
            number: pull.number,
            updated: found.pull.is_some(),
        })
    }

    fn give_up(&self, request: &Request<'_>, trouble: &Trouble) -> Failure {
        let HostedPath { owner, name, .. } = self.place;
        let (status, said) = match trouble {
            Trouble::Refused { status, said } => (*status, said),
            Trouble::Garbled(why) | Trouble::Passing { why, .. } => {
                return refused(format!(
                    "GitHub cannot be understood: {why}; check BATON_WORKER_GITHUB_API_URL"
                ));
            }
        };
        let advice = advice(status, said, request, &format!("{owner}/{name}"));
        let words = match said.in_words() {
            words if words.is_empty() => format!("GitHub answers {status}"),
            words => format!("GitHub says: {words} ({status})"),
        };
        refused(format!(
            "the branch '{}' is pushed, but its pull request was refused: {advice}; {words}",
            request.head
        ))
    }
}

/// What a person can do about a refusal.
fn advice(status: StatusCode, said: &Complaint, request: &Request<'_>, place: &str) -> String {
    match status {
        StatusCode::UNAUTHORIZED => {
            "the worker's token is wrong or has expired: give it a new one (BATON_WORKER_GITHUB_TOKEN)".to_owned()
        }
        StatusCode::FORBIDDEN => format!(
            "the worker's token may not open pull requests in '{place}': give it the right to write pull requests there"
        ),
        StatusCode::NOT_FOUND => format!(
            "there is no '{place}' that the worker's token can see: check the repository's address, and that the token may reach it"
        ),
        _ if said.says("no commits between") => {
            "its changes are in the base branch already: choose another base, or start from a newer commit".to_owned()
        }
        _ if said.blames("base") => format!(
            "the base branch '{}' does not exist there: check task.publish.prBaseBranch",
            request.base.unwrap_or_default()
        ),
        _ if said.blames("head") => {
            "GitHub does not know the pushed branch: check that the worker pushes to the same repository".to_owned()
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            "its title, text or branches break a rule of the repository".to_owned()
        }
        _ => "see what GitHub says".to_owned(),
    }
}

/// Somebody opened one meanwhile, or an answer was lost: the next look finds it.
fn overtaken(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Refused { said, .. } if said.says("already exists") => Trouble::Passing {
            why: said.in_words(),
            wait: None,
        },
        other => other,
    }
}

/// The one for the same base, otherwise any: a branch has one pull request of ours.
fn choose<'a>(there: &'a [Pull], base: &str) -> Option<&'a Pull> {
    let same = there.iter().find(|pull| pull.base.name == base);
    same.or(there.first())
}

/// The host that people and git use, for the one of the REST interface.
pub(crate) fn web_host(api_url: &str) -> Option<String> {
    let url = Url::parse(api_url).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("api.").unwrap_or(host).to_owned())
}

fn refused(message: String) -> Failure {
    Failure::new(FailureCode::PullRequestRefused, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(api_url: &str, token: Option<&str>) -> GitHubOptions {
        GitHubOptions {
            api_url: api_url.to_owned(),
            token: token.map(str::to_owned),
            ..GitHubOptions::default()
        }
    }

    fn problem(api_url: &str, token: Option<&str>, repository: &str) -> Option<String> {
        let repository = Repository::parse(repository).unwrap();
        let found = Desk::find(&options(api_url, token), &repository);
        found.err().map(|failure| failure.message)
    }

    // W-10
    #[test]
    fn what_is_missing_for_a_pull_request_is_said_before_the_work() {
        let public = "https://api.github.com";
        let enterprise = "https://git.example.org/api/v3";
        assert_eq!(problem(public, Some("t"), "git@github.com:a/b.git"), None);
        assert_eq!(
            problem(enterprise, Some("t"), "https://git.example.org/a/b"),
            None
        );
        let says = |problem: Option<String>, words: &str| {
            let problem = problem.unwrap();
            assert!(problem.contains(words), "{problem}");
        };
        says(
            problem(public, None, "https://github.com/a/b"),
            "BATON_WORKER_GITHUB_TOKEN",
        );
        says(
            problem(public, Some("t"), "https://gitlab.com/a/b"),
            "BATON_WORKER_GITHUB_API_URL",
        );
        says(
            problem(enterprise, Some("t"), "https://github.com/a/b"),
            "'git.example.org'",
        );
        says(
            problem(public, Some("t"), "https://github.com/a"),
            "owner and name",
        );
    }
}
