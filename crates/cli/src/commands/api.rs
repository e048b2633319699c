//! `baton api`.

use std::sync::Arc;

use anyhow::Context;
use baton_api::{ApiDeps, ApiOptions, ApiServer, Patience};
use baton_domain::SystemClock;

use super::{admission::Admission, connect, live};
use crate::{args::ApiArgs, config, exit::Exit, lifecycle};

pub(super) async fn run(args: ApiArgs) -> anyhow::Result<Exit> {
    lifecycle::supervised(|shutdown| async move {
        let deps = ApiDeps {
            bus: connect::role(&args.bus, "api", &shutdown.soft).await?,
            store: connect::reader(&args.store, "api")?,
            clock: Arc::new(SystemClock),
        };
        let url = &args.bus.nats_url;
        let admission = Admission::new(&args.admission, url, &deps.bus, &deps.store).await?;
        let api = ApiServer::new(options(&args)?, deps)?.bind().await?;
        let serving = async {
            let served = api.serve(shutdown.soft, shutdown.hard).await;
            served.context("the API stopped")
        };
        admission.beside(serving).await?;
        Ok(Exit::Done)
    })
    .await
}

fn options(args: &ApiArgs) -> anyhow::Result<ApiOptions> {
    let folder = args.artifacts.artifacts_dir.as_deref();
    Ok(ApiOptions {
        listen: args.listen,
        allow_remote: args.allow_remote,
        default_identity: None,
        allowed_hosts: args.allowed_hosts.clone(),
        artifacts_dir: config::state_dir(folder, "artifacts")?,
        artifact_max_bytes: args.artifacts.limit.artifact_max_bytes,
        live: live::options(&args.live)?,
        control: args.takeovers.options(),
        patience: Patience::default(),
    })
}
