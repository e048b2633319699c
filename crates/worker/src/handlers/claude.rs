//! Run type `claude_code`: Claude Code in the repository, headless or with its own screen.

use std::ffi::OsString;

use baton_domain::{Failure, FailureCode, RunType, spec::AgentMode};
use baton_terminal::{AgentOutput, Exit};
use baton_wire::{Event, event::AgentCapabilities};

use super::{
    claude_home::{ClaudeHome, LoginProblem, Places},
    claude_screen,
    claude_settings::NOT_IN_A_RUN,
    claude_told::Told,
    execute::{Agent, Execution},
    order::Order,
    reader::{Reader, Verdict, outcome},
    screen::last_words,
};
use crate::{
    environment::Environment,
    options::{Approvals, ClaudeOptions, ClaudeSandbox},
    process::Finished,
    stop::Interrupted,
};

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
    let prepared = home.prepare(&execution.options.claude, &places);
    prepared.map_err(|problem| Failure::new(code(&problem), problem.to_string()).into())
}

const fn code(problem: &LoginProblem) -> FailureCode {
    match problem {
        LoginProblem::Missing(_) => FailureCode::AgentMissing,
        LoginProblem::NotLoggedIn(_) => FailureCode::AgentNotLoggedIn,
        LoginProblem::Broken(_) | LoginProblem::NoSandbox(_) => FailureCode::WorkerFault,
    }
}

/// What an order and the worker's settings come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) order: &'a Order<'a>,
    options: &'a ClaudeOptions,
    pub(super) home: &'a ClaudeHome,
    /// Whether its hooks call somebody.
    hooked: bool,
}

impl Plan<'_> {
    /// What is said once the agent runs.
    pub(super) fn started(&self) -> Event {
        let (order, options, hooked) = (self.order, self.options, self.hooked);
        Event::AgentStarted {
            agent: RunType::ClaudeCode,
            model: order.model.map(|model| model.as_str().to_owned()),
            effort: order.effort.map(|effort| effort.to_string()),
            mode: Some(order.mode.to_string()),
            sandbox: Some(options.sandbox.as_str().to_owned()),
            approvals: Some(options.approvals_word().to_owned()),
            capabilities: Some(AgentCapabilities {
                checkpoints: hooked,
                steering: hooked,
                queued: hooked,
                permissions: hooked && options.approvals == Approvals::Ask,
                interactive: order.mode == AgentMode::Interactive,
            }),
        }
    }

    /// The arguments that both modes have.
    pub(super) fn arguments(&self, execution: &Execution<'_>) -> Vec<OsString> {
        let mut words = Vec::new();
        let mut add = |flag: &str, value: OsString| words.extend([flag.into(), value]);
        add("--settings", self.home.settings().into());
        // Neither the user's settings nor the repository's: they could switch the hooks off, or run
        // commands of their own outside of the sandbox.
        add("--setting-sources", OsString::new());
        add("--disallowedTools", NOT_IN_A_RUN.into());
        // By its name here, the repository's CLAUDE.md is read all the same.
        add("--add-dir", execution.workspace.repo().into());
        add("--permission-mode", permission_mode(self.options).into());
        if let Some(model) = self.order.model {
            add("--model", model.as_str().into());
        }
        if let Some(effort) = self.order.effort {
            add("--effort", effort.to_string().into());
        }
        words.push("--strict-mcp-config".into());
        words
    }

    /// What it sees besides what every agent does.
    pub(super) fn environment(&self) -> Environment {
        environment(self.options, self.home)
    }

    /// Where what it tells goes.
    pub(super) fn told(&self, execution: &Execution<'_>) -> Told {
        Told::new(
            execution.reporter.clone(),
            execution.log.clone(),
            execution.workspace.repo(),
        )
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

const fn permission_mode(options: &ClaudeOptions) -> &'static str {
    match (options.approvals, options.sandbox) {
        (Approvals::Ask, _) => "default",
        (Approvals::Never, ClaudeSandbox::WorkspaceWrite) => "dontAsk",
        (Approvals::Never, ClaudeSandbox::Bypass) => "bypassPermissions",
    }
}

fn environment(options: &ClaudeOptions, home: &ClaudeHome) -> Environment {
    let mut environment: Environment = [
        ("CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD", "1"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_TELEMETRY", "1"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec();
    environment.push(("CLAUDE_CONFIG_DIR".into(), home.path().into()));
    environment.push(("CLAUDE_CODE_TMPDIR".into(), home.temporary().into()));
    if let Some(url) = &options.base_url {
        environment.push(("ANTHROPIC_BASE_URL".into(), url.into()));
    }
    if options.sandbox == ClaudeSandbox::Bypass {
        // Whoever chose this has said that the worker is one; root is refused without it.
        environment.push(("IS_SANDBOX".into(), "1".into()));
    }
    environment
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
