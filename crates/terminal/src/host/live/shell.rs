//! The operator's shell: started for whoever may type into it, in the agent's surroundings.

use std::{
    io,
    time::{Duration, Instant},
};

use baton_domain::TerminalName;
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::process::Child;

use super::Live;
use crate::{
    host::agent::program,
    journal::Output,
    order::{Order, ShellOrder},
    procfs::{self, Process},
    pty::{self, Pty},
};

/// How long a shell that was hung up may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// A running shell.
pub(super) struct Shell {
    child: Child,
    pid: i32,
    kill_at: Option<Instant>,
}

impl Shell {
    fn start(order: &Order, shell: &ShellOrder, terminal: &pty_process::Pts) -> io::Result<Self> {
        let mut command = program(order, &shell.program, &shell.arguments);
        command.envs(shell.environment.iter().map(|(name, value)| (name, value)));
        let mut command = pty_process::Command::from(command);
        let child = command.spawn_borrowed(terminal).map_err(pty::io_error)?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        Ok(Self {
            pid: pid.unwrap_or(0),
            child,
            kill_at: None,
        })
    }

    /// When it is killed, since it was hung up and is still there.
    pub(super) const fn kill_at(&self) -> Option<Instant> {
        self.kill_at
    }

    /// It and what it has started.
    fn kill(&self) {
        for process in procfs::descendants(&Process::all(), self.pid) {
            // Gone already is as good.
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
    }
}

/// Waits until the shell has ended.
pub(super) async fn ended(shell: &mut Option<Shell>) {
    match shell {
        // One that cannot be waited for has ended as well.
        Some(shell) => drop(shell.child.wait().await),
        None => std::future::pending().await,
    }
}

impl Live {
    /// The shell's process, if there is one.
    pub(in crate::host) fn shell_pid(&self) -> Option<i32> {
        self.shell_process.as_ref().map(|shell| shell.pid)
    }

    /// Starts the shell, unless there is one, or none is allowed.
    pub(super) fn start_shell(&mut self, now: Instant) {
        if self.shell_process.is_some() {
            return;
        }
        let wish = self.order.terminal.as_ref();
        let Some(shell) = wish.and_then(|wish| wish.shell.clone()) else {
            return;
        };
        match self.open_shell(&shell) {
            Ok(()) => {}
            Err(error) => {
                let program = shell.program.display().to_string();
                let text = format!("[the shell '{program}' cannot be started: {error}]\r\n");
                self.say_in_shell(&text, now);
            }
        }
    }

    fn open_shell(&mut self, shell: &ShellOrder) -> io::Result<()> {
        let (pty, pts) = Pty::open(self.shell.size())?;
        self.shell_process = Some(Shell::start(&self.order, shell, &pts)?);
        self.shell.connect(pty);
        self.sized(TerminalName::Shell);
        Ok(())
    }

    /// Ends the shell, if there is one: it is hung up, and killed if that does not help.
    pub(in crate::host) fn end_shell(&mut self, now: Instant) {
        if let Some(shell) = &mut self.shell_process
            && shell.kill_at.is_none()
        {
            shell.kill_at = Some(now + GRACE);
            self.disconnected(TerminalName::Shell, now);
        }
    }

    pub(super) fn kill_shell_if_due(&mut self, now: Instant) {
        if let Some(shell) = &mut self.shell_process
            && shell.kill_at.is_some_and(|at| at <= now)
        {
            shell.kill_at = None;
            shell.kill();
        }
    }

    pub(super) fn shell_ended(&mut self, now: Instant) {
        self.shell_process = None;
        let last = self.shell.drain(now);
        self.keep(Output::Terminal(TerminalName::Shell), last);
        self.disconnected(TerminalName::Shell, now);
        self.say_in_shell("\r\n[the shell has ended]\r\n", now);
    }

    fn say_in_shell(&mut self, text: &str, now: Instant) {
        let shown = self.shell.show(text.as_bytes(), now);
        self.keep(Output::Terminal(TerminalName::Shell), shown);
    }
}
