//! Agents that count aloud until they are let go, and tell the test who and how far they are:
//! `command` runs whose every line, process and attempt can be checked afterwards.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, interval};

use super::{Stack, id};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const SAY_SO: &str = "done";

/// The agents' common folder: what they write is read here, and a file in it lets them go.
pub(crate) struct Counters {
    folder: TempDir,
    /// Between two numbers, in seconds, as `sleep` takes it.
    pause: &'static str,
}

impl Counters {
    pub(crate) fn new(pause: &'static str) -> Self {
        let folder = TempDir::new().expect("a folder for the counters");
        Self { folder, pause }
    }

    /// A run that counts.
    pub(crate) fn job(&self) -> Value {
        let (folder, pause) = (self.folder.path().display(), self.pause);
        let script = format!(
            "me={folder}/$BATON_RUN_ID.$BATON_ATTEMPT; echo $$ >> $me.pid; i=0; \
             until [ -e {folder}/go ]; do i=$((i+1)); echo $i; echo $i >> $me.count; sleep {pause}; done; \
             echo {SAY_SO}"
        );
        json!({"type": "command", "task": {"argv": ["sh", "-c", script]}})
    }

    /// Submits so many of them, and waits until each has begun to count.
    pub(crate) async fn begin(&self, stack: &Stack, runs: usize) -> Vec<String> {
        let body = self.job();
        let submitted = stream::iter(0..runs)
            .map(|_| stack.client.submit(&body))
            .buffer_unordered(8);
        let runs: Vec<String> = submitted.map(|run| id(&run)).collect().await;
        self.all_reach(&runs, 1, 1).await;
        runs
    }

    /// Waits until every run has counted so far in this attempt.
    pub(crate) async fn all_reach(&self, runs: &[String], attempt: u32, count: u64) {
        let reached = |run: &String| self.count(run, attempt) >= count;
        self.all(runs, "count", reached).await;
    }

    /// Waits until every run has counted this much further in its first attempt.
    pub(crate) async fn all_go_on(&self, runs: &[String], further: u64) {
        let before: BTreeMap<&String, u64> =
            runs.iter().map(|run| (run, self.count(run, 1))).collect();
        let goes_on = |run: &String| self.count(run, 1) >= before[run] + further;
        self.all(runs, "go on", goes_on).await;
    }

    /// Waits until every run has counted this far in some attempt, or this much further in the
    /// one that it is in.
    pub(crate) async fn the_last_of_each_goes_on(&self, runs: &[String], further: u64) {
        let last = |run: &str| {
            let begun = (1..).take_while(|attempt| !self.pids(run, *attempt).is_empty());
            begun.last().unwrap_or(1)
        };
        let before: BTreeMap<&String, (u32, u64)> = runs
            .iter()
            .map(|run| (run, (last(run), self.count(run, last(run)))))
            .collect();
        let goes_on = |run: &String| {
            let (attempt, count) = before[run];
            let now = last(run);
            let from = if now == attempt { count } else { 0 };
            self.count(run, now) >= from + further
        };
        self.all(runs, "go on", goes_on).await;
    }

    /// Waits until no process of this attempt is left.
    pub(crate) async fn all_are_gone(&self, runs: &[String], attempt: u32) {
        let gone = |run: &String| self.pids(run, attempt).iter().all(|pid| !alive(*pid, run));
        self.all(runs, "end", gone).await;
    }

    /// Lets all of them end.
    pub(crate) fn let_go(&self) {
        fs::write(self.folder.path().join("go"), "").expect("a file that lets go");
    }

    /// The processes that have counted for this attempt: one, unless it was begun twice.
    pub(crate) fn pids(&self, run: &str, attempt: u32) -> Vec<u32> {
        let text = fs::read_to_string(self.file(run, attempt, "pid")).unwrap_or_default();
        text.lines().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// How far the attempt has counted. It adds lines, since a file that is written anew is empty
    /// for a moment, in which it may be read, or its writer be held still.
    pub(crate) fn count(&self, run: &str, attempt: u32) -> u64 {
        let text = fs::read_to_string(self.file(run, attempt, "count")).unwrap_or_default();
        text.lines().count() as u64
    }

    /// What a log holds whose agent counted and was let go: every number once, in order.
    pub(crate) fn assert_whole(log: &str) {
        let mut lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.pop(), Some(SAY_SO), "the log ends as it should");
        let numbers: Vec<u64> = lines.iter().filter_map(|line| line.parse().ok()).collect();
        let all: Vec<u64> = (1..=lines.len() as u64).collect();
        assert_eq!(numbers, all, "the log has every line once, in order");
    }

    async fn all(&self, runs: &[String], deed: &str, wished: impl Fn(&String) -> bool) {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + PATIENCE;
        loop {
            poll.tick().await;
            let Some(behind) = runs.iter().find(|run| !wished(run)) else {
                return;
            };
            assert!(Instant::now() < deadline, "run {behind} did not {deed}");
        }
    }

    fn file(&self, run: &str, attempt: u32, kind: &str) -> PathBuf {
        self.folder.path().join(format!("{run}.{attempt}.{kind}"))
    }
}

/// Whether the process still works for the run. One that has ended has no environment, and its id
/// may be somebody else's by now.
pub(crate) fn alive(pid: u32, run: &str) -> bool {
    let wanted = format!("BATON_RUN_ID={run}");
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|bytes| {
        bytes
            .split(|byte| *byte == 0)
            .any(|entry| entry == wanted.as_bytes())
    })
}

/// Every process that bears the run's mark: its agent with all that it has started, and its git.
pub(crate) fn marked_as_of(run: &str) -> Vec<u32> {
    pids().filter(|pid| alive(*pid, run)).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("/proc can be read").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Every process that works for the run: its agent with all that it has started, and its git,
/// which is known by where it works.
pub(crate) fn processes_of(run: &str) -> Vec<u32> {
    pids()
        .filter(|pid| alive(*pid, run) || works_in_folder_of(*pid, run))
        .collect()
}

/// Waits until nothing works for the run any more.
pub(crate) async fn none_works_for(run: &str) {
    let mut poll = interval(POLL);
    let deadline = Instant::now() + PATIENCE;
    loop {
        poll.tick().await;
        let left = processes_of(run);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{left:?} work for {run}");
    }
}

fn works_in_folder_of(pid: u32, run: &str) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let folder = fs::read_link(process.join("cwd")).unwrap_or_default();
    let line = fs::read(process.join("cmdline")).unwrap_or_default();
    folder.to_string_lossy().contains(run) || String::from_utf8_lossy(&line).contains(run)
}
