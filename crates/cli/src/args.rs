//! Every command, flag and environment variable. Raw input becomes checked settings here and in
//! [`crate::config`]; the roles know nothing of flags.

mod admission;
mod api;
mod attach;
mod audit;
mod bench;
mod bus;
mod checked;
mod checkpoint;
mod claude;
mod client;
mod codex;
mod config;
mod control;
mod dead_letters;
mod dev;
mod doctor;
mod drains;
mod examples;
mod github;
mod id;
mod inbox;
mod keys;
mod leases;
mod leash;
mod live;
mod log;
mod migrate;
mod recorder;
mod runs;
mod sessions;
mod store;
mod submit;
mod supervisor;
mod takeovers;
#[cfg(test)]
mod tests;
mod tmate;
mod tokens;
mod viewers;
mod worker;
mod workers;

use clap::{Parser, Subcommand};

pub(crate) use admission::AdmissionArgs;
pub(crate) use api::ApiArgs;
pub(crate) use attach::{AttachArgs, ReplayArgs, ViaArg};
pub(crate) use audit::{AuditArgs, AuditCommand};
pub(crate) use bench::{BenchArgs, BenchScenario};
pub(crate) use bus::{BusArgs, NatsCommand};
pub(crate) use checkpoint::{CheckpointArgs, NeedOperatorArgs};
pub(crate) use claude::{ClaudeArgs, ClaudeSandboxWish};
pub(crate) use client::{ClientArgs, IdentityArgs};
pub(crate) use codex::{CodexArgs, Sandbox};
pub(crate) use config::{ConfigCommand, ConfigShowArgs};
pub(crate) use control::{
    HandBackArgs, MessageArgs, MessagesArgs, PauseArgs, RaiseBudgetArgs, ResumeArgs,
    TakeoverRunArgs,
};
pub(crate) use dead_letters::{
    DeadLetterFilterArgs, DeadLettersCommand, DeadLettersListArgs, DeadLettersRedriveArgs,
};
pub(crate) use dev::DevArgs;
pub(crate) use doctor::{DoctorArgs, ProgramArgs};
pub(crate) use drains::{DrainArgs, DrainCommand, UndrainCommand};
pub(crate) use github::GitHubArgs;
pub(crate) use id::instead;
pub(crate) use inbox::{
    InboxAnswerArgs, InboxArgs, InboxCommand, InboxFilterArgs, InboxListArgs, InboxWatchArgs,
};
pub(crate) use keys::{GenerateKeysArgs, KeysCommand, ResealArgs, RotateKeysArgs};
pub(crate) use leases::{LeasesCommand, ReleaseArgs};
pub(crate) use leash::LeashArgs;
pub(crate) use live::{AllowWebLinks, LiveArgs, LiveSessions, SessionKeysArgs};
pub(crate) use log::{LogArgs, LogFormat};
pub(crate) use migrate::MigrateArgs;
pub(crate) use recorder::RecorderArgs;
pub(crate) use runs::{
    ArtifactsArgs, CancelArgs, FollowArgs, ListArgs, RedriveArgs, RunsCommand, ShowArgs, WhyArgs,
};
pub(crate) use sessions::{
    EnableArgs, GrantArgs, RenewArgs, SessionArgs, SessionEndArgs, SessionsCommand,
};
pub(crate) use store::StoreArgs;
pub(crate) use submit::SubmitArgs;
pub(crate) use supervisor::{LeaseArgs, SupervisorArgs};
pub(crate) use takeovers::TakeoverArgs;
pub(crate) use tmate::TmateArgs;
pub(crate) use tokens::{
    CreateTokenArgs, ListTokensArgs, RevokeTokenArgs, SetRoleArgs, TokensCommand,
};
pub(crate) use viewers::ViewerArgs;
pub(crate) use worker::{RecordingWish, StopWish, WorkArgs, WorkerArgs};
pub(crate) use workers::{WorkerShowArgs, WorkersCommand};

const EXIT_CODES: &str = "\
Exit codes:
  0    done; with --follow and `worker --once`: the run succeeded; with --wait: it came to that
  1    an error; with --follow: the run failed or was dead-lettered; with --wait: it did not
       come to that, and why; doctor: something is missing; `audit verify`: a chain is broken;
       `worker --once`: the attempt failed, or was given to another worker
  2    the command line was wrong
  3    with --follow and `worker --once`: the run was cancelled
  4    the API refused the request
  5    the API, the broker or the database cannot be reached
  6    `worker --once`: there was no run to take
  130  interrupted";

/// Gives coding agents work and keeps a record of what they do.
///
/// Start with `baton dev`: it runs everything on this machine and prints one link.
#[derive(Debug, Parser)]
#[command(name = "baton", version, propagate_version = true, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: broker, database, API, dashboard, one worker
    Dev(Box<DevArgs>),
    /// Say what this machine lacks and how to get it
    Doctor(DoctorArgs),
    /// Submit, watch and end runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// What runs need a person for: list it, answer it, watch it
    Inbox(Box<InboxArgs>),
    /// Watch a run's terminal here, and type into it
    Attach(AttachArgs),
    /// Play back what a run's terminal has shown, or save it
    Replay(ReplayArgs),
    /// Take runs away from workers
    #[command(subcommand)]
    Leases(LeasesCommand),
    /// Find runs that failed as often as they may, and try them again
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// List workers, or show one
    #[command(subcommand)]
    Workers(WorkersCommand),
    /// Let workers take no more runs for a while
    #[command(subcommand)]
    Drain(DrainCommand),
    /// Let drained workers take runs again
    #[command(subcommand)]
    Undrain(UndrainCommand),
    /// What was typed into the terminals of runs: show it, and check that it is whole
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Tokens: who may ask the API, and which workers may take runs
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// Live sessions: let people watch a run, and type into it
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Session keys: they sign who may type into live sessions
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Role: the HTTP API and the dashboard
    Api(ApiArgs),
    /// Role: do the work
    Worker(Box<WorkerArgs>),
    /// For agents: stand still here while an operator holds the run, and take their messages
    Checkpoint(CheckpointArgs),
    /// For agents: ask a person something
    NeedOperator(NeedOperatorArgs),
    /// The process that an agent lives in; started by workers, not by people
    #[command(hide = true)]
    PtyHost,
    /// A push that ends with its lease; started by workers, not by people
    #[command(hide = true)]
    Leash(LeashArgs),
    /// Role: keep what happened in Postgres
    Recorder(RecorderArgs),
    /// Role: watch leases and retries
    Supervisor(SupervisorArgs),
    /// Bring the database's tables up to date
    Migrate(MigrateArgs),
    /// The broker's streams and consumers
    #[command(subcommand)]
    Nats(NatsCommand),
    /// Measure hot paths against the raw limit of this machine
    Bench(BenchArgs),
    /// Settings: what counts here, and where it comes from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document of the HTTP API
    #[command(after_help = examples::OPENAPI)]
    Openapi,
    /// Print the completion script of a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the version
    #[command(after_help = examples::VERSION)]
    Version {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Whether it stays and works, and so has something to log.
    pub(crate) const fn is_role(&self) -> bool {
        matches!(
            self,
            Self::Api(_) | Self::Worker(_) | Self::Recorder(_) | Self::Supervisor(_)
        )
    }
}
