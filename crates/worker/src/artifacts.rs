//! The files that an attempt leaves: found in its folders and uploaded to the API.

mod find;
mod upload;

pub(crate) use find::find;
pub(crate) use upload::{ArtifactClient, UploadError};
