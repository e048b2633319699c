//! The settings that Claude Code gets by a flag for one run: hooks, permissions, sandbox, login.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{
    claude_home::ClaudeHome,
    hooks::{checkpoint, quoted},
};
use crate::options::{Approvals, ClaudeLogin, ClaudeOptions, ClaudeSandbox};

/// Moments at which Baton's checkpoint is passed.
const HOOKS: [&str; 5] = [
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
];
const PERMISSION_HOOK: &str = "PermissionRequest";
/// The longest that its timer can hold, 24 days in milliseconds.
const HOOK_SECONDS: u32 = 2_073_600;
/// What its helpers and its own bookkeeping need.
const HARMLESS: [&str; 7] = [
    "Read",
    "Glob",
    "Grep",
    "Agent",
    "TodoWrite",
    "Skill",
    "ToolSearch",
];
/// Tools that reach beyond the run: other agents of this machine, other working copies, a later time.
pub(super) const NOT_IN_A_RUN: &str = "SendMessage,ListAgents,EnterWorktree,ExitWorktree,CronCreate,CronDelete,CronList,ScheduleWakeup";

/// The places of a run that its agent may write to, and what its hooks call.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) repo: PathBuf,
    pub(crate) artifacts: PathBuf,
    /// Baton's own program; without it there are no hooks.
    pub(crate) baton: Option<PathBuf>,
}

/// The content of the settings file.
pub(super) fn settings(options: &ClaudeOptions, home: &ClaudeHome, places: &Places) -> Value {
    let mut settings = json!({
        "disableAllHooks": false,
        "hooks": hooks(options, places.baton.as_deref()),
        "permissions": permissions(home, places),
        "skipDangerousModePermissionPrompt": true,
        // Its screen is drawn for people who watch, not for its own sake.
        "prefersReducedMotion": true,
        "spinnerTipsEnabled": false,
    });
    if let ClaudeLogin::ApiKey(_) = options.login {
        settings["apiKeyHelper"] = format!("cat {}", quoted(&home.key())).into();
    }
    if options.sandbox == ClaudeSandbox::WorkspaceWrite {
        settings["sandbox"] = sandbox(options, home, places);
    }
    settings
}

fn hooks(options: &ClaudeOptions, baton: Option<&Path>) -> Value {
    let Some(baton) = baton else {
        return json!({});
    };
    let command = checkpoint(baton);
    let asks = options.approvals == Approvals::Ask;
    let events = HOOKS.into_iter().chain(asks.then_some(PERMISSION_HOOK));
    let hook = json!([{ "hooks": [
        { "type": "command", "command": command, "timeout": HOOK_SECONDS }
    ]}]);
    let hooks: Map<String, Value> = events
        .map(|event| (event.to_owned(), hook.clone()))
        .collect();
    hooks.into()
}

/// What needs nobody's permission, and what nobody gives.
fn permissions(home: &ClaudeHome, places: &Places) -> Value {
    let edits = [&places.repo, &places.artifacts].map(|path| rule("Edit", path, "/**"));
    let allowed = HARMLESS.map(str::to_owned).into_iter().chain(edits);
    json!({
        "allow": allowed.collect::<Vec<_>>(),
        "deny": secrets(home).map(|path| format!("Read(/{path})")),
    })
}

fn rule(tool: &str, path: &Path, below: &str) -> String {
    // Two slashes begin a path that is one of the machine, not of the settings' folder.
    format!("{tool}(/{}{below})", path.display())
}

fn sandbox(options: &ClaudeOptions, home: &ClaudeHome, places: &Places) -> Value {
    json!({
        "enabled": true,
        "failIfUnavailable": true,
        "autoAllowBashIfSandboxed": true,
        // An operator may let a command out of it; nobody else.
        "allowUnsandboxedCommands": options.approvals == Approvals::Ask,
        "filesystem": {
            "allowWrite": [&places.artifacts],
            "denyRead": secrets(home),
        },
    })
}

fn secrets(home: &ClaudeHome) -> [String; 2] {
    [home.key(), home.login()].map(|path| path.display().to_string())
}
