//! Claude Code with its own screen in the run's terminal. What it does is known from its session's
//! file.

use std::ffi::OsString;

use baton_terminal::AgentOutput;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    claude_lines::Fact,
    claude_plan::Plan,
    claude_session::SessionFiles,
    claude_told::Told,
    execution::{Agent, Execution},
    reader::Tells,
    screen::{self, STOPPED, Turn},
};
use crate::stop::Interrupted;

/// Runs Claude Code with its screen; returns its last words.
pub(super) async fn run(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let folder = execution.workspace.repo();
    let mut arguments = plan.arguments(execution);
    let prompt = screen::prompt(plan.order.instructions, plan.home.path())?;
    arguments.extend([OsString::from("--"), prompt]);
    let agent = Agent {
        program: &execution.options.claude.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(),
        input: None,
        output: AgentOutput::Terminal,
        started: plan.started(),
        abort: CancellationToken::new(),
    };
    let mut session = Session {
        files: SessionFiles::of(plan.home.path()),
        told: plan.told(execution),
        stopped: false,
        began: Instant::now(),
    };
    let seen = screen::run(execution, (Told::AGENT, agent), || session.look()).await?;
    let Session { told, stopped, .. } = session;
    told.flush();
    let last = match told.failure() {
        _ if stopped => Err(STOPPED),
        Some(why) => Err(why),
        None => Ok(told.last_words()),
    };
    seen.judge(last)
}

struct Session {
    files: SessionFiles,
    told: Told,
    /// Whether somebody has stopped its last turn.
    stopped: bool,
    began: Instant,
}

impl Session {
    /// How its turn stands by what is new, if that tells.
    fn look(&mut self) -> Option<Turn> {
        self.told.at(self.began.elapsed());
        let mut turn = None;
        for fact in self.files.news() {
            turn = match fact {
                Fact::TurnEnded | Fact::GaveUp(_) => Some(Turn::Over),
                Fact::TurnStopped => Some(Turn::Stopped),
                Fact::Said { .. }
                | Fact::Used { .. }
                | Fact::Answered { .. }
                | Fact::Asked { .. } => Some(Turn::Running),
                // It counts what it has spent also when it leaves.
                _ => turn,
            };
            self.told.hear(fact);
        }
        if let Some(turn) = turn {
            self.stopped = turn == Turn::Stopped;
        }
        turn
    }
}
