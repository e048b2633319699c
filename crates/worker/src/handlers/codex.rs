//! Run type `codex_exec`: the Codex CLI in the repository, headless or with its own screen.

use std::{ffi::OsString, path::PathBuf};

use baton_domain::{Failure, FailureCode, spec::AgentMode};
use baton_terminal::{AgentOutput, Exit};

use super::{
    codex_control::Control,
    codex_home::{self, Asked, LoginProblem},
    codex_plan::Plan,
    codex_screen,
    codex_sessions::{Meter, Sessions},
    codex_teller::Teller,
    execution::{Agent, Execution},
    growing::looking_on,
    order::Order,
    reader::{Reader, Verdict, outcome},
    screen::last_words,
};
use crate::{process::Finished, stop::Interrupted};

/// Runs Codex; returns its last words.
pub(crate) async fn execute(
    execution: &Execution<'_>,
    order: &Order<'_>,
) -> Result<String, Interrupted> {
    let home = execution.workspace.home().join(".codex");
    let options = &execution.options;
    let control = Control {
        program: options.hook_program.as_deref(),
        approvals: options.codex.approvals,
        sandbox: options.codex.sandbox,
    };
    if !execution.is_adopted() {
        log_in(execution, home.clone()).await?;
        control.write(&home).map_err(|error| {
            let message = format!("the agent's hooks cannot be written: {error}");
            Failure::new(FailureCode::WorkerFault, message)
        })?;
    }
    let plan = Plan {
        order,
        home: &home,
        control,
    };
    let result = match order.mode {
        AgentMode::Exec => run_headless(execution, &plan).await,
        AgentMode::Interactive => codex_screen::run(execution, &plan).await,
    };
    codex_home::forget(&home);
    result
}

async fn log_in(execution: &Execution<'_>, home: PathBuf) -> Result<(), Interrupted> {
    let options = &execution.options.codex;
    let environment = execution.environment();
    let codex = Asked {
        program: &options.program,
        environment: &environment,
    };
    let prepared = codex_home::prepare(&codex, &options.login, &home).await;
    prepared.map_err(|problem| {
        let code = match problem {
            LoginProblem::Missing(_) => FailureCode::AgentMissing,
            LoginProblem::NotLoggedIn { .. } => FailureCode::AgentNotLoggedIn,
            LoginProblem::Broken(_) | LoginProblem::NoSandbox(_) => FailureCode::WorkerFault,
        };
        Failure::new(code, problem.to_string()).into()
    })
}

async fn run_headless(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let options = &execution.options.codex;
    let folder = execution.workspace.repo();
    let arguments = headless(plan, execution);
    let mut reader = Reader::open(execution, plan.teller(execution))?;
    let agent = Agent {
        program: &options.program,
        arguments: &arguments,
        folder: &folder,
        environment: plan.environment(execution),
        input: Some(plan.order.instructions.as_str().as_bytes()),
        output: AgentOutput::Piped,
        started: plan.started(),
        abort: reader.hopeless(),
    };
    let mut sessions = Sessions::of(plan.home);
    let mut meter = Meter::new(execution.reporter.clone());
    let run = execution.run(agent, &mut reader);
    let finished = looking_on(run, || {
        for heard in sessions.news() {
            meter.take(&heard.told);
        }
    })
    .await?;
    let verdict = reader.finish();
    meter.finish(verdict.told.heard.tokens);
    judge(&finished, verdict)
}

fn headless(plan: &Plan<'_>, execution: &Execution<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["exec", "--json", "--skip-git-repo-check"]
        .map(OsString::from)
        .to_vec();
    words.extend(plan.arguments(execution));
    if plan.control.asks() {
        // Without a screen Codex asks nobody, unless a reviewer is named; then its hook is asked
        // first, which always decides.
        let settings = [
            "approval_policy=\"on-request\"",
            "approvals_reviewer=\"auto_review\"",
        ];
        words.extend(
            settings
                .iter()
                .flat_map(|word| ["-c".into(), (*word).into()]),
        );
    }
    // The instruction is read from the input: it may be longer than an argument can be.
    words.push("-".into());
    words
}

fn judge(finished: &Finished, verdict: Verdict<Teller>) -> Result<String, Interrupted> {
    if let Some(failure) = verdict.garbled(finished) {
        return Err(failure.into());
    }
    let heard = &verdict.told.heard;
    let reason = heard.failure.as_deref().or(heard.warnings.last.as_deref());
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or(&verdict.stderr);
    let failure = |code, how: &str| Verdict::<Teller>::failure(code, how, reason);
    let how = outcome(finished);
    let failure = match finished.exit {
        Exit::Signal(_) => failure(FailureCode::AgentKilled, &how),
        Exit::Code(0) if heard.turn_failed => failure(FailureCode::AgentFailed, "gave up"),
        Exit::Code(0) if !heard.turn_completed => verdict.unanswered(reason),
        Exit::Code(0) => return Ok(last_words("codex", heard.last_message.as_deref())),
        // The program wrapper of npm hands a signal on as this exit code.
        Exit::Code(code) if code > 128 && !heard.turn_failed => {
            failure(FailureCode::AgentKilled, &how)
        }
        Exit::Code(_) => failure(FailureCode::AgentFailed, &how),
    };
    Err(failure.into())
}
