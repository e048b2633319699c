//! The gate: answers the broker's question whether a worker may connect. A worker shows its name
//! and its token, and gets a session: permission to speak under that name, for the queues that its
//! token allows, until the session ends. Then it connects again.

mod answer;
mod revoke;

use std::{sync::Arc, time::Duration};

use baton_bus::{Bus, LoginRequest};
use baton_domain::Clock;
use baton_store::Store;
use futures::{Stream, StreamExt as _, stream::FuturesUnordered};
use nkeys::KeyPair;
use tokio_util::sync::CancellationToken;

use self::answer::{Known, answer};
use crate::keys::{KeysError, Seed};

/// How many logins are worked on at once.
const AT_ONCE: usize = 32;

/// How long to wait before listening again when the broker did not allow it.
const PAUSE: Duration = Duration::from_secs(1);

/// What the gate stands on.
#[derive(Debug)]
pub struct GateDeps {
    /// A connection of the API or the supervisor.
    pub bus: Bus,
    /// A connection of the system account.
    pub system: Bus,
    /// Where tokens are kept.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How the gate is to behave.
#[derive(Debug, Clone)]
pub struct GateOptions {
    /// The key by which workers are let in.
    pub issuer: Seed,
    /// How long a worker may stay before it has to show its token again.
    pub session: Duration,
}

/// The gate.
#[derive(Debug)]
pub struct Gate {
    deps: GateDeps,
    issuer: KeyPair,
    session: Duration,
    known: Known,
}

impl Gate {
    /// A gate; nothing is done yet.
    ///
    /// # Errors
    /// When the issuer's seed is none.
    pub fn new(deps: GateDeps, options: &GateOptions) -> Result<Self, KeysError> {
        let issuer =
            KeyPair::from_seed(options.issuer.reveal()).map_err(|error| KeysError::Seed {
                path: "issuer".into(),
                account: true,
                reason: error.to_string(),
            })?;
        Ok(Self {
            deps,
            issuer,
            session: options.session,
            known: Known::default(),
        })
    }

    /// Lets workers in, and ends the connections of those whose tokens are no longer good, until
    /// it is told to stop.
    pub async fn serve(self, stop: CancellationToken) {
        let work = async { tokio::join!(self.admit(), revoke::watch(&self.deps)) };
        stop.run_until_cancelled(work).await;
    }

    async fn admit(&self) {
        loop {
            match self.deps.bus.logins().await {
                Ok(asked) => self.sit(asked).await,
                Err(error) => tracing::warn!(%error, "failed to listen to logins"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn sit(&self, mut asked: impl Stream<Item = LoginRequest> + Unpin) {
        let mut busy = FuturesUnordered::new();
        loop {
            tokio::select! {
                request = asked.next(), if busy.len() < AT_ONCE => match request {
                    Some(request) => busy.push(answer(self, request)),
                    None => return,
                },
                Some(()) = busy.next() => {}
            }
        }
    }
}
