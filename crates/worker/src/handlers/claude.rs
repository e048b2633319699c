//! Run type `claude_code`: Claude Code in the repository, headless or with its own screen.

use std::ffi::OsString;

use baton_domain::{Failure, FailureCode, spec::AgentMode};
use baton_terminal::{AgentOutput, Exit};

use super::{
    claude_home::{ClaudeHome, LoginProblem},
    claude_plan::Plan,
    claude_screen,
    claude_settings::{self, Places},
    claude_told::Told,
    execution::{Agent, Execution},
    order::Order,
    reader::{Reader, Verdict, outcome},
    screen::last_words,
};
use crate::{process::Finished, stop::Interrupted};

/// Runs Claude Code; returns its last words.
pub(crate) async fn execute(
    execution: &Execution<'_>,
    order: &Order<'_>,
) -> Result<String, Interrupted> {
    let home = ClaudeHome::new(execution.workspace.home().join(".claude"));
    if !execution.is_adopted() {
        prepare(execution, &home)?;
    }
    let plan = Plan {
        order,
        options: &execution.options.claude,
        home: &home,
        hooked: execution.options.hook_program.is_some(),
    };
    let result = match order.mode {
        AgentMode::Exec => run_headless(execution, &plan).await,
        AgentMode::Interactive => claude_screen::run(execution, &plan).await,
    };
    home.forget();
    result
}

fn prepare(execution: &Execution<'_>, home: &ClaudeHome) -> Result<(), Interrupted> {
    let places = Places {
        repo: execution.workspace.repo(),
        artifacts: execution.workspace.artifacts(),
        baton: execution.options.hook_program.clone(),
    };
    let options = &execution.options.claude;
    let settings = claude_settings::settings(options, home, &places);
    let prepared = home.prepare(options, &places.repo, &settings);
    prepared.map_err(|problem| Failure::new(code(&problem), problem.to_string()).into())
}

const fn code(problem: &LoginProblem) -> FailureCode {
    match problem {
        LoginProblem::Missing(_) => FailureCode::AgentMissing,
        LoginProblem::NotLoggedIn(_) => FailureCode::AgentNotLoggedIn,
        LoginProblem::Broken(_) | LoginProblem::NoSandbox(_) => FailureCode::WorkerFault,
    }
}

async fn run_headless(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let folder = execution.workspace.repo();
    let arguments = headless(plan, execution);
    let mut reader = Reader::open(execution, plan.told(execution))?;
    let agent = Agent {
        program: &plan.options.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(),
        input: Some(plan.order.instructions.as_str().as_bytes()),
        output: AgentOutput::Piped,
        started: plan.started(),
        abort: reader.hopeless(),
    };
    let finished = execution.run(agent, &mut reader).await?;
    judge(&finished, reader.finish())
}

fn headless(plan: &Plan<'_>, execution: &Execution<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["-p", "--output-format", "stream-json", "--verbose"]
        .map(OsString::from)
        .to_vec();
    words.extend(plan.arguments(execution));
    words
}

fn judge(finished: &Finished, verdict: Verdict<Told>) -> Result<String, Interrupted> {
    if let Some(failure) = verdict.garbled(finished) {
        return Err(failure.into());
    }
    let told = &verdict.told;
    let ending = told.ending();
    let words = ending.map(|ending| ending.words.as_str());
    let candidates = [
        words.filter(|_| ending.is_some_and(|ending| ending.failed)),
        told.warning().filter(|_| ending.is_none()),
        Some(verdict.stderr.as_str()),
    ];
    let mut reasons = candidates.into_iter().flatten();
    let reason = reasons.find(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or_default();
    let failure = |code, how: &str| Verdict::<Told>::failure(code, how, reason);
    let how = outcome(finished);
    let failure = match (finished.exit, ending) {
        (Exit::Signal(_), _) => failure(FailureCode::AgentKilled, &how),
        (Exit::Code(code), None) if code > 128 => failure(FailureCode::AgentKilled, &how),
        (_, Some(ending)) if ending.failed => failure(FailureCode::AgentFailed, "gave up"),
        (Exit::Code(0), Some(ending)) => {
            let said = Some(ending.words.as_str()).filter(|words| !words.trim().is_empty());
            return Ok(last_words("claude", said.or_else(|| told.last_words())));
        }
        (Exit::Code(0), None) => verdict.unanswered(reason),
        (Exit::Code(_), _) => failure(FailureCode::AgentFailed, &how),
    };
    Err(failure.into())
}
