//! What the scripted model is to say. Also read from JSON, in camelCase:
//!
//! ```json
//! { "turns": [ { "say": "Looking around.", "exec": "ls" },
//!              { "exec": "make", "delayMs": 50, "faults": [ { "status": 500, "times": 2 } ] },
//!              { "say": "Done." } ],
//!   "cases": [ { "when": "fix the bug", "turns": [ { "say": "It is no bug." } ] } ] }
//! ```

use std::time::Duration;

use serde::Deserialize;

/// The turns of a conversation, by default and for instructions that contain a text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    turns: Vec<Turn>,
    #[serde(default)]
    cases: Vec<Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    when: String,
    turns: Vec<Turn>,
}

/// One answer. Every turn but the last has a command to execute: a turn without one ends the
/// agent's work. Turn `n` answers requests that carry the output of `n` commands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Turn {
    pub(super) say: Option<String>,
    pub(super) exec: Option<String>,
    pub(super) write: Option<Write>,
    pub(super) yield_time_ms: Option<u64>,
    pub(super) escalate: Option<String>,
    pub(super) delay_ms: u64,
    pub(super) hold: Option<String>,
    pub(super) faults: Vec<Fault>,
    pub(super) usage: Usage,
}

/// A file to write by the agent's own tool for that, where it has one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    /// Its absolute path.
    pub(super) path: String,
    /// All of it.
    pub(super) content: String,
}

/// What goes wrong before a turn's answer is given, and for how many attempts.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// For how many attempts of one conversation.
    #[serde(default = "once")]
    pub times: u32,
}

/// The ways in which an answer fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// An error with this HTTP status.
    Status(u16),
    /// The connection breaks in the middle of the answer. The text is for the script's reader.
    Cut(String),
    /// Status 200 and this text instead of events.
    Garbage(String),
}

/// The tokens that a turn claims to have used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Tokens read from the cache.
    pub cached_input: u64,
    /// Tokens written, reasoning included.
    pub output: u64,
    /// Tokens written as reasoning.
    pub reasoning_output: u64,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            input: 100,
            cached_input: 40,
            output: 20,
            reasoning_output: 5,
        }
    }
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// An error with this HTTP status, once.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::new(FaultKind::Status(status))
    }

    /// A connection that breaks in the middle of the answer, once.
    #[must_use]
    pub const fn cut() -> Self {
        Self::new(FaultKind::Cut(String::new()))
    }

    /// Status 200 and this text instead of events, once.
    #[must_use]
    pub fn garbage(text: &str) -> Self {
        Self::new(FaultKind::Garbage(text.to_owned()))
    }

    /// The same, `times` times in a row.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The same, at every attempt.
    #[must_use]
    pub const fn always(self) -> Self {
        self.times(u32::MAX)
    }

    const fn new(kind: FaultKind) -> Self {
        Self { kind, times: 1 }
    }
}

impl Turn {
    /// The agent is told to execute `cmd` by its shell.
    #[must_use]
    pub fn exec(cmd: &str) -> Self {
        Self {
            exec: Some(cmd.to_owned()),
            ..Self::default()
        }
    }

    /// The same outside the agent's sandbox, for which it asks permission for this reason.
    #[must_use]
    pub fn escalating(mut self, why: &str) -> Self {
        self.escalate = Some(why.to_owned());
        self
    }

    /// The agent is told to write a file by its own tool. For Claude Code alone: Codex has no such
    /// tool, and ends its work at a turn like this.
    #[must_use]
    pub fn write(path: &str, content: &str) -> Self {
        Self {
            write: Some(Write {
                path: path.to_owned(),
                content: content.to_owned(),
            }),
            ..Self::default()
        }
    }

    /// The model says `text`; alone, this ends the agent's work.
    #[must_use]
    pub fn say(text: &str) -> Self {
        Self {
            say: Some(text.to_owned()),
            ..Self::default()
        }
    }

    /// The model says `text` before what else it does in this turn.
    #[must_use]
    pub fn saying(mut self, text: &str) -> Self {
        self.say = Some(text.to_owned());
        self
    }

    /// The answer takes this long.
    #[must_use]
    pub fn delayed(mut self, time: Duration) -> Self {
        self.delay_ms = time.as_millis().try_into().unwrap_or(u64::MAX);
        self
    }

    /// The answer waits until the test calls [`release`](super::ModelEndpoint::release) with this
    /// name.
    #[must_use]
    pub fn held(mut self, name: &str) -> Self {
        self.hold = Some(name.to_owned());
        self
    }

    /// Before the answer, this goes wrong; several faults come one after another.
    #[must_use]
    pub fn failing(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The tokens that this turn claims to have used.
    #[must_use]
    pub const fn using(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// What goes wrong at the `attempt`th request (from 0) of one conversation for this turn.
    pub(super) fn fault(&self, attempt: u32) -> Option<&FaultKind> {
        let mut passed = 0_u32;
        self.faults.iter().find_map(|fault| {
            passed = passed.saturating_add(fault.times);
            (attempt < passed).then_some(&fault.kind)
        })
    }
}

impl Script {
    /// The turns of every conversation that no case is made for.
    #[must_use]
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            turns: turns.into_iter().collect(),
            cases: Vec::new(),
        }
    }

    /// Other turns for conversations in which the user's words contain `text`; the first such
    /// case counts.
    #[must_use]
    pub fn when(mut self, text: &str, turns: impl IntoIterator<Item = Turn>) -> Self {
        self.cases.push(Case {
            when: text.to_owned(),
            turns: turns.into_iter().collect(),
        });
        self
    }

    /// Reads a script as the module's example shows.
    ///
    /// # Errors
    /// When it is not JSON, or a field is unknown or of the wrong type.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The turns for a conversation in which the user said `words`.
    pub(super) fn turns(&self, words: &str) -> &[Turn] {
        self.cases
            .iter()
            .find(|case| words.contains(&case.when))
            .map_or(&self.turns, |case| &case.turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_module_doc_is_a_script() {
        let source = include_str!("script.rs");
        let example: String = source
            .lines()
            .skip_while(|line| !line.contains("```json"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .map(|line| line.trim_start_matches("//!"))
            .collect();
        let script = Script::from_json(&example).unwrap();
        assert_eq!(script.turns("do anything").len(), 3);
        assert_eq!(script.turns("please fix the bug").len(), 1);
        assert!(matches!(
            script.turns[1].fault(1),
            Some(FaultKind::Status(500))
        ));
        assert!(script.turns[1].fault(2).is_none());
    }

    #[test]
    fn faults_come_one_after_another() {
        let turn = Turn::say("x")
            .failing(Fault::status(500).times(2))
            .failing(Fault::cut().always());
        assert!(matches!(turn.fault(1), Some(FaultKind::Status(500))));
        assert!(matches!(turn.fault(2), Some(FaultKind::Cut(_))));
        assert!(matches!(turn.fault(9_999), Some(FaultKind::Cut(_))));
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(Script::from_json(r#"{"turns": [{"exce": "ls"}]}"#).is_err());
    }
}
