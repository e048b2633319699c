//! Claude Code by the worker's flags.

use std::{fs, path::PathBuf};

use anyhow::Context;
use baton_worker::{ClaudeLogin, ClaudeOptions, ClaudeSandbox};

use crate::{
    args::{ClaudeArgs, ClaudeSandboxWish},
    config,
};

pub(super) fn claude(args: &ClaudeArgs) -> anyhow::Result<ClaudeOptions> {
    let default = ClaudeOptions::default();
    Ok(ClaudeOptions {
        program: args.claude_bin.clone().unwrap_or_else(found),
        login: login(args)?.unwrap_or(default.login),
        base_url: args
            .claude_base_url
            .clone()
            .or_else(config::anthropic_base_url),
        model: args.claude_model.clone(),
        effort: args.claude_effort,
        sandbox: match args.claude_sandbox {
            ClaudeSandboxWish::WorkspaceWrite => ClaudeSandbox::WorkspaceWrite,
            ClaudeSandboxWish::Bypass => ClaudeSandbox::Bypass,
        },
        approvals: args.claude_approvals.into(),
    })
}

/// The program on PATH or in the usual places; its bare name when there is none, for the error.
fn found() -> PathBuf {
    config::search()
        .program("claude")
        .unwrap_or_else(|| PathBuf::from("claude"))
}

fn login(args: &ClaudeArgs) -> anyhow::Result<Option<ClaudeLogin>> {
    if let Some(file) = &args.claude_api_key_file {
        let key = fs::read_to_string(file).with_context(|| {
            let file = file.display();
            format!(
                "--claude-api-key-file (BATON_WORKER_CLAUDE_API_KEY_FILE): failed to read {file}"
            )
        })?;
        return Ok(Some(ClaudeLogin::ApiKey(key.trim().to_owned())));
    }
    let key = config::anthropic_api_key().filter(|_| args.claude_home.is_none());
    let home = || config::claude_home(args.claude_home.as_deref()).map(ClaudeLogin::Home);
    Ok(key.map(ClaudeLogin::ApiKey).or_else(home))
}
