//! What `claude -p --output-format stream-json` prints, line by line. Kinds of line, of content and
//! of tool that are unknown here are passed over: newer versions have more of them.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// How it notes that somebody has stopped its turn; more may follow.
const INTERRUPTED: &str = "[Request interrupted by user";

/// A fact that a line tells. One line may tell several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// The model that it uses.
    Model(String),
    /// The agent, or one of its helpers, said something.
    Said {
        id: String,
        text: String,
        /// Whether one of its helpers said it.
        helper: bool,
    },
    /// A tool is used.
    Used { id: String, tool: Tool },
    /// A tool has answered.
    Answered {
        id: String,
        failed: bool,
        text: String,
    },
    /// The model has answered a request; the id of its answer and what the request held.
    Asked { id: String, tokens: Tokens },
    /// The model's interface did not answer, and is asked again.
    Retried(String),
    /// The model's interface did not answer, and is not asked again.
    GaveUp(String),
    /// The agent has no more to do, and waits to be told.
    TurnEnded,
    /// Whoever types to it has stopped its turn.
    TurnStopped,
    /// What was spent so far, in US dollars.
    Spent(f64),
    /// The work is over.
    Ended(Box<Ending>),
}

/// A tool, with what matters of its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tool {
    /// A command for the shell.
    Command(String),
    /// A file is written; its path.
    Change(String),
    /// Its name and the first text of its input.
    Other(String),
}

/// Tokens, as the interface counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Tokens {
    input_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation_input_tokens: u64,
    pub(crate) output_tokens: u64,
}

/// How the work ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ending {
    pub(crate) failed: bool,
    /// The last words, or why it failed.
    pub(crate) words: String,
    pub(crate) dollars: f64,
    pub(crate) turns: u64,
    pub(crate) tokens: Tokens,
}

impl Tokens {
    /// All that was read.
    pub(crate) const fn read(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_input_tokens)
            .saturating_add(self.cache_creation_input_tokens)
    }

    /// What of it came from a cache.
    pub(crate) const fn cached(&self) -> u64 {
        self.cache_read_input_tokens
    }

    /// Both together.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// What this is more than the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    fn with(&self, other: &Self, figure: impl Fn(u64, u64) -> u64) -> Self {
        let both = |of: fn(&Self) -> u64| figure(of(self), of(other));
        Self {
            input_tokens: both(|tokens| tokens.input_tokens),
            cache_read_input_tokens: both(|tokens| tokens.cache_read_input_tokens),
            cache_creation_input_tokens: both(|tokens| tokens.cache_creation_input_tokens),
            output_tokens: both(|tokens| tokens.output_tokens),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Raw {
    System(System),
    Assistant {
        message: Message,
        #[serde(default)]
        parent_tool_use_id: Option<String>,
        #[serde(default, rename = "isSidechain")]
        is_sidechain: bool,
        #[serde(default, alias = "isApiErrorMessage")]
        is_api_error_message: bool,
    },
    User {
        message: Message,
    },
    Result(RawEnding),
    #[serde(rename = "cost-state")]
    CostState {
        #[serde(rename = "totalCostUSD")]
        total: f64,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
enum System {
    Init {
        model: String,
    },
    ApiRetry {
        #[serde(default)]
        error_status: Option<u16>,
        #[serde(default)]
        error: Option<String>,
        attempt: u64,
        max_retries: u64,
    },
    TurnDuration {},
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    content: Content,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Blocks(Vec<Block>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: BTreeMap<String, Value>,
    },
    ToolResult {
        tool_use_id: String,
        #[serde(default)]
        content: Value,
        #[serde(default)]
        is_error: Option<bool>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawEnding {
    subtype: String,
    is_error: bool,
    result: Option<String>,
    errors: Vec<Value>,
    total_cost_usd: f64,
    num_turns: u64,
    usage: Option<Tokens>,
}

/// Reads a line; an error when it is not JSON, or no object with a `type`. A line of a known kind
/// that has another shape than today tells nothing.
pub(crate) fn parse(line: &str) -> Result<Vec<Fact>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        _kind: String,
    }
    serde_json::from_str::<Typed>(line)?;
    Ok(serde_json::from_str::<Raw>(line).map_or_else(|_| Vec::new(), Raw::facts))
}

impl Raw {
    fn facts(self) -> Vec<Fact> {
        match self {
            Self::System(System::Init { model }) => vec![Fact::Model(model)],
            Self::System(System::ApiRetry {
                error_status,
                error,
                attempt,
                max_retries,
            }) => vec![retried(
                error_status,
                error.as_deref(),
                attempt,
                max_retries,
            )],
            Self::Assistant {
                message,
                parent_tool_use_id,
                is_sidechain,
                is_api_error_message,
            } => {
                if is_api_error_message {
                    return message.complaint();
                }
                message.facts(is_sidechain || parent_tool_use_id.is_some())
            }
            Self::User { message } if message.is_interruption() => vec![Fact::TurnStopped],
            Self::User { message } => message.facts(false),
            Self::System(System::TurnDuration {}) => vec![Fact::TurnEnded],
            Self::CostState { total } => vec![Fact::Spent(total)],
            Self::Result(ending) => vec![Fact::Ended(Box::new(ending.read()))],
            Self::System(System::Other) | Self::Other => Vec::new(),
        }
    }
}

fn retried(status: Option<u16>, error: Option<&str>, attempt: u64, most: u64) -> Fact {
    let status = status.map_or_else(String::new, |status| format!(", status {status}"));
    let error = error.unwrap_or("no reason given");
    Fact::Retried(format!(
        "the model's interface did not answer ({error}{status}): try {attempt} of {most} follows"
    ))
}

impl Message {
    fn facts(self, helper: bool) -> Vec<Fact> {
        let Content::Blocks(blocks) = self.content else {
            return Vec::new();
        };
        let asked = self.usage.filter(|_| self.model != "<synthetic>");
        let asked = asked.map(|tokens| Fact::Asked {
            id: self.id.clone(),
            tokens,
        });
        let facts = blocks.into_iter().filter_map(|block| match block {
            // Its own user messages are what Baton has told it, or its hooks.
            Block::Text { .. } if self.id.is_empty() => None,
            Block::Text { text } => Some(Fact::Said {
                id: self.id.clone(),
                text,
                helper,
            }),
            Block::ToolUse { id, name, input } => Some(Fact::Used {
                id,
                tool: tool(&name, &input),
            }),
            Block::ToolResult {
                tool_use_id,
                content,
                is_error,
            } => Some(Fact::Answered {
                id: tool_use_id,
                failed: is_error.unwrap_or(false),
                text: text_of(&content),
            }),
            Block::Other => None,
        });
        asked.into_iter().chain(facts).collect()
    }
}

impl Message {
    /// Whether it stands where somebody has stopped the turn.
    fn is_interruption(&self) -> bool {
        let Content::Blocks(blocks) = &self.content else {
            return false;
        };
        matches!(&blocks[..], [Block::Text { text }] if text.starts_with(INTERRUPTED))
    }

    /// Its text is the program's own, and tells why there is no answer.
    fn complaint(self) -> Vec<Fact> {
        let Content::Blocks(blocks) = self.content else {
            return Vec::new();
        };
        let texts = blocks.into_iter().filter_map(|block| match block {
            Block::Text { text } => Some(Fact::GaveUp(text)),
            _ => None,
        });
        texts.collect()
    }
}

impl RawEnding {
    fn read(self) -> Ending {
        let errors: Vec<String> = self.errors.iter().map(text_of).collect();
        let words = self.result.filter(|words| !words.trim().is_empty());
        Ending {
            failed: self.is_error || self.subtype != "success",
            words: words.unwrap_or_else(|| errors.join("; ")),
            dollars: self.total_cost_usd,
            turns: self.num_turns,
            tokens: self.usage.unwrap_or_default(),
        }
    }
}

fn tool(name: &str, input: &BTreeMap<String, Value>) -> Tool {
    let text = |field: &str| input.get(field).and_then(Value::as_str).map(str::to_owned);
    let known = match name {
        "Bash" => text("command").map(Tool::Command),
        "Edit" | "Write" | "MultiEdit" => text("file_path").map(Tool::Change),
        "NotebookEdit" => text("notebook_path").map(Tool::Change),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let first = [
            "description",
            "file_path",
            "pattern",
            "path",
            "url",
            "query",
        ];
        let about = first.into_iter().find_map(text).unwrap_or_default();
        Tool::Other(format!("{name} {about}").trim_end().to_owned())
    })
}

/// Text, or the texts of a list of content.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
