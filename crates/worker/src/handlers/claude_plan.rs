//! What an order to Claude Code comes to: its arguments, its environment, what is said of it.

use std::ffi::OsString;

use baton_domain::{RunType, spec::AgentMode};
use baton_wire::{Event, event::AgentCapabilities};

use super::{
    claude_home::ClaudeHome, claude_settings::NOT_IN_A_RUN, claude_told::Told,
    execution::Execution, order::Order,
};
use crate::{
    environment::Environment,
    options::{Approvals, ClaudeOptions, ClaudeSandbox},
};

/// What an order and the worker's settings come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) options: &'a ClaudeOptions,
    pub(super) home: &'a ClaudeHome,
    /// Whether its hooks call somebody.
    pub(super) hooked: bool,
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
