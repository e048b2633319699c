//! Taking in a content of unknown length: hashed, counted and limited while it streams, never
//! whole in memory, and gone without trace when anything fails.

use std::{fmt::Write as _, time::Duration};

use baton_domain::{Attempt, RunId};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, pin_mut};
use object_store::WriteMultipart;
use sha2::{Digest as _, Sha256};

use super::{ArtifactName, ArtifactStore, StoreError};

/// How long a sender may stay silent.
const SILENCE: Duration = Duration::from_secs(30);

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// In bytes.
    pub(crate) size: u64,
    /// Of the content, lower-case hex.
    pub(crate) sha256: String,
}

/// What the content must be.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// The most bytes that are taken.
    pub(crate) max_bytes: u64,
    /// Its SHA-256 in lower-case hex, where the sender names one.
    pub(crate) sha256: Option<String>,
}

/// Why a content was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// It has too many bytes.
    #[error("the artifact has more than {0} bytes")]
    TooLarge(u64),
    /// It is not what its sender says.
    #[error("the content's SHA-256 is {found}: it was changed on its way, or the header is wrong")]
    Digest {
        /// What it is.
        found: String,
    },
    /// The sender went away.
    #[error("the content broke off before its end")]
    BrokeOff,
    /// The sender fell silent.
    #[error("nothing of the content arrived for {} s", SILENCE.as_secs())]
    Silent,
    /// The store cannot keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArtifactStore {
    /// Takes in a content under its key, replacing an older one when it is complete.
    pub(crate) async fn receive<E>(
        &self,
        run: RunId,
        attempt: Attempt,
        name: &ArtifactName,
        expected: &Expected,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Received, ReceiveError> {
        let mut upload = WriteMultipart::new(self.begin(run, attempt, name).await?);
        match copy(&mut upload, expected, content).await {
            Ok(received) => {
                upload.finish().await.map_err(StoreError::from)?;
                Ok(received)
            }
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, %run, "failed to remove a broken upload");
                }
                Err(error)
            }
        }
    }
}

async fn copy<E>(
    upload: &mut WriteMultipart,
    expected: &Expected,
    content: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Received, ReceiveError> {
    pin_mut!(content);
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    while let Some(chunk) = tokio::time::timeout(SILENCE, content.next())
        .await
        .map_err(|_| ReceiveError::Silent)?
    {
        let chunk = chunk.map_err(|_| ReceiveError::BrokeOff)?;
        size += chunk.len() as u64;
        if size > expected.max_bytes {
            return Err(ReceiveError::TooLarge(expected.max_bytes));
        }
        hash.update(&chunk);
        upload
            .wait_for_capacity(2)
            .await
            .map_err(StoreError::from)?;
        upload.put(chunk);
    }
    let found = hex(&hash.finalize());
    match &expected.sha256 {
        Some(sha256) if *sha256 != found => Err(ReceiveError::Digest { found }),
        _ => Ok(Received {
            size,
            sha256: found,
        }),
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
