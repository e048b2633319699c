//! The checks, one a field. Each notes what is wrong and goes on.

mod control;
mod live_session;
mod publish;
mod secrets;
mod work;

use std::{collections::BTreeSet, fmt::Display, time::Duration};

use baton_domain::{
    Capability, Pool, Priority, RetryPolicy, RunSpec, RunType, Slots,
    retry::RetryWorkspace,
    spec::{Checkout, GitRef, Line, Repository},
};

use super::{FieldError, GitBody, TaskRunRequest};

#[derive(Default)]
pub(super) struct Checker(pub(super) Vec<FieldError>);

impl Checker {
    pub(super) fn spec(&mut self, body: &TaskRunRequest) -> Option<RunSpec> {
        let run_type = self.run_type(body);
        let live_session = self.live_session(body.live_session.as_ref());
        let (pause_before, budgets) = self.control(body.control.as_ref());
        let title = self.optional("title", body.title.as_deref(), Line::parse);
        let checkout = self.checkout(body, run_type);
        let work = self.work(body, run_type);
        let publish = self.publish(body, checkout.as_ref());
        let secrets = self.secrets(&body.task.secrets);
        let pool = self.optional("pool", body.pool.as_deref(), str::parse);
        let capabilities = self.capabilities(&body.required_capabilities);
        let slots = self.bounded("slots", body.slots, 1, Slots::MAX, 1);
        let priority = self.optional("priority", body.priority.as_deref(), |text| {
            text.parse()
                .map_err(|_| "must be 'high', 'normal' or 'low'")
        });
        let retry = self.retry(body);
        let retry_workspace = self.retry_workspace(body, run_type);
        let timeout = self.bounded("timeoutSeconds", body.timeout_seconds, 1, 604_800, 14_400);
        Some(RunSpec {
            title,
            work: work?,
            checkout,
            publish,
            secrets,
            pool: pool.unwrap_or_else(Pool::default_pool),
            capabilities,
            slots: Slots::new(slots).unwrap_or_default(),
            priority: priority.unwrap_or(Priority::Normal),
            retry,
            retry_workspace,
            timeout: Duration::from_secs(u64::from(timeout)),
            live_session,
            pause_before,
            budgets,
        })
    }

    fn note(&mut self, field: &str, message: impl Display) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message: message.to_string(),
        });
    }

    fn optional<T, E: Display>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(field, error);
                None
            }
        }
    }

    fn bounded(
        &mut self,
        field: &str,
        given: Option<u32>,
        min: u32,
        max: u32,
        default: u32,
    ) -> u32 {
        let value = given.unwrap_or(default);
        if (min..=max).contains(&value) {
            return value;
        }
        self.note(field, format!("is {value}: {min} to {max} is allowed"));
        default
    }

    fn run_type(&mut self, body: &TaskRunRequest) -> RunType {
        let by_runtime =
            self.optional(
                "targetRuntime",
                body.target_runtime.as_deref(),
                |text| match text {
                    "codex" => Ok(RunType::CodexExec),
                    "claude" => Ok(RunType::ClaudeCode),
                    "command" => Ok(RunType::Command),
                    other => Err(format!(
                        "'{other}' is unknown: use 'codex', 'claude' or 'command'"
                    )),
                },
            );
        let by_type = self.optional("type", body.run_type.as_deref(), |text| {
            text.parse::<RunType>().map_err(|_| {
                format!("'{text}' is unknown: use 'codex_exec', 'claude_code' or 'command'")
            })
        });
        if let (Some(a), Some(b)) = (by_type, by_runtime)
            && a != b
        {
            self.note(
                "targetRuntime",
                format!("does not agree with type '{a}': leave one of the two out"),
            );
        }
        by_type.or(by_runtime).unwrap_or(RunType::CodexExec)
    }

    fn checkout(&mut self, body: &TaskRunRequest, run_type: RunType) -> Option<Checkout> {
        let git = body.task.git.clone().unwrap_or_default();
        let starting_ref = self.optional(
            "task.git.startingBranch",
            git.starting_branch.as_deref(),
            GitRef::parse,
        );
        if body.repository.is_none() {
            if run_type != RunType::Command {
                self.note(
                    "repository",
                    "is missing: give a git URL or an absolute path on the worker",
                );
            } else if git != GitBody::default() {
                self.note("task.git", "needs a repository");
            }
        }
        let repository =
            self.optional("repository", body.repository.as_deref(), Repository::parse)?;
        Some(Checkout {
            repository,
            starting_ref,
        })
    }

    fn capabilities(&mut self, given: &[String]) -> BTreeSet<Capability> {
        if given.len() > 8 {
            self.note(
                "requiredCapabilities",
                format!("has {} names: 8 are allowed", given.len()),
            );
        }
        given
            .iter()
            .enumerate()
            .filter_map(|(i, name)| {
                self.optional(
                    &format!("requiredCapabilities[{i}]"),
                    Some(name),
                    str::parse,
                )
            })
            .collect()
    }

    fn retry_workspace(&mut self, body: &TaskRunRequest, run_type: RunType) -> RetryWorkspace {
        let given = body.retry.as_ref().and_then(|r| r.workspace.as_deref());
        let chosen = self.optional("retry.workspace", given, |text| {
            text.parse().map_err(|_| "must be 'keep' or 'fresh'")
        });
        // An agent sees what is done already; a command would do it twice.
        chosen.unwrap_or(match run_type {
            RunType::CodexExec | RunType::ClaudeCode => RetryWorkspace::Keep,
            RunType::Command => RetryWorkspace::Fresh,
        })
    }

    fn retry(&mut self, body: &TaskRunRequest) -> RetryPolicy {
        let given = body.retry.clone().unwrap_or_default();
        RetryPolicy {
            max_attempts: self.bounded("maxAttempts", body.max_attempts, 1, 20, 3),
            first_delay_seconds: self.bounded(
                "retry.firstDelaySeconds",
                given.first_delay_seconds,
                0,
                86_400,
                5,
            ),
            max_delay_seconds: self.bounded(
                "retry.maxDelaySeconds",
                given.max_delay_seconds,
                0,
                86_400,
                300,
            ),
        }
    }
}
