//! Filling the tables again from the stream.

use baton_bus::Bus;
use baton_domain::Position;
use baton_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Progress, RecorderError, RecorderOptions, feeder::Feeder, identity, record::Keeper};

/// What a rebuild has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// The first message that the stream still had.
    pub from: Position,
    /// The last message that was recorded.
    pub through: Position,
    /// Messages that were read.
    pub messages: u64,
    /// Of these, those that could not be read.
    pub unreadable: u64,
    /// Whether everything was read that the stream had when it began; otherwise it was told to
    /// stop, and the next recorder goes on where it stopped.
    pub complete: bool,
}

/// Empties the tables and fills them from the stream, up to the message that was the last when it
/// began. Waits until no recorder is at work. `soft` stops it between two batches; the tables are
/// then as far as they got, and a recorder goes on from there.
///
/// What is older than the stream reaches is not brought back.
///
/// # Errors
/// When broker or database fail on the way; it is to be run again, or a recorder goes on.
pub async fn rebuild(
    bus: &Bus,
    store: &Store,
    options: &RecorderOptions,
    progress: &watch::Sender<Progress>,
    soft: &CancellationToken,
) -> Result<RebuildReport, RecorderError> {
    let Some(writer) = soft.run_until_cancelled(store.writer()).await else {
        return Ok(stopped());
    };
    let mut writer = writer?;
    let stream = bus.stream_state().await?;
    writer.clear().await?;
    identity::establish(bus, &mut writer).await?;
    let mut feeder = Feeder::open(bus, writer.reached(), options).await?;
    let mut keeper = Keeper::new(writer, options.write_within);
    let mut report = RebuildReport {
        from: stream.first,
        ..stopped()
    };
    // An empty stream has its first position past its last.
    let target = if stream.first > stream.last {
        Position::START
    } else {
        stream.last
    };
    while keeper.reached() < target {
        let batch = tokio::select! {
            biased;
            () = soft.cancelled() => return finish(keeper, report).await,
            batch = feeder.next() => batch?,
            error = keeper.lost() => return Err(error.into()),
        };
        let (messages, unreadable) = (
            batch.len(),
            batch.iter().filter(|it| it.said.is_err()).count(),
        );
        keeper.keep(batch).await?;
        feeder.keep_through(keeper.reached());
        report.messages += messages as u64;
        report.unreadable += unreadable as u64;
        progress.send_replace(Progress::Recorded(keeper.reached()));
    }
    report.complete = true;
    finish(keeper, report).await
}

async fn finish(keeper: Keeper, report: RebuildReport) -> Result<RebuildReport, RecorderError> {
    let through = keeper.reached();
    keeper.release().await?;
    Ok(RebuildReport { through, ..report })
}

const fn stopped() -> RebuildReport {
    RebuildReport {
        from: Position::START,
        through: Position::START,
        messages: 0,
        unreadable: 0,
        complete: false,
    }
}
