//! What runs need a person for: the inbox of the fleet, and what people answered.

mod count;
mod get;
mod page;
mod row;
mod write;

use baton_domain::{HelpEnd, HelpKind, Pool, RunId, run::control::Help};
use serde::{Deserialize, Serialize};

pub use count::open_count;
pub use get::get;
pub use page::page;
pub(crate) use row::{HelpRow, help};
pub(crate) use write::write;

use crate::control_events::Mark;

/// A request for a person, as it was asked, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHelp {
    /// The run.
    pub run: RunId,
    /// Where the broker keeps what opened it.
    pub mark: Mark,
    /// What is asked.
    pub question: String,
    /// More about it.
    pub detail: Option<String>,
    /// Answers to choose from, the careful one first.
    pub options: Vec<HelpChoice>,
    /// Whether an answer may be in one's own words.
    pub free_text: bool,
    /// Whether the agent waits for the answer.
    pub blocking: bool,
    /// Where it stands.
    pub help: Help,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpChoice {
    /// What is answered.
    pub answer: String,
    /// What a person reads.
    pub label: String,
}

/// A request that is kept already, as it stands by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpStep {
    /// The run.
    pub run: RunId,
    /// Where it stands.
    pub help: Help,
}

/// A request for a person as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHelp {
    /// The run's name for people.
    pub run_title: String,
    /// The queue that the run belongs to.
    pub pool: Pool,
    /// What is asked, and where that stands.
    pub asked: NewHelp,
}

/// Which requests to list: those that fit everything given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelpFilter {
    /// By where they stand.
    pub standing: HelpStanding,
    /// For this reason.
    pub kind: Option<HelpKind>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Of runs in this pool.
    pub pool: Option<Pool>,
}

/// Requests by where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HelpStanding {
    /// Those that nobody has dealt with, oldest first; then the others, newest first.
    #[default]
    Any,
    /// Those that nobody has dealt with, oldest first.
    Open,
    /// Those that are over, newest first.
    Over,
    /// Those that ended so, newest first.
    Ended(HelpEnd),
}

/// The last request of a page: where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpCursor {
    /// It was open.
    Open(Mark),
    /// It was over.
    Over(Mark),
}

/// Requests for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelpPage {
    /// The requests.
    pub requests: Vec<StoredHelp>,
    /// The `after` of the next page, when there are others.
    pub next: Option<HelpCursor>,
}
