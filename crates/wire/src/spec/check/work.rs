//! What is to be done, and who does it.

use baton_domain::{
    RunType,
    spec::{AgentMode, Argv, Effort, Instructions, ModelName, Work},
};

use super::{Checker, TaskRunRequest};

/// The efforts that Claude Code has no word for.
const NOT_FOR_CLAUDE: [Effort; 2] = [Effort::None, Effort::Minimal];

/// How the agent is to run.
struct Runtime {
    model: Option<ModelName>,
    effort: Option<Effort>,
    mode: Option<AgentMode>,
}

impl Checker {
    pub(super) fn work(&mut self, body: &TaskRunRequest, run_type: RunType) -> Option<Work> {
        let runtime = self.runtime(body);
        if run_type == RunType::Command {
            self.only_with_agents(body, &runtime);
            return self.command(body);
        }
        if body.task.argv.is_some() {
            self.note("task.argv", "belongs to runs of type 'command'");
        }
        let text = body.task.instructions.as_deref().unwrap_or_default();
        let instructions = self.optional("task.instructions", Some(text), Instructions::parse);
        let Runtime {
            model,
            effort,
            mode,
        } = runtime;
        let mode = mode.unwrap_or(AgentMode::Exec);
        if run_type == RunType::CodexExec {
            return Some(Work::Codex {
                instructions: instructions?,
                model,
                effort,
                mode,
            });
        }
        if effort.is_some_and(|effort| NOT_FOR_CLAUDE.contains(&effort)) {
            self.note(
                "task.runtime.effort",
                "must be 'low', 'medium', 'high' or 'xhigh' for runs of type 'claude_code'",
            );
        }
        Some(Work::Claude {
            instructions: instructions?,
            model,
            effort,
            mode,
        })
    }

    fn runtime(&mut self, body: &TaskRunRequest) -> Runtime {
        let given = body.task.runtime.clone().unwrap_or_default();
        Runtime {
            mode: self.optional("task.runtime.mode", given.mode.as_deref(), |text| {
                text.parse().map_err(|_| "must be 'exec' or 'interactive'")
            }),
            model: self.optional(
                "task.runtime.model",
                given.model.as_deref(),
                ModelName::parse,
            ),
            effort: self.optional("task.runtime.effort", given.effort.as_deref(), |text| {
                text.parse()
                    .map_err(|_| "must be 'none', 'minimal', 'low', 'medium', 'high' or 'xhigh'")
            }),
        }
    }

    fn only_with_agents(&mut self, body: &TaskRunRequest, runtime: &Runtime) {
        let interactive = runtime.mode == Some(AgentMode::Interactive);
        let given = [
            (body.task.instructions.is_some(), "task.instructions"),
            (runtime.model.is_some(), "task.runtime.model"),
            (runtime.effort.is_some(), "task.runtime.effort"),
            (interactive, "task.runtime.mode"),
        ];
        for (_, field) in given.iter().filter(|(given, _)| *given) {
            self.note(
                field,
                "belongs to runs of type 'codex_exec' or 'claude_code'",
            );
        }
    }

    fn command(&mut self, body: &TaskRunRequest) -> Option<Work> {
        let Some(argv) = &body.task.argv else {
            self.note(
                "task.argv",
                "is missing: give the program and its arguments as a list",
            );
            return None;
        };
        match Argv::parse(argv) {
            Ok(argv) => Some(Work::Command { argv }),
            Err(error) => {
                self.note("task.argv", error);
                None
            }
        }
    }
}
