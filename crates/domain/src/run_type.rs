//! The kinds of work that there are.

use crate::choices::choices;

choices! {
    /// The kinds of work that this version can do.
    RunType, "run type" {
        /// The Codex CLI.
        CodexExec = "codex_exec",
        /// Claude Code.
        ClaudeCode = "claude_code",
        /// Any program.
        Command = "command",
    }
}
