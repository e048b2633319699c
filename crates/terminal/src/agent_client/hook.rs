//! What agents give their hooks, and take from them. Codex and Claude Code share one shape; Gemini
//! has names of its own for the same moments.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{is_allowed, text_of, transcript};
use crate::asking::{AGENT_PROTOCOL, Answered, Checkpoint, Go, Moment};

/// The most of a tool's input that a person is shown, in bytes before it is cut to characters.
const DETAIL: usize = 16 << 10;

/// What an agent has told its hook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hook {
    hook_event_name: String,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default)]
    tool_name: Option<String>,
    #[serde(default)]
    tool_use_id: Option<String>,
    /// A helper of the agent, where it is one that acts.
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    transcript_path: Option<PathBuf>,
    /// What the tool would do, where a person is asked about it.
    #[serde(skip)]
    detail: Option<String>,
}

/// An agent's way to be told something at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// As context for its model.
    Context,
    /// As the reason why its turn goes on.
    Reason(&'static str),
    /// As the decision about a permission.
    Decision,
    /// Not at all.
    Nothing,
}

impl Hook {
    /// What an agent gave; none when that is no agent's hook.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let mut hook: Self = serde_json::from_str(input).ok()?;
        if hook.moment() == Some((Moment::Permission, Takes::Decision)) {
            hook.detail = detail(input);
        }
        Some(hook)
    }

    /// Where the agent is, and what it takes there; none where nothing is to be done.
    fn moment(&self) -> Option<(Moment, Takes)> {
        Some(match self.hook_event_name.as_str() {
            "PreToolUse" => (Moment::BeforeTool, Takes::Context),
            "PostToolUse" | "PostToolUseFailure" | "AfterTool" => {
                (Moment::AfterTool, Takes::Context)
            }
            "BeforeTool" => (Moment::BeforeTool, Takes::Nothing),
            "PermissionRequest" => (Moment::Permission, Takes::Decision),
            "Stop" => (Moment::TurnEnd, Takes::Reason("block")),
            "AfterAgent" => (Moment::TurnEnd, Takes::Reason("deny")),
            "SessionStart" | "UserPromptSubmit" | "BeforeAgent" => {
                (Moment::Context, Takes::Context)
            }
            _ => return None,
        })
    }

    pub(super) fn ask(&self) -> Option<Checkpoint> {
        let (at, takes) = self.moment()?;
        Some(Checkpoint {
            baton: AGENT_PROTOCOL,
            at,
            via: self.hook_event_name.clone(),
            tool: self.tool_name.clone(),
            tool_use: self.tool_use_id.clone(),
            session: self.session_id.clone(),
            detail: self.detail.clone(),
            // What is said to a helper does not reach the agent.
            deaf: takes == Takes::Nothing || self.agent_id.is_some(),
        })
    }

    /// What the agent takes from its hook.
    pub(super) fn output(&self, go: &Go) -> Option<Value> {
        let (_, takes) = self.moment()?;
        if let Some(decision) = &go.decision {
            return Some(self.decided(decision));
        }
        if go.messages.is_empty() {
            return None;
        }
        let text = text_of(&go.messages);
        match takes {
            Takes::Context => Some(self.specific(json!({ "additionalContext": text }))),
            Takes::Reason(decision) => Some(json!({ "decision": decision, "reason": text })),
            Takes::Decision | Takes::Nothing => None,
        }
    }

    /// What keeps the agent from doing what it was about to do.
    pub(super) fn refusal(&self, why: &str) -> Option<Value> {
        match self.hook_event_name.as_str() {
            "PreToolUse" => Some(self.specific(json!({
                "permissionDecision": "deny",
                "permissionDecisionReason": why,
            }))),
            "BeforeTool" => Some(json!({ "decision": "deny", "reason": why })),
            "PermissionRequest" => Some(self.specific(json!({
                "decision": { "behavior": "deny", "message": why },
            }))),
            _ => None,
        }
    }

    fn decided(&self, decision: &Answered) -> Value {
        if is_allowed(decision) {
            return self.specific(json!({ "decision": { "behavior": "allow" } }));
        }
        let from = decision.from.as_deref().unwrap_or("an operator");
        let message = match &decision.note {
            Some(note) => format!("Denied by {from}: {note}"),
            None => format!("Denied by {from}."),
        };
        self.specific(json!({ "decision": { "behavior": "deny", "message": message } }))
    }

    fn specific(&self, mut output: Value) -> Value {
        output["hookEventName"] = json!(self.hook_event_name);
        json!({ "hookSpecificOutput": output })
    }

    /// Which of these tool calls' results the model has answered, by the agent's own record.
    pub(super) fn answered(&self, tools: &[String]) -> Vec<String> {
        match &self.transcript_path {
            Some(path) if !tools.is_empty() => transcript::answered(path, tools),
            _ => Vec::new(),
        }
    }
}

/// What a tool would do, for a person: its command, else all that it is given.
fn detail(input: &str) -> Option<String> {
    let input: Value = serde_json::from_str(input).ok()?;
    let given = input.get("tool_input")?;
    let command = given.get("command").and_then(Value::as_str);
    let mut text = command.map_or_else(|| given.to_string(), str::to_owned);
    let mut end = text.len().min(DETAIL);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    Some(text)
}
