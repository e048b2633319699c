//! All processes that an attempt has started: its group, and whatever carries its mark in the
//! environment, since agents give their commands sessions of their own.

use std::{fs, time::Duration};

use baton_domain::{Attempt, RunId};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

/// How long programs may take to end when they are asked to.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// The variables by which an attempt's processes are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
}

impl Mark {
    /// Name and value of each variable.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("BATON_RUN_ID", self.run.to_string()),
            ("BATON_ATTEMPT", self.attempt.to_string()),
        ]
    }

    /// Whether a running process has these variables. Another user's cannot be read, and is none
    /// of ours.
    fn is_on(&self, pid: i32) -> bool {
        let Ok(bytes) = fs::read(format!("/proc/{pid}/environ")) else {
            return false;
        };
        self.variables().iter().all(|(name, value)| {
            let wanted = format!("{name}={value}");
            bytes
                .split(|byte| *byte == 0)
                .any(|entry| entry == wanted.as_bytes())
        })
    }
}

/// An attempt's processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Family {
    /// The process group, if its leader is known to be ours.
    pub(crate) group: Option<i32>,
    /// What the others carry, if they carry one.
    pub(crate) mark: Option<Mark>,
}

impl Family {
    /// Asks all to end, and kills what is still there after five seconds.
    pub(crate) async fn end(&self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + GRACE;
        while self.is_alive() {
            if Instant::now() >= deadline {
                self.signal(Signal::SIGKILL);
                return self.wait_killed().await;
            }
            sleep(POLL).await;
        }
    }

    /// Kills all at once.
    pub(crate) async fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.wait_killed().await;
    }

    /// What is killed may have had children in the making, so it is looked for again.
    async fn wait_killed(&self) {
        let deadline = Instant::now() + GRACE;
        while self.is_alive() && Instant::now() < deadline {
            sleep(POLL).await;
            self.signal(Signal::SIGKILL);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // Gone already is as good.
            let _ = killpg(Pid::from_raw(group), signal);
        }
        for pid in self.members() {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    fn is_alive(&self) -> bool {
        !self.members().is_empty()
    }

    fn members(&self) -> Vec<i32> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| self.has(*pid))
            .collect()
    }

    /// Ended processes whose parent has not noticed yet do not count: it may never.
    fn has(&self, pid: i32) -> bool {
        let Some(fields) = stat_fields(pid) else {
            return false;
        };
        let has_ended = fields.first().is_none_or(|state| "ZX".contains(state));
        let group = fields.get(2).and_then(|group| group.parse().ok());
        !has_ended
            && ((group.is_some() && group == self.group)
                || self.mark.is_some_and(|mark| mark.is_on(pid)))
    }
}

/// When a process started, in clock ticks since boot: with the pid, it names one process for ever.
pub(crate) fn start_ticks(pid: i32) -> Option<u64> {
    stat_fields(pid)?.get(19)?.parse().ok()
}

/// The fields of `/proc/<pid>/stat` after the command's name, which may hold anything.
fn stat_fields(pid: i32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
