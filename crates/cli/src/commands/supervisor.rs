//! `baton supervisor`.

use std::{sync::Arc, time::Duration};

use baton_domain::SystemClock;
use baton_supervisor::{Supervisor, SupervisorDeps, SupervisorOptions};

use super::{admission::Admission, connect};
use crate::{
    args::{LeaseArgs, SupervisorArgs},
    exit::Exit,
    lifecycle,
};

pub(super) async fn run(args: SupervisorArgs) -> anyhow::Result<Exit> {
    lifecycle::supervised(|shutdown| async move {
        let deps = SupervisorDeps {
            bus: connect::role(&args.bus, "supervisor", &shutdown.soft).await?,
            store: connect::reader(&args.store, "supervisor")?,
            clock: Arc::new(SystemClock),
        };
        let url = &args.bus.nats_url;
        let admission = Admission::new(&args.admission, url, &deps.bus, &deps.store).await?;
        let supervisor = Supervisor::new(deps, options(args.lease));
        let watching = async { Ok(supervisor.run(shutdown.soft, shutdown.hard).await?) };
        admission.beside(watching).await?;
        Ok(Exit::Done)
    })
    .await
}

/// The role's options by its flags.
pub(super) fn options(lease: LeaseArgs) -> SupervisorOptions {
    SupervisorOptions {
        lease: Duration::from_secs(lease.lease_seconds.into()),
        ..SupervisorOptions::default()
    }
}
