//! Run type `codex_exec`: the Codex CLI, headless, in the repository.

use std::{ffi::OsString, fs::File, io, path::PathBuf};

use baton_domain::{
    Failure, FailureCode, RunType,
    spec::{AgentMode, Effort, Instructions, ModelName},
};
use baton_terminal::{AgentOutput, Exit};
use baton_wire::Event;

use super::{
    codex_home::{self, Asked, LoginProblem},
    codex_reader::{CodexReader, Verdict},
    execute::{Agent, Execution},
};
use crate::{
    options::{CodexOptions, CodexSandbox},
    process::Finished,
    stop::Interrupted,
    text,
};

/// What Codex is told for one run.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) instructions: &'a Instructions,
    /// The task's wishes, else the worker's.
    pub(crate) model: Option<&'a ModelName>,
    pub(crate) effort: Option<Effort>,
    /// What runs in the terminal.
    pub(crate) mode: AgentMode,
}

/// Runs Codex; returns its last words.
pub(crate) async fn execute(
    execution: &Execution<'_>,
    order: &Order<'_>,
) -> Result<String, Interrupted> {
    let home = execution.workspace.home().join(".codex");
    if !execution.is_adopted() {
        log_in(execution, home.clone()).await?;
    }
    let result = run(execution, order, home.clone()).await;
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

async fn run(
    execution: &Execution<'_>,
    order: &Order<'_>,
    home: PathBuf,
) -> Result<String, Interrupted> {
    let options = &execution.options.codex;
    let folder = execution.workspace.repo();
    let arguments = arguments(options, order, execution);
    let mut reader = open_reader(execution).map_err(|error| {
        let message = format!("the agent's log cannot be written: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
    let agent = Agent {
        program: &options.program,
        arguments: &arguments,
        folder: &folder,
        environment: vec![("CODEX_HOME".into(), home.into_os_string())],
        input: Some(order.instructions.as_str().as_bytes()),
        output: AgentOutput::Piped,
        started: Event::AgentStarted {
            agent: RunType::CodexExec,
            model: order.model.map(|model| model.as_str().to_owned()),
            effort: order.effort.map(|effort| effort.to_string()),
            mode: Some(order.mode.to_string()),
            sandbox: None,
            approvals: None,
            capabilities: None,
        },
        abort: reader.hopeless(),
    };
    let finished = execution.run(agent, &mut reader).await?;
    judge(&finished, reader.finish())
}

fn arguments(
    options: &CodexOptions,
    order: &Order<'_>,
    execution: &Execution<'_>,
) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["exec", "--json", "--skip-git-repo-check"]
        .map(OsString::from)
        .to_vec();
    let mut add = |flag: &str, value: OsString| words.extend([flag.into(), value]);
    for setting in &options.config {
        add("-c", setting.into());
    }
    if let Some(model) = order.model {
        add("-m", model.as_str().into());
    }
    if let Some(effort) = order.effort {
        add("-c", format!("model_reasoning_effort=\"{effort}\"").into());
    }
    add("-C", execution.workspace.repo().into());
    match options.sandbox {
        CodexSandbox::ReadOnly => add("--sandbox", "read-only".into()),
        CodexSandbox::WorkspaceWrite => {
            add("--sandbox", "workspace-write".into());
            add("--add-dir", execution.workspace.artifacts().into());
        }
        CodexSandbox::Bypass => {
            words.push("--dangerously-bypass-approvals-and-sandbox".into());
        }
    }
    // The instruction is read from the input: it may be longer than an argument can be.
    words.push("-".into());
    words
}

fn open_reader(execution: &Execution<'_>) -> io::Result<CodexReader> {
    Ok(CodexReader::new(
        execution.reporter.clone(),
        execution.log.clone(),
        execution.workspace.repo(),
        File::create(execution.record("logs/codex.jsonl"))?,
        File::create(execution.record("logs/codex.stderr.log"))?,
        execution.options.limits.log_bytes,
    ))
}

fn judge(finished: &Finished, verdict: Verdict) -> Result<String, Interrupted> {
    let fail = |code, message: String| Err(Failure::new(code, message).into());
    if verdict.hopeless || (!verdict.understood && verdict.bad_line.is_some()) {
        let line = verdict.bad_line.unwrap_or_default();
        let how = outcome(finished);
        let message = format!(
            "codex {how}, and printed something other than its JSON lines (is this another program, or another version?): {line}"
        );
        return fail(FailureCode::AgentGarbled, message);
    }
    let reason = verdict.failure.or(verdict.warning);
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or(verdict.stderr);
    let because = |how: &str| match reason.trim() {
        "" => format!("codex {how} without a reason: see logs/codex.stderr.log"),
        reason => format!("codex {how}: {}", text::head(reason, 2000)),
    };
    match finished.exit {
        Exit::Signal(_) => fail(FailureCode::AgentKilled, because(&outcome(finished))),
        Exit::Code(0) if verdict.turn_failed => fail(FailureCode::AgentFailed, because("gave up")),
        Exit::Code(0) if !verdict.turn_completed => match verdict.bad_line {
            Some(line) => fail(
                FailureCode::AgentGarbled,
                format!("codex ended in the middle of its turn, after this line: {line}"),
            ),
            None => fail(FailureCode::AgentFailed, because("ended without an answer")),
        },
        Exit::Code(0) => Ok(text::head(
            verdict
                .last_message
                .as_deref()
                .unwrap_or("codex ended without a word"),
            4000,
        )),
        // The program wrapper of npm hands a signal on as this exit code.
        Exit::Code(code) if code > 128 && !verdict.turn_failed => {
            fail(FailureCode::AgentKilled, because(&outcome(finished)))
        }
        Exit::Code(_) => fail(FailureCode::AgentFailed, because(&outcome(finished))),
    }
}

fn outcome(finished: &Finished) -> String {
    match finished.exit {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
    }
}
