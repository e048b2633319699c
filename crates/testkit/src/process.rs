//! The built binary as a process of a test: started with a role's arguments, watched by its log,
//! ended by its id. What it leaves behind fails the test.

use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Child,
    time::{Instant, interval, timeout},
};

use crate::leftovers::{self, Leftover, marked, send};

/// How long a test waits for a process to do something before it fails.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);
/// How long what a process has started may take to follow it.
const LEFTOVERS_WITHIN: Duration = Duration::from_secs(1);
/// In the environment of a process and all that it starts, so that leftovers are found even when
/// they have left its process group.
const MARK: &str = "BATON_TESTKIT_PROCESS";

/// What to start, and how.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// A name for messages, such as the role.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables on top of the test's own environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The working folder; the test's own when there is none.
    pub folder: Option<PathBuf>,
}

impl ProcessOptions {
    /// `program` without arguments.
    #[must_use]
    pub fn new(name: &str, program: impl Into<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

/// A process and its log. Dropping it kills it and everything that it has started; when the test
/// is failing, the log is printed.
#[derive(Debug)]
pub struct Process {
    options: ProcessOptions,
    mark: String,
    logs: TempDir,
    child: Option<Child>,
}

impl Process {
    /// Starts the program, its output going to [`log`](Self::log).
    #[must_use]
    pub fn start(options: ProcessOptions) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut process = Self {
            mark: format!("{}-{count}", std::process::id()),
            logs: TempDir::new().expect("a folder for the log"),
            options,
            child: None,
        };
        process.start_again();
        process
    }

    /// Starts an ended process again, with the same arguments and a continued log.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "{} is running", self.options.name);
        let log = self.open_log();
        let mut command = Command::new(&self.options.program);
        command
            .args(&self.options.arguments)
            .envs(self.options.environment.iter().map(|(k, v)| (k, v)))
            .env(MARK, &self.mark)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .process_group(0);
        if let Some(folder) = &self.options.folder {
            command.current_dir(folder);
        }
        let started = tokio::process::Command::from(command).spawn();
        let program = self.options.program.display();
        let started = started.unwrap_or_else(|error| panic!("failed to start {program}: {error}"));
        self.child = Some(started);
    }

    /// The process id while it is running.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref()?.id()
    }

    /// Everything that the process has printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.log_path()).expect("the log can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a line of the log contains `text` and returns that line. Fails the test when
    /// the process ends before that, or after a minute.
    pub async fn wait_for_line(&mut self, text: &str) -> String {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.has_ended();
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            let name = &self.options.name;
            assert!(!ended, "{name} ended without printing {text:?}:\n{log}");
            assert!(
                Instant::now() < deadline,
                "{name} did not print {text:?}:\n{log}"
            );
            poll.tick().await;
        }
    }

    /// Waits until a GET of `url` (plain HTTP) answers 200. Fails the test when the process ends
    /// before that, or after a minute.
    pub async fn wait_for_ok(&mut self, url: &str) {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + PATIENCE;
        while status_of(url).await != Some(200) {
            let name = &self.options.name;
            let in_time = Instant::now() < deadline;
            assert!(in_time, "{name} did not answer at {url}:\n{}", self.log());
            let name = self.options.name.clone();
            assert!(!self.has_ended(), "{name} ended:\n{}", self.log());
            poll.tick().await;
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = self.pid().expect("the process is running");
        send(pid, signal);
    }

    /// Kills the process as a crash would, and waits until it is gone. What it has started lives on.
    pub async fn kill9(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait().await;
    }

    /// Sends SIGTERM and waits for the end; fails the test when it takes a minute, or when
    /// something that the process started is still there.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        let status = self.wait().await;
        let left = self.leftovers().await;
        let name = &self.options.name;
        assert!(
            left.is_empty(),
            "{name} left behind {left:?}:\n{}",
            self.log()
        );
        status
    }

    /// Waits for the end; fails the test after a minute.
    pub async fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the process is running");
        let Ok(status) = timeout(PATIENCE, child.wait()).await else {
            self.child = Some(child);
            panic!("{} did not end:\n{}", self.options.name, self.log());
        };
        status.expect("a child can be waited for")
    }

    async fn leftovers(&self) -> Vec<Leftover> {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + LEFTOVERS_WITHIN;
        loop {
            let left = marked(MARK, &self.mark);
            if left.is_empty() || Instant::now() > deadline {
                return left;
            }
            poll.tick().await;
        }
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => child.try_wait().is_ok_and(|status| status.is_some()),
            None => true,
        }
    }

    fn log_path(&self) -> PathBuf {
        self.logs.path().join("log")
    }

    fn open_log(&self) -> File {
        let path = self.log_path();
        let opened = File::options().create(true).append(true).open(path);
        opened.expect("the log can be written")
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "the log explains the failing test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- log of {}\n{}", self.options.name, self.log());
        }
        if let Some(pid) = self.pid() {
            send(pid, Signal::SIGKILL);
        }
        let killed = leftovers::kill(MARK, &self.mark, LEFTOVERS_WITHIN);
        if !std::thread::panicking() {
            assert!(
                killed,
                "what {} started cannot be killed",
                self.options.name
            );
        }
    }
}

/// The status that a plain HTTP GET of `url` is answered with; none when nobody answers.
async fn status_of(url: &str) -> Option<u16> {
    let (authority, path) = split(url)?;
    let mut connection = TcpStream::connect(authority).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    connection.take(64).read_to_end(&mut answer).await.ok()?;
    let line = String::from_utf8_lossy(&answer);
    line.split(' ').nth(1)?.parse().ok()
}

fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let path = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path);
    Some((authority, if path.is_empty() { "/" } else { path }))
}
