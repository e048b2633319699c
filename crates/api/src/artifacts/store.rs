//! Where contents are, and how they come out again.

use std::{error::Error, fs, io, path::Path};

use baton_domain::{Attempt, RunId};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::{
    GetResult, MultipartUpload, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path,
};

use super::ArtifactName;
use crate::options::ApiError;

/// The artifact store.
#[derive(Debug)]
pub(crate) struct ArtifactStore {
    inner: Box<dyn ObjectStore>,
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// There is no such content.
    #[error("there is no such content")]
    Missing,
    /// A file stands where a folder is needed, or the other way round.
    #[error("another artifact is in the way: its name is a part of this one, or this one of it")]
    InTheWay,
    /// The store itself fails.
    #[error("the artifact store fails: {0}")]
    Unusable(#[source] object_store::Error),
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match (&error, io_kind(&error)) {
            (object_store::Error::NotFound { .. }, _) => Self::Missing,
            (_, Some(io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)) => Self::InTheWay,
            _ => Self::Unusable(error),
        }
    }
}

fn io_kind(error: &object_store::Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

impl ArtifactStore {
    /// Opens a folder as store, making it if it is missing.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, ApiError> {
        let refuse = |reason: String| ApiError::Artifacts {
            folder: folder.to_owned(),
            reason,
        };
        fs::create_dir_all(folder).map_err(|error| refuse(error.to_string()))?;
        let store =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            inner: Box::new(store.with_fsync(true)),
        })
    }

    /// Begins a content that becomes visible as a whole when it is complete.
    pub(super) async fn begin(
        &self,
        run: RunId,
        attempt: Attempt,
        name: &ArtifactName,
    ) -> Result<Box<dyn MultipartUpload>, StoreError> {
        Ok(self.inner.put_multipart(&key(run, attempt, name)).await?)
    }

    /// Opens a content: its size in bytes, and its bytes.
    pub(crate) async fn open(
        &self,
        run: RunId,
        attempt: Attempt,
        name: &ArtifactName,
    ) -> Result<(u64, impl Stream<Item = Result<Bytes, StoreError>> + use<>), StoreError> {
        let found: GetResult = self.inner.get(&key(run, attempt, name)).await?;
        let size = found.meta.size;
        Ok((size, found.into_stream().map(|chunk| Ok(chunk?))))
    }
}

/// `runs/<run>/<attempt>/<name>`, each part escaped for itself.
fn key(run: RunId, attempt: Attempt, name: &ArtifactName) -> path::Path {
    let (run, attempt) = (run.to_string(), attempt.to_string());
    ["runs", &run, &attempt]
        .into_iter()
        .chain(name.parts())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-05
    #[test]
    fn every_name_has_a_key_of_its_own_below_its_attempt() {
        let run = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"
            .parse()
            .expect("a run id");
        let key = |name| {
            let name = ArtifactName::parse(name).expect("a good name");
            key(run, Attempt::FIRST, &name).to_string()
        };
        let below = |rest: &str| format!("runs/{run}/1/{rest}");
        assert_eq!(key("logs/agent.log"), below("logs/agent.log"));
        assert_eq!(key("%2e%2e/a"), below("%252e%252e/a"));
        assert_eq!(key("a#1"), below("a%231"));
    }
}
