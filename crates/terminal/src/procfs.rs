//! Processes as `/proc` shows them.

use std::{fs, time::Duration};

/// Clock ticks of `/proc` in a second: the kernel's interface has fixed it.
const TICKS: u64 = 100;

/// A process, at the moment it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// One letter, such as `R`, `S`, `T` or `Z`.
    state: char,
    /// Its own time on processors and that of its ended children.
    own: Duration,
    children: Duration,
    start_ticks: u64,
}

impl Process {
    /// One process, if there is one.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The command's name may hold anything, but it is closed by the last bracket.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let small = |at: usize| fields.get(at)?.parse::<i32>().ok();
        let time = |at: usize| Some(Duration::from_millis(number(at)? * (1000 / TICKS)));
        Some(Self {
            pid,
            state: fields.first()?.chars().next()?,
            parent: small(1)?,
            group: small(2)?,
            own: time(11)? + time(12)?,
            children: time(13)? + time(14)?,
            start_ticks: number(19)?,
        })
    }

    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(Self::of)
            .collect()
    }

    /// Whether it has not ended. One whose parent has not noticed its end yet has: the parent may
    /// never.
    pub(crate) const fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    /// Whether it has ended and waits for its parent.
    pub(crate) const fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z')
    }

    /// Whether a signal holds it.
    pub(crate) const fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }

    /// Its time on processors with that of its ended children.
    pub(crate) fn cpu(&self) -> Duration {
        self.own + self.children
    }

    /// The time of its ended children alone.
    pub(crate) const fn cpu_of_children(&self) -> Duration {
        self.children
    }
}

/// When a process started, in clock ticks since boot: with the pid, it names one process for ever.
#[must_use]
pub fn start_ticks(pid: i32) -> Option<u64> {
    Process::of(pid).map(|process| process.start_ticks)
}

/// All that descend from `root`, without itself.
pub(crate) fn descendants(all: &[Process], root: i32) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for child in all.iter().filter(|process| process.parent == parent) {
            if !found.iter().any(|known| known.pid == child.pid) {
                found.push(*child);
                parents.push(child.pid);
            }
        }
    }
    found
}
