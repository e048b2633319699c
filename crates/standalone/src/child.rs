//! One child process: started, watched and ended without ever signalling a stranger.
//!
//! Each child has a keeper thread that starts it, waits for it and reaps it. The thread lives as
//! long as the child because Linux sends the parent-death signal when the *thread* that forked
//! ends, and a thread of an async runtime may end at any time.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};
use tokio::sync::watch;

use crate::{Error, Result};

/// How long a child may take over an orderly end before it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running (or just ended) child process. Dropping it ends the process and waits for that.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    shared: Arc<Shared>,
    ended: watch::Receiver<Option<ExitStatus>>,
    last_words: Signal,
    keeper: Option<JoinHandle<()>>,
}

/// Said by the keeper under the lock, so that nobody signals a pid that is no longer the child's.
#[derive(Debug, Default)]
struct Shared {
    reaped: Mutex<bool>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.reaped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Child {
    /// Starts `command` in a process group of its own (a Ctrl-C at the terminal is for the owner
    /// to act on), with its output appended to `log`. `last_words` is sent when it is dropped.
    /// `program` is its name in errors.
    ///
    /// # Errors
    /// [`Error::File`] for a log that cannot be opened, [`Error::Spawn`] for the program.
    pub fn spawn(
        program: &str,
        mut command: Command,
        log: &Path,
        last_words: Signal,
    ) -> Result<Self> {
        redirect(&mut command, log)?;
        let shared = Arc::new(Shared::default());
        let (tell, ended) = watch::channel(None);
        let (started, start) = mpsc::sync_channel(1);
        let keeper = std::thread::Builder::new()
            .name(format!("keeper of {program}"))
            .spawn({
                let shared = Arc::clone(&shared);
                move || match command.spawn() {
                    Ok(child) => {
                        // The owner is waiting in `recv` below.
                        let _ = started.send(Ok(child.id()));
                        keep(child, &shared, &tell);
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            })
            .map_err(Error::spawn(program))?;
        let id = start
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the keeper thread ended")))
            .map_err(Error::spawn(program))?;
        Ok(Self {
            pid: Pid::from_raw(i32::try_from(id).expect("linux pids fit into 22 bits")),
            shared,
            ended,
            last_words,
            keeper: Some(keeper),
        })
    }

    /// The process id; another process may have it once this one has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// The exit status, once it has ended.
    #[must_use]
    pub fn status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Sends `signal`, unless the process has ended already.
    pub fn signal(&self, signal: Signal) {
        let reaped = self.shared.lock();
        if !*reaped && let Err(error) = kill(self.pid, signal) {
            tracing::debug!(pid = %self.pid, %signal, %error, "signal not delivered");
        }
    }

    /// Waits until the process has ended and is reaped.
    pub async fn ended(&self) {
        // An error means that the keeper is gone, and with it the process.
        let _ = self.ended.clone().wait_for(Option::is_some).await;
    }

    /// Sends `signal` and waits for the end; kills the process if that takes over ten seconds.
    pub async fn end(&self, signal: Signal) {
        self.signal(signal);
        if tokio::time::timeout(PATIENCE, self.ended()).await.is_err() {
            tracing::warn!(pid = %self.pid, "killing a process that did not stop");
            self.signal(Signal::SIGKILL);
            self.ended().await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(self.last_words);
        let (reaped, wait) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), PATIENCE, |reaped| !*reaped)
            .unwrap_or_else(PoisonError::into_inner);
        drop(reaped);
        if wait.timed_out() {
            self.signal(Signal::SIGKILL);
        }
        if let Some(keeper) = self.keeper.take() {
            // A keeper that panicked has nothing more to wait for.
            let _ = keeper.join();
        }
    }
}

fn keep(mut child: std::process::Child, shared: &Shared, tell: &watch::Sender<Option<ExitStatus>>) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("linux pids fit into 22 bits"));
    // WNOWAIT leaves the zombie in place: the pid cannot be reused until it is reaped under the lock.
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut reaped = shared.lock();
    let status = child.wait();
    *reaped = true;
    drop(reaped);
    shared.changed.notify_all();
    tell.send_replace(status.ok());
}

fn redirect(command: &mut Command, log: &Path) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(Error::file("open", log))?;
    let second = file.try_clone().map_err(Error::file("open", log))?;
    command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(second)
        .process_group(0);
    Ok(())
}

/// A command for `program` that gets `signal` from the kernel when its owner dies, however that
/// happens. Needs `setpriv` of util-linux; without it only an orderly end of the owner counts.
#[must_use]
pub fn leashed(program: &Path, signal: Signal) -> Command {
    let Some(setpriv) = setpriv() else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    let name = signal.as_str().trim_start_matches("SIG");
    command.args(["--pdeathsig", name, "--"]).arg(program);
    command
}

/// The path of a `setpriv` that knows the option (that of busybox does not), asked for once.
fn setpriv() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        ["/usr/bin/setpriv", "/bin/setpriv"]
            .into_iter()
            .find(|path| {
                Command::new(path)
                    .arg("--help")
                    .output()
                    .is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("--pdeathsig"))
            })
    })
}

/// The last few lines of a log, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    const BYTES: i64 = 4096;
    const LINES: usize = 12;
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        if file.seek(SeekFrom::End(-BYTES)).is_err() {
            file.rewind()?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    match read() {
        Ok(text) => {
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].join("\n")
        }
        Err(error) => format!("(no log: {error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Child {
        let mut command = leashed(Path::new("/bin/sleep"), Signal::SIGKILL);
        command.arg("600");
        Child::spawn("sleep", command, &folder.join("log"), Signal::SIGKILL).unwrap()
    }

    #[tokio::test]
    async fn an_ended_child_has_a_status_and_takes_no_more_signals() {
        let folder = tempfile::tempdir().unwrap();
        let child = sleeper(folder.path());
        assert_eq!(child.status(), None);
        child.end(Signal::SIGTERM).await;
        assert!(child.status().is_some());
        child.signal(Signal::SIGTERM);
    }

    #[test]
    fn dropping_a_child_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let child = sleeper(folder.path());
        let process = Path::new("/proc").join(child.pid().to_string());
        assert!(process.exists());
        drop(child);
        assert!(!process.exists());
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let command = Command::new("/nonexistent/program");
        let log = folder.path().join("log");
        let error = Child::spawn("program", command, &log, Signal::SIGKILL).unwrap_err();
        assert_eq!(error.to_string(), "failed to start program");
    }
}
