//! `baton recorder`.

use baton_bus::Bus;
use baton_recorder::{Progress, RebuildReport, RecorderOptions};
use baton_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connect;
use crate::{
    args::RecorderArgs,
    exit::Exit,
    lifecycle::{self, Shutdown},
    output,
};

pub(super) async fn run(args: RecorderArgs) -> anyhow::Result<Exit> {
    lifecycle::supervised(|shutdown| async move {
        let bus = connect::role(&args.bus, "recorder", &shutdown.soft).await?;
        let store = connect::writer(&args.store, "recorder")?;
        if args.rebuild {
            return rebuild(&bus, &store, &shutdown).await;
        }
        serve(bus, store, shutdown.soft, shutdown.hard).await?;
        Ok(Exit::Done)
    })
    .await
}

/// Records until told to stop.
pub(super) async fn serve(
    bus: Bus,
    store: Store,
    soft: CancellationToken,
    hard: CancellationToken,
) -> anyhow::Result<()> {
    Ok(baton_recorder::run(bus, store, RecorderOptions::default(), soft, hard).await?)
}

async fn rebuild(bus: &Bus, store: &Store, shutdown: &Shutdown) -> anyhow::Result<Exit> {
    let progress = watch::Sender::new(Progress::StandingBy);
    let options = RecorderOptions::default();
    tracing::info!("rebuilding, as soon as no recorder is at work");
    let report = baton_recorder::rebuild(bus, store, &options, &progress, &shutdown.soft).await?;
    output::print(&words(&report))?;
    Ok(if report.complete {
        Exit::Done
    } else {
        Exit::Interrupted
    })
}

fn words(report: &RebuildReport) -> String {
    let RebuildReport {
        from,
        through,
        messages,
        unreadable,
        complete,
    } = report;
    let outcome = if *complete {
        "rebuilt"
    } else {
        "stopped early"
    };
    format!(
        "{outcome}: {messages} messages, positions {from} to {through}, {unreadable} unreadable"
    )
}
