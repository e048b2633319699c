//! The built binary as a process of a test: started with a role's arguments, watched by its log,
//! ended by its id. What it leaves behind fails the test.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    process::ExitStatus,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use baton_standalone::{Child, leashed};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, interval, timeout},
};

use crate::leftovers::{self, Leftover, marked};

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
/// is failing, the log is printed. It gets SIGTERM when the test itself is killed.
#[derive(Debug)]
pub struct Process {
    options: ProcessOptions,
    mark: String,
    logs: TempDir,
    /// Where in the log the words of the current start begin.
    start: u64,
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
            start: 0,
            options,
            child: None,
        };
        process.start_again();
        process
    }

    /// Starts an ended process again, with the same arguments and a continued log.
    pub fn start_again(&mut self) {
        let name = &self.options.name;
        assert!(self.pid().is_none(), "{name} is running");
        let mut command = leashed(&self.options.program, Signal::SIGTERM);
        command
            .args(&self.options.arguments)
            .envs(self.options.environment.iter().map(|(k, v)| (k, v)))
            .env(MARK, &self.mark);
        if let Some(folder) = &self.options.folder {
            command.current_dir(folder);
        }
        self.start = fs::metadata(self.log_path()).map_or(0, |log| log.len());
        let started = Child::spawn(name, command, &self.log_path(), Signal::SIGKILL);
        let started = started.unwrap_or_else(|error| panic!("{error}"));
        self.child = Some(started);
    }

    /// The process id while it is running.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let child = self.child.as_ref()?;
        child.status().is_none().then(|| child.pid())
    }

    /// Everything that the process has printed so far, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        self.log_from(0)
    }

    fn log_from(&self, start: u64) -> String {
        let mut bytes = Vec::new();
        let mut log = File::open(self.log_path()).expect("the log exists");
        log.seek(SeekFrom::Start(start))
            .expect("a file can be sought in");
        log.read_to_end(&mut bytes).expect("the log can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a line of the log since the last start contains `text`, and returns that line.
    /// Fails the test when the process ends before that, or after a minute.
    pub async fn wait_for_line(&mut self, text: &str) -> String {
        let mut poll = interval(POLL);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let running = self.pid().is_some();
            let log = self.log_from(self.start);
            // The last line may not have been written to its end.
            let mut lines = log.split_inclusive('\n');
            let whole = |line: &str| line.ends_with('\n') || !running;
            if let Some(line) = lines.find(|line| line.contains(text) && whole(line)) {
                return line.trim_end().to_owned();
            }
            let name = &self.options.name;
            assert!(running, "{name} ended without printing {text:?}:\n{log}");
            let in_time = Instant::now() < deadline;
            assert!(in_time, "{name} did not print {text:?}:\n{log}");
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
            assert!(self.pid().is_some(), "{name} ended:\n{}", self.log());
            poll.tick().await;
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.running().signal(signal);
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

    /// Waits for the end; fails the test after a minute. The status of one that has ended already
    /// can be asked for again.
    pub async fn wait(&mut self) -> ExitStatus {
        let child = self.child.as_ref().expect("it has been started");
        let ended = timeout(PATIENCE, child.ended()).await;
        let name = &self.options.name;
        assert!(ended.is_ok(), "{name} did not end:\n{}", self.log());
        child.status().expect("an ended child has a status")
    }

    fn running(&self) -> &Child {
        let child = self.child.as_ref().filter(|child| child.status().is_none());
        child.unwrap_or_else(|| panic!("{} has ended:\n{}", self.options.name, self.log()))
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

    fn log_path(&self) -> PathBuf {
        self.logs.path().join("log")
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "the log explains the failing test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- log of {}\n{}", self.options.name, self.log());
        }
        // Before what it has started, so that it starts no more.
        self.child = None;
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
