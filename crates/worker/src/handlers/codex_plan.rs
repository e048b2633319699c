//! What an order to Codex comes to: its arguments, its environment, what is said of it.

use std::{ffi::OsString, path::Path};

use baton_domain::{RunType, spec::AgentMode};
use baton_wire::{Event, event::AgentCapabilities};

use super::{
    codex_control::Control, codex_home, codex_teller::Teller, execution::Execution, order::Order,
};
use crate::{environment::Environment, options::CodexSandbox};

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

    /// Who tells what the agent does.
    pub(super) fn teller(&self, execution: &Execution<'_>) -> Teller {
        Teller::new(
            execution.reporter.clone(),
            execution.log.clone(),
            execution.workspace.repo(),
        )
    }
}
