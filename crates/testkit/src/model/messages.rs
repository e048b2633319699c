//! The same script in the words of the Messages API, as far as the real Claude Code uses it.

use serde_json::{Value, json};

use super::script::{Turn, Usage};

/// The first event of every answer.
pub(super) fn began(number: usize, model: &Value, usage: Usage) -> String {
    event(&json!({
        "type": "message_start",
        "message": {
            "id": format!("msg_{number}"),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {
                "input_tokens": usage.input.saturating_sub(usage.cached_input),
                "cache_read_input_tokens": usage.cached_input,
                "cache_creation_input_tokens": 0,
                "output_tokens": 1,
            },
        },
    }))
}

/// What follows it: the turn's text and tool call, then the end with its usage.
pub(super) fn rest(number: usize, turn: &Turn) -> String {
    let said = turn.say.as_deref().map(text);
    let called = call(number, turn);
    let reason = if called.is_some() {
        "tool_use"
    } else {
        "end_turn"
    };
    let blocks = said.into_iter().chain(called).enumerate();
    let mut events: Vec<Value> = blocks.flat_map(|(at, block)| block.at(at)).collect();
    events.push(json!({
        "type": "message_delta",
        "delta": { "stop_reason": reason, "stop_sequence": null },
        "usage": { "output_tokens": turn.usage.output },
    }));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(event).collect()
}

/// A piece of an answer: how it begins and what is added to it.
struct Block {
    start: Value,
    delta: Value,
}

impl Block {
    fn at(self, index: usize) -> [Value; 3] {
        let Self { start, delta } = self;
        [
            json!({ "type": "content_block_start", "index": index, "content_block": start }),
            json!({ "type": "content_block_delta", "index": index, "delta": delta }),
            json!({ "type": "content_block_stop", "index": index }),
        ]
    }
}

fn text(text: &str) -> Block {
    Block {
        start: json!({ "type": "text", "text": "" }),
        delta: json!({ "type": "text_delta", "text": text }),
    }
}

fn call(number: usize, turn: &Turn) -> Option<Block> {
    let (name, input) = match (&turn.exec, &turn.write) {
        (Some(command), _) => {
            let why = turn.escalate.as_deref().unwrap_or("As the script says");
            let mut input = json!({ "command": command, "description": why });
            if turn.escalate.is_some() {
                input["dangerouslyDisableSandbox"] = true.into();
            }
            ("Bash", input)
        }
        (None, Some(write)) => (
            "Write",
            json!({ "file_path": write.path, "content": write.content }),
        ),
        (None, None) => return None,
    };
    Some(Block {
        start: json!({
            "type": "tool_use",
            "id": format!("toolu_{number}"),
            "name": name,
            "input": {},
        }),
        delta: json!({ "type": "input_json_delta", "partial_json": input.to_string() }),
    })
}

fn event(value: &Value) -> String {
    let name = value["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {value}\n\n")
}

/// What the tools have answered so far, oldest first.
pub(super) fn outputs(body: &Value) -> Vec<String> {
    blocks(body)
        .filter(|(_, block)| block["type"] == "tool_result")
        .map(|(_, block)| texts(&block["content"]).join("\n"))
        .collect()
}

/// Everything that was said to the model by the user or on the user's behalf, hooks included.
pub(super) fn words(body: &Value) -> String {
    let said = messages(body).filter(|message| message["role"] != "assistant");
    said.flat_map(|message| texts(&message["content"]))
        .collect::<Vec<_>>()
        .join("\n")
}

fn messages(body: &Value) -> impl Iterator<Item = &Value> {
    body["messages"].as_array().into_iter().flatten()
}

fn blocks(body: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    messages(body).flat_map(|message| {
        let blocks = message["content"].as_array().into_iter().flatten();
        blocks.map(move |block| (message, block))
    })
}

fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).collect(),
        _ => Vec::new(),
    }
}
