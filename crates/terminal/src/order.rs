//! What a host is told to start. Given on its standard input, so that no secret of it touches a
//! disk or a command line.

use std::ffi::OsString;

use baton_domain::{Attempt, RunId, TerminalSize};
use baton_redact::Secret;
use baton_wire::http::PublicKeyInfo;
use serde::{Deserialize, Serialize};

use crate::mark::Mark;

/// What to start, and for how long it may be left alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The program, a path or a name on the `PATH` of `environment`.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub folder: OsString,
    /// All that it sees, besides the mark, and `TERM` where it has a terminal.
    pub environment: Vec<(OsString, OsString)>,
    /// What it reads; without one its input is closed, or the terminal.
    pub input: Option<Vec<u8>>,
    /// By which its processes are known.
    pub mark: Mark,
    /// The name of its control group, where one is allowed.
    pub cgroup: Option<String>,
    /// How long it lives without a worker, in milliseconds.
    pub orphan_after_ms: u64,
    /// The most that is kept of its output, in bytes; what comes after is counted and dropped.
    pub journal_bytes: u64,
    /// Its terminals; without this it has pipes alone, and nobody can watch it.
    #[serde(default)]
    pub terminal: Option<TerminalOrder>,
}

/// The terminals of an agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminalOrder {
    /// Whose terminals they are: what is signed for another run lets nobody type here.
    pub run: RunId,
    /// And under which attempt.
    pub attempt: Attempt,
    /// What of the agent is connected to its terminal.
    pub output: AgentOutput,
    /// The terminals' size, unless somebody who may type wishes another.
    #[serde(default)]
    pub size: TerminalSize,
    /// What must not be seen in a terminal, nor in what the agent says to people.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Whose signatures let somebody type; others may be told later.
    #[serde(default)]
    pub keys: Vec<PublicKeyInfo>,
    /// What an operator gets who may type into the terminal `shell`; without one there is none.
    #[serde(default)]
    pub shell: Option<ShellOrder>,
    /// Whether its worker watches the agent's terminal from the start to the end, for all who do
    /// not. The host of an agent that is faster than its worker waits for that one a moment.
    #[serde(default)]
    pub watched: bool,
}

/// What of an agent is connected to its terminal, which controls it in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentOutput {
    /// Everything; its input too, unless the order holds one.
    Terminal,
    /// Its standard error. Its standard output is a pipe, since it is data; its worker may show
    /// it in the terminal, as text.
    Piped,
}

/// An operator's shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShellOrder {
    /// The program, found as the agent's is.
    pub program: OsString,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Vec<OsString>,
    /// What it sees on top of what the agent sees.
    #[serde(default)]
    pub environment: Vec<(OsString, OsString)>,
}
