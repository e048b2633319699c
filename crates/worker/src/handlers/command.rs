//! Run type `command`: a program and its arguments in the repository, or in an empty folder.

use std::{ffi::OsString, fs, path::Path};

use baton_domain::{Failure, FailureCode, RunType, spec::Argv};
use baton_terminal::{AgentOutput, Exit};
use baton_wire::Event;
use tokio_util::sync::CancellationToken;

use super::execution::{Agent, Execution};
use crate::{
    log_file::LogFile,
    process::Sinks,
    stop::Interrupted,
    text::{Utf8Stream, tail},
};

/// Runs the command; returns what was done, in words.
pub(crate) async fn execute(execution: &Execution<'_>, argv: &Argv) -> Result<String, Interrupted> {
    let folder = execution.workspace.repo();
    fs::create_dir_all(&folder).map_err(|error| {
        let message = format!("the command's folder cannot be made: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    let arguments: Vec<OsString> = argv.words().iter().skip(1).map(OsString::from).collect();
    let agent = Agent {
        program: Path::new(argv.program()),
        arguments: &arguments,
        folder: &folder,
        environment: Vec::new(),
        input: None,
        output: AgentOutput::Terminal,
        started: Event::AgentStarted {
            agent: RunType::Command,
            model: None,
            effort: None,
            mode: None,
            sandbox: None,
            approvals: None,
            capabilities: None,
        },
        abort: CancellationToken::new(),
    };
    let mut words = Words::new(execution.log.clone());
    let finished = execution.run(agent, &mut words).await?;
    words.finish();
    let name = argv.program();
    match finished.exit {
        Exit::Code(0) => Ok(format!("'{name}' ended with exit code 0")),
        Exit::Code(code) => {
            let message = format!("'{name}' ended with exit code {code}{}", words.last());
            Err(Failure::new(FailureCode::CommandFailed, message).into())
        }
        Exit::Signal(signal) => {
            let message = format!("'{name}' was killed by signal {signal}{}", words.last());
            Err(Failure::new(FailureCode::AgentKilled, message).into())
        }
    }
}

/// Both outputs go into the one log, as they come.
struct Words {
    log: LogFile,
    stdout: Utf8Stream,
    stderr: Utf8Stream,
    last: String,
}

impl Words {
    fn new(log: LogFile) -> Self {
        Self {
            log,
            stdout: Utf8Stream::default(),
            stderr: Utf8Stream::default(),
            last: String::new(),
        }
    }

    fn write(&mut self, text: &str) {
        self.log.write(text);
        self.last = tail(&format!("{}{text}", self.last), 500);
    }

    fn finish(&mut self) {
        let rest = self.stdout.finish() + &self.stderr.finish();
        self.write(&rest);
        self.log.flush();
    }

    /// The last words, to follow a message.
    fn last(&self) -> String {
        match self.last.trim() {
            "" => String::new(),
            last => format!("; its last words: {last}"),
        }
    }
}

impl Sinks for Words {
    fn lost(&mut self, bytes: u64) {
        self.write(&format!(
            "\n[{bytes} bytes of output were not kept: there was too much of it]\n"
        ));
    }

    fn stdout(&mut self, bytes: &[u8]) {
        let text = self.stdout.push(bytes);
        self.write(&text);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        let text = self.stderr.push(bytes);
        self.write(&text);
    }
}
