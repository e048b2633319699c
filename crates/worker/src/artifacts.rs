//! The files that an attempt leaves: found in its folders and uploaded to the API.

mod find;
mod shelf;
mod upload;

use find::find;
pub(crate) use shelf::Shelf;
pub(crate) use upload::{ArtifactClient, UploadError};
