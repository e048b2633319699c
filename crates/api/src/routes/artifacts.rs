//! Files that runs left: upload by workers, list and download for everyone.

pub(crate) mod download;
pub(crate) mod list;
pub(crate) mod upload;

pub(super) use download::has;
