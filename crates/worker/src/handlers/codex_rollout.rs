//! Codex's own record of a session, a file of JSON lines in its home. It says what the agent does
//! also where its own screen runs in the terminal, and counts every answer of the model.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{codex_lines::CodexLine, codex_teller::Tokens};

/// What a record tells, as far as anything here makes use of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// A session that people or the worker began; others are the agent's own helpers.
    Main,
    /// A turn began.
    TurnBegan,
    /// A turn ended: with what it said last, or why it failed.
    TurnEnded(Result<Option<String>, String>),
    /// A turn was stopped by whoever types to the agent.
    TurnStopped,
    /// The model answered, and counted so many tokens.
    Answered(Tokens),
    /// What the agent did.
    Did(CodexLine),
}

/// Reads the lines of one record.
#[derive(Debug, Default)]
pub(super) struct Rollout {
    /// Commands that were begun, by their calls.
    running: HashMap<String, String>,
    finished: HashSet<String>,
}

impl Rollout {
    /// What a line tells. A line that is none tells nothing.
    pub(super) fn read(&mut self, line: &str) -> Vec<Told> {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            return Vec::new();
        };
        let payload = &line["payload"];
        match text(&line["type"]) {
            "session_meta" if payload["thread_source"] == "user" => vec![Told::Main],
            "token_usage_record" => vec![answered(&payload["usage"])],
            "response_item" => self.item(payload),
            "event_msg" => self.event(payload),
            _ => Vec::new(),
        }
    }

    /// What the model wants, and what it got.
    fn item(&mut self, item: &Value) -> Vec<Told> {
        let id = text(&item["call_id"]).to_owned();
        match text(&item["type"]) {
            "function_call" if item["name"] == "exec_command" => {
                let arguments: Value =
                    serde_json::from_str(text(&item["arguments"])).unwrap_or_default();
                let command = text(&arguments["cmd"]).to_owned();
                // Codex carries that out itself: it is told as a change of files.
                if command.is_empty() || command.trim_start().starts_with("apply_patch") {
                    return Vec::new();
                }
                self.running.insert(id.clone(), command.clone());
                vec![Told::Did(CodexLine::CommandStarted { id, command })]
            }
            // A command that was not carried out has no time.
            "function_call_output" if !text(&item["output"]).contains("Wall time:") => {
                let Some(command) = self.running.remove(&id) else {
                    return Vec::new();
                };
                vec![Told::Did(CodexLine::CommandFinished {
                    id,
                    command,
                    exit_code: None,
                    output: text(&item["output"]).to_owned(),
                    took: Some(0),
                })]
            }
            _ => Vec::new(),
        }
    }

    fn event(&mut self, event: &Value) -> Vec<Told> {
        match text(&event["type"]) {
            "task_started" => vec![Told::TurnBegan],
            "task_complete" => vec![turn_ended(event)],
            "turn_aborted" => vec![Told::TurnStopped],
            "item_completed" => self.completed(event),
            _ => Vec::new(),
        }
    }

    fn completed(&mut self, event: &Value) -> Vec<Told> {
        let item = &event["item"];
        let id = text(&item["id"]).to_owned();
        match text(&item["type"]) {
            "AgentMessage" => {
                let text = joined(&item["content"]);
                vec![Told::Did(CodexLine::Message { id, text })]
            }
            "FileChange" => {
                let changes = item["changes"].as_object().into_iter().flatten();
                let changes =
                    changes.map(|(path, what)| (text(&what["type"]).to_owned(), path.clone()));
                let changes = changes.collect();
                vec![Told::Did(CodexLine::FilesChanged { id, changes })]
            }
            "CommandExecution" => self.command(id, event),
            _ => Vec::new(),
        }
    }

    fn command(&mut self, id: String, event: &Value) -> Vec<Told> {
        let item = &event["item"];
        if !self.finished.insert(id.clone()) {
            return Vec::new();
        }
        let mut told = Vec::new();
        let command = self.running.remove(&id).unwrap_or_else(|| {
            let words = item["command"].as_array();
            let command = words
                .and_then(|words| words.last())
                .map_or("", text)
                .to_owned();
            let begun = CodexLine::CommandStarted {
                id: id.clone(),
                command: command.clone(),
            };
            told.push(Told::Did(begun));
            command
        });
        let part = |name: &str| item["duration"][name].as_u64().unwrap_or(0);
        let code = item["exit_code"].as_i64();
        told.push(Told::Did(CodexLine::CommandFinished {
            id,
            command,
            exit_code: code.and_then(|code| i32::try_from(code).ok()),
            output: text(&item["aggregated_output"]).to_owned(),
            took: Some(part("secs") * 1000 + part("nanos") / 1_000_000),
        }));
        told
    }
}

fn answered(usage: &Value) -> Told {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    Told::Answered(Tokens {
        input: count("input_tokens"),
        cached: count("cached_input_tokens"),
        output: count("output_tokens"),
    })
}

fn turn_ended(event: &Value) -> Told {
    match event["error"].as_object() {
        Some(error) => {
            let why = error.get("message").map_or("", text);
            Told::TurnEnded(Err(why.to_owned()))
        }
        None => Told::TurnEnded(Ok(event["last_agent_message"].as_str().map(str::to_owned))),
    }
}

fn joined(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten();
    parts.map(|part| text(&part["text"])).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Told> {
        let mut rollout = Rollout::default();
        lines.iter().flat_map(|line| rollout.read(line)).collect()
    }

    fn started(id: &str, command: &str) -> Told {
        let (id, command) = (id.to_owned(), command.to_owned());
        Told::Did(CodexLine::CommandStarted { id, command })
    }

    #[test]
    fn the_lines_of_today_are_understood() {
        let cases = [
            (
                r#"{"type":"session_meta","payload":{"source":"exec","thread_source":"user"}}"#,
                vec![Told::Main],
            ),
            (
                r#"{"type":"session_meta","payload":{"thread_source":"subagent"}}"#,
                vec![],
            ),
            (
                r#"{"type":"token_usage_record","payload":{"response_id":"r0","usage":{"input_tokens":100,"cached_input_tokens":40,"output_tokens":20},"turn_token_usage":{"input_tokens":900}}}"#,
                vec![Told::Answered(Tokens {
                    input: 100,
                    cached: 40,
                    output: 20,
                })],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"t"}}"#,
                vec![Told::TurnBegan],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"task_complete","last_agent_message":"done"}}"#,
                vec![Told::TurnEnded(Ok(Some("done".to_owned())))],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"task_complete","last_agent_message":null,"error":{"message":"no quota"}}}"#,
                vec![Told::TurnEnded(Err("no quota".to_owned()))],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"turn_aborted","reason":"interrupted"}}"#,
                vec![Told::TurnStopped],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":"AgentMessage","id":"m","content":[{"type":"Text","text":"look"}]}}}"#,
                vec![Told::Did(CodexLine::Message {
                    id: "m".to_owned(),
                    text: "look".to_owned(),
                })],
            ),
            (
                r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":"FileChange","id":"c","changes":{"/r/b.txt":{"type":"add","content":"x"}}}}}"#,
                vec![Told::Did(CodexLine::FilesChanged {
                    id: "c".to_owned(),
                    changes: vec![("add".to_owned(), "/r/b.txt".to_owned())],
                })],
            ),
            ("no JSON", vec![]),
            (r#"{"type":"world_state","payload":7}"#, vec![]),
        ];
        for (line, expected) in cases {
            assert_eq!(read(&[line]), expected, "{line}");
        }
    }

    const CALL: &str = r#"{"type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{\"cmd\": \"make\"}","call_id":"c1"}}"#;
    const DONE: &str = r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":"CommandExecution","id":"c1","command":["/bin/bash","-lc","make"],"aggregated_output":"ok\n","exit_code":3,"duration":{"secs":1,"nanos":960404524}}}}"#;

    #[test]
    fn a_command_is_told_once_from_its_call_to_its_end() {
        let finished = CodexLine::CommandFinished {
            id: "c1".to_owned(),
            command: "make".to_owned(),
            exit_code: Some(3),
            output: "ok\n".to_owned(),
            took: Some(1960),
        };
        let whole = [started("c1", "make"), Told::Did(finished)];
        let output = r#"{"type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"Chunk ID: 1\nWall time: 1.9 seconds\nok"}}"#;
        assert_eq!(read(&[CALL, DONE, output]), whole);
        // Codex's other way of calling tools shows only their ends.
        assert_eq!(read(&[DONE]), whole);
    }

    #[test]
    fn a_command_that_is_refused_ends_with_the_reason() {
        let refused = r#"{"type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"exec_command failed: no"}}"#;
        let told = read(&[CALL, refused]);
        assert!(
            matches!(&told[1], Told::Did(CodexLine::CommandFinished { exit_code: None, output, .. }) if output.contains("no"))
        );
        let patch = CALL.replace("make", "apply_patch <<EOF");
        assert_eq!(read(&[&patch]), vec![]);
    }
}
