//! Where an attempt's files are kept: found in its folders, rid of secrets, uploaded, and said; at the
//! attempt's end, or before it where somebody waits for them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use baton_domain::{Attempt, RunId};
use baton_wire::Event;
use tokio::{sync::Mutex, time::timeout};

use super::{ArtifactClient, UploadError, find};
use crate::{
    options::Limits,
    redact::{self, Kind},
    report::Reporter,
    workspace::Workspace,
};

/// How long something waits for what is kept before the end.
const SOON: Duration = Duration::from_secs(5);

/// The shelf of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: ArtifactClient,
    of: (RunId, Attempt),
    workspace: Workspace,
    reporter: Reporter,
    limits: Limits,
    /// The names of what was kept before the end, and changes no more.
    kept: Mutex<BTreeSet<String>>,
}

impl Shelf {
    pub(crate) fn new(
        client: ArtifactClient,
        of: (RunId, Attempt),
        workspace: &Workspace,
        reporter: &Reporter,
        limits: Limits,
    ) -> Self {
        Self(Arc::new(Inner {
            client,
            of,
            workspace: workspace.clone(),
            reporter: reporter.clone(),
            limits,
            kept: Mutex::default(),
        }))
    }

    /// Keeps all that there is.
    ///
    /// # Errors
    /// When a file cannot be read, the API refuses one of the worker's own, or cannot be reached in
    /// `patience`.
    pub(crate) async fn keep_all(&self, patience: Duration) -> Result<(), UploadError> {
        self.keep("", patience).await
    }

    /// Keeps the files of a folder of the record now. What is not kept soon is kept at the end.
    pub(crate) async fn keep_now(&self, folder: &str) {
        let keep = async {
            // Whoever lost the lease leaves nothing outside.
            if self.0.reporter.confirm().await.is_ok() {
                self.keep(&format!("{folder}/"), SOON).await?;
            }
            Ok::<_, UploadError>(())
        };
        match timeout(SOON, keep).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, folder, "failed to keep files at once: they are kept at the attempt's end");
            }
            Err(_) => {
                tracing::warn!(
                    folder,
                    "the API is slow: files are kept at the attempt's end"
                );
            }
        }
    }

    /// Keeps what the record has under names that begin so; with an empty prefix, all that there is.
    async fn keep(&self, prefix: &str, patience: Duration) -> Result<(), UploadError> {
        let mut kept = self.0.kept.lock().await;
        let (record, left) = (self.0.workspace.record(), self.0.workspace.artifacts());
        let found = find(&record, &left, &self.0.limits).map_err(|source| UploadError::File {
            path: left.clone(),
            source,
        })?;
        if prefix.is_empty() {
            for complaint in found.left_out {
                self.warn(complaint);
            }
        }
        for (name, path) in &found.files {
            let wanted = prefix.is_empty() || name.starts_with(prefix) && path.starts_with(&record);
            if kept.contains(name) || !wanted {
                continue;
            }
            match self.keep_one(name, path, patience).await {
                // The agent's choice of name or size is no reason to fail the run.
                Err(error @ UploadError::Refused { .. }) if !path.starts_with(&record) => {
                    self.warn(error.to_string());
                }
                done => done?,
            }
            if !prefix.is_empty() {
                kept.insert(name.clone());
            }
        }
        Ok(())
    }

    async fn keep_one(
        &self,
        name: &str,
        path: &Path,
        patience: Duration,
    ) -> Result<(), UploadError> {
        let Some(path) = &self.cleared(name, path).await? else {
            return Ok(());
        };
        let (run, attempt) = self.0.of;
        let client = &self.0.client;
        let stored = client.upload(run, attempt, name, path, patience).await?;
        self.0.reporter.say(Event::ArtifactStored {
            name: stored.name,
            size: stored.size,
            sha256: stored.sha256,
            content_type: stored.content_type,
        });
        Ok(())
    }

    /// The file to upload: itself, or a copy without the secrets that it holds, if a copy can be.
    async fn cleared(&self, name: &str, path: &Path) -> Result<Option<PathBuf>, UploadError> {
        let redactor = self.0.reporter.redactor();
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
                let copy = self.0.workspace.root().join("cleared");
                redact::clean_copy(redactor, path, &copy)
                    .await
                    .map_err(failed)?;
                Ok(Some(copy))
            }
        }
    }

    fn warn(&self, message: String) {
        self.0.reporter.say(Event::Warning { message });
    }
}
