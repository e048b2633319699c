//! A turn as server-sent events of the Responses API.

use serde_json::{Value, json};

use super::script::{Turn, Usage};

/// The first event of every answer.
pub(super) fn created(id: &str) -> String {
    event(&json!({ "type": "response.created", "response": { "id": id } }))
}

/// What follows it: the turn's items, then the end with its usage. `number` makes the call's id.
pub(super) fn rest(id: &str, number: usize, turn: &Turn) -> String {
    let message = turn.say.as_deref().map(message);
    let call = turn.exec.as_deref().map(|cmd| call(cmd, number, turn));
    let items = message.into_iter().chain(call);
    let done = items.map(|item| json!({ "type": "response.output_item.done", "item": item }));
    done.chain([completed(id, turn.usage)])
        .map(|value| event(&value))
        .collect()
}

fn message(text: &str) -> Value {
    json!({
        "type": "message",
        "role": "assistant",
        "content": [{ "type": "output_text", "text": text }],
    })
}

fn call(cmd: &str, number: usize, turn: &Turn) -> Value {
    let mut arguments = json!({ "cmd": cmd });
    if let Some(time) = turn.yield_time_ms {
        arguments["yield_time_ms"] = time.into();
    }
    if let Some(why) = &turn.escalate {
        arguments["sandbox_permissions"] = "require_escalated".into();
        arguments["justification"] = why.as_str().into();
    }
    json!({
        "type": "function_call",
        "name": "exec_command",
        "arguments": arguments.to_string(),
        "call_id": format!("call_{number}"),
    })
}

fn completed(id: &str, usage: Usage) -> Value {
    json!({
        "type": "response.completed",
        "response": {
            "id": id,
            "usage": {
                "input_tokens": usage.input,
                "input_tokens_details": { "cached_tokens": usage.cached_input },
                "output_tokens": usage.output,
                "output_tokens_details": { "reasoning_tokens": usage.reasoning_output },
                "total_tokens": usage.input + usage.output,
            },
        },
    })
}

fn event(value: &Value) -> String {
    let name = value["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {value}\n\n")
}
