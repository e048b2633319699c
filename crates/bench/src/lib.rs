//! Measures Baton's hot paths against the raw limit: what the same broker and the same database do
//! on the same machine in the same run without Baton. Absolute times say something about the
//! machine; ratios say something about Baton.
//!
//! Everything runs on private servers that are started for the measurement and removed after it.

use std::path::PathBuf;

mod control;
mod figures;
mod ground;
mod queue;
mod recorder;
mod terminal;
mod words;

pub use figures::{Figures, Latencies, Measured, Rate};
pub use ground::Programs;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// From publishing an offer to holding its lease, against two publishes and a pull on a plain
    /// stream.
    Queue,
    /// Recorded events a second, against batched inserts of the same rows.
    Recorder,
    /// Wishes about a running agent: from the click to its worker holding it, against a request
    /// between two clients of a broker; and what a checkpoint with nothing to say costs an agent.
    Control,
    /// Live terminals: echo, join, fan-out, revoke and floods, against a terminal without Baton.
    Terminal,
}

impl Scenario {
    /// What is measured when nothing is named, in this order. The others take a whole Baton, and longer.
    pub const ALL: &[Self] = &[Self::Queue, Self::Recorder];
}

/// How much is measured.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Where the servers' programs are.
    pub programs: Programs,
    /// `baton` itself, for measurements of the whole.
    pub program: PathBuf,
    /// Measurements of each kind: offers taken one after another, or thousands of events.
    pub n: u32,
    /// Times that ours and raw are measured in turn.
    pub rounds: u32,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A private server did not start.
    #[error("a private server did not start: {0}")]
    Server(#[from] baton_standalone::Error),
    /// The broker failed in the middle.
    #[error("the broker failed: {0}")]
    Broker(String),
    /// The database failed in the middle.
    #[error("the database failed: {0}")]
    Database(String),
    /// A scratch folder cannot be made.
    #[error("a scratch folder cannot be made: {0}")]
    Scratch(#[from] std::io::Error),
    /// The API failed in the middle.
    #[error("the API failed: {0}")]
    Api(String),
    /// A terminal's gate or door refused.
    #[error("the terminal refused: {0}")]
    Refused(String),
    /// The measured part ended by itself.
    #[error("the {0} ended before everything was measured")]
    Ended(&'static str),
}

/// Measures one scenario; several figures may come of it.
///
/// # Errors
/// See [`BenchError`].
pub async fn run(scenario: Scenario, options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    match scenario {
        Scenario::Queue => queue::measure(options).await,
        Scenario::Recorder => recorder::measure(options).await,
        Scenario::Control => control::measure(options).await,
        Scenario::Terminal => terminal::measure(options).await,
    }
}

fn broker(error: impl std::fmt::Display) -> BenchError {
    BenchError::Broker(error.to_string())
}

fn database(error: impl std::fmt::Display) -> BenchError {
    BenchError::Database(error.to_string())
}
