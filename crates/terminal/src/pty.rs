//! A pseudo-terminal, from the side that holds it: what programs print on it, what is typed into
//! it, and its size. What any of it means is not known here.

use std::io;

use baton_domain::TerminalSize;
use bytes::Bytes;
use futures::FutureExt;
use nix::sys::termios::{LocalFlags, tcgetattr};
use pty_process::{Pts, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    /// So many bytes of what waits to be typed are typed.
    Typed(usize),
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

    /// Whether it shows what is typed. Programs that ask for a password, and those that draw what
    /// is typed themselves, switch that off.
    pub(crate) fn echoes(&self) -> bool {
        // One that cannot be asked is taken for one that hides.
        tcgetattr(&self.master)
            .is_ok_and(|settings| settings.local_flags.contains(LocalFlags::ECHO))
    }

    /// Types as much as fits at this moment; how much that was, in bytes.
    pub(crate) fn type_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.master.write(bytes).now_or_never().unwrap_or(Ok(0))
    }

    /// The next that happens: something is printed, unless that `waits`, or some of `typed` is
    /// typed.
    pub(crate) async fn next(&mut self, waits: Waits, typed: &[u8]) -> Moved {
        let (mut reader, mut writer) = self.master.split();
        let read = tokio::select! {
            read = reader.read(&mut self.buffer), if waits == Waits::ForNothing => read,
            written = writer.write(typed), if !typed.is_empty() => {
                return written.map_or(Moved::Closed, Moved::Typed);
            }
            else => std::future::pending().await,
        };
        let Some(filled) = read.ok().filter(|n| *n > 0) else {
            return Moved::Closed;
        };
        // The kernel gives 4 KiB at most at a time; what is there already is taken along.
        let filled = self.fill(filled);
        Moved::Printed(Bytes::copy_from_slice(&self.buffer[..filled]))
    }

    /// What there is to read at this moment.
    pub(crate) fn read_now(&mut self) -> Vec<u8> {
        let filled = self.fill(0);
        self.buffer[..filled].to_vec()
    }

    fn fill(&mut self, mut filled: usize) -> usize {
        while filled < CHUNK {
            let read = self.master.read(&mut self.buffer[filled..]).now_or_never();
            match read {
                Some(Ok(more)) if more > 0 => filled += more,
                _ => break,
            }
        }
        filled
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
