//! An agent's own record of its session, a line for each thing that happened: which results of
//! tools its model has answered.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde_json::Value;

/// How much of a record is read, from its end, in bytes. What is further back is not proven by it.
const TAIL: u64 = 8 << 20;

/// What a line tells.
#[derive(Debug, PartialEq, Eq)]
enum Told<'a> {
    /// The model has answered; by which of its responses, where that is told; and wants this tool.
    Model {
        response: Option<&'a str>,
        tool: Option<&'a str>,
    },
    /// A tool has a result.
    Result(&'a str),
}

/// Which of these tool calls' results the model has answered.
pub(super) fn answered(path: &Path, tools: &[String]) -> Vec<String> {
    let text = tail(path).unwrap_or_default();
    let lines: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let told: Vec<Told> = lines.iter().flat_map(told).collect();
    let is_answered = |tool: &&String| is_answered(&told, tool);
    tools.iter().filter(is_answered).cloned().collect()
}

/// Whether another response of the model follows a tool's result. A response may want several
/// tools, and the first may have its result before the last is on record.
fn is_answered(told: &[Told], wanted: &str) -> bool {
    let own = told.iter().find_map(|told| match told {
        Told::Model { response, tool } if *tool == Some(wanted) => Some(*response),
        _ => None,
    });
    let Some(own) = own else {
        return false;
    };
    told.iter()
        .skip_while(|told| **told != Told::Result(wanted))
        .any(|told| match told {
            Told::Model { response, .. } => own.is_none() || *response != own,
            Told::Result(_) => false,
        })
}

/// The end of a plain file; half a line at its start is none.
fn tail(path: &Path) -> io::Result<String> {
    let mut options = OpenOptions::new();
    // Whatever is there, opening it does not block.
    let mut file: File = options
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let skipped = found.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a line of Codex or of Claude Code tells.
fn told(line: &Value) -> Vec<Told<'_>> {
    match line["type"].as_str() {
        Some("response_item") => codex(&line["payload"]).into_iter().collect(),
        // What a helper of the agent does is not the agent's.
        Some("assistant" | "user") if line["isSidechain"] == true => Vec::new(),
        Some("assistant") => {
            let response = line["message"]["id"].as_str();
            let parts = line["message"]["content"].as_array();
            let tool = |part: &'_ Value| part["type"] == "tool_use";
            let model = |part| Told::Model {
                response,
                tool: part,
            };
            let tools = parts.into_iter().flatten().filter(|part| tool(part));
            let mut told: Vec<Told> = tools.map(|part| model(part["id"].as_str())).collect();
            told.push(model(None));
            told
        }
        Some("user") => {
            let parts = line["message"]["content"].as_array();
            let result = |part: &'_ Value| part["type"] == "tool_result";
            parts
                .into_iter()
                .flatten()
                .filter(|part| result(part))
                .filter_map(|part| part["tool_use_id"].as_str().map(Told::Result))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn codex(item: &Value) -> Option<Told<'_>> {
    let call = item["call_id"].as_str();
    match item["type"].as_str()? {
        "function_call_output" | "custom_tool_call_output" => call.map(Told::Result),
        "message" if item["role"] != "assistant" => None,
        "message" | "reasoning" | "function_call" | "custom_tool_call" | "local_shell_call" => {
            Some(Told::Model {
                response: None,
                tool: call,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn proven(lines: &[Value], tools: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.jsonl");
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let tools: Vec<String> = tools.iter().map(|tool| (*tool).to_owned()).collect();
        answered(&path, &tools)
    }

    // B-04
    #[test]
    fn of_codex_calls_that_were_made_at_once_none_proves_another() {
        let item = |kind: &str, call: &str| json!({ "type": "response_item", "payload": { "type": kind, "call_id": call } });
        let role = |role: &str| json!({ "type": "response_item", "payload": { "type": "message", "role": role } });
        // As a real session has it: the first call's hook has said something, both have results.
        let mut lines = vec![
            role("user"),
            item("function_call", "1"),
            role("developer"),
            item("function_call", "2"),
            item("function_call_output", "1"),
        ];
        assert!(proven(&lines, &["1", "2"]).is_empty());
        lines.push(item("function_call_output", "2"));
        lines.push(role("user"));
        assert!(proven(&lines, &["1", "2"]).is_empty());
        lines.push(item("function_call", "3"));
        assert_eq!(proven(&lines, &["1", "2", "3", "4"]), ["1", "2"]);
    }

    // B-04
    #[test]
    fn a_claude_response_that_is_still_being_written_proves_nothing() {
        let wants = |response: &str, tool: &str| {
            json!({ "type": "assistant", "message": {
                "id": response, "content": [{ "type": "tool_use", "id": tool }],
            } })
        };
        let result = |tool: &str| {
            json!({ "type": "user", "message": {
                "content": [{ "type": "tool_result", "tool_use_id": tool }],
            } })
        };
        let mut helper = wants("other", "9");
        helper["isSidechain"] = true.into();
        let mut lines = vec![wants("a", "1"), result("1"), wants("a", "2"), helper];
        assert!(proven(&lines, &["1", "2"]).is_empty());
        lines.push(result("2"));
        lines.push(json!({ "type": "assistant", "message": { "id": "b", "content": [] } }));
        assert_eq!(proven(&lines, &["1", "2"]), ["1", "2"]);
    }

    #[test]
    fn a_record_that_is_none_proves_nothing() {
        for path in ["/no/such/file", "/dev/zero", "/"] {
            assert!(answered(Path::new(path), &["1".to_owned()]).is_empty());
        }
    }
}
