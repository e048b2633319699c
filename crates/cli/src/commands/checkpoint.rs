//! `baton checkpoint`: an agent's hook, and what scripts call between their steps. Whatever fails
//! here lets the agent go on: it must not be held by anything but an operator.

use std::{
    io::{self, IsTerminal, Read},
    os::fd::AsFd,
    path::Path,
};

use baton_terminal::{Handed, Hook, Step, StepEnd, pass_hook, pass_step, text_of};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::json;

use crate::{agent_socket, args::CheckpointArgs, exit::Exit, output};

/// How long a hook may take to say anything, in milliseconds. A script that calls this without
/// input, and whose own input stays open, waits so long.
const INPUT_WITHIN_MS: u16 = 2000;

/// Passes a checkpoint.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every command answers in the same way"
)]
pub(crate) fn run(args: &CheckpointArgs) -> anyhow::Result<Exit> {
    let Some(socket) = agent_socket::find() else {
        return Ok(Exit::Done);
    };
    if let Err(error) = pass(&socket, args) {
        // A host that is gone took its run with it. Whatever else it was, it is for the log.
        let gone = matches!(
            error.kind(),
            io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        );
        if !gone {
            output::tell(&format!("baton checkpoint: passed over: {error}"));
        }
    }
    Ok(Exit::Done)
}

fn pass(socket: &Path, args: &CheckpointArgs) -> io::Result<()> {
    let hook = if args.is_step() { None } else { input()? };
    if let Some(hook) = hook.as_deref().and_then(Hook::parse) {
        return pass_hook(socket, &hook, &mut io::stdout().lock());
    }
    let step = Step {
        label: args.label.clone(),
        ended: if args.end_of_turn {
            StepEnd::Turn
        } else {
            StepEnd::Step
        },
    };
    pass_step(socket, &step, |messages| print(messages, args.json))
}

fn print(messages: &[Handed], as_json: bool) -> io::Result<()> {
    if as_json {
        return output::print(&json!({ "messages": messages }).to_string());
    }
    if messages.is_empty() {
        return Ok(());
    }
    output::print(&text_of(messages))
}

/// What a hook was given; none from a terminal, or from whoever says nothing.
fn input() -> io::Result<Option<String>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut ready = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    let count = poll(&mut ready, PollTimeout::from(INPUT_WITHIN_MS))?;
    if count == 0 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    stdin.lock().read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
