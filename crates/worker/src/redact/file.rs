//! Redaction of files on their way out.

use std::{io, path::Path};

use nix::fcntl::OFlag;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
};

use super::Redactor;

const PIECE: usize = 64 << 10;

/// What a file that holds a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A mark can stand for the secret.
    Text,
    /// Anything could depend on every byte.
    Binary,
}

/// The name of a secret in the file, and what kind of file it is.
///
/// # Errors
/// When the file cannot be read, or is a link.
pub(crate) async fn scan(redactor: &Redactor, path: &Path) -> io::Result<Option<(String, Kind)>> {
    if redactor.knows_nothing() {
        return Ok(None);
    }
    let (mut search, mut kind, mut found) = (redactor.search(), Kind::Text, None);
    let mut file = open(path).await?;
    let mut buffer = vec![0; PIECE];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(found.map(|name| (name, kind)));
        }
        let piece = &buffer[..read];
        if piece.contains(&0) {
            kind = Kind::Binary;
        }
        found = found.or(search.push(piece));
    }
}

/// Writes the file's content without secrets to another place.
///
/// # Errors
/// When one of the two cannot be read or written.
pub(crate) async fn clean_copy(redactor: &Redactor, from: &Path, to: &Path) -> io::Result<()> {
    let mut file = open(from).await?;
    let mut copy = BufWriter::new(File::create(to).await?);
    let (mut stream, mut buffer) = (redactor.stream(), vec![0; PIECE]);
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            copy.write_all(&stream.finish()).await?;
            return copy.flush().await;
        }
        copy.write_all(&stream.push(&buffer[..read])).await?;
    }
}

/// Opens a file, but no link to one.
async fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW.bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .await
}
