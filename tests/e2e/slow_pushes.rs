//! A worker is lost in the middle of a push that takes its time: the push ends with the lease, so
//! that nothing of the lost attempt reaches the remote afterwards.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, slice, time::Duration};

use baton_testkit::{Signal, git::SampleRepository};
use serde_json::json;
use tokio::time::{Instant, interval};

use crate::stack::{Counters, Plan, Stack, id};

/// A git whose push begins when it is let go; everything else is the real one's at once.
struct SlowGit {
    folder: PathBuf,
}

impl SlowGit {
    fn in_folder(folder: PathBuf) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let real = std::env::split_paths(&path)
            .map(|folder| folder.join("git"))
            .find(|file| file.exists())
            .expect("git is on PATH");
        let (real, at) = (real.display(), folder.display());
        // Named by nothing that Baton could know it by: not its run, not its worker.
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *\" push \"*)\n\
             echo $$ > {at}/pid.new; mv {at}/pid.new {at}/pid\n\
             until [ -e {at}/go ]; do sleep 0.05; done;;\nesac\nexec {real} \"$@\"\n"
        );
        fs::create_dir_all(&folder).expect("a folder");
        let program = folder.join("git");
        fs::write(&program, script).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may be run");
        Self { folder }
    }

    /// What has a worker find this git first.
    fn path(&self) -> String {
        let path = std::env::var_os("PATH").expect("a PATH");
        format!("{}:{}", self.folder.display(), path.display())
    }

    fn push_began(&self) -> PathBuf {
        self.folder.join("pid")
    }

    fn let_go(&self) {
        fs::write(self.folder.join("go"), "").expect("a file that lets go");
    }

    /// The process of the push that began last.
    fn pusher(&self) -> String {
        let pid = fs::read_to_string(self.push_began()).expect("the push's process");
        pid.trim().to_owned()
    }

    /// Waits until another push begins.
    async fn pushes_again(&self, pusher: &str) {
        let mut poll = interval(Duration::from_millis(20));
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.pusher() == pusher {
            assert!(Instant::now() < deadline, "no other push began");
            poll.tick().await;
        }
    }

    /// Waits until this push has ended, one way or the other.
    async fn push_ended(&self, push: &Push) {
        let mut poll = interval(Duration::from_millis(20));
        let deadline = Instant::now() + Duration::from_secs(60);
        while push.is_going_on() {
            assert!(Instant::now() < deadline, "the push did not end");
            poll.tick().await;
        }
    }
}

/// A push that has begun. Its process id may be another's as soon as it has ended.
struct Push {
    pid: String,
    /// When its process was started, in the kernel's own unit.
    started: String,
}

impl Push {
    /// The one that waits to be let go.
    fn waiting(git: &SlowGit) -> Self {
        let pid = git.pusher();
        let started = Self::state_and_start(&pid).expect("it waits").1;
        Self { pid, started }
    }

    fn is_going_on(&self) -> bool {
        let now = Self::state_and_start(&self.pid);
        now.is_some_and(|(state, started)| state != "Z" && started == self.started)
    }

    fn state_and_start(pid: &str) -> Option<(String, String)> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        Some((fields[0].to_owned(), fields[19].to_owned()))
    }
}

async fn a_push_ends_with_its_lease(signal: Signal) {
    let mut stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let repository = SampleRepository::new();
    let slow = SlowGit::in_folder(stack.folder().join("slow-git"));
    stack.hire("worker-1", 1, &[("PATH", slow.path())]).await;
    let counters = Counters::new("0.1");
    let count = counters.job()["task"]["argv"][2]
        .as_str()
        .map(str::to_owned);
    let script = format!(
        "echo attempt $BATON_ATTEMPT > DONE.md; [ $BATON_ATTEMPT = 1 ] && exit; {}",
        count.expect("a script")
    );
    let run = stack
        .client
        .submit(&json!({
            "type": "command", "repository": repository.url(),
            "task": {"argv": ["sh", "-c", script], "publish": {"mode": "branch"}},
        }))
        .await;
    let run = id(&run);
    stack.wait_for_file(&slow.push_began()).await;
    let push = Push::waiting(&slow);

    let mut lost = stack.workers.remove(0);
    lost.signal(signal);
    stack.hire("worker-2", 1, &[]).await;
    counters.all_reach(slice::from_ref(&run), 2, 1).await;
    slow.let_go();
    slow.push_ended(&push).await;
    assert_eq!(
        repository.branches(),
        ["main"],
        "the lost attempt's push reached the remote after its lease"
    );

    counters.let_go();
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let branch = ended["result"]["branch"].as_str().expect("a branch");
    let pushed = repository.file(branch, "DONE.md");
    assert_eq!(pushed.as_deref(), Some("attempt 2"));
    if signal == Signal::SIGSTOP {
        lost.signal(Signal::SIGCONT);
        lost.stop().await;
    }
    stack.stop().await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn the_push_of_a_killed_worker_ends_before_the_run_is_anothers() {
    a_push_ends_with_its_lease(Signal::SIGKILL).await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn the_push_of_a_stopped_worker_ends_before_the_run_is_anothers() {
    a_push_ends_with_its_lease(Signal::SIGSTOP).await;
}

// W-06 W-11: who cannot be told whether the run is still its own does not push, and goes on when it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_in_a_broker_outage_is_begun_again_by_the_same_attempt() {
    let mut stack = Stack::start(Plan {
        workers: 0,
        ..Plan::default()
    })
    .await;
    let repository = SampleRepository::new();
    let slow = SlowGit::in_folder(stack.folder().join("slow-git"));
    stack.hire("worker-1", 1, &[("PATH", slow.path())]).await;
    let body = json!({
        "type": "command", "repository": repository.url(),
        "task": {"argv": ["sh", "-c", "echo done > DONE.md"], "publish": {"mode": "branch"}},
    });
    let run = id(&stack.client.submit(&body).await);
    stack.wait_for_file(&slow.push_began()).await;
    let first = Push::waiting(&slow);

    stack.broker.stop().await;
    slow.push_ended(&first).await;
    stack.broker.start_again().await;
    slow.pushes_again(&first.pid).await;
    slow.let_go();

    let ended = stack.client.ended(&run).await;
    let state = (&ended["state"], &ended["attempt"]);
    assert_eq!(state, (&json!("succeeded"), &json!(1)), "{ended:#}");
    let branch = ended["result"]["branch"].as_str().expect("a branch");
    assert_eq!(repository.subjects(branch).len(), 2, "pushed once");
    stack.stop().await;
}
