//! A worker's way to hosts: starting one, and finding one that was started before.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    net::UnixStream,
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{
    family::Family,
    hosted::Hosted,
    journal::JournalReader,
    mark::Mark,
    order::Order,
    protocol::{HOST_VARIABLE, JOURNAL, PROTOCOL, SOCKET},
};

/// How long a host may take to come up, or to answer.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

/// The program that serves as a host: it calls [`serve`](crate::serve).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostProgram {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// A host that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Its folder cannot be made.
    #[error("the folder '{}' cannot be made: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its program cannot be started.
    #[error("the agent's host '{}' cannot be started: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It was started, and did not come up.
    #[error("the agent's host did not come up: {0}")]
    Silent(String),
}

/// A host that could not be found again.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no journal: no agent was started here.
    #[error("no agent was started in '{}'", .0.display())]
    NeverStarted(PathBuf),
    /// It speaks in a way that this build does not understand.
    #[error("the agent's host speaks version {0} of its protocol, this build speaks {PROTOCOL}")]
    Stranger(u32),
    /// The journal cannot be read.
    #[error("the agent's journal cannot be read: {0}")]
    Journal(#[from] io::Error),
}

/// Starts a host in a new folder and gives it its order. It lives on when the caller dies.
///
/// # Errors
/// When the host does not come up. An agent that cannot be started is told by the journal.
pub async fn launch(
    host: &HostProgram,
    folder: &Path,
    environment: &[(OsString, OsString)],
    order: &Order,
) -> Result<Hosted, LaunchError> {
    make(folder).map_err(|source| LaunchError::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let mut child =
        spawn(host, folder, environment, order).map_err(|source| LaunchError::Start {
            program: host.program.clone(),
            source,
        })?;
    let silent = |why: String| LaunchError::Silent(with_log(folder, &why));
    instruct(&mut child, order)
        .await
        .map_err(|error| silent(error.to_string()))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attach(folder).await {
            Ok(hosted) => return Ok(hosted),
            Err(AttachError::NeverStarted(_)) => {}
            Err(error) => return Err(silent(error.to_string())),
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(silent(format!("it ended with {status}")));
        }
        if Instant::now() > deadline {
            let waited = PATIENCE.as_secs();
            return Err(silent(format!("it said nothing for {waited} s")));
        }
        sleep(POLL).await;
    }
}

/// Finds the host that was started in a folder. One that is gone has left its journal.
///
/// # Errors
/// When no agent was started there, or it cannot be understood.
pub async fn attach(folder: &Path) -> Result<Hosted, AttachError> {
    // The journal is there before the socket is: who finds it and no socket comes too late.
    let journal = match JournalReader::open(&folder.join(JOURNAL)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AttachError::NeverStarted(folder.to_owned()));
        }
        opened => opened?,
    };
    let Ok(stream) = connect(folder).await else {
        return Ok(Hosted::of_journal(journal));
    };
    let greeted = timeout(PATIENCE, Hosted::greet(stream, journal)).await;
    let hosted = match greeted {
        Ok(Ok(hosted)) => hosted,
        // It left in this moment, or hangs.
        Ok(Err(_)) | Err(_) => {
            return Ok(Hosted::of_journal(JournalReader::open(
                &folder.join(JOURNAL),
            )?));
        }
    };
    match hosted.status().protocol {
        PROTOCOL => Ok(hosted),
        other => Err(AttachError::Stranger(other)),
    }
}

/// What is left of an agent whose host is gone: nothing else may be found by it.
#[must_use]
pub fn left_behind(folder: &Path, mark: Mark) -> Family {
    let started = JournalReader::started(&folder.join(JOURNAL)).ok().flatten();
    match started {
        Some(started) => started.family(mark),
        None => Family {
            mark: Some(mark),
            ..Family::default()
        },
    }
}

/// Connects by the folder's descriptor: a socket's path may be no longer than 107 bytes.
async fn connect(folder: &Path) -> io::Result<UnixStream> {
    let folder = File::open(folder)?;
    let path = format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd());
    UnixStream::connect(path).await
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(folder)
}

fn spawn(
    host: &HostProgram,
    folder: &Path,
    environment: &[(OsString, OsString)],
    order: &Order,
) -> io::Result<Child> {
    let mut options = fs::OpenOptions::new();
    let log = options
        .create(true)
        .append(true)
        .mode(0o600)
        .open(folder.join("host.log"))?;
    Command::new(&host.program)
        .args(&host.arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .envs(order.mark.of_host())
        .env(HOST_VARIABLE, PROTOCOL.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
}

async fn instruct(child: &mut Child, order: &Order) -> io::Result<()> {
    let text = serde_json::to_vec(order)?;
    let Some(mut input) = child.stdin.take() else {
        return Ok(());
    };
    input.write_all(&text).await?;
    input.shutdown().await
}

fn with_log(folder: &Path, why: &str) -> String {
    let log = fs::read_to_string(folder.join("host.log")).unwrap_or_default();
    match log
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
    {
        Some(line) => format!("{why}; it says: {line}"),
        None => why.to_owned(),
    }
}
