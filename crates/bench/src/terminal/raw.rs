//! A terminal of this process, without Baton.

use std::{
    fs::File,
    io::{BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::pty::openpty;

use crate::BenchError;

/// A program in a terminal.
struct Terminal {
    child: Child,
    master: File,
}

impl Terminal {
    fn run(script: &str) -> Result<Self, BenchError> {
        let pty = openpty(None, None).map_err(std::io::Error::from)?;
        let slave = File::from(pty.slave);
        let child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave.try_clone()?))
            .stderr(Stdio::from(slave))
            .spawn()?;
        Ok(Self {
            child,
            master: File::from(pty.master),
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The times from a key to its echo.
pub(super) async fn echoes(n: u32) -> Result<Vec<Duration>, BenchError> {
    aside(move || {
        let mut terminal = Terminal::run("stty raw -echo; printf r; exec cat")?;
        let mut byte = [0];
        terminal.master.read_exact(&mut byte)?;
        let mut times = Vec::new();
        for _ in 0..n {
            let begun = Instant::now();
            terminal.master.write_all(b"x")?;
            terminal.master.read_exact(&mut byte)?;
            times.push(begun.elapsed());
        }
        Ok(times)
    })
    .await
}

/// How long a script says that it took, in nanoseconds behind `TOOK`, when somebody only reads.
pub(super) async fn flood(script: String) -> Result<Duration, BenchError> {
    aside(move || {
        let mut terminal = Terminal::run(&script)?;
        terminal.master.write_all(b"go\n")?;
        let mut reader = BufReader::with_capacity(64 << 10, terminal.master.try_clone()?);
        let mut end = Vec::new();
        let mut some = vec![0; 64 << 10];
        loop {
            let n = reader.read(&mut some)?;
            end.extend_from_slice(&some[..n]);
            let text = String::from_utf8_lossy(&end);
            let took = text
                .rsplit_once("TOOK ")
                .and_then(|(_, rest)| rest.split_once(';'));
            if let Some(Ok(took)) = took.map(|(nanos, _)| nanos.parse()) {
                return Ok(Duration::from_nanos(took));
            }
            end.drain(..end.len().saturating_sub(64));
        }
    })
    .await
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BenchError> + Send + 'static,
) -> Result<T, BenchError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| BenchError::Ended("raw terminal"))?
}
