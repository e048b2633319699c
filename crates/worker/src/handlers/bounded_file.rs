//! A file of what a program has printed, which stops growing at its limit.

use std::{fs::File, io, io::Write, path::Path};

/// Such a file.
#[derive(Debug)]
pub(super) struct BoundedFile {
    file: File,
    room: u64,
}

impl BoundedFile {
    /// Makes it, with room for that many bytes.
    pub(super) fn create(path: &Path, room: u64) -> io::Result<Self> {
        let file = File::create(path)?;
        Ok(Self { file, room })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let piece = &bytes[..bytes.len().min(room)];
        self.room -= piece.len() as u64;
        // A full disk shows in the worker's own files, which matter more than this one.
        let _ = self.file.write_all(piece);
    }
}
