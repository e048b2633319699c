//! The agent's own process and its pipes.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
};

use pty_process::Pts;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

use super::{Exit, Order, Output};
use crate::{
    asking::{AGENT_SOCKET, AGENT_SOCKET_VARIABLE},
    cgroup::Cgroup,
    journal::{NotStarted, Started},
    order::AgentOutput,
    procfs,
    pty::{self, Waits},
};

/// The most that is read at once, in bytes.
const CHUNK: usize = 32 << 10;

/// What happened to it.
pub(super) enum Happened {
    Printed(Output, Vec<u8>),
    Ended(Exit),
    /// Nothing more can happen.
    Closed,
}

/// A running agent.
pub(super) struct Agent {
    child: Child,
    process: Started,
    ended: bool,
    stdin: Option<ChildStdin>,
    /// What it has not read yet.
    input: Vec<u8>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Agent {
    /// Starts it, in its control group from its first instruction on.
    pub(super) fn start(
        order: &Order,
        terminal: Option<&Pts>,
        cgroup: Option<&Cgroup>,
    ) -> Result<Self, NotStarted> {
        if let Some(cgroup) = cgroup {
            // It was tried when the group was made; one that fails now shows as an empty group.
            let _ = cgroup.enter();
        }
        let started = spawn(order, terminal);
        if let Some(cgroup) = cgroup {
            let _ = cgroup.leave();
        }
        let mut child = started.map_err(|error| NotStarted {
            missing: error.kind() == io::ErrorKind::NotFound && Path::new(&order.folder).is_dir(),
            message: error.to_string(),
        })?;
        let pid = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .unwrap_or(0);
        Ok(Self {
            process: Started {
                pid,
                start_ticks: procfs::start_ticks(pid).unwrap_or(0),
                cgroup: cgroup.cloned(),
            },
            ended: false,
            stdin: child.stdin.take(),
            input: order.input.clone().unwrap_or_default(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            out: vec![0; CHUNK],
            err: vec![0; CHUNK],
            child,
        })
    }

    /// Its process.
    pub(super) fn process(&self) -> &Started {
        &self.process
    }

    /// The next that happens; nothing more once it has ended and its pipes are closed.
    pub(super) async fn next(&mut self, waits: Waits) -> Happened {
        let goes = waits == Waits::ForNothing;
        loop {
            tokio::select! {
                () = feed(&mut self.stdin, &mut self.input) => {}
                read = read(&mut self.stdout, &mut self.out), if goes => match read {
                    Some(n) => return Happened::Printed(Output::Stdout, self.out[..n].to_vec()),
                    None => self.stdout = None,
                },
                read = read(&mut self.stderr, &mut self.err), if goes => match read {
                    Some(n) => return Happened::Printed(Output::Stderr, self.err[..n].to_vec()),
                    None => self.stderr = None,
                },
                status = self.child.wait(), if !self.ended => {
                    self.ended = true;
                    return Happened::Ended(exit_of(status));
                }
            }
            if self.ended && self.is_closed() {
                return Happened::Closed;
            }
        }
    }

    /// Whether nothing more can be printed.
    pub(super) const fn is_closed(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Waits for no more output.
    pub(super) fn close(&mut self) {
        (self.stdout, self.stderr) = (None, None);
    }
}

fn spawn(order: &Order, terminal: Option<&Pts>) -> io::Result<Child> {
    let mut command = program(order, &order.program, &order.arguments);
    let input = order.input.as_ref().map(|_| Stdio::piped());
    let (Some(terminal), Some(wish)) = (terminal, &order.terminal) else {
        return command
            .stdin(input.unwrap_or_else(Stdio::null))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
    };
    // Whatever is not said here is the terminal. The agent leads a session of its own, and with
    // that a process group.
    let mut command = pty_process::Command::from(command);
    match (wish.output, input) {
        (AgentOutput::Terminal, None) => {}
        (AgentOutput::Terminal, Some(input)) => command = command.stdin(input),
        (AgentOutput::Piped, input) => {
            let input = input.unwrap_or_else(Stdio::null);
            command = command.stdin(input).stdout(Stdio::piped());
        }
    }
    command.spawn_borrowed(terminal).map_err(pty::io_error)
}

/// A program in the agent's surroundings.
pub(super) fn program(order: &Order, program: &OsStr, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&order.folder)
        .env_clear();
    if order.terminal.is_some() {
        // What the host's emulator is.
        command
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor");
    }
    command
        .envs(order.environment.iter().map(|(name, value)| (name, value)))
        .envs(order.mark.variables());
    // The host's own folder; one that is gone has no socket either.
    if let Ok(own) = env::current_dir() {
        command.env(AGENT_SOCKET_VARIABLE, own.join(AGENT_SOCKET));
    }
    command
}

/// Writes a part of the input, and closes it after the last.
async fn feed(stdin: &mut Option<ChildStdin>, input: &mut Vec<u8>) {
    let Some(pipe) = stdin else {
        return std::future::pending().await;
    };
    // A program that does not read to the end says by its exit whether that is a failure.
    match pipe.write(input).await {
        Ok(n) if n < input.len() => {
            input.drain(..n);
        }
        Ok(_) | Err(_) => {
            input.clear();
            *stdin = None;
        }
    }
}

/// The next bytes; `None` at the end. A pipe that is closed already has no next.
async fn read(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> Option<usize> {
    match pipe {
        Some(pipe) => pipe.read(buffer).await.ok().filter(|n| *n > 0),
        None => std::future::pending().await,
    }
}

fn exit_of(status: io::Result<ExitStatus>) -> Exit {
    let Ok(status) = status else {
        // It can only be another's child, which cannot be.
        return Exit::Code(-1);
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
