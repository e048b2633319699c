//! The recording of an agent's terminal among the run's artifacts, made of its host's journal once
//! the agent has ended.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use baton_terminal::{Recorded, journal_in, recording};

/// Its name in the attempt's record.
pub(crate) const NAME: &str = "recording/agent.cast";

/// Writes it into the record, at most `limit` bytes of whole lines; whether that was all.
///
/// # Errors
/// When the journal cannot be read, or the file not be written.
pub(crate) async fn record(
    host: PathBuf,
    record: PathBuf,
    of: Recorded,
    limit: u64,
) -> io::Result<bool> {
    let written = tokio::task::spawn_blocking(move || write(&host, &record.join(NAME), of, limit));
    written.await.map_err(io::Error::other)?
}

fn write(host: &Path, to: &Path, of: Recorded, limit: u64) -> io::Result<bool> {
    std::fs::create_dir_all(to.parent().unwrap_or(to))?;
    let mut out = Lines {
        file: BufWriter::new(File::create(to)?),
        left: limit,
        cut: false,
    };
    recording(&journal_in(host), of, &mut out)?;
    out.file.flush()?;
    Ok(!out.cut)
}

/// Takes lines, each written at once, for as long as they fit.
struct Lines {
    file: BufWriter<File>,
    left: u64,
    cut: bool,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = line.len() as u64;
        self.cut |= length > self.left;
        if !self.cut {
            self.left -= length;
            self.file.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
