//! All processes that an agent has started, however they are known: as descendants of its host, as
//! its process group, by the control group, and by the mark in their environment.

use std::{collections::BTreeSet, time::Duration};

use baton_domain::{EndStep, PauseMethod};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use crate::{
    cgroup::Cgroup,
    mark::Mark,
    procfs::{self, Process},
};

/// How long programs may take to end when they are told to.
const GRACE: Duration = Duration::from_secs(5);
/// How long killed ones may take to be gone.
const KILLED_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// How an agent's processes are found. The process that looks is never one of them.
#[derive(Debug, Clone, Default)]
pub struct Family {
    /// The process group, if its leader is known to be ours.
    pub group: Option<i32>,
    /// What the others carry, if they carry one.
    pub mark: Option<Mark>,
    /// The process that all descend from: their host, which adopts those that lose their parent.
    pub root: Option<i32>,
    /// The control group, if there is one.
    pub cgroup: Option<Cgroup>,
    /// A process that is not held still with the others, nor what it has started: an operator's
    /// shell.
    pub never_held: Option<i32>,
}

/// Whether processes could be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Gone {
    /// None is left.
    All,
    /// Some cannot be killed, such as one that waits for a dead disk.
    NotAll,
}

impl Family {
    /// Asks all to end, and kills what is still there after five seconds; tells each step.
    pub async fn end(&self, mut told: impl FnMut(EndStep)) -> Gone {
        if self.is_alive() {
            self.signal(Signal::SIGTERM);
            self.go_on();
            told(EndStep::Terminated);
        }
        let deadline = Instant::now() + GRACE;
        while self.is_alive() {
            if Instant::now() >= deadline {
                told(EndStep::Killed);
                let gone = self.kill().await;
                if gone == Gone::All {
                    told(EndStep::Gone);
                }
                return gone;
            }
            sleep(POLL).await;
        }
        told(EndStep::Gone);
        Gone::All
    }

    /// Kills all at once. What is killed may have had children in the making, so it is looked for
    /// again.
    pub async fn kill(&self) -> Gone {
        let deadline = Instant::now() + KILLED_WITHIN;
        while self.is_alive() {
            if let Some(cgroup) = &self.cgroup {
                cgroup.kill();
            }
            self.signal(Signal::SIGKILL);
            if Instant::now() >= deadline {
                return Gone::NotAll;
            }
            sleep(POLL).await;
        }
        Gone::All
    }

    /// By what means it would be held still.
    pub(crate) const fn freeze_method(&self) -> PauseMethod {
        match self.cgroup {
            Some(_) => PauseMethod::Cgroup,
            None => PauseMethod::Signal,
        }
    }

    /// Holds all still: by the control group, else by SIGSTOP, again until none is missed; by
    /// which means.
    pub async fn freeze(&self) -> PauseMethod {
        if let Some(cgroup) = &self.cgroup
            && cgroup.freeze().is_ok()
        {
            let deadline = Instant::now() + GRACE;
            while !cgroup.is_frozen() && Instant::now() < deadline {
                sleep(POLL).await;
            }
            return PauseMethod::Cgroup;
        }
        let deadline = Instant::now() + GRACE;
        while self.to_hold().iter().any(|process| !process.is_stopped()) {
            for process in self.to_hold() {
                // Gone already is as good.
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGSTOP);
            }
            if Instant::now() >= deadline {
                break;
            }
            sleep(POLL).await;
        }
        PauseMethod::Signal
    }

    /// Lets them go on.
    pub fn go_on(&self) {
        if let Some(cgroup) = &self.cgroup {
            // One that was not frozen is as good.
            let _ = cgroup.thaw();
        }
        self.signal(Signal::SIGCONT);
    }

    /// Sends a signal to all.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // Gone already is as good.
            let _ = killpg(Pid::from_raw(group), signal);
        }
        for process in self.processes() {
            let _ = kill(Pid::from_raw(process.pid), signal);
        }
    }

    /// Whether any of them is there.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.processes().is_empty()
    }

    /// The time that all of them have spent on processors, those that have ended too, as far as
    /// their root is known.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        let ended = self
            .root
            .and_then(Process::of)
            .map_or(Duration::ZERO, |root| root.cpu_of_children());
        self.processes()
            .iter()
            .map(Process::cpu)
            .fold(ended, |sum, one| sum + one)
    }

    fn to_hold(&self) -> Vec<Process> {
        let free = self.never_held.map(|free| {
            let mut pids = vec![free];
            let below = procfs::descendants(&Process::all(), free);
            pids.extend(below.iter().map(|process| process.pid));
            pids
        });
        let free = free.unwrap_or_default();
        self.processes()
            .into_iter()
            .filter(|process| !free.contains(&process.pid))
            .collect()
    }

    fn processes(&self) -> Vec<Process> {
        let all = Process::all();
        let root = self.root.map(|root| procfs::descendants(&all, root));
        let below: BTreeSet<i32> = root.iter().flatten().map(|process| process.pid).collect();
        let grouped: BTreeSet<i32> = self.cgroup.iter().flat_map(Cgroup::members).collect();
        let own = i32::try_from(std::process::id()).ok();
        all.into_iter()
            .filter(|process| process.is_alive() && Some(process.pid) != own)
            .filter(|process| {
                below.contains(&process.pid)
                    || grouped.contains(&process.pid)
                    || self.group == Some(process.group)
                    || self
                        .mark
                        .as_ref()
                        .is_some_and(|mark| mark.is_on(process.pid))
            })
            .collect()
    }
}
