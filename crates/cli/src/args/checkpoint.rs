//! `baton checkpoint` and `baton need-operator`: what agents call.

use std::time::Duration;

use clap::Args;

use super::examples;

/// As an agent's hook, it reads the hook's JSON on its standard input and prints what the agent
/// takes from its hook. Between the steps of a script, it prints messages as text. It returns at
/// once, with exit code 0, where there is no Baton run.
#[derive(Debug, Default, Args)]
#[command(after_help = examples::CHECKPOINT)]
pub(crate) struct CheckpointArgs {
    /// Between two steps of a script: what comes next, for whoever watches; reads no input
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// All that there was to do is done: print messages that were queued for that too; reads no
    /// input
    #[arg(long)]
    pub(crate) end_of_turn: bool,
    /// Print messages as one line of JSON; reads no input
    #[arg(long)]
    pub(crate) json: bool,
}

impl CheckpointArgs {
    /// Whether a script calls it, and no hook.
    pub(crate) const fn is_step(&self) -> bool {
        self.label.is_some() || self.end_of_turn || self.json
    }
}

/// Prints the question's id, or with --wait the answer.
#[derive(Debug, Args)]
#[command(after_help = examples::NEED_OPERATOR)]
pub(crate) struct NeedOperatorArgs {
    /// What a person is needed for
    #[arg(value_name = "QUESTION")]
    pub(crate) question: String,
    /// What they should know besides
    #[arg(long, value_name = "TEXT")]
    pub(crate) detail: Option<String>,
    /// An answer to choose from, and what a person reads; the careful one first, at most 9. Without
    /// any, the answer is in free words
    #[arg(long = "option", value_name = "ANSWER=LABEL", value_parser = option)]
    pub(crate) options: Vec<(String, String)>,
    /// Wait for the answer and print it; otherwise it comes as a message at a later checkpoint
    #[arg(long)]
    pub(crate) wait: bool,
    /// With --wait: for how long at most, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    pub(crate) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn option(text: &str) -> Result<(String, String), String> {
    let (answer, label) = text.split_once('=').unwrap_or((text, text));
    if answer.is_empty() || label.is_empty() {
        return Err("write it as ANSWER=LABEL, such as stop='Stop here'".to_owned());
    }
    Ok((answer.to_owned(), label.to_owned()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=31_536_000_u64) => Ok(Duration::from_secs(seconds)),
        _ => Err("write whole seconds, from 1 to 31536000".to_owned()),
    }
}
