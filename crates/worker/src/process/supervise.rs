//! Starting one program and staying with it to its end.

use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::{Instant, sleep},
};

use baton_terminal::{Exit, Family, Gone, Mark, Status};

use crate::{environment::Environment, stop::Stop};

/// What to start.
#[derive(Debug)]
pub(crate) struct Spec<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [OsString],
    pub(crate) folder: &'a Path,
    /// All that it sees, besides the mark.
    pub(crate) environment: &'a Environment,
    /// By which what it leaves behind is found beyond its process group.
    pub(crate) mark: Option<Mark>,
    /// What it reads; without one its input is closed.
    pub(crate) input: Option<&'a [u8]>,
    pub(crate) timeout: Duration,
    /// Ends it early, and is told how it ends.
    pub(crate) stop: Option<&'a Stop>,
}

/// A program's end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished {
    pub(crate) exit: Exit,
    pub(crate) took: Duration,
    /// Whether the worker ended it, and why.
    pub(crate) ended: Ended,
}

/// Who ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Itself,
    OnTimeout,
    OnRequest,
}

/// A program that could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    #[error("there is no program '{}'", .0.display())]
    Missing(PathBuf),
    #[error("'{}' cannot be started: {source}", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("the program's end cannot be waited for: {0}")]
    Wait(io::Error),
}

/// Where its words go.
pub(crate) trait Sinks {
    /// What comes next happened so long after its start.
    fn at(&mut self, since_start: Duration) {
        let _ = since_start;
    }
    /// How its host is has changed.
    fn status(&mut self, status: &Status) {
        let _ = status;
    }
    /// So many bytes of its output were not kept.
    fn lost(&mut self, bytes: u64) {
        let _ = bytes;
    }
    /// It printed this on its standard output.
    fn stdout(&mut self, bytes: &[u8]);
    /// It printed this on its standard error.
    fn stderr(&mut self, bytes: &[u8]);
}

/// Runs a program to its end. What it left running is ended too.
pub(crate) async fn run(spec: Spec<'_>, sinks: &mut impl Sinks) -> Result<Finished, ProgramError> {
    let mut child = spawn(&spec)?;
    let began = Instant::now();
    let family = Family {
        group: child.id().and_then(|pid| i32::try_from(pid).ok()),
        mark: spec.mark.clone(),
        ..Family::default()
    };
    let feed = feed(child.stdin.take(), spec.input);
    let pumps = pump(child.stdout.take(), child.stderr.take(), sinks);
    let life = live(&mut child, &family, began, &spec);
    let (finished, (), ()) = tokio::join!(life, pumps, feed);
    finished
}

fn spawn(spec: &Spec<'_>) -> Result<Child, ProgramError> {
    let input = if spec.input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut command = Command::new(spec.program);
    command
        .args(spec.arguments)
        .current_dir(spec.folder)
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .envs(spec.mark.iter().flat_map(|mark| mark.variables()))
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let missing = |source: &io::Error| source.kind() == io::ErrorKind::NotFound;
    command.spawn().map_err(|source| {
        let program = spec.program.to_owned();
        if missing(&source) && spec.folder.is_dir() {
            ProgramError::Missing(program)
        } else {
            ProgramError::Start { program, source }
        }
    })
}

async fn live(
    child: &mut Child,
    family: &Family,
    began: Instant,
    spec: &Spec<'_>,
) -> Result<Finished, ProgramError> {
    let early = tokio::select! {
        status = child.wait() => Some((status, Ended::Itself)),
        () = sleep(spec.timeout) => None,
        () = requested(spec.stop) => Some((Err(io::ErrorKind::Interrupted.into()), Ended::OnRequest)),
    };
    let (status, ended) = match early {
        Some((Ok(status), ended)) => (Ok(status), ended),
        Some((Err(error), Ended::Itself)) => (Err(error), Ended::Itself),
        Some((_, ended)) => (end(child, family, spec.stop).await, ended),
        None => (end(child, family, None).await, Ended::OnTimeout),
    };
    let took = began.elapsed();
    // Its pipes stay open for as long as something that it left behind holds them.
    if family.kill().await == Gone::NotAll {
        tracing::error!("something that a program has started cannot be killed");
    }
    let status = status.map_err(ProgramError::Wait)?;
    Ok(Finished {
        exit: exit_of(status),
        took,
        ended,
    })
}

async fn requested(stop: Option<&Stop>) {
    match stop {
        Some(stop) => drop(stop.requested().await),
        None => std::future::pending().await,
    }
}

async fn end(child: &mut Child, family: &Family, told: Option<&Stop>) -> io::Result<ExitStatus> {
    let told = |step| {
        if let Some(stop) = told {
            stop.step(step);
        }
    };
    // Waited for meanwhile, so that it does not linger as a zombie.
    let (status, _gone) = tokio::join!(child.wait(), family.end(told));
    status
}

fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}

async fn feed(stdin: Option<ChildStdin>, input: Option<&[u8]>) {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // A program that does not read to the end says by its exit whether that is a failure.
        let _ = stdin.write_all(input).await;
        let _ = stdin.shutdown().await;
    }
}

async fn pump(
    mut stdout: Option<ChildStdout>,
    mut stderr: Option<ChildStderr>,
    sinks: &mut impl Sinks,
) {
    let (mut out, mut err) = (vec![0; 32 << 10], vec![0; 32 << 10]);
    while stdout.is_some() || stderr.is_some() {
        tokio::select! {
            read = next(&mut stdout, &mut out) => match read {
                Some(n) => sinks.stdout(&out[..n]),
                None => stdout = None,
            },
            read = next(&mut stderr, &mut err) => match read {
                Some(n) => sinks.stderr(&err[..n]),
                None => stderr = None,
            },
        }
    }
}

/// The next bytes; `None` at the end. A pipe that is closed already has no next.
async fn next(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> Option<usize> {
    match pipe {
        Some(pipe) => pipe.read(buffer).await.ok().filter(|n| *n > 0),
        None => std::future::pending().await,
    }
}
