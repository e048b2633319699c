//! What a holder says about a run's live session and about what is typed.

use baton_domain::{
    Actor, Channel, Fence, Generation, GrantId, Provider, SessionHealth, TerminalName,
    TerminalSize, WriteEnd,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{grant::Sealed, terminal::TypedSeq};

/// The session is being set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionStarting {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
    /// By what means.
    #[schema(value_type = String, example = "web")]
    pub provider: Provider,
    /// For how long, in seconds; absent: as long as the run lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

/// The run's terminals can be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionReady {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
    /// By what means.
    #[schema(value_type = String, example = "web")]
    pub provider: Provider,
    /// The machine that the terminals are on.
    pub hostname: String,
    /// The size of the agent's terminal.
    #[schema(value_type = Object)]
    pub size: TerminalSize,
    /// Where to go.
    #[serde(flatten)]
    pub links: SessionLinks,
}

/// Where a session's provider can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionLinks {
    /// A command by which anybody may watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach_ro: Option<String>,
    /// A page on which anybody may watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_ro: Option<String>,
    /// The same for typing (JSON of `attachRw` and `webRw`), which only the API can open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub sealed: Option<Sealed>,
}

/// The links of a session are others from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionLinksChanged {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
    /// Where to go; what is not here is dead.
    #[serde(flatten)]
    pub links: SessionLinks,
}

/// How well the session's provider works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionHealthChanged {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
    /// How well.
    #[schema(value_type = String, example = "stale")]
    pub health: SessionHealth,
    /// Why, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The session is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionHeartbeat {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
}

/// The session is over: `session_ended` with its run, `session_revoked` by an operator or its time
/// limit, `session_failed` because it could not be set up or broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionOver {
    /// Which session of the run.
    #[schema(value_type = u32)]
    pub generation: Generation,
    /// A word for machines: `finished`, `cancelled`, `operator`, `expired`, `limit_reached`,
    /// `relay_unreachable` and others.
    pub code: String,
    /// What happened and what to do, for a person.
    pub reason: String,
}

/// The gate of the run's terminals has heard of a grant or of its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GateMoved {
    /// The fence in force.
    #[schema(value_type = u64)]
    pub fence: Fence,
    /// Under which grant one may type now; absent: nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub grant: Option<GrantId>,
    /// Who may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub holder: Option<Actor>,
    /// Where they type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// For how long, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

/// A grant is good no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteEnded {
    /// The grant.
    #[schema(value_type = uuid::Uuid)]
    pub grant: GrantId,
    /// Who had it.
    #[schema(value_type = String)]
    pub holder: Actor,
    /// Its fence.
    #[schema(value_type = u64)]
    pub fence: Fence,
    /// Why.
    #[schema(value_type = String, example = "expired")]
    pub cause: WriteEnd,
    /// The last input that was typed under it, 0 if there was none.
    #[schema(value_type = u64)]
    pub last_seq: TypedSeq,
}

/// Something was typed: a link of the attempt's chain. `hash` is the SHA-256, in lower-case hex, of
/// `previous` and, behind it, this record's JSON with sorted keys and without `hash`; the first
/// `previous` is the SHA-256 of `baton-audit:<run>:<attempt>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InputTyped {
    /// Its place in the attempt's chain, from 1.
    pub number: u64,
    /// Into which terminal.
    #[schema(value_type = String, example = "shell")]
    pub terminal: TerminalName,
    /// Under which grant.
    #[schema(value_type = uuid::Uuid)]
    pub grant: GrantId,
    /// By whom.
    #[schema(value_type = String)]
    pub holder: Actor,
    /// Through which door.
    #[schema(value_type = String, example = "web")]
    pub channel: Channel,
    /// Under which fence.
    #[schema(value_type = u64)]
    pub fence: Fence,
    /// The first input of the grant that is in it.
    #[schema(value_type = u64)]
    pub first_seq: TypedSeq,
    /// The last one.
    #[schema(value_type = u64)]
    pub last_seq: TypedSeq,
    /// What the terminal had shown by then, in bytes.
    pub offset: u64,
    /// How much was typed, in bytes.
    pub length: u64,
    /// Whether the terminal showed what was typed. If not, `mac` stands for `text`.
    pub echo: bool,
    /// What was typed, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// HMAC-SHA-256 of what was typed, under a key that nobody keeps; lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// The hash of the link before.
    pub previous: String,
    /// This link's hash.
    pub hash: String,
}
