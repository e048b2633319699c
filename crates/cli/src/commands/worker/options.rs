//! The worker's options by its flags.

use std::{collections::BTreeSet, fs, num::NonZeroU32, path::PathBuf, time::Duration};

use anyhow::Context;
use baton_domain::{Pool, RunType, WorkerId};
use baton_worker::{
    CodexLogin, CodexOptions, CodexSandbox, ControlOptions, GitHubOptions, GitOptions, Lack,
    Limits, Mode, Recording, SessionOptions, TmateOptions, TmateRelayOptions, WorkerOptions,
    WorkerToken,
};

use super::{claude::claude, id};
use crate::{
    args::{CodexArgs, RecordingWish, Sandbox, TmateArgs, WorkArgs},
    config,
};

/// What `baton worker` takes from flags and `baton dev` knows by itself.
#[derive(Debug)]
pub(in crate::commands) struct Place {
    pub(in crate::commands) worker: WorkerId,
    pub(in crate::commands) state_dir: PathBuf,
    pub(in crate::commands) api_url: String,
    pub(in crate::commands) token: Option<WorkerToken>,
    pub(in crate::commands) pools: BTreeSet<Pool>,
    pub(in crate::commands) drain_deadline: Duration,
    pub(in crate::commands) mode: Mode,
}

pub(in crate::commands) fn options(place: Place, args: &WorkArgs) -> anyhow::Result<WorkerOptions> {
    anyhow::ensure!(
        !place.worker.is_supervisor(),
        "--id (BATON_WORKER_ID): '{}' is the supervisors' name; give the worker another one",
        place.worker
    );
    let given: BTreeSet<RunType> = args.run_types.iter().copied().collect();
    let all = || RunType::ALL.iter().copied().collect();
    let base = WorkerOptions::new(place.worker, &place.state_dir, &place.api_url);
    // This very program; without its path pushes would run free and agents could not be held, so it
    // is asked for early.
    let own = std::env::current_exe().context("failed to find this program's own file")?;
    Ok(WorkerOptions {
        hostname: id::hostname(),
        leash_program: Some(own.clone()),
        hook_program: Some(own),
        token: place.token,
        pools: place.pools,
        run_types: if given.is_empty() {
            all()
        } else {
            given.clone()
        },
        capabilities: args.capabilities.iter().cloned().collect(),
        slots: NonZeroU32::new(args.slots).unwrap_or(NonZeroU32::MIN),
        mode: place.mode,
        drain_deadline: place.drain_deadline,
        orphan_after: Duration::from_secs(args.orphan_seconds.into()),
        freeze_after: Duration::from_secs(args.freeze_seconds.into()),
        control: ControlOptions {
            pause_deadline: Duration::from_secs(args.pause_deadline_seconds.into()),
            stall_after: (args.stall_seconds > 0)
                .then(|| Duration::from_secs(args.stall_seconds.into())),
        },
        limits: Limits {
            spool_bytes: u64::from(args.spool_mib) << 20,
            ..Limits::default()
        },
        session: SessionOptions {
            most: args.max_sessions,
            recording: match args.recording {
                RecordingWish::On => Recording::On,
                RecordingWish::Off => Recording::Off,
            },
        },
        lack: if given.is_empty() {
            Lack::DoWithout
        } else {
            Lack::Refuse
        },
        environment: std::env::vars_os().collect(),
        pass_environment: args.pass_env.iter().cloned().collect(),
        task_secrets: args.task_secrets.iter().cloned().collect(),
        codex: codex(&args.codex)?,
        claude: claude(&args.claude)?,
        github: GitHubOptions {
            api_url: args.github.github_api_url.clone(),
            token: config::github_token(args.github.github_token_file.as_deref())?,
            ..GitHubOptions::default()
        },
        tmate: tmate(&args.tmate),
        git: GitOptions {
            name: args.git_name.clone(),
            email: args.git_email.clone(),
            ..GitOptions::default()
        },
        ..base
    })
}

fn codex(args: &CodexArgs) -> anyhow::Result<CodexOptions> {
    let default = CodexOptions::default();
    Ok(CodexOptions {
        program: args.codex_bin.clone().unwrap_or_else(found_codex),
        login: login(args)?.unwrap_or(default.login),
        model: args.model.clone(),
        effort: args.effort,
        config: lines(&args.codex_config),
        sandbox: match args.codex_sandbox {
            Sandbox::ReadOnly => CodexSandbox::ReadOnly,
            Sandbox::WorkspaceWrite => CodexSandbox::WorkspaceWrite,
            Sandbox::Bypass => CodexSandbox::Bypass,
        },
        approvals: args.codex_approvals.into(),
    })
}

/// The parser has seen to it that a relay comes with its fingerprints.
fn tmate(args: &TmateArgs) -> TmateOptions {
    let relay = args
        .tmate_relay_host
        .as_ref()
        .map(|host| TmateRelayOptions {
            host: host.clone(),
            port: args.tmate_relay_port,
            rsa_fingerprint: args.tmate_rsa_fingerprint.clone().unwrap_or_default(),
            ed25519_fingerprint: args.tmate_ed25519_fingerprint.clone().unwrap_or_default(),
        });
    let default = TmateOptions::default();
    TmateOptions {
        program: args.tmate_bin.clone().unwrap_or(default.program),
        relay,
        patience: default.patience,
    }
}

/// The settings given; empty lines of a variable are none.
fn lines(given: &[String]) -> Vec<String> {
    let lines = given.iter().map(|line| line.trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The Codex on PATH or in the usual places; its bare name when there is none, for the error.
fn found_codex() -> PathBuf {
    config::search()
        .program("codex")
        .unwrap_or_else(|| PathBuf::from("codex"))
}

fn login(args: &CodexArgs) -> anyhow::Result<Option<CodexLogin>> {
    if let Some(file) = &args.codex_api_key_file {
        let key = fs::read_to_string(file).with_context(|| {
            let file = file.display();
            format!("--codex-api-key-file (BATON_WORKER_CODEX_API_KEY_FILE): failed to read {file}")
        })?;
        return Ok(Some(CodexLogin::ApiKey(key.trim().to_owned())));
    }
    Ok(config::codex_home(args.codex_home.as_deref()).map(CodexLogin::Home))
}
