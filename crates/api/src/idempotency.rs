//! Repeated submissions. A key is unique for its actor; the first run under it is the answer to
//! every repeat of the same request. Postgres remembers for ever, the broker for its window of
//! duplicates: together they cover a repeat at once, a repeat much later, and a database away.

use baton_domain::{Actor, Position, RunSpec};
use baton_wire::{MessageId, Offer, TaskRunRequest, http::TaskRun};
use sha2::{Digest as _, Sha256};

use crate::{
    artifacts::hex,
    broker,
    problem::{Answer, Kind, Problem},
    shown,
    state::App,
};

/// A submission under a key.
#[derive(Debug)]
pub(crate) struct Claim {
    actor: Actor,
    key: String,
    digest: String,
}

impl Claim {
    /// A claim of an actor on a key for a request.
    pub(crate) fn new(actor: &Actor, key: String, request: &TaskRunRequest) -> Self {
        let json = serde_json::to_vec(request).expect("a request is strings, numbers and lists");
        Self {
            actor: actor.clone(),
            key,
            digest: hex(&Sha256::digest(&json)),
        }
    }

    /// The key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Of the request, spelled in one way.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// The id under which the broker takes one offer only.
    pub(crate) fn message_id(&self) -> MessageId {
        let mut hash = Sha256::new();
        hash.update(self.actor.as_str());
        // Neither actors nor keys hold a NUL: no two pairs look alike.
        hash.update([0]);
        hash.update(&self.key);
        MessageId::idempotent(&hex(&hash.finalize()))
    }

    /// The first run under the key, if history can be read and knows one.
    pub(crate) async fn recorded(&self, app: &App) -> Answer<Option<TaskRun>> {
        let Ok(found) = app.history().first_under(&self.actor, &self.key).await else {
            return Ok(None);
        };
        let Some(stored) = found else {
            return Ok(None);
        };
        let first = stored.submission.idempotency.as_ref();
        self.check(first.map(|first| first.request_digest.as_str()))?;
        app.show(stored).map(Some)
    }

    /// The first run under the key, if what the broker holds at the position is not ours.
    pub(crate) async fn published(
        &self,
        app: &App,
        ours: &Offer,
        position: Position,
    ) -> Answer<Option<TaskRun>> {
        let first = broker::offer_at(app.bus(), position).await?;
        if first.run == ours.run {
            return Ok(None);
        }
        self.check(first.request_digest.as_deref())?;
        if let Ok(Some(stored)) = app.history().run(first.run).await {
            return app.show(stored).map(Some);
        }
        let spec = RunSpec::try_from(&first.spec)?;
        Ok(Some(shown::offered(first, &spec, position)))
    }

    fn check(&self, first: Option<&str>) -> Answer<()> {
        if first == Some(self.digest.as_str()) {
            return Ok(());
        }
        Err(Problem::new(
            Kind::IdempotencyConflict,
            "the key was used for another request: repeat the first one unchanged, or take a new key",
        ))
    }
}
