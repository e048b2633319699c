//! What frames hold.

use baton_domain::{
    Attempt, Fence, GrantId, RunId, SessionStatus, StateName, TerminalName, TerminalSize,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::grant::GateShown;

/// The first frame: what is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalHello)]
pub struct Hello {
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub run: RunId,
    /// Under which attempt.
    #[schema(value_type = u32)]
    pub attempt: Attempt,
    /// Which terminal.
    #[schema(value_type = String)]
    pub terminal: TerminalName,
    /// Which life of the terminal: offsets of another epoch mean nothing here.
    pub epoch: u64,
    /// Its size.
    #[schema(value_type = TerminalSizeInfo)]
    pub size: TerminalSize,
    /// Who may type.
    pub gate: GateShown,
    /// The sender's clock.
    pub at: DateTime<Utc>,
    /// What the connection may do; absent between host and worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

/// Columns and rows, as the document describes them.
#[derive(ToSchema)]
#[schema(as = TerminalSize)]
#[expect(
    dead_code,
    reason = "stands for a type of the domain, which knows no OpenAPI"
)]
struct TerminalSizeInfo {
    /// The columns.
    cols: u16,
    /// The rows.
    rows: u16,
}

/// What a connection may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalLimits)]
pub struct Limits {
    /// Under which name one is connected.
    pub name: String,
    /// Whether this connection may type at this moment.
    pub may_type: bool,
    /// The most bytes of input in one frame.
    pub max_input: usize,
    /// The most bytes of input in a second.
    pub input_per_second: usize,
}

/// A terminal's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its size.
    pub size: TerminalSize,
    /// What draws the screen, and sets every mode, in a terminal that was reset.
    pub dump: Bytes,
}

/// How things are with the run; each part stands only when it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalRun)]
pub struct RunShown {
    /// The run's state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub state: Option<StateName>,
    /// The session's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub session: Option<SessionStatus>,
    /// Whether the worker holds the agent still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// Whether the worker's output has stopped coming: what is shown is the last that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
}

/// A word to whoever watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSaid {
    /// What kind of word: `notice`, `error`, or one of a later version.
    pub kind: String,
    /// For a person.
    pub text: String,
}

/// The terminal's end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalExit)]
pub struct Exit {
    /// The program's exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
}

/// Where to go on: the first frame of a viewer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalSubscribe)]
pub struct Subscribe {
    /// The epoch that was watched; absent at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// What was seen of it, in bytes. It is used only with the same epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The grant under which this connection wants to type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub grant: Option<GrantId>,
    /// The grant's key. It stays between viewer and API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_key: Option<String>,
}

/// The n-th input of a grant, from 1; sent again, it is not typed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedSeq(pub u64);

/// Something typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Under which grant.
    pub grant: GrantId,
    /// Under which fence.
    pub fence: Fence,
    /// Which input of the grant.
    pub seq: TypedSeq,
    /// What, [`MAX_INPUT`](super::MAX_INPUT) bytes at most.
    pub bytes: Bytes,
}

/// Input, a size or a release that the gate did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalRefused)]
pub struct Refused {
    /// Which input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub seq: Option<TypedSeq>,
    /// The grant that it was sent under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub grant: Option<GrantId>,
    /// Why, for a person.
    pub reason: String,
}
