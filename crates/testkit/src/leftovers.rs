//! Finding what a process has left behind, by a mark in the environment that children inherit:
//! neither a new session nor a new parent hides it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};

/// A process that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) pid: u32,
    /// Its command line, for the failing test's message.
    command: String,
}

/// The running processes whose environment says `name=value`. Ended ones that nobody has reaped
/// have no environment any more and do not count.
pub(crate) fn marked(name: &str, value: &str) -> Vec<Leftover> {
    let wanted = format!("{name}={value}");
    let entries = fs::read_dir("/proc").expect("/proc can be read");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| has(*pid, wanted.as_bytes()))
        .map(|pid| Leftover {
            pid,
            command: command_of(pid),
        })
        .collect()
}

/// In the moment in which a process becomes another program its environment cannot be read: it is
/// gone only when it is not seen this often in a row.
const LOOKS: u32 = 3;

/// Kills the marked processes and waits until they are gone; whether they are.
pub(crate) fn kill(name: &str, value: &str, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    let mut unseen = 0;
    while unseen < LOOKS {
        let left = marked(name, value);
        unseen = if left.is_empty() { unseen + 1 } else { 0 };
        if !left.is_empty() && Instant::now() > deadline {
            return false;
        }
        for process in left {
            send(process.pid, Signal::SIGKILL);
        }
        // Called by `drop`, where nothing can be awaited.
        thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Sends a signal to a process that has just been seen; one that has ended meanwhile is no error.
pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("linux pids fit into 22 bits"));
    let _ = signal::kill(pid, signal);
}

fn has(pid: u32, wanted: &[u8]) -> bool {
    // Other users' processes cannot be read, and are not ours.
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|entry| entry == wanted))
}

fn command_of(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .replace('\0', " ")
        .trim()
        .to_owned()
}
