//! What an attempt leaves in the artifact store.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use baton_domain::{Failure, FailureCode};
use baton_wire::Event;
use tokio::time::timeout;

use super::Attempt;
use crate::{
    artifacts::{UploadError, find},
    redact::{self, Kind},
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
        let limits = &self.shop.options.limits;
        let (record, left) = (self.workspace.record(), self.workspace.artifacts());
        let found = find(&record, &left, limits).map_err(|source| UploadError::File {
            path: left.clone(),
            source,
        })?;
        for complaint in found.left_out {
            self.warn(complaint);
        }
        let (run, attempt) = (self.offer.run, self.offer.attempt);
        for (name, path) in &found.files {
            let Some(path) = &self.cleared(name, path).await? else {
                continue;
            };
            let client = &self.shop.artifacts;
            let stored = match client.upload(run, attempt, name, path, patience).await {
                // The agent's choice of name or size is no reason to fail the run.
                Err(error @ UploadError::Refused { .. }) if !path.starts_with(&record) => {
                    self.warn(error.to_string());
                    continue;
                }
                stored => stored?,
            };
            self.reporter.say(Event::ArtifactStored {
                name: stored.name,
                size: stored.size,
                sha256: stored.sha256,
                content_type: stored.content_type,
            });
        }
        Ok(())
    }

    /// The file to upload: itself, or a copy without the secrets that it holds, if a copy can be.
    async fn cleared(&self, name: &str, path: &Path) -> Result<Option<PathBuf>, UploadError> {
        let redactor = self.reporter.redactor();
        let failed = |source| UploadError::File {
            path: path.to_owned(),
            source,
        };
        if let Some(secret) = redactor.find(name.as_bytes()) {
            self.warn(format!(
                "artifact '{name}' is left out: its name holds the secret '{secret}'"
            ));
            return Ok(None);
        }
        match redact::scan(redactor, path).await.map_err(failed)? {
            None => Ok(Some(path.to_owned())),
            Some((secret, Kind::Binary)) => {
                self.warn(format!(
                    "artifact '{name}' is left out: it holds the secret '{secret}', and cannot do without it as a text could"
                ));
                Ok(None)
            }
            Some((secret, Kind::Text)) => {
                self.warn(format!(
                    "artifact '{name}' is kept with a mark in the place of the secret '{secret}'"
                ));
                let copy = self.workspace.root().join("cleared");
                redact::clean_copy(redactor, path, &copy)
                    .await
                    .map_err(failed)?;
                Ok(Some(copy))
            }
        }
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
