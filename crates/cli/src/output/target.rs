//! Where a download goes.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context;

/// Where a download goes. A file appears under its name only when it is whole.
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, under another name until it is whole.
    File {
        file: File,
        part: PathBuf,
        path: PathBuf,
    },
}

impl Target {
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout);
        };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file =
            File::create(&part).with_context(|| format!("failed to create {}", part.display()))?;
        let path = path.to_owned();
        Ok(Self::File { file, part, path })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().write_all(bytes),
            Self::File { file, .. } => file.write_all(bytes),
        }
    }

    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout => Ok(io::stdout().lock().flush()?),
            Self::File { file, part, path } => {
                file.sync_all()?;
                fs::rename(&part, &path)
                    .with_context(|| format!("failed to write {}", path.display()))
            }
        }
    }
}
