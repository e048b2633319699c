//! The specification of a run as it crosses a boundary: the body of a submission, and part of
//! every offer. Checking it names every field that is wrong, not only the first.

mod check;

use baton_domain::RunSpec;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use check::Checker;

/// A run as asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskRunRequest {
    /// `codex_exec` (the default), `claude_code` or `command`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub run_type: Option<String>,
    /// A name for people, one line of at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Git URL, `user@host:path` or a path on the worker. Required for agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whose queue; `default` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// What a worker must have, at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_capabilities: Vec<String>,
    /// Slots of a worker that the run occupies, 1 to 64; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// The agent, for callers that name it here: `codex`, `claude` or `command`. It must agree with
    /// `type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_runtime: Option<String>,
    /// What is to be done.
    #[serde(default)]
    pub task: TaskBody,
    /// `high`, `normal` (the default) or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// How often the run may fail before it is dead-lettered, 1 to 20; 3 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Delays between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryBody>,
    /// The longest time one attempt may execute, 1 to 604,800 seconds; 14,400 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// Live observation: whether people may watch the run's terminals from its start. The server's
    /// default if absent; it can be switched on later as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_session: Option<LiveSessionBody>,
    /// Where the run is held by itself, and what it may use up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlBody>,
}

impl TaskRunRequest {
    /// The request with a live session as the server has them by default, unless it says itself
    /// whether it wants one; what it leaves open about its own is filled in as well.
    #[must_use]
    pub fn or_live_session(mut self, default: &LiveSessionBody) -> Self {
        match &mut self.live_session {
            Some(own) if own.enabled => {
                own.provider = own.provider.take().or_else(|| default.provider.clone());
                own.ttl_minutes = own.ttl_minutes.or(default.ttl_minutes);
            }
            Some(_) => {}
            None if default.enabled => self.live_session = Some(default.clone()),
            None => {}
        }
        self
    }

    /// The run's name for people: the title given, otherwise the first line of the instruction or
    /// command; at most 200 characters.
    #[must_use]
    pub fn display_title(&self) -> String {
        let given = self.title.as_deref().map(str::trim);
        let told = self.task.instructions.as_deref();
        let command = self.task.argv.as_ref().map(|argv| argv.join(" "));
        let text = given.or(told).or(command.as_deref()).unwrap_or_default();
        let line = text.trim().lines().next().unwrap_or_default();
        let printable = line.trim_end().chars().filter(|c| !c.is_control());
        printable.take(200).collect()
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskBody {
    /// What the agent is told. Required for agents, 1 to 100,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Program and arguments. Required for commands; no shell is involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argv: Option<Vec<String>>,
    /// How the agent runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeBody>,
    /// Where the work starts and where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitBody>,
    /// What becomes of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish: Option<PublishBody>,
    /// Secrets of the worker that the agent gets as variables, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretBody>,
}

/// How the agent runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuntimeBody {
    /// `exec` (the default): the agent without a screen, told in plain words; or `interactive`: the
    /// agent's own screen, where an operator may type to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The model; otherwise the worker's, otherwise the agent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `none`, `minimal`, `low`, `medium`, `high` or `xhigh`, with the same precedence; the first
    /// two are not for `claude_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
}

/// Where the work starts and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitBody {
    /// Branch, tag or commit to start from; the remote's default branch if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting_branch: Option<String>,
    /// Branch to write; `auto` or absent means `task/<YYYYMMDD>/<run8>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_branch: Option<String>,
}

/// What becomes of the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishBody {
    /// `none` (the default), `branch` or `pr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// With mode `pr`: the branch that the pull request is for; the starting branch if absent,
    /// otherwise the repository's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_base_branch: Option<String>,
    /// The commit's message, at most 10,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_message: Option<String>,
    /// With mode `pr`: one line of at most 200 characters; the run's title if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_title: Option<String>,
    /// With mode `pr`: at most 60,000 characters; what was asked for if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_body: Option<String>,
}

/// A secret that the worker has and the agent gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretBody {
    /// The variable in which the agent finds it.
    pub name: String,
    /// `env:NAME`, a variable that the worker gives to tasks.
    pub from: String,
}

/// Delays between attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryBody {
    /// After the first failure, 0 to 86,400 seconds; 5 if absent. It doubles each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_delay_seconds: Option<u32>,
    /// At most, 0 to 86,400 seconds; 300 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delay_seconds: Option<u32>,
    /// What the next attempt starts from: `keep` (the default for agents), the changed files of the
    /// attempt before where its worker still has them and the start is the same, or `fresh` (the
    /// default for commands).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// Live observation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveSessionBody {
    /// Whether the run is to be observable.
    #[serde(default)]
    pub enabled: bool,
    /// By what means: `web` (the default) or `tmate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// For how long from when it is ready, 1 to 1,440 minutes; 60 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<u32>,
}

/// Where a run is held by itself, and what it may use up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlBody {
    /// Stages that a person lets begin, each time: `execute`, `publish`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pause_before: Vec<String>,
    /// What one attempt may use before it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<BudgetsBody>,
}

/// What one attempt may use before it is paused. What is absent is not bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetsBody {
    /// Time that the agent works, without that in which it stands still, 1 to 604,800 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_seconds: Option<u64>,
    /// Turns of the agent, 1 to 100,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<u64>,
    /// Tokens read and written, as the agent counts them, 1 to 10,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// US cents, as the agent counts them, 1 to 10,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend_cents: Option<u64>,
    /// Lines added and removed in the repository, 1 to 10,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_lines: Option<u64>,
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The field's path, such as `task.git.newBranch`.
    pub field: String,
    /// What is wrong and how to mend it; reads on after the field's name.
    pub message: String,
}

/// A specification that breaks rules: all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct InvalidSpec(pub Vec<FieldError>);

impl InvalidSpec {
    fn summary(&self) -> String {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|e| format!("{} {}", e.field, e.message))
            .collect();
        lines.join("; ")
    }
}

impl TryFrom<&TaskRunRequest> for RunSpec {
    type Error = InvalidSpec;

    fn try_from(body: &TaskRunRequest) -> Result<Self, InvalidSpec> {
        let mut check = Checker::default();
        let spec = check.spec(body);
        match spec {
            Some(spec) if check.0.is_empty() => Ok(spec),
            _ => Err(InvalidSpec(check.0)),
        }
    }
}
