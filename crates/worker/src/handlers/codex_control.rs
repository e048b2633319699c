//! What makes Codex obey and ask: files in a run's own `CODEX_HOME`, read by Codex itself. Its hooks
//! call the worker's program at every checkpoint; nothing here talks to anybody.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use baton_wire::event::AgentCapabilities;
use serde_json::{Value, json};

use super::hooks::{HOOK_SECONDS, checkpoint, quoted};
use crate::options::{Approvals, CodexSandbox};

/// Where the agent can be held, and be told something.
const CHECKPOINTS: [&str; 5] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "Stop",
];
/// The script that answers requests for permission.
const PERMISSION: &str = "ask-permission.sh";
/// What Codex hears when nobody can be asked: otherwise a model would decide in people's place.
const NOBODY: &str = r#"{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"deny","message":"nobody can be asked: do without it"}}}"#;

/// How one run's Codex is held and heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control<'a> {
    /// The program that its hooks call; without one it has none.
    pub(super) program: Option<&'a Path>,
    pub(super) approvals: Approvals,
    pub(super) sandbox: CodexSandbox,
}

impl Control<'_> {
    /// What operators can do with it.
    pub(super) fn capabilities(&self) -> AgentCapabilities {
        let hooks = self.program.is_some();
        AgentCapabilities {
            checkpoints: hooks,
            steering: hooks,
            queued: hooks,
            permissions: self.asks(),
            interactive: false,
        }
    }

    /// Whether people answer requests for permission. Without a sandbox there is nothing to ask for.
    pub(super) fn asks(&self) -> bool {
        self.program.is_some()
            && self.approvals == Approvals::Ask
            && self.sandbox != CodexSandbox::Bypass
    }

    /// When it asks for permission, in Codex's own word.
    pub(super) fn policy(&self) -> &'static str {
        if self.asks() { "on-request" } else { "never" }
    }

    /// Writes everything into the home.
    pub(super) fn write(&self, home: &Path) -> io::Result<()> {
        let Some(program) = self.program else {
            return Ok(());
        };
        write(&home.join("hooks.json"), &self.hooks(program, home), 0o600)?;
        if self.asks() {
            write(&home.join(PERMISSION), &permission(program), 0o500)?;
            let rules = home.join("rules");
            fs::create_dir_all(&rules)?;
            write(&rules.join("baton.rules"), &rules_for(program), 0o600)?;
            write(&home.join("AGENTS.md"), &manners(program), 0o600)?;
        }
        Ok(())
    }

    fn hooks(&self, program: &Path, home: &Path) -> String {
        let call = |command: String| json!([{ "hooks": [{ "type": "command", "command": command, "timeout": HOOK_SECONDS }] }]);
        let mut hooks: serde_json::Map<String, Value> = CHECKPOINTS
            .iter()
            .map(|event| ((*event).to_owned(), call(checkpoint(program))))
            .collect();
        if self.asks() {
            let ask = format!("exec /bin/sh {}", quoted(&home.join(PERMISSION)));
            hooks.insert("PermissionRequest".to_owned(), call(ask));
        }
        json!({ "hooks": hooks }).to_string()
    }
}

/// Hands the decision on; where there is none, it is no.
fn permission(program: &Path) -> String {
    let program = quoted(program);
    format!(
        "answer=$({program} checkpoint)\nif [ -n \"$answer\" ]; then printf '%s\\n' \"$answer\"; else printf '%s\\n' '{NOBODY}'; fi\n"
    )
}

/// Codex's sandbox keeps its commands from every socket. By this rule, a command that is nothing
/// but a question to people runs outside it.
fn rules_for(program: &Path) -> String {
    let program = Value::from(program.to_string_lossy());
    format!("prefix_rule(pattern=[{program}, \"need-operator\"], decision=\"allow\")\n")
}

/// What every run of this worker is told besides its own instructions.
fn manners(program: &Path) -> String {
    let program = program.display();
    format!(
        "# People watch this run\n\n\
         When you cannot go on without a person's decision, ask for it by a command of its own, with \
         nothing before or after it:\n\n\
         {program} need-operator \"the question\" --wait\n\n\
         It prints the answer once somebody has given it, which can take hours. Ask only what \
         you cannot find out yourself.\n"
    )
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    // The home is new; what is there already is of a former try.
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(approvals: Approvals, sandbox: CodexSandbox) -> Control<'static> {
        Control {
            program: Some(Path::new("/opt/baton")),
            approvals,
            sandbox,
        }
    }

    #[test]
    fn hooks_are_written_and_permission_is_asked_for_only_where_there_is_a_sandbox() {
        let cases = [
            (Approvals::Never, CodexSandbox::WorkspaceWrite, false),
            (Approvals::Ask, CodexSandbox::WorkspaceWrite, true),
            (Approvals::Ask, CodexSandbox::ReadOnly, true),
            (Approvals::Ask, CodexSandbox::Bypass, false),
        ];
        for (approvals, sandbox, asks) in cases {
            let home = tempfile::tempdir().unwrap();
            let control = control(approvals, sandbox);
            control.write(home.path()).unwrap();
            control.write(home.path()).unwrap();
            let text = fs::read_to_string(home.path().join("hooks.json")).unwrap();
            let hooks: Value = serde_json::from_str(&text).unwrap();
            let hook = &hooks["hooks"]["PreToolUse"][0]["hooks"][0];
            assert_eq!(hook["command"], "exec '/opt/baton' checkpoint");
            assert_eq!(hook["timeout"], HOOK_SECONDS);
            assert_eq!(hooks["hooks"]["PermissionRequest"].is_array(), asks);
            assert_eq!(home.path().join(PERMISSION).exists(), asks);
            assert_eq!(control.capabilities().permissions, asks);
            assert!(control.capabilities().checkpoints);
        }
    }

    #[test]
    fn without_a_program_nothing_is_written_and_nothing_is_promised() {
        let home = tempfile::tempdir().unwrap();
        let control = Control {
            program: None,
            ..control(Approvals::Ask, CodexSandbox::ReadOnly)
        };
        control.write(home.path()).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        assert_eq!(control.capabilities(), AgentCapabilities::default());
    }

    #[test]
    fn permission_that_nobody_gives_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let script = home.path().join("script");
        for (program, expected) in [
            ("/bin/true", NOBODY),
            ("/nowhere/baton", NOBODY),
            ("/bin/echo", "checkpoint"),
        ] {
            write(&script, &permission(Path::new(program)), 0o500).unwrap();
            let mut shell = std::process::Command::new("/bin/sh");
            let said = shell.arg(&script).output().unwrap().stdout;
            assert_eq!(String::from_utf8(said).unwrap().trim(), expected);
        }
    }
}
