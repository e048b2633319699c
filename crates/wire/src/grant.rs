//! Who may type into a run's terminals: said by the API alone, signed, in order. The last message
//! on a run's grant subject counts; its fence is one more than that of the one before.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use baton_domain::{
    Actor, Attempt, Channel, Fence, GrantId, Role, RunId, TerminalName, WriteEnd,
    run::session::{GrantFact, Granted},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A step of a run's write grants, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantMessage {
    /// The run.
    pub run: RunId,
    /// The step's own id, chosen by the API.
    pub id: Uuid,
    /// Who wished it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub step: GrantStep,
    /// The fence that is in force from now on; the signed gate says the same.
    pub fence: Fence,
    /// The grant that it is about.
    pub grant: GrantId,
    /// Who may type from now on; none after an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<Writer>,
    /// Why, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the gate obeys.
    pub signed: SignedGate,
}

/// What was done about a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantStep {
    /// Somebody got the right to type; whoever had it before lost it.
    Granted,
    /// Its holder got more time.
    Renewed,
    /// Its holder gave it back.
    Released,
    /// It was taken away.
    Revoked,
}

impl GrantStep {
    /// What it is on record as.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Granted => "write_granted",
            Self::Renewed => "write_renewed",
            Self::Released => "write_released",
            Self::Revoked => "write_revoked",
        }
    }
}

/// A gate with the API's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedGate {
    /// Which of the API's keys signed it.
    pub key_id: String,
    /// The JSON of a [`Gate`], exactly as it was signed; base64url without padding.
    pub payload: String,
    /// The Ed25519 signature over the payload's bytes before base64; base64url without padding.
    pub signature: String,
}

impl SignedGate {
    /// What was signed. Says nothing about the signature.
    ///
    /// # Errors
    /// When the payload is no base64url of a [`Gate`].
    pub fn read(&self) -> Result<Gate, InvalidGate> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.payload);
        let bytes = bytes.map_err(|error| InvalidGate(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| InvalidGate(error.to_string()))
    }
}

/// A payload that is no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signed gate cannot be read: {0}")]
pub struct InvalidGate(String);

impl GrantMessage {
    /// The gate that it carries, when that says what the message says.
    #[must_use]
    pub fn gate(&self) -> Option<Gate> {
        let gate = self.signed.read().ok()?;
        let agrees = gate.version == Gate::VERSION
            && gate.run == self.run
            && gate.fence == self.fence
            && gate.writer == self.writer;
        agrees.then_some(gate)
    }

    /// What it means for the run's state; none when its gate cannot be read or says something else.
    #[must_use]
    pub fn to_domain(&self) -> Option<GrantFact> {
        let gate = self.gate()?;
        Some(GrantFact {
            attempt: gate.attempt,
            fence: gate.fence,
            writer: gate.writer.map(Granted::from),
            name: self.step.kind(),
        })
    }
}

/// The longest that a grant may last, in milliseconds: a day.
const LONGEST: u64 = 86_400_000;

impl From<Writer> for Granted {
    fn from(writer: Writer) -> Self {
        let ttl = i64::try_from(writer.ttl_ms.min(LONGEST)).unwrap_or(0);
        Self {
            grant: writer.grant,
            holder: writer.holder,
            role: writer.role,
            channel: writer.channel,
            terminals: writer.terminals,
            ttl: TimeDelta::milliseconds(ttl),
            reason: writer.reason,
        }
    }
}

/// Who may type from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// [`Gate::VERSION`].
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// The attempt whose terminals they are.
    pub attempt: Attempt,
    /// Higher than that of every gate of the run before.
    pub fence: Fence,
    /// Who may type; none: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<Writer>,
}

impl Gate {
    /// The version of these words.
    pub const VERSION: u32 = 1;
}

/// Somebody who may type, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Writer {
    /// The grant.
    pub grant: GrantId,
    /// Under which name.
    pub holder: Actor,
    /// With which role.
    pub role: Role,
    /// Where they type.
    pub channel: Channel,
    /// Into what.
    pub terminals: Vec<TerminalName>,
    /// For how long from when the gate hears of it, in milliseconds.
    pub ttl_ms: u64,
    /// What for, in the holder's words.
    pub reason: String,
    /// SHA-256 of the grant's key, lower-case hex. Whoever types shows the key to the API.
    pub key_sha256: String,
}

/// How a gate stands, for everybody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalGate)]
pub struct GateShown {
    /// The highest fence that the gate has heard of; none before the first grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub fence: Option<Fence>,
    /// Who may type now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterShown>,
    /// Why the one before may not any more, when that has just changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ended: Option<WriteEnd>,
}

/// Somebody who may type, for everybody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TerminalWriter)]
pub struct WriterShown {
    /// The grant.
    #[schema(value_type = Uuid)]
    pub grant: GrantId,
    /// Under which name.
    #[schema(value_type = String)]
    pub holder: Actor,
    /// Where they type.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Into what.
    #[schema(value_type = Vec<String>)]
    pub terminals: Vec<TerminalName>,
    /// How much time is left, in milliseconds.
    pub left_ms: u64,
    /// What for, in the holder's words.
    pub reason: String,
}

/// A secret that only the API can open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// To which of the API's keys.
    pub key_id: String,
    /// The sealed box, base64url without padding.
    pub sealed: String,
}
