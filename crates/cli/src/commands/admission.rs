//! The role of admission, which lives beside the API and beside the supervisor: either of them is
//! enough to let workers in and to tell them where they stand.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use baton_admission::{Gate, GateDeps, GateOptions, desk, keys::Seed};
use baton_bus::Bus;
use baton_domain::SystemClock;
use baton_store::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connect;
use crate::args::AdmissionArgs;

/// What admission does: it answers at the desk, and at the gate if there is one.
#[derive(Debug)]
pub(super) struct Admission {
    bus: Bus,
    gate: Option<Gate>,
}

/// What is needed to let workers in.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    /// The key by which they are let in.
    pub(super) issuer: &'a Path,
    /// The key to the system account.
    pub(super) system: &'a Path,
    /// How long they may stay.
    pub(super) session: Duration,
}

impl Admission {
    /// By the flags, for a role with these connections.
    pub(super) async fn new(
        args: &AdmissionArgs,
        url: &str,
        bus: &Bus,
        store: &Store,
    ) -> anyhow::Result<Self> {
        let issuer = args.admission_issuer_file.as_deref();
        match issuer.zip(args.admission_system_file.as_deref()) {
            None => Ok(Self::without_gate(bus)),
            Some((issuer, system)) => {
                let session = Duration::from_secs(args.admission_session_seconds.into());
                let keys = Keys {
                    issuer,
                    system,
                    session,
                };
                Self::with_gate(&keys, url, bus, store).await
            }
        }
    }

    /// At a broker that wants no login.
    pub(super) fn without_gate(bus: &Bus) -> Self {
        Self {
            bus: bus.clone(),
            gate: None,
        }
    }

    /// At a broker that asks for tokens.
    pub(super) async fn with_gate(
        keys: &Keys<'_>,
        url: &str,
        bus: &Bus,
        store: &Store,
    ) -> anyhow::Result<Self> {
        let system = connect::seed(&Seed::of_user(keys.system)?);
        let system = connect::bus_by(url, "admission", Some(system)).await;
        let deps = GateDeps {
            bus: bus.clone(),
            system: system.context("admission cannot use the broker's system account")?,
            store: store.clone(),
            clock: Arc::new(SystemClock),
        };
        let options = GateOptions {
            issuer: Seed::of_issuer(keys.issuer)?,
            session: keys.session,
        };
        Ok(Self {
            bus: bus.clone(),
            gate: Some(Gate::new(deps, &options)?),
        })
    }

    /// Works for as long as another role works.
    pub(super) async fn beside<T>(
        self,
        role: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let mut admission = JoinSet::new();
        admission.spawn(self.serve(CancellationToken::new()));
        tokio::select! {
            ended = role => ended,
            Some(died) = admission.join_next() => {
                died.context("admission died")??;
                bail!("admission ended")
            }
        }
    }

    /// Works until it is told to stop.
    pub(super) async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let gate = async {
            match self.gate {
                Some(gate) => gate.serve(stop.clone()).await,
                None => stop.cancelled().await,
            }
        };
        tokio::join!(gate, desk::serve(self.bus, stop.clone()));
        Ok(())
    }
}
