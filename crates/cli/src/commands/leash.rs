//! `baton leash`: a program that ends when nobody vouches for it any more. Workers push under it, so
//! that a push ends with their lease even when they are killed, stopped or cut off meanwhile.

use std::{
    fs, io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::{getpgrp, getpid},
};
use tokio::{
    process::Command,
    time::{Instant, interval},
};

use crate::{args::LeashArgs, exit::Exit};

const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn run(args: LeashArgs) -> anyhow::Result<Exit> {
    if getpgrp() != getpid() {
        bail!("`baton leash` ends its whole process group: workers start it as the leader of one");
    }
    let Some((program, arguments)) = args.program.split_first() else {
        bail!("no program is named");
    };
    let mut voucher = Voucher::new(args.file, Duration::from_secs(args.seconds.into()));
    let mut child = Command::new(program)
        .args(arguments)
        .spawn()
        .with_context(|| format!("failed to start {}", Path::new(program).display()))?;
    let mut looks = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(Exit::As(code(ended?))),
            _ = looks.tick() => {
                if voucher.is_silent() {
                    end_all()?;
                }
            }
        }
    }
}

/// Ends the program with all that it has started, and this process with them.
fn end_all() -> io::Result<()> {
    Ok(killpg(getpgrp(), Signal::SIGKILL)?)
}

/// A shell's number for it.
fn code(status: ExitStatus) -> u8 {
    let number = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    number.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Somebody who writes a file to say that all is well. Only whether it was written again is looked
/// at; how long ago is timed here.
struct Voucher {
    file: PathBuf,
    limit: Duration,
    seen: Option<SystemTime>,
    since: Instant,
}

impl Voucher {
    fn new(file: PathBuf, limit: Duration) -> Self {
        let seen = written_at(&file);
        Self {
            file,
            limit,
            seen,
            since: Instant::now(),
        }
    }

    fn is_silent(&mut self) -> bool {
        let seen = written_at(&self.file);
        if seen.is_some() && seen != self.seen {
            self.seen = seen;
            self.since = Instant::now();
        }
        self.since.elapsed() >= self.limit
    }
}

fn written_at(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}
