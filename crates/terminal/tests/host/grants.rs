//! The API's side of grants: keys, and gates signed by them.

use baton_domain::{Actor, Attempt, Channel, Fence, GrantId, Role, RunId, TerminalName};
use baton_keys::KeySet;
use baton_wire::{
    grant::{Gate, SignedGate, Writer},
    http::PublicKeyInfo,
};
use uuid::Uuid;

pub(crate) struct Api(KeySet);

/// Somebody's right to type.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    pub(crate) fence: Fence,
    pub(crate) channel: Channel,
    pub(crate) terminals: Vec<TerminalName>,
    pub(crate) ttl_ms: u64,
}

impl Grant {
    /// For the agent's terminal, from the worker, for an hour.
    pub(crate) fn at(fence: u64) -> Self {
        Self {
            id: GrantId::from_uuid(Uuid::from_u128(fence.into())),
            fence: Fence::new(fence).unwrap(),
            channel: Channel::Web,
            terminals: vec![TerminalName::Agent],
            ttl_ms: 3_600_000,
        }
    }
}

impl Api {
    pub(crate) fn new() -> Self {
        Self(KeySet::generate().unwrap())
    }

    pub(crate) fn keys(&self) -> Vec<PublicKeyInfo> {
        self.0.public().iter().map(|key| key.to_wire()).collect()
    }

    pub(crate) fn grant(&self, grant: &Grant) -> SignedGate {
        let writer = Writer {
            grant: grant.id,
            holder: Actor::try_from("anna".to_owned()).unwrap(),
            role: Role::Operator,
            channel: grant.channel,
            terminals: grant.terminals.clone(),
            ttl_ms: grant.ttl_ms,
            reason: "to help".to_owned(),
            key_sha256: String::new(),
        };
        self.sign(grant.fence.get(), Some(writer))
    }

    pub(crate) fn revoke(&self, fence: u64) -> SignedGate {
        self.sign(fence, None)
    }

    fn sign(&self, fence: u64, writer: Option<Writer>) -> SignedGate {
        self.0.sign(&Gate {
            version: Gate::VERSION,
            run: RunId::from_uuid(Uuid::from_u128(7)),
            attempt: Attempt::FIRST,
            fence: Fence::new(fence).unwrap(),
            writer,
        })
    }
}
