//! Runs as recorded: what was asked for, where they stand, what came of them.

mod dead;
mod due;
mod first_under;
mod get;
mod insert;
mod leased;
mod list;
mod load;
mod queued;
mod rivals;
mod row;
mod update;

use baton_domain::{
    Actor, Pool, Position, Priority, Route, Run, RunId, RunType, SessionStatus, Slots, StateName,
    spec::Repository,
};
use chrono::{DateTime, Utc};
use serde_json::Value;

pub use dead::{DeadOrder, dead};
pub use due::{due, next_due_at};
pub use first_under::first_under;
pub use get::get;
pub(crate) use insert::insert;
pub use leased::leased;
pub use list::list;
pub(crate) use load::load;
pub use queued::queued;
pub use rivals::rivals;
pub(crate) use update::update;

/// A run as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// What was asked for; it never changes.
    pub submission: Submission,
    /// What became of it so far.
    pub record: RunRecord,
}

impl StoredRun {
    /// Which run.
    #[must_use]
    pub const fn id(&self) -> RunId {
        self.record.run.id
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// What kind of work it is.
    pub run_type: RunType,
    /// A name for people.
    pub title: String,
    /// Whose queue it waits in.
    pub pool: Pool,
    /// What it works on.
    pub repository: Option<String>,
    /// Slots of a worker that it occupies.
    pub slots: Slots,
    /// The queue that its offers wait in.
    pub route: Route,
    /// Its place in the queue.
    pub priority: Priority,
    /// Who submitted it.
    pub submitted_by: Actor,
    /// When, by the API's clock.
    pub submitted_at: DateTime<Utc>,
    /// Where the broker keeps its first offer.
    pub position: Position,
    /// The submitter's own key, with the SHA-256 of the request in lower-case hex.
    pub idempotency: Option<IdempotencyKey>,
    /// The request as submitted.
    pub request: Value,
}

/// A submitter's own key for a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: String,
    /// SHA-256 of the request, lower-case hex.
    pub request_digest: String,
}

/// What became of a run so far.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The run as folded.
    pub run: Run,
    /// The last message on any of its lease subjects, [`Position::START`] if none: what the next
    /// taker's compare-and-set has to expect.
    pub last_lease: Position,
    /// The last message on the supervisor's lease subject, [`Position::START`] if none: what the
    /// next holder's reports have to expect.
    pub last_lost: Position,
    /// When a worker first took it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it reached a state that nothing follows.
    pub finished_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The agent's last words, or what was done.
    pub summary: Option<String>,
    /// The branch that was pushed last.
    pub branch: Option<String>,
    /// The commit that the branch points to.
    pub commit: Option<String>,
    /// The pull request that was opened or brought up to date last.
    pub pull_request: Option<StoredPullRequest>,
    /// Files that the last patch changes.
    pub files_changed: Option<u32>,
    /// Lines that the last patch adds.
    pub insertions: Option<u32>,
    /// Lines that the last patch removes.
    pub deletions: Option<u32>,
    /// Tokens of all attempts, once the agent has counted any.
    pub usage: Option<Usage>,
}

/// A pull request that a run ended in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPullRequest {
    /// Where people find it.
    pub url: String,
    /// Its number in its repository, from 1.
    pub number: u64,
}

/// Tokens, as the agent counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Of these, read from a cache.
    pub cached_input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// Which runs to list: those that fit everything given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// In this state.
    pub state: Option<StateName>,
    /// With a live session that stands so.
    pub session: Option<SessionStatus>,
    /// Of this kind.
    pub run_type: Option<RunType>,
    /// In this pool.
    pub pool: Option<Pool>,
    /// On this repository, spelled the same way.
    pub repository: Option<Repository>,
    /// Submitted by this actor.
    pub submitted_by: Option<Actor>,
    /// With this text in the title, whatever the case.
    pub title_contains: Option<String>,
    /// Submitted at or after this time.
    pub submitted_after: Option<DateTime<Utc>>,
    /// Submitted before this time.
    pub submitted_before: Option<DateTime<Utc>>,
}

/// A page of runs, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<StoredRun>,
    /// The last run of the page when others follow: the `before` of the next page.
    pub next: Option<RunId>,
}
