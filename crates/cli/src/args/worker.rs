//! The worker role.

use std::path::PathBuf;

use baton_domain::{Capability, Pool, RunType, WorkerId};
use clap::{Args, ValueEnum};

use super::{BusArgs, ClaudeArgs, CodexArgs, GitHubArgs, TmateArgs, examples};

/// The role that does the work.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Worker", after_help = examples::WORKER)]
pub(crate) struct WorkerArgs {
    /// The API, where artifacts are uploaded
    #[arg(
        long,
        env = "BATON_API_URL",
        value_parser = super::checked::http_url,
        value_name = "URL",
        default_value = "http://127.0.0.1:7700"
    )]
    pub(crate) api_url: String,
    /// This worker's token, as `baton tokens create --worker` gave it; better in the variable or in
    /// a file than here, where process lists show it
    #[arg(
        long,
        env = "BATON_WORKER_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,
    /// A file that holds this worker's token
    #[arg(
        long,
        env = "BATON_WORKER_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "token"
    )]
    pub(crate) token_file: Option<PathBuf>,
    /// This worker's name: the same after every restart, and of no other worker
    /// [default: made from the host's name, and kept in the state folder]
    #[arg(long, env = "BATON_WORKER_ID", value_name = "NAME")]
    pub(crate) id: Option<WorkerId>,
    /// The folder for workspaces and unsent reports
    /// [default: baton/worker below the user's state folder]
    #[arg(long, env = "BATON_WORKER_STATE_DIR", value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Pools whose queues it serves, separated by commas
    #[arg(
        long = "pool",
        env = "BATON_WORKER_POOLS",
        value_name = "POOL",
        value_delimiter = ',',
        default_value = "default"
    )]
    pub(crate) pools: Vec<Pool>,
    /// How long runs may go on after the first signal before they are handed back, in seconds, 0 to 86400
    #[arg(
        long,
        env = "BATON_WORKER_DRAIN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=86_400)
    )]
    pub(crate) drain_seconds: u32,
    /// What the first signal does to runs in progress: finish them, or leave their agents to the next
    /// worker in this state folder, which has to be there within the lease
    #[arg(
        long,
        env = "BATON_WORKER_ON_STOP",
        value_name = "WHAT",
        default_value = "finish"
    )]
    pub(crate) on_stop: StopWish,
    /// Leave when operators have drained it and it holds nothing, instead of waiting for their word
    #[arg(long, env = "BATON_WORKER_EXIT_WHEN_DRAINED")]
    pub(crate) exit_when_drained: bool,
    /// Take one run, do it, and leave; the exit code says how it went
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: leave when there was no run to take for this long, in seconds, 0 to 86400
    #[arg(
        long,
        env = "BATON_WORKER_WAIT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(0..=86_400)
    )]
    pub(crate) wait_seconds: u32,
    #[command(flatten)]
    pub(crate) bus: BusArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// What a signal does to runs in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StopWish {
    /// They go on for the drain seconds, then they are handed back
    Finish,
    /// The worker leaves at once, its agents go on
    Leave,
}

/// Whether something is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordingWish {
    /// It is
    On,
    /// It is not
    Off,
}

/// What work is done, and how; `baton dev` has the same.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArgs {
    /// Runs to do at once, 1 to 256
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_SLOTS",
        value_name = "N",
        default_value_t = 2,
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    pub(crate) slots: u32,
    /// Kinds of work to do, codex_exec, claude_code or command, separated by commas
    /// [default: those that this machine has programs for]
    #[arg(
        help_heading = "Work",
        long = "run-type",
        env = "BATON_WORKER_RUN_TYPES",
        value_name = "TYPE",
        value_delimiter = ','
    )]
    pub(crate) run_types: Vec<RunType>,
    /// What the worker has besides, such as docker, separated by commas
    #[arg(
        help_heading = "Work",
        long = "capability",
        env = "BATON_WORKER_CAPABILITIES",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) capabilities: Vec<Capability>,
    /// How long an agent lives on when its worker is gone, in seconds, 1 to 86400
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_ORPHAN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    pub(crate) orphan_seconds: u32,
    /// How long an agent goes on while the broker is away before it is held still, in seconds, 1 to 604800
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_FREEZE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 600,
        value_parser = clap::value_parser!(u32).range(1..=604_800)
    )]
    pub(crate) freeze_seconds: u32,
    /// How long a pause waits for the agent's next tool call before the agent is held by force, in seconds, 1 to 86400
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_PAUSE_DEADLINE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    pub(crate) pause_deadline_seconds: u32,
    /// After how long without output, processor time and steps a person is called, in seconds, 0 to 604800; 0: never
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_STALL_SECONDS",
        value_name = "SECONDS",
        default_value_t = 900,
        value_parser = clap::value_parser!(u32).range(0..=604_800)
    )]
    pub(crate) stall_seconds: u32,
    /// How much of one run's reports may wait on disk while the broker is away, in MiB, 1 to 1048576
    ///
    /// At half of it the run's live log ends; the log file still has all of it. At all of it the agent
    /// is held still until the broker has taken half. Nothing but live log is ever left out.
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_SPOOL_MIB",
        value_name = "MIB",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=1_048_576)
    )]
    pub(crate) spool_mib: u32,
    /// Variables of this process that agents get besides the usual ones, separated by commas
    #[arg(
        help_heading = "Work",
        long = "pass-env",
        env = "BATON_WORKER_PASS_ENV",
        hide_env_values = true,
        value_parser = super::checked::variable_name,
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) pass_env: Vec<String>,
    /// Author of the commits that are published
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_GIT_NAME",
        value_parser = super::checked::author,
        value_name = "NAME",
        default_value = "Baton"
    )]
    pub(crate) git_name: String,
    /// The author's address
    #[arg(
        help_heading = "Work",
        long,
        env = "BATON_WORKER_GIT_EMAIL",
        value_parser = super::checked::author,
        value_name = "ADDRESS",
        default_value = "baton@localhost"
    )]
    pub(crate) git_email: String,
    /// Variables of this process that tasks may ask for as secrets, separated by commas
    #[arg(
        help_heading = "Work",
        long = "task-secret",
        env = "BATON_WORKER_TASK_SECRETS",
        hide_env_values = true,
        value_parser = super::checked::variable_name,
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) task_secrets: Vec<String>,
    /// Live sessions to show at once, 0 to 1000; the next one fails, and its run goes on
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_WORKER_MAX_SESSIONS",
        value_name = "N",
        default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(0..=1000)
    )]
    pub(crate) max_sessions: u32,
    /// Whether every run's terminal is kept: on the broker for a while, and as the run's artifact
    /// recording/agent.cast; without that, terminals can be watched while they run and no longer
    #[arg(
        help_heading = "Live sessions",
        long,
        env = "BATON_WORKER_RECORDING",
        value_name = "WHETHER",
        default_value = "on"
    )]
    pub(crate) recording: RecordingWish,
    #[command(flatten)]
    pub(crate) codex: CodexArgs,
    #[command(flatten)]
    pub(crate) claude: ClaudeArgs,
    #[command(flatten)]
    pub(crate) github: GitHubArgs,
    #[command(flatten)]
    pub(crate) tmate: TmateArgs,
}
