//! Being the one that records.

use tokio_util::sync::CancellationToken;

use crate::{Progress, Recorder, RecorderError, feeder::Feeder, identity, record::Keeper};

/// Waits for its turn, then records until `soft` is cancelled (`Ok`) or something fails.
pub(crate) async fn lead(
    recorder: &Recorder,
    soft: &CancellationToken,
) -> Result<(), RecorderError> {
    let Some(begun) = soft.run_until_cancelled(begin(recorder)).await else {
        return Ok(());
    };
    let (mut keeper, mut feeder) = begun?;
    recorder
        .progress
        .send_replace(Progress::Recorded(keeper.reached()));
    tracing::info!(position = %keeper.reached(), "recording");
    loop {
        let batch = tokio::select! {
            biased;
            () = soft.cancelled() => break,
            batch = feeder.next() => batch?,
            error = keeper.lost() => return Err(error.into()),
        };
        keeper.keep(batch).await?;
        feeder.keep_through(keeper.reached());
        recorder
            .progress
            .send_replace(Progress::Recorded(keeper.reached()));
    }
    drop(feeder);
    keeper.release().await
}

async fn begin(recorder: &Recorder) -> Result<(Keeper, Feeder), RecorderError> {
    let mut writer = recorder.store.writer().await?;
    identity::establish(&recorder.bus, &mut writer).await?;
    let reached = writer.reached();
    let feeder = Feeder::open(&recorder.bus, reached, &recorder.options).await?;
    Ok((Keeper::new(writer, recorder.options.write_within), feeder))
}
