//! The tmate client as a process in the foreground, and the way to ask it.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::{interval, timeout},
};

use super::{Failed, Showing};

/// In the client's folder, named without it: a socket's path must be short.
const SOCKET: &str = "socket";
const CONFIG: &str = "tmate.conf";
/// The size before anybody looks on: the agent's terminal, a border, and the panes below.
const SIZE: [&str; 4] = ["-x", "120", "-y", "51"];
/// How long it may take to say good-bye to the relay.
const GOODBYE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);
const LINES: usize = 64;

/// What a line of the client means. The line itself is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The relay is gone; it is tried again.
    Lost,
    /// The relay has given links.
    Linked,
    /// The relay's key is another one.
    Untrusted,
    /// The relay does not let the client in.
    Refused,
    /// There are no more lines.
    Ended,
}

/// The process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Client {
    child: Child,
    pub(super) questions: Questions,
    pub(super) lines: mpsc::Receiver<Line>,
    _reader: JoinSet<()>,
}

/// The way to ask it.
#[derive(Debug, Clone)]
pub(super) struct Questions {
    program: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, std::ffi::OsString)>,
    answer_within: Duration,
}

impl Client {
    /// Starts it in its folder, with the agent's terminal in its first pane.
    pub(super) fn start(showing: &Showing, config: &str) -> Result<Self, Failed> {
        let folder = &showing.folder;
        make(folder, config).map_err(|error| Failed::Start(error.to_string()))?;
        let questions = Questions::new(showing);
        let mut command = questions.command(&["-F", "-f", CONFIG]);
        command
            .args(["new-session", "-s", "baton"])
            .args(SIZE)
            .args(showing.panes.agent())
            .envs(showing.mark.variables())
            .stdout(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let program = showing.options.program.display().to_string();
            match error.kind() {
                io::ErrorKind::NotFound => Failed::NoClient(program),
                _ => Failed::Start(error.to_string()),
            }
        })?;
        let (say, lines) = mpsc::channel(LINES);
        let mut reader = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            reader.spawn(read(stdout, say));
        }
        Ok(Self {
            child,
            questions,
            lines,
            _reader: reader,
        })
    }

    /// Lets it say good-bye, which frees its links at the relay; kills it if it cannot.
    pub(super) async fn end(mut self) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            // It has not been waited for, so the id is still its own.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if timeout(GOODBYE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

impl Questions {
    fn new(showing: &Showing) -> Self {
        let path = showing.environment.iter().find(|(name, _)| name == "PATH");
        let path = path.map(|(_, path)| path.clone()).unwrap_or_default();
        let folder = showing.folder.clone();
        // No home of a person: the client would offer the keys in it to the relay.
        let environment = vec![
            ("PATH".to_owned(), path),
            ("HOME".to_owned(), folder.clone().into_os_string()),
            ("LC_ALL".to_owned(), "C.UTF-8".into()),
            ("TERM".to_owned(), "xterm-256color".into()),
            ("SHELL".to_owned(), "/bin/sh".into()),
        ];
        Self {
            program: showing.options.program.clone(),
            folder,
            environment,
            answer_within: showing.options.patience.answer,
        }
    }

    fn command(&self, first: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(first)
            .args(["-S", SOCKET])
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Waits until it can be asked.
    pub(super) async fn up(&self) -> Result<(), Failed> {
        let socket = self.folder.join(SOCKET);
        let mut poll = interval(POLL);
        while !socket.exists() || self.ask(&["list-sessions"]).await.is_err() {
            poll.tick().await;
        }
        Ok(())
    }

    /// Waits until the relay has given its links. It never says that it has not: whoever calls has
    /// a limit.
    pub(super) async fn wait_ready(&self) -> Result<(), Failed> {
        let mut command = self.command(&[]);
        command.args(["wait", "tmate-ready"]).stdout(Stdio::null());
        let waited = command.status().await;
        match waited {
            Ok(status) if status.success() => Ok(()),
            _ => Err(Failed::ClientEnded),
        }
    }

    /// What it answers to a command. One that hangs does not answer.
    pub(super) async fn ask(&self, words: &[impl AsRef<OsStr>]) -> Result<String, Failed> {
        let mut command = self.command(&[]);
        command.args(words);
        let answer = timeout(self.answer_within, command.output()).await;
        match answer {
            Ok(Ok(output)) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            _ => Err(Failed::ClientEnded),
        }
    }
}

/// Makes the folder anew; nobody but the worker's user may look into it.
fn make(folder: &Path, config: &str) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)?;
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    file.open(folder.join(CONFIG))?.write_all(config.as_bytes())
}

async fn read(stdout: impl AsyncRead + Unpin, say: mpsc::Sender<Line>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(line) = meaning(&line)
            && say.send(line).await.is_err()
        {
            // Nobody listens any more, but the client must not be held up by a full pipe.
            continue;
        }
    }
    let _ = say.send(Line::Ended).await;
}

/// Only the words of the client itself count: a relay may say what it likes.
fn meaning(line: &str) -> Option<Line> {
    if line.starts_with("Reconnecting") {
        Some(Line::Lost)
    } else if line.starts_with("ssh session: ") {
        Some(Line::Linked)
    } else if line.starts_with("Cannot authenticate server")
        || line.starts_with("Server fingerprint not recognized")
    {
        Some(Line::Untrusted)
    } else if line.starts_with("SSH keys not found") || line.starts_with("Auth error") {
        Some(Line::Refused)
    } else {
        None
    }
}
