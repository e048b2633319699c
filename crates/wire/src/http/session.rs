//! The live session of a run, and the right to type into its terminals.

use baton_domain::RunId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A run's live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveSession {
    /// The session's own id; the same through all its generations.
    pub id: Uuid,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub task_run_id: RunId,
    /// How often it was begun.
    pub generation: u32,
    /// `web` or `tmate`.
    pub provider: String,
    /// `disabled`, `starting`, `ready`, `revoked`, `ended` or `error`.
    pub status: String,
    /// How well its provider works: `connecting`, `ready`, `stale` or `failed`.
    pub health: Option<String>,
    /// Why, when it does not work well.
    pub health_reason: Option<String>,
    /// A command by which anybody may watch.
    pub attach_ro: Option<String>,
    /// A page on which anybody may watch.
    pub web_ro: Option<String>,
    /// The worker whose terminals they are.
    pub worker_id: Option<String>,
    /// The machine that they are on.
    pub worker_hostname: Option<String>,
    /// When somebody asked for it.
    pub requested_at: Option<DateTime<Utc>>,
    /// When its worker began to set it up.
    pub starting_at: Option<DateTime<Utc>>,
    /// When the terminals could be watched.
    pub ready_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Up to when somebody may type.
    pub rw_granted_until: Option<DateTime<Utc>>,
    /// Who may type.
    pub writer: Option<SessionWriter>,
    /// When its worker last said that it is alive.
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    /// A word for machines: why it is over.
    pub end_code: Option<String>,
    /// What went wrong, for a person.
    pub error_message: Option<String>,
}

/// Who may type into a run's terminals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionWriter {
    /// The grant.
    pub grant_id: Uuid,
    /// Under which name.
    pub holder: String,
    /// Where they type: `web` or `tmate`.
    pub channel: String,
    /// Into what: `agent`, `shell`.
    pub terminals: Vec<String>,
    /// What for, in their words.
    pub reason: String,
    /// Its fence.
    pub fence: u64,
    /// Up to when.
    pub until: DateTime<Utc>,
}

/// What is known of a run's live session where the run is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveSessionSummary {
    /// `disabled`, `starting`, `ready`, `revoked`, `ended` or `error`.
    pub status: String,
    /// `web` or `tmate`.
    pub provider: String,
    /// When it ends by itself.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Who may type, if somebody may.
    pub writer: Option<String>,
    /// Up to when.
    pub rw_granted_until: Option<DateTime<Utc>>,
}

/// Let people watch a run's terminals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionRequest {
    /// `web` or `tmate`; the server's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// For how long, 1 to 1,440 minutes; the server's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<u32>,
    /// Why, for the record; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Ask for the right to type, or for more time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRequest {
    /// For how long, 1 to 240 minutes; the server's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<u32>,
    /// What for, at most 2,000 characters; everybody who watches sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Into what: `agent`, `shell`; both if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terminals: Vec<String>,
    /// Where you want to type: `web` (the default: browser and `baton attach`) or `tmate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Whether to take over from somebody who may type now; otherwise that is refused.
    #[serde(default)]
    pub take_over: bool,
}

/// End something, with a word for the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionNote {
    /// Why, at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The right to type. Its secrets are told here and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteGrant {
    /// The session.
    pub session: LiveSession,
    /// A command by which you can type.
    pub attach_rw: Option<String>,
    /// A page on which you can type.
    pub web_rw: Option<String>,
    /// The grant.
    pub grant_id: Uuid,
    /// Its fence.
    pub fence: u64,
    /// Up to when.
    pub granted_until: DateTime<Utc>,
    /// Show it when you connect to the terminal to type. A secret.
    pub write_key: String,
    /// Whether the run's gate has confirmed it; if not, it will as soon as its worker hears of it.
    pub effective: bool,
}

impl std::fmt::Debug for WriteGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteGrant")
            .field("grant_id", &self.grant_id)
            .field("fence", &self.fence)
            .field("granted_until", &self.granted_until)
            .finish_non_exhaustive()
    }
}

/// What became of a wish about a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// The session.
    pub session: LiveSession,
    /// Whether the run's worker has confirmed it; if not, it will as soon as it hears of it.
    pub effective: bool,
}

/// A ticket that opens one terminal connection.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalTicket {
    /// Send it as the query parameter `ticket`. It is good once.
    pub ticket: String,
    /// Up to when.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for TerminalTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TerminalTicket")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The public halves of the API's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeys {
    /// The keys, the current one first.
    pub keys: Vec<PublicKeyInfo>,
}

/// The public half of one of the API's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyInfo {
    /// Its id.
    pub key_id: String,
    /// Ed25519: what write grants are signed with; base64url without padding.
    pub signing: String,
    /// X25519: what secrets are sealed to; base64url without padding.
    pub sealing: String,
}

/// A page of control events, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlEventPage {
    /// The events.
    pub events: Vec<ControlRecord>,
    /// Give it as `after` to go on.
    pub next_after: Option<String>,
    /// Whether there is more at this moment.
    pub has_more: bool,
}

/// An action of an operator or a worker on a run, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlRecord {
    /// Its own id.
    pub id: Uuid,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub task_run_id: RunId,
    /// Who did it: an operator's or a worker's name.
    pub actor: String,
    /// `operator`, `worker` or `supervisor`.
    pub actor_kind: String,
    /// What, such as `cancel`, `session_ready`, `write_granted`.
    pub action: String,
    /// What belongs to the action.
    pub metadata: Value,
    /// When, by the actor's clock.
    pub created_at: DateTime<Utc>,
    /// The message's place in the total order.
    pub position: u64,
    /// Whether it changed anything.
    pub effective: bool,
    /// Why it did not.
    pub refusal: Option<String>,
    /// When the run's worker held the wish; null before, and for what is no wish to a worker.
    #[serde(default)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why the worker did not carry the wish out, in words; null if it did, or has not heard it.
    #[serde(default)]
    pub declined: Option<String>,
    /// When the wish had its effect: the run stood still, or the agent was handed the message, say;
    /// null before.
    #[serde(default)]
    pub effective_at: Option<DateTime<Utc>>,
    /// When the agent was handed the message that the wish brings, of `send_message` and
    /// `hand_back`; null before.
    #[serde(default)]
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When the model had answered a request that this message stands in; null before.
    #[serde(default)]
    pub seen_at: Option<DateTime<Utc>>,
}

/// A page of what was typed into a run, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InputPage {
    /// The records.
    pub inputs: Vec<InputRecord>,
    /// The end of each attempt's chain, as recorded.
    pub heads: Vec<InputHead>,
    /// Give it as `after` to go on.
    pub next_after: Option<String>,
    /// Whether there is more at this moment.
    pub has_more: bool,
}

/// Something that was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InputRecord {
    /// Under which attempt.
    pub attempt: u32,
    /// When, by the worker's clock.
    pub at: DateTime<Utc>,
    /// Whether the record continues the chain.
    pub continues: bool,
    /// What, as the worker said it.
    #[serde(flatten)]
    pub typed: crate::event::InputTyped,
}

/// The end of an attempt's chain of what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InputHead {
    /// The attempt.
    pub attempt: u32,
    /// How many records it has.
    pub count: u64,
    /// The hash of the last one.
    pub hash: String,
}
