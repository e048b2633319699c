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
    screen::{self, Turn},
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
        turn: Turn::Awaited,
        began: Instant::now(),
    };
    let seen = screen::run(execution, (Told::AGENT, agent), || session.look()).await?;
    let told = session.told;
    told.flush();
    seen.judge(told.failure().map_or_else(|| Ok(told.last_words()), Err))
}

struct Session {
    files: SessionFiles,
    told: Told,
    turn: Turn,
    began: Instant,
}

impl Session {
    fn look(&mut self) -> Turn {
        self.told.at(self.began.elapsed());
        for fact in self.files.news() {
            self.turn = match fact {
                Fact::TurnEnded | Fact::GaveUp(_) => Turn::Over,
                Fact::Said { .. }
                | Fact::Used { .. }
                | Fact::Answered { .. }
                | Fact::Asked { .. } => Turn::Running,
                // It counts what it has spent also when it leaves.
                _ => self.turn,
            };
            self.told.hear(fact);
        }
        self.turn
    }
}
