//! Starting the server over a cluster and seeing that it is ready.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use nix::sys::signal::Signal;

use super::{Durability, PROGRAM, Place};
use crate::{
    Error, Result,
    child::{Child, leashed, tail},
    port,
};

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);
const PORT_TRIES: u32 = 5;
/// How long backends of a killed server may take to notice; until then their memory bars the next.
const BACKENDS_WITHIN: Duration = Duration::from_secs(5);

const EVERYWHERE: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "logging_collector=off",
    // English, because we read it.
    "lc_messages=C",
];
const SCRATCH: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    // The small WAL files of a scratch cluster would make this 64 MB.
    "max_wal_size=1GB",
];

/// Starts on `port`, or on a free one when there is none.
pub(super) async fn on_some_port(
    place: &Place,
    durability: Durability,
    port: Option<u16>,
) -> Result<(Child, u16)> {
    if let Some(port) = port {
        return Ok((on_port(place, durability, port).await?, port));
    }
    let mut tries = PORT_TRIES;
    loop {
        let port = port::free_port();
        match on_port(place, durability, port).await {
            Ok(child) => return Ok((child, port)),
            Err(error) if error.is_port_taken() && tries > 1 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// Starts on `port` and waits until the server takes connections. A server that was killed just
/// now may have left backends behind that are still ending: it is tried again until they have.
pub(super) async fn on_port(place: &Place, durability: Durability, port: u16) -> Result<Child> {
    let mut poll = tokio::time::interval(POLL);
    let patience = tokio::time::Instant::now() + BACKENDS_WITHIN;
    loop {
        poll.tick().await;
        match once(place, durability, port).await {
            Err(Error::Ended { log, .. })
                if log.contains("pre-existing shared memory block")
                    && tokio::time::Instant::now() < patience => {}
            result => return result,
        }
    }
}

async fn once(place: &Place, durability: Durability, port: u16) -> Result<Child> {
    let log = place.log();
    // A fresh log per start, so that an error shows this start's words.
    fs::write(&log, "").map_err(Error::file("write", &log))?;
    let data = place.data();
    let data = data.canonicalize().map_err(Error::file("resolve", &data))?;
    let last_words = match durability {
        Durability::Kept => Signal::SIGINT,
        Durability::Scratch => Signal::SIGQUIT,
    };
    let mut command = leashed(&place.binaries.postgres, last_words);
    command.current_dir("/").arg("-D").arg(&data);
    command.args(["-p", &port.to_string()]);
    settings(&mut command, EVERYWHERE);
    if durability == Durability::Scratch {
        settings(&mut command, SCRATCH);
    }
    if let Some(other) = place.runs_as {
        other.wear(&mut command);
    }
    let child = Child::spawn(PROGRAM, command, &log, last_words)?;
    let sign = data.join("postmaster.pid");
    match tokio::time::timeout(READY_WITHIN, until_ready(place, &child, sign)).await {
        Ok(Ok(())) => Ok(child),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Slow {
            program: PROGRAM,
            seconds: READY_WITHIN.as_secs(),
            log: tail(&log),
        }),
    }
}

fn settings(command: &mut Command, settings: &[&str]) {
    for setting in settings {
        command.args(["-c", setting]);
    }
}

async fn until_ready(place: &Place, child: &Child, sign: PathBuf) -> Result<()> {
    let mut poll = tokio::time::interval(POLL);
    while !is_ready(&fs::read_to_string(&sign).unwrap_or_default(), child.pid()) {
        if let Some(status) = child.status() {
            return Err(Error::Ended {
                program: PROGRAM,
                status: status.to_string(),
                log: tail(&place.log()),
            });
        }
        poll.tick().await;
    }
    Ok(())
}

/// Whether `postmaster.pid` says that the server with this id takes connections: the process id
/// is its first line, the status its eighth.
fn is_ready(sign: &str, pid: u32) -> bool {
    let mut lines = sign.lines();
    let own = lines.next() == Some(pid.to_string().as_str());
    own && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

/// The processes that a server has started for its connections and chores.
pub(super) struct Backends(Vec<String>);

impl Backends {
    pub(super) fn of(server: u32) -> Self {
        let listed = fs::read_to_string(format!("/proc/{server}/task/{server}/children"));
        let listed = listed.unwrap_or_default();
        Self(listed.split_whitespace().map(str::to_owned).collect())
    }

    /// Waits until all have ended, but not for ever: the next start waits for them too.
    pub(super) async fn gone(mut self) {
        let mut poll = tokio::time::interval(POLL);
        let patience = tokio::time::Instant::now() + BACKENDS_WITHIN;
        while !self.0.is_empty() && tokio::time::Instant::now() < patience {
            poll.tick().await;
            self.0.retain(|pid| is_alive(pid));
        }
    }
}

/// A zombie, which nobody may ever reap in a container without an init, counts as ended.
fn is_alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat.rsplit(") ").next().unwrap_or_default();
        !state.starts_with('Z')
    })
}

#[cfg(test)]
mod tests {
    use super::is_ready;

    #[test]
    fn only_the_own_process_with_status_ready_counts() {
        let sign = |status: &str| {
            format!("42\n/data\n1700000000\n5432\n\n127.0.0.1\n  123 456\n{status}\n")
        };
        assert!(is_ready(&sign("ready   "), 42));
        assert!(!is_ready(&sign("ready   "), 43));
        assert!(!is_ready(&sign("starting"), 42));
        assert!(!is_ready("42\n/data\n", 42));
        assert!(!is_ready("", 42));
    }
}
