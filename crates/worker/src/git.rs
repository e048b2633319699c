//! The git program, run so that neither the worker's user's settings nor a repository's own can
//! make it ask questions, run hooks, or speak to anything but repositories.

mod credential;

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use baton_terminal::{Exit, Mark};

use crate::{
    environment::{self, Environment},
    leash::Leash,
    options::WorkerOptions,
    process::{self, Finished, ProgramError, Sinks, Spec},
    redact::Redactor,
    stop::Stop,
    text,
};

/// In front of every command.
const ALWAYS: &[&str] = &[
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.quotePath=true",
    "-c",
    "core.excludesFile=/dev/null",
    "-c",
    "clone.defaultRemoteName=origin",
    "-c",
    "safe.bareRepository=all",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "submodule.recurse=false",
];
/// The most that is kept of what git prints.
const LARGEST_OUTPUT: usize = 4 << 20;
const LARGEST_COMPLAINT: usize = 16 << 10;

/// Git, ready to run for one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    program: PathBuf,
    environment: Environment,
    timeout: Duration,
    stop: Stop,
    redactor: Redactor,
    /// Words before all others.
    before: Vec<OsString>,
    leash: Option<Leash>,
    mark: Option<Mark>,
}

/// What git printed.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// A git command that did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("git {command} took longer than {} s", timeout.as_secs())]
    TimedOut { command: String, timeout: Duration },
    #[error("the working copy is gone or not a folder any more: {0}")]
    Copy(io::Error),
    #[error("git {command} was interrupted")]
    Stopped { command: String },
    #[error("git {command} failed: {complaint}")]
    Failed {
        command: String,
        /// What it printed on standard error, without credentials.
        complaint: String,
        /// What it printed on standard output.
        stdout: String,
    },
}

impl Git {
    /// Git with the settings file that [`write_settings`] made.
    pub(crate) fn new(options: &WorkerOptions, stop: Stop) -> Self {
        let mut environment = environment::for_git(&options.environment);
        let ssh = environment::get(&environment, "GIT_SSH_COMMAND").is_some();
        environment.retain(|(name, _)| name != "GIT_CONFIG_GLOBAL" && name != "LC_ALL");
        let mut set = |name: &str, value: &OsStr| environment.push((name.into(), value.into()));
        set(
            "GIT_CONFIG_GLOBAL",
            settings(&options.state_dir).as_os_str(),
        );
        set("GIT_TERMINAL_PROMPT", OsStr::new("0"));
        set("LC_ALL", OsStr::new("C"));
        if !ssh {
            set("GIT_SSH_COMMAND", OsStr::new("ssh -oBatchMode=yes"));
        }
        Self {
            program: options.git.program.clone(),
            environment,
            timeout: options.git.timeout,
            stop,
            redactor: Redactor::default(),
            before: Vec::new(),
            leash: None,
            mark: None,
        }
    }

    /// The same, whose processes are known as an attempt's.
    pub(crate) fn marked(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// The same, whose complaints do not hold these secrets.
    pub(crate) fn hiding(mut self, redactor: &Redactor) -> Self {
        self.redactor = redactor.clone();
        self
    }

    /// The same, whose pushes end with the lease.
    pub(crate) fn leashed(mut self, leash: Option<Leash>) -> Self {
        self.leash = leash;
        self
    }

    /// Runs a command that changes what is outside for as long as the lease is vouched for. It is
    /// begun again when nobody could vouch for a while and the lease turns out to be held still.
    pub(crate) async fn run_outside<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
    ) -> Result<Said, GitError> {
        let Some(leash) = &self.leash else {
            return self.run(folder, words).await;
        };
        let mut git = self.clone();
        (git.program, git.before) = leash.on(&self.program);
        loop {
            tokio::select! {
                () = leash.taken() => {}
                _ = self.stop.requested() => {
                    let command = name_of(words);
                    return Err(GitError::Stopped { command });
                }
            }
            let said = tokio::select! {
                said = git.run(folder, words) => said,
                never = leash.hold() => match never {},
            };
            if said.is_ok() || !leash.has_slipped() {
                return said;
            }
            tracing::info!(
                command = name_of(words),
                "git was ended because the lease was in doubt; beginning again"
            );
        }
    }

    /// The same with more variables.
    pub(crate) fn with(
        &self,
        variables: impl IntoIterator<Item = (&'static str, OsString)>,
    ) -> Self {
        let mut git = self.clone();
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value));
        git.environment.extend(variables);
        git
    }

    /// Runs a command; everything but exit code 0 is an error.
    pub(crate) async fn run<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
    ) -> Result<Said, GitError> {
        self.run_with(folder, words, None).await
    }

    /// The same with input.
    pub(crate) async fn run_with<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
        input: Option<&[u8]>,
    ) -> Result<Said, GitError> {
        let mut said = Said::default();
        let finished = self.execute(folder, words, input, &mut said).await?;
        self.judge(words, finished, &said).map(|()| said)
    }

    /// The same, and gives away what it prints as it comes.
    pub(crate) async fn run_into<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
        input: Option<&[u8]>,
        take: impl FnMut(&[u8]),
    ) -> Result<(), GitError> {
        let mut passing = Passing {
            take,
            said: Said::default(),
        };
        let finished = self.execute(folder, words, input, &mut passing).await?;
        self.judge(words, finished, &passing.said)
    }

    async fn execute<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
        input: Option<&[u8]>,
        sinks: &mut impl Sinks,
    ) -> Result<Finished, GitError> {
        let always = ALWAYS.iter().map(OsString::from);
        let arguments: Vec<OsString> = self
            .before
            .iter()
            .cloned()
            .chain(always)
            .chain(words.iter().map(|word| word.as_ref().to_owned()))
            .collect();
        let spec = Spec {
            program: &self.program,
            arguments: &arguments,
            folder,
            environment: &self.environment,
            mark: self.mark.clone(),
            input,
            timeout: self.timeout,
            stop: Some(&self.stop),
        };
        Ok(process::run(spec, sinks).await?)
    }

    fn judge<S: AsRef<OsStr>>(
        &self,
        words: &[S],
        finished: Finished,
        said: &Said,
    ) -> Result<(), GitError> {
        let command = name_of(words);
        match (finished.ended, finished.exit) {
            (process::Ended::OnTimeout, _) => Err(GitError::TimedOut {
                command,
                timeout: self.timeout,
            }),
            (process::Ended::OnRequest, _) => Err(GitError::Stopped { command }),
            (process::Ended::Itself, Exit::Code(0)) => Ok(()),
            (process::Ended::Itself, _) => Err(GitError::Failed {
                command,
                complaint: said.complaint(&self.redactor),
                stdout: self.redactor.text(&String::from_utf8_lossy(&said.stdout)),
            }),
        }
    }

    /// The first line that a command prints.
    pub(crate) async fn line<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        words: &[S],
    ) -> Result<String, GitError> {
        let said = self.run(folder, words).await?;
        let text = String::from_utf8_lossy(&said.stdout);
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// The command among a call's words, for messages.
fn name_of<S: AsRef<OsStr>>(words: &[S]) -> String {
    words
        .iter()
        .filter_map(|word| word.as_ref().to_str())
        .find(|word| !word.starts_with('-'))
        .unwrap_or("command")
        .to_owned()
}

impl Said {
    fn complaint(&self, redactor: &Redactor) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = text::without_credentials(text.trim());
        // Cut last: a half of a secret is not found.
        text::tail(&redactor.text(&text), 2000)
    }
}

impl Sinks for Said {
    fn stdout(&mut self, bytes: &[u8]) {
        let room = LARGEST_OUTPUT.saturating_sub(self.stdout.len());
        self.stdout
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stderr.extend_from_slice(bytes);
        let excess = self.stderr.len().saturating_sub(LARGEST_COMPLAINT);
        self.stderr.drain(..excess);
    }
}

/// Gives what is printed away; complaints are kept.
struct Passing<F> {
    take: F,
    said: Said,
}

impl<F: FnMut(&[u8])> Sinks for Passing<F> {
    fn stdout(&mut self, bytes: &[u8]) {
        (self.take)(bytes);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.said.stderr(bytes);
    }
}

fn settings(state_dir: &Path) -> PathBuf {
    state_dir.join("gitconfig")
}

/// Writes git's settings for this worker: the user's own, and leave to read repositories that
/// belong to others. Only a file can say the latter to the git that serves a local path.
pub(crate) fn write_settings(options: &WorkerOptions) -> io::Result<()> {
    let own = |name: &str| environment::get(&options.environment, name).map(PathBuf::from);
    let home = own("HOME");
    let included = match own("GIT_CONFIG_GLOBAL") {
        Some(file) => vec![file],
        None => {
            let configs = own("XDG_CONFIG_HOME").or(home.as_ref().map(|home| home.join(".config")));
            let xdg = configs.map(|folder| folder.join("git/config"));
            let plain = home.map(|home| home.join(".gitconfig"));
            xdg.into_iter().chain(plain).collect()
        }
    };
    let mut text = String::from("[safe]\n\tdirectory = *\n");
    for file in included.iter().filter(|file| file.is_absolute()) {
        let path = file
            .display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        text += &format!("[include]\n\tpath = \"{path}\"\n");
    }
    fs::write(settings(&options.state_dir), text)
}
