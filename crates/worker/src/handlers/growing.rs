//! Files of lines that agents write as they work: looked at again and again, and read on line by line.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

/// How often they are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The most that is read of a file at once, in bytes.
const PIECE: u64 = 4 << 20;
/// The longest line that is kept in mind; the rest of a longer one is passed over.
const LONGEST_LINE: usize = 16 << 20;

/// How far one file was read.
#[derive(Debug, Default)]
pub(super) struct Growing {
    read: u64,
    line: Vec<u8>,
}

impl Growing {
    /// Hands over each line that has come to its end. What cannot be read now is read later, or
    /// never: the agent goes on either way.
    pub(super) fn read_on(&mut self, path: &Path, hear: impl FnMut(&str)) {
        let _ = self.try_read_on(path, hear);
    }

    fn try_read_on(&mut self, path: &Path, mut hear: impl FnMut(&str)) -> io::Result<()> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() <= self.read {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut piece = Vec::new();
        file.take(PIECE).read_to_end(&mut piece)?;
        self.read += piece.len() as u64;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() < LONGEST_LINE {
                self.line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                hear(&String::from_utf8_lossy(&line));
            }
        }
        Ok(())
    }
}

/// The files of lines below a folder, so many folders deep.
pub(super) fn files(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 1 => found.extend(files(&path, depth - 1)),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|ext| ext == "jsonl") => {
                found.push(path);
            }
            _ => {}
        }
    }
    found
}

/// Waits for the work, looks every now and then meanwhile, and once more at its end.
pub(super) async fn looking_on<T>(work: impl Future<Output = T>, mut look: impl FnMut()) -> T {
    let mut work = pin!(work);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            done = &mut work => {
                look();
                return done;
            }
            _ = looks.tick() => look(),
        }
    }
}
