//! A pseudo-terminal, from the side that holds it: what programs print on it, what is typed into
//! it, and its size. What any of it means is not known here.

use std::io;

use baton_domain::TerminalSize;
use bytes::Bytes;
use futures::FutureExt;
use pty_process::{Pts, Size};
use tokio::io::AsyncReadExt;

/// The most that is read at once, in bytes.
const CHUNK: usize = 32 << 10;

/// The holder's side.
pub(crate) struct Pty {
    master: pty_process::Pty,
    buffer: Vec<u8>,
}

/// What happened at a pseudo-terminal.
#[derive(Debug)]
pub(crate) enum Moved {
    /// Programs printed this.
    Printed(Bytes),
    /// No program holds it any more.
    Closed,
}

impl Pty {
    /// A new one, and the side that a program gets.
    pub(crate) fn open(size: TerminalSize) -> io::Result<(Self, Pts)> {
        let (master, pts) = pty_process::open().map_err(io_error)?;
        let pty = Self {
            master,
            buffer: vec![0; CHUNK],
        };
        pty.resize(size)?;
        Ok((pty, pts))
    }

    /// Gives it a size; its programs are told if it is another.
    pub(crate) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        let size = Size::new(size.rows(), size.cols());
        self.master.resize(size).map_err(io_error)
    }

    /// The next that happens, unless what is printed has to wait.
    pub(crate) async fn next(&mut self, waits: Waits) -> Moved {
        if waits == Waits::ForTheReader {
            return std::future::pending().await;
        }
        let read = self.master.read(&mut self.buffer).await;
        let Some(mut filled) = read.ok().filter(|n| *n > 0) else {
            return Moved::Closed;
        };
        // The kernel gives 4 KiB at most at a time; what is there already is taken along.
        while let Some(Some(Ok(more))) =
            (filled < CHUNK).then(|| self.master.read(&mut self.buffer[filled..]).now_or_never())
            && more > 0
        {
            filled += more;
        }
        Moved::Printed(Bytes::copy_from_slice(&self.buffer[..filled]))
    }
}

/// Whether what is printed is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// It is.
    ForNothing,
    /// It is not: whoever reads the journal is too far behind, and programs have to wait.
    ForTheReader,
}

/// What the system says.
pub(crate) fn io_error(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(errno) => errno.into(),
        other => io::Error::other(other),
    }
}
