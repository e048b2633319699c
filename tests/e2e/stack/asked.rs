//! The command line as a person or a script uses it: what it prints, where, and its exit code.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::{Stack, Window, binary, created_token};

const PATIENCE: Duration = Duration::from_secs(60);

/// What a command has said.
#[derive(Debug)]
pub(crate) struct Said {
    /// The command, for messages.
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, of a command that did as it was told.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out
    }

    /// The same, as JSON.
    pub(crate) fn json(self) -> Value {
        let line = self.line.clone();
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}: {out}"))
    }

    /// Why a command ended with this code; it printed nothing else.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.out, "", "{self:#?}");
        self.err
    }
}

/// A command that has not ended yet.
pub(crate) struct Asking {
    line: String,
    child: Child,
}

impl Asking {
    fn start(mut command: Command) -> Self {
        let line = format!("{:?}", command.as_std());
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the binary runs");
        Self { line, child }
    }

    /// Waits for its end.
    pub(crate) async fn ends(self) -> Said {
        let Self { line, child } = self;
        let ended = timeout(PATIENCE, child.wait_with_output()).await;
        let ended = ended.unwrap_or_else(|_| panic!("{line} did not end"));
        let output = ended.expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said {
            line,
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Stack {
    /// Runs `baton` with these arguments to its end, however that is.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> Said {
        self.asking(arguments).ends().await
    }

    /// The same as somebody else.
    pub(crate) async fn ask_as(&self, token: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments);
        command.env("BATON_TOKEN", token);
        Asking::start(command).ends().await
    }

    /// Starts `baton` with these arguments.
    pub(crate) fn asking(&self, arguments: &[&str]) -> Asking {
        Asking::start(self.command(arguments))
    }

    /// The same in a window of so many columns and 30 rows.
    pub(crate) fn window(&self, cols: u16, arguments: &[&str]) -> Window {
        let variables = self.environment.iter().map(|(name, value)| (name, value));
        let command = pty_process::Command::new(binary());
        Window::open(command.args(arguments).envs(variables), cols, 30)
    }

    /// A token that the database's owner makes.
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        created_token(&self.environment, arguments)
    }

    /// `baton` with these arguments, as an operator would start it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        let variables = self.environment.iter().map(|(name, value)| (name, value));
        command.args(arguments).envs(variables).kill_on_drop(true);
        command
    }
}
