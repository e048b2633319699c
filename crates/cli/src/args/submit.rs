//! `baton runs submit`: flags into a request. The API checks it; only what flags alone can get
//! wrong is refused here.

use std::path::PathBuf;

use baton_domain::{
    BudgetKind, Capability, Pool, Priority, Provider, RunType, retry::RetryWorkspace,
    spec::AgentMode,
};
use baton_wire::spec::{
    BudgetsBody, ControlBody, GitBody, LiveSessionBody, PublishBody, RetryBody, RuntimeBody,
    SecretBody, TaskBody, TaskRunRequest,
};
use clap::{Args, ValueEnum};

use super::{ClientArgs, checked::choice, control::budget};

const BY_FLAGS: [&str; 31] = [
    "run_type",
    "repository",
    "instructions",
    "instructions_file",
    "model",
    "effort",
    "mode",
    "starting_ref",
    "publish",
    "branch",
    "commit_message",
    "pr",
    "pr_base",
    "pr_title",
    "pr_body",
    "secret",
    "pool",
    "require",
    "slots",
    "priority",
    "max_attempts",
    "retry_workspace",
    "timeout",
    "pause_before",
    "budget",
    "live",
    "no_live",
    "live_provider",
    "live_ttl",
    "title",
    "argv",
];

/// A run to submit.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubmitArgs {
    /// The request as a JSON file; `-` reads standard input
    #[arg(long, short, value_name = "FILE", conflicts_with_all = BY_FLAGS)]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// A name for this submission: the same name submits once
    /// [default: a new one, used for the retries of this command]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Watch the run until it ends; the exit code says how
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// A request by flags.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RequestArgs {
    /// codex_exec, claude_code or command [default: command after `--`, codex_exec otherwise]
    #[arg(long = "type", value_name = "TYPE", value_parser = choice!(RunType), hide_possible_values = true)]
    pub(crate) run_type: Option<RunType>,
    /// Git URL, user@host:path, or a path on the worker
    #[arg(long, short, value_name = "URL")]
    pub(crate) repository: Option<String>,
    /// What the agent is told
    #[arg(long, short, value_name = "TEXT", conflicts_with = "instructions_file")]
    pub(crate) instructions: Option<String>,
    /// A file with what the agent is told; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) instructions_file: Option<PathBuf>,
    /// The model [default: the worker's]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// none, minimal, low, medium, high or xhigh [default: the worker's]
    #[arg(long, value_name = "EFFORT")]
    pub(crate) effort: Option<String>,
    /// exec (told in plain words) or interactive (the agent's own screen) [default: exec]
    #[arg(long, value_name = "MODE", value_parser = choice!(AgentMode), hide_possible_values = true)]
    pub(crate) mode: Option<AgentMode>,
    /// Branch, tag or commit to start from [default: the repository's default branch]
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) starting_ref: Option<String>,
    /// What becomes of the result
    #[arg(long, value_name = "MODE", group = "publishing")]
    pub(crate) publish: Option<PublishMode>,
    /// Push a branch and open a pull request for it: the same as --publish pr
    #[arg(long, group = "publishing")]
    pub(crate) pr: bool,
    /// The branch that the pull request is for [default: the starting branch, or the repository's
    /// default branch]
    #[arg(long, value_name = "NAME", requires = "publishing")]
    pub(crate) pr_base: Option<String>,
    /// The pull request's title [default: the run's]
    #[arg(long, value_name = "TEXT", requires = "publishing")]
    pub(crate) pr_title: Option<String>,
    /// The pull request's text [default: what was asked for]
    #[arg(long, value_name = "TEXT", requires = "publishing")]
    pub(crate) pr_body: Option<String>,
    /// The branch to write [default: task/<YYYYMMDD>/<run>]
    #[arg(long, value_name = "NAME", requires = "publishing")]
    pub(crate) branch: Option<String>,
    /// The message of the commit [default: made from the instruction]
    #[arg(long, value_name = "TEXT", requires = "publishing")]
    pub(crate) commit_message: Option<String>,
    /// A secret of the worker for the agent, `NAME=env:VARIABLE`, or `NAME` for the variable of that
    /// name; may be repeated
    #[arg(long, value_name = "NAME=SOURCE")]
    pub(crate) secret: Vec<String>,
    /// Whose queue [default: default]
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<Pool>,
    /// Something the worker must have, such as docker; may be repeated
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',')]
    pub(crate) require: Vec<Capability>,
    /// Slots of a worker that the run occupies, 1 to 64 [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) slots: Option<u32>,
    /// high, normal or low [default: normal]
    #[arg(long, value_name = "PRIORITY", value_parser = choice!(Priority), hide_possible_values = true)]
    pub(crate) priority: Option<Priority>,
    /// Failures after which it is given up, 1 to 20 [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) max_attempts: Option<u32>,
    /// What the next attempt starts from: keep (the changed files of the one before, where its
    /// worker still has them) or fresh [default: keep for agents, fresh for commands]
    #[arg(long, value_name = "WHAT", value_parser = choice!(RetryWorkspace), hide_possible_values = true)]
    pub(crate) retry_workspace: Option<RetryWorkspace>,
    /// The longest time one attempt may execute, in seconds, 1 to 604800 [default: 14400]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=604_800))]
    pub(crate) timeout: Option<u32>,
    /// Hold the run before this stage until somebody lets it begin: execute or publish; may be
    /// repeated
    #[arg(long, value_name = "STAGE", value_delimiter = ',', value_parser = ["execute", "publish"], hide_possible_values = true)]
    pub(crate) pause_before: Vec<String>,
    /// What one attempt may use up before it is held: wall_seconds, turns, tokens, spend_cents or
    /// diff_lines; may be repeated
    #[arg(long, value_name = "KIND=LIMIT", value_parser = budget)]
    pub(crate) budget: Vec<(BudgetKind, u64)>,
    /// Let people watch the run's terminals from its start
    #[arg(long)]
    pub(crate) live: bool,
    /// Let nobody watch the run's terminals, also where the server lets people by default
    #[arg(long, conflicts_with_all = ["live", "live_provider", "live_ttl"])]
    pub(crate) no_live: bool,
    /// By what means: web (browser and `baton attach`) or tmate [default: the server's]
    #[arg(long, value_name = "PROVIDER", requires = "live", value_parser = choice!(Provider), hide_possible_values = true)]
    pub(crate) live_provider: Option<Provider>,
    /// For how long, in minutes, 1 to 1440 [default: the server's]
    #[arg(long, value_name = "MINUTES", requires = "live", value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub(crate) live_ttl: Option<u32>,
    /// A name for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// A command and its arguments instead of an instruction; no shell is involved
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["instructions", "instructions_file", "model", "effort", "mode"])]
    pub(crate) argv: Vec<String>,
}

/// What becomes of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishMode {
    /// Nothing: the patch is kept as an artifact
    None,
    /// It is pushed as a branch
    Branch,
    /// It is pushed as a branch, and a pull request is opened for it
    Pr,
}

impl RequestArgs {
    /// The request, with the instruction as read from its file if one was named.
    pub(crate) fn into_request(self, instructions_of_file: Option<String>) -> TaskRunRequest {
        let run_type = self
            .run_type
            .or((!self.argv.is_empty()).then_some(RunType::Command));
        let mode = self.publish.or(self.pr.then_some(PublishMode::Pr));
        let task = TaskBody {
            instructions: self.instructions.or(instructions_of_file),
            argv: (!self.argv.is_empty()).then_some(self.argv),
            runtime: some(RuntimeBody {
                mode: self.mode.map(String::from),
                model: self.model,
                effort: self.effort,
            }),
            git: some(GitBody {
                starting_branch: self.starting_ref,
                new_branch: self.branch,
            }),
            publish: some(PublishBody {
                mode: mode.map(|mode| mode.as_str().to_owned()),
                commit_message: self.commit_message,
                pr_base_branch: self.pr_base,
                pr_title: self.pr_title,
                pr_body: self.pr_body,
            }),
            secrets: self.secret.iter().map(|text| secret(text)).collect(),
        };
        TaskRunRequest {
            run_type: run_type.map(String::from),
            title: self.title,
            repository: self.repository,
            pool: self.pool.map(String::from),
            required_capabilities: self.require.into_iter().map(String::from).collect(),
            slots: self.slots,
            target_runtime: None,
            task,
            priority: self.priority.map(String::from),
            max_attempts: self.max_attempts,
            retry: self.retry_workspace.map(|workspace| RetryBody {
                workspace: Some(workspace.to_string()),
                ..RetryBody::default()
            }),
            timeout_seconds: self.timeout,
            live_session: (self.live || self.no_live).then(|| LiveSessionBody {
                enabled: self.live,
                provider: self.live_provider.map(String::from),
                ttl_minutes: self.live_ttl,
            }),
            control: some(control(self.pause_before, &self.budget)),
        }
    }
}

/// Where the run is held, and what it may use up; of a budget given twice the last counts.
fn control(pause_before: Vec<String>, budgets: &[(BudgetKind, u64)]) -> ControlBody {
    let mut body = BudgetsBody::default();
    for (kind, limit) in budgets {
        let place = match kind {
            BudgetKind::WallSeconds => &mut body.wall_seconds,
            BudgetKind::Turns => &mut body.turns,
            BudgetKind::Tokens => &mut body.tokens,
            BudgetKind::SpendCents => &mut body.spend_cents,
            BudgetKind::DiffLines => &mut body.diff_lines,
        };
        *place = Some(*limit);
    }
    ControlBody {
        pause_before,
        budgets: some(body),
    }
}

impl PublishMode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Branch => "branch",
            Self::Pr => "pr",
        }
    }
}

/// `NAME=SOURCE`, or `NAME` alone.
fn secret(text: &str) -> SecretBody {
    let (name, from) = match text.split_once('=') {
        Some((name, from)) => (name.to_owned(), from.to_owned()),
        None => (text.to_owned(), format!("env:{text}")),
    };
    SecretBody { name, from }
}

/// The body, unless there is nothing in it.
fn some<T: Default + PartialEq>(body: T) -> Option<T> {
    (body != T::default()).then_some(body)
}
