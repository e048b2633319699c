//! What an attempt leaves in the artifact store.

use std::time::Duration;

use baton_domain::{Failure, FailureCode};
use baton_wire::Event;
use tokio::time::timeout;

use super::Attempt;
use crate::{
    artifacts::UploadError,
    stop::{Interrupted, Stop},
};

impl Attempt {
    /// Uploads everything, or fails.
    pub(super) async fn upload_record(&self) -> Result<(), Interrupted> {
        let patience = self.shop.options.limits.upload_patience;
        tokio::select! {
            uploaded = self.upload(patience) => uploaded.map_err(|error| failure(&error).into()),
            reason = self.stop.requested() => Err(Interrupted::Stopped(reason)),
        }
    }

    /// Leaves what there is of an attempt that did not go well. Its end is more important, so
    /// that nothing of this is waited for long, and what fails is only mentioned.
    pub(super) async fn leave_record(&self) {
        let patience = self.shop.options.limits.upload_patience_failed;
        let leave = timeout(patience, self.try_leave_record(patience));
        tokio::select! {
            left = leave => if left.is_err() {
                tracing::warn!(run = %self.offer.run, "gave up on the record of an attempt that failed");
            },
            _ = self.stop.urgent() => {}
        }
    }

    async fn try_leave_record(&self, patience: Duration) {
        if let Some(start) = self.start.get() {
            // The attempt's own switch is thrown already when it was cancelled.
            let git = self.git(Stop::new());
            if let Err(Interrupted::Failed(failure)) = self.write_patch(&git, start).await {
                self.warn(failure.message);
            }
        }
        self.reporter.flushed().await;
        if let Err(error) = self.upload(patience).await {
            self.warn(error.to_string());
        }
    }

    async fn upload(&self, patience: Duration) -> Result<(), UploadError> {
        self.log.finish();
        self.shelf.keep_all(patience).await
    }

    fn warn(&self, message: String) {
        self.reporter.say(Event::Warning { message });
    }
}

fn failure(error: &UploadError) -> Failure {
    Failure {
        code: FailureCode::UploadFailed,
        message: format!("failed to keep the run's artifacts: {error}"),
        retryable: !matches!(error, UploadError::Refused { .. }),
    }
}
