//! What viewers see: the agent's terminal on top, and below it log, inbox and shell. Each pane runs
//! a viewer of what lives elsewhere; when they are gone with the run's host, so is the client.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use super::{Failed, client::Questions};

/// How many rows the panes below the agent's terminal get.
const LOWER_ROWS: &str = "10";
const LAST_LINES: &str = "200";

/// What is shown in the panes.
#[derive(Debug, Clone)]
pub(super) struct Panes {
    /// Attaches to the run's host, called as `attach --socket SOCKET --terminal NAME --via tmate`.
    pub(super) program: PathBuf,
    /// The host's socket.
    pub(super) socket: PathBuf,
    /// The run's log.
    pub(super) log: PathBuf,
    /// What operators have told the agent.
    pub(super) inbox: PathBuf,
    /// The agent: without it the files are followed no longer.
    pub(super) alive: Option<i32>,
}

impl Panes {
    /// The first pane's command.
    pub(super) fn agent(&self) -> Vec<OsString> {
        self.attach("agent")
    }

    fn attach(&self, terminal: &str) -> Vec<OsString> {
        let options = ["--terminal", terminal, "--via", "tmate"].map(OsString::from);
        let socket = [
            OsStr::new("attach"),
            OsStr::new("--socket"),
            self.socket.as_os_str(),
        ];
        let program = [self.program.as_os_str()];
        let words = program.into_iter().chain(socket).map(OsString::from);
        words.chain(options).collect()
    }

    fn follow(&self, file: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = ["tail", "-n", LAST_LINES, "-F"].map(OsString::from).into();
        if let Some(pid) = self.alive {
            words.push(format!("--pid={pid}").into());
        }
        words.extend(["--".into(), file.as_os_str().to_owned()]);
        words
    }
}

/// Makes the panes below the agent's.
pub(super) async fn split(questions: &Questions, panes: &Panes) -> Result<(), Failed> {
    let rows = ["-v", "-l", LOWER_ROWS];
    let log = one(questions, "%0", &rows, &panes.follow(&panes.log)).await?;
    let inbox = panes.follow(&panes.inbox);
    let inbox = one(questions, &log, &["-h", "-p", "66"], &inbox).await?;
    let shell = panes.attach("shell");
    one(questions, &inbox, &["-h", "-p", "50"], &shell).await?;
    Ok(())
}

/// Splits a pane; the id of the new one.
async fn one(
    questions: &Questions,
    from: &str,
    how: &[&str],
    command: &[OsString],
) -> Result<String, Failed> {
    let words = ["split-window", "-d", "-P", "-F", "#{pane_id}", "-t", from];
    let words = words.iter().chain(how).map(OsString::from);
    let words: Vec<OsString> = words.chain(command.iter().cloned()).collect();
    let said = questions.ask(&words).await?;
    Ok(said.trim().to_owned())
}
