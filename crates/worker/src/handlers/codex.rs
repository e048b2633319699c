//! Run type `codex_exec`: the Codex CLI in the repository, headless or with its own screen.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use baton_domain::{
    Failure, FailureCode, RunType,
    spec::{AgentMode, Effort, Instructions, ModelName},
};
use baton_terminal::{AgentOutput, Exit};
use baton_wire::{Event, event::AgentCapabilities};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    codex_control::Control,
    codex_home::{self, Asked, LoginProblem},
    codex_reader::{CodexReader, Verdict},
    codex_screen,
    codex_sessions::{Meter, Sessions},
    codex_teller::Teller,
    execute::{Agent, Execution},
};
use crate::{
    environment::Environment, options::CodexSandbox, process::Finished, stop::Interrupted, text,
};

/// How often its records are read.
const LOOK_EVERY: Duration = Duration::from_millis(250);

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

/// What an order and the worker's settings come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) home: &'a Path,
    pub(super) control: Control<'a>,
}

impl Plan<'_> {
    /// What is said once the agent runs.
    pub(super) fn started(&self) -> Event {
        let order = self.order;
        let interactive = order.mode == AgentMode::Interactive;
        Event::AgentStarted {
            agent: RunType::CodexExec,
            model: order.model.map(|model| model.as_str().to_owned()),
            effort: order.effort.map(|effort| effort.to_string()),
            mode: Some(order.mode.to_string()),
            sandbox: Some(self.control.sandbox.word().to_owned()),
            approvals: Some(self.control.policy().to_owned()),
            capabilities: Some(AgentCapabilities {
                interactive,
                ..self.control.capabilities()
            }),
        }
    }

    /// What the agent sees besides every agent's environment.
    pub(super) fn environment(&self, execution: &Execution<'_>) -> Environment {
        codex_home::variables(self.home, &execution.environment())
    }

    /// The arguments that both modes have.
    pub(super) fn arguments(&self, execution: &Execution<'_>) -> Vec<OsString> {
        let options = &execution.options.codex;
        let mut words = Vec::new();
        if self.control.program.is_some() {
            // The home is the run's own, and so are its hooks.
            words.push("--dangerously-bypass-hook-trust".into());
        }
        let mut add = |flag: &str, value: OsString| words.extend([flag.into(), value]);
        for setting in &options.config {
            add("-c", setting.into());
        }
        if let Some(model) = self.order.model {
            add("-m", model.as_str().into());
        }
        if let Some(effort) = self.order.effort {
            add("-c", format!("model_reasoning_effort=\"{effort}\"").into());
        }
        add("-C", execution.workspace.repo().into());
        match options.sandbox {
            CodexSandbox::Bypass => {
                words.push("--dangerously-bypass-approvals-and-sandbox".into());
            }
            sandbox => add("--sandbox", sandbox.word().into()),
        }
        if options.sandbox == CodexSandbox::WorkspaceWrite {
            words.extend(["--add-dir".into(), execution.workspace.artifacts().into()]);
        }
        words
    }
}

async fn run_headless(execution: &Execution<'_>, plan: &Plan<'_>) -> Result<String, Interrupted> {
    let options = &execution.options.codex;
    let folder = execution.workspace.repo();
    let arguments = headless(plan, execution);
    let mut reader = open_reader(execution).map_err(|error| {
        let message = format!("the agent's log cannot be written: {error}");
        Failure::new(FailureCode::WorkerFault, message)
    })?;
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
    meter.finish(verdict.heard.tokens);
    judge(&finished, verdict)
}

/// Waits for the work, looks every now and then meanwhile, and once more at its end.
pub(super) async fn looking_on<T>(work: impl Future<Output = T>, mut look: impl FnMut()) -> T {
    let mut work = pin!(work);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            done = &mut work => {
                look();
                return done;
            }
            _ = looks.tick() => look(),
        }
    }
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

fn open_reader(execution: &Execution<'_>) -> io::Result<CodexReader> {
    Ok(CodexReader::new(
        teller(execution),
        File::create(execution.record("logs/codex.jsonl"))?,
        File::create(execution.record("logs/codex.stderr.log"))?,
        execution.options.limits.log_bytes,
    ))
}

pub(super) fn teller(execution: &Execution<'_>) -> Teller {
    Teller::new(
        execution.reporter.clone(),
        execution.log.clone(),
        execution.workspace.repo(),
    )
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
    let reason = verdict.heard.failure.or(verdict.heard.warning);
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or(verdict.stderr);
    let because = |how: &str| match reason.trim() {
        "" => format!("codex {how} without a reason: see logs/codex.stderr.log"),
        reason => format!("codex {how}: {}", text::head(reason, 2000)),
    };
    match finished.exit {
        Exit::Signal(_) => fail(FailureCode::AgentKilled, because(&outcome(finished))),
        Exit::Code(0) if verdict.heard.turn_failed => {
            fail(FailureCode::AgentFailed, because("gave up"))
        }
        Exit::Code(0) if !verdict.heard.turn_completed => match verdict.bad_line {
            Some(line) => fail(
                FailureCode::AgentGarbled,
                format!("codex ended in the middle of its turn, after this line: {line}"),
            ),
            None => fail(FailureCode::AgentFailed, because("ended without an answer")),
        },
        Exit::Code(0) => Ok(text::head(
            verdict
                .heard
                .last_message
                .as_deref()
                .unwrap_or("codex ended without a word"),
            4000,
        )),
        // The program wrapper of npm hands a signal on as this exit code.
        Exit::Code(code) if code > 128 && !verdict.heard.turn_failed => {
            fail(FailureCode::AgentKilled, because(&outcome(finished)))
        }
        Exit::Code(_) => fail(FailureCode::AgentFailed, because(&outcome(finished))),
    }
}

pub(super) fn outcome(finished: &Finished) -> String {
    match finished.exit {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
    }
}
