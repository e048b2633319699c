//! What `codex exec --json` prints, line by line. Kinds of line and item that are unknown here
//! are passed over: newer versions have more of them.

use serde::Deserialize;

/// How Codex begins to say that it was told to trust the hooks in its home.
const HOOK_TRUST: &str = "`--dangerously-bypass-hook-trust`";

/// A line, as far as a run is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodexLine {
    CommandStarted {
        id: String,
        command: String,
    },
    CommandFinished {
        id: String,
        command: String,
        exit_code: Option<i32>,
        output: String,
        /// In milliseconds, where Codex says so itself.
        took: Option<u64>,
    },
    Message {
        id: String,
        text: String,
    },
    FilesChanged {
        id: String,
        /// Kind (`add`, `update`, `delete`) and absolute path.
        changes: Vec<(String, String)>,
    },
    /// The agent counted its tokens, and its turn ended well.
    TurnCompleted {
        input: u64,
        cached: u64,
        output: u64,
    },
    TurnFailed(String),
    Warning(String),
    Other,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    item: Option<Item>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Complaint>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Usage {
    input_tokens: u64,
    cached_input_tokens: u64,
    output_tokens: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    command: String,
    aggregated_output: String,
    exit_code: Option<i32>,
    text: String,
    message: String,
    changes: Vec<Change>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Change {
    path: String,
    kind: String,
}

/// Reads a line; an error when it is not JSON, or no object with a `type`. Fields of a known
/// kind that have another shape than today make it a line of an unknown kind.
pub(crate) fn parse(line: &str) -> Result<CodexLine, serde_json::Error> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        _kind: String,
    }
    serde_json::from_str::<Typed>(line)?;
    Ok(serde_json::from_str::<Raw>(line).map_or(CodexLine::Other, Raw::read))
}

impl Raw {
    fn read(self) -> CodexLine {
        match self.kind.as_str() {
            "item.started" | "item.completed" => {
                let completed = self.kind == "item.completed";
                self.item.map_or(CodexLine::Other, |item| {
                    if completed {
                        item.completed()
                    } else {
                        item.started()
                    }
                })
            }
            "turn.completed" => {
                let usage = self.usage.unwrap_or_default();
                CodexLine::TurnCompleted {
                    input: usage.input_tokens,
                    cached: usage.cached_input_tokens,
                    output: usage.output_tokens,
                }
            }
            "turn.failed" => CodexLine::TurnFailed(
                self.error
                    .map(|error| error.message)
                    .or(self.message)
                    .unwrap_or_default(),
            ),
            "error" => CodexLine::Warning(self.message.unwrap_or_default()),
            _ => CodexLine::Other,
        }
    }
}

impl Item {
    fn started(self) -> CodexLine {
        match self.kind.as_str() {
            "command_execution" => CodexLine::CommandStarted {
                id: self.id,
                command: self.command,
            },
            _ => CodexLine::Other,
        }
    }

    fn completed(self) -> CodexLine {
        match self.kind.as_str() {
            "command_execution" => CodexLine::CommandFinished {
                id: self.id,
                command: self.command,
                exit_code: self.exit_code,
                output: self.aggregated_output,
                took: None,
            },
            "agent_message" => CodexLine::Message {
                id: self.id,
                text: self.text,
            },
            "file_change" => CodexLine::FilesChanged {
                id: self.id,
                changes: self.changes.into_iter().map(|c| (c.kind, c.path)).collect(),
            },
            // The hooks are the worker's own.
            "error" if self.message.starts_with(HOOK_TRUST) => CodexLine::Other,
            "error" => CodexLine::Warning(self.message),
            _ => CodexLine::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_today_are_understood() {
        let cases = [
            (
                r#"{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"ls","aggregated_output":"","exit_code":null,"status":"in_progress"}}"#,
                CodexLine::CommandStarted {
                    id: "item_2".to_owned(),
                    command: "ls".to_owned(),
                },
            ),
            (
                r#"{"type":"item.completed","item":{"id":"item_2","type":"command_execution","command":"ls","aggregated_output":"a\n","exit_code":3,"status":"failed"}}"#,
                CodexLine::CommandFinished {
                    id: "item_2".to_owned(),
                    command: "ls".to_owned(),
                    exit_code: Some(3),
                    output: "a\n".to_owned(),
                    took: None,
                },
            ),
            (
                r#"{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"/r/b.txt","kind":"add"}],"status":"completed"}}"#,
                CodexLine::FilesChanged {
                    id: "item_3".to_owned(),
                    changes: vec![("add".to_owned(), "/r/b.txt".to_owned())],
                },
            ),
            (
                r#"{"type":"turn.completed","usage":{"input_tokens":400,"cached_input_tokens":160,"cache_write_input_tokens":0,"output_tokens":80,"reasoning_output_tokens":20}}"#,
                CodexLine::TurnCompleted {
                    input: 400,
                    cached: 160,
                    output: 80,
                },
            ),
            (
                r#"{"type":"turn.failed","error":{"message":"no quota"}}"#,
                CodexLine::TurnFailed("no quota".to_owned()),
            ),
            (
                r#"{"type":"error","message":"Reconnecting... 1/5"}"#,
                CodexLine::Warning("Reconnecting... 1/5".to_owned()),
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_unknown_is_passed_over_and_what_is_no_json_is_an_error() {
        for line in [
            r#"{"type":"thread.started","thread_id":"x"}"#,
            r#"{"type":"item.completed","item":{"id":"1","type":"reasoning","text":"hm"}}"#,
            r#"{"type":"item.completed","item":"changed shape"}"#,
            r#"{"type":"brand.new","item":7}"#,
            r#"{"type":"item.completed","item":{"type":"error","message":"`--dangerously-bypass-hook-trust` is enabled. Enabled hooks may run."}}"#,
        ] {
            assert_eq!(parse(line).unwrap(), CodexLine::Other, "{line}");
        }
        for line in ["hello", "{\"type\":", "[]", "{}", "null", ""] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
