//! Commands that hold runs, talk to their agents and take their place.

use std::{path::PathBuf, time::Duration};

use baton_domain::{BudgetKind, RunId};
use clap::Args;
use uuid::Uuid;

use super::{ClientArgs, drains::length, examples::control as examples, id};

/// In seconds.
const DAY: u64 = 86_400;

/// Which run to hold, and how.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::PAUSE)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// At once and by force, instead of at the agent's next tool call
    #[arg(long)]
    pub(crate) hard: bool,
    /// How long it may go on to its next tool call before it is held by force, such as 30s or 5m
    /// [default: the worker's]
    #[arg(long, value_name = "TIME", value_parser = deadline, conflicts_with = "hard")]
    pub(crate) deadline: Option<Duration>,
    /// When it goes on by itself once it stands still, such as 10m or 2h [default: never]
    #[arg(long, value_name = "TIME", value_parser = resume_after)]
    pub(crate) resume_after: Option<Duration>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wait until it stands still
    #[arg(long)]
    pub(crate) wait: bool,
}

/// Which run goes on.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::RESUME)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wait until it goes on
    #[arg(long)]
    pub(crate) wait: bool,
}

/// Which run to take over.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::TAKEOVER)]
pub(crate) struct TakeoverRunArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// How long it may go on to its next tool call before it is held by force, such as 30s or 5m
    /// [default: the worker's]
    #[arg(long, value_name = "TIME", value_parser = deadline)]
    pub(crate) deadline: Option<Duration>,
    /// When it is over if you do not hand the run back, 1m to 24h; the run then stays held
    /// [default: the server's]
    #[arg(long, value_name = "TIME", value_parser = expires_after)]
    pub(crate) expires_after: Option<Duration>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Wait until it is yours
    #[arg(long)]
    pub(crate) wait: bool,
}

/// Which run to hand back.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::HAND_BACK)]
pub(crate) struct HandBackArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// What you have done, for the agent; it is told what changed in the workspace as well
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "summary_file",
        required_unless_present = "summary_file"
    )]
    pub(crate) summary: Option<String>,
    /// A file with what you have done; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) summary_file: Option<PathBuf>,
    /// Wait until the agent was told and goes on
    #[arg(long)]
    pub(crate) wait: bool,
}

/// What to tell which agent.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::MESSAGE)]
pub(crate) struct MessageArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// What the agent is told
    #[arg(
        value_name = "TEXT",
        conflicts_with = "file",
        required_unless_present = "file"
    )]
    pub(crate) text: Option<String>,
    /// A file with what the agent is told; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// When its turn ends, instead of at its next tool call
    #[arg(long)]
    pub(crate) queued: bool,
}

/// Whose messages to list.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::MESSAGES)]
pub(crate) struct MessagesArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Take this one back instead, if the agent was not handed it yet
    #[arg(long, value_name = "MESSAGE", conflicts_with_all = ["limit", "cursor", "all"], value_parser = id::message)]
    pub(crate) cancel: Option<Uuid>,
    /// Messages on a page, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Go on where an earlier page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// All pages
    #[arg(long, conflicts_with = "cursor")]
    pub(crate) all: bool,
}

/// What a run may use up.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::RAISE_BUDGET)]
pub(crate) struct RaiseBudgetArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    /// Of what, and the new limit: wall_seconds, turns, tokens, spend_cents or diff_lines
    #[arg(value_name = "KIND=LIMIT", value_parser = budget)]
    pub(crate) budget: (BudgetKind, u64),
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

fn deadline(text: &str) -> Result<Duration, String> {
    between(text, 1, DAY, "1s to 24h")
}

fn resume_after(text: &str) -> Result<Duration, String> {
    between(text, 1, 7 * DAY, "1s to 7d")
}

fn expires_after(text: &str) -> Result<Duration, String> {
    between(text, 60, DAY, "1m to 24h")
}

/// A length of time from `least` to `most` seconds, which is `range` in words.
fn between(text: &str, least: u64, most: u64, range: &str) -> Result<Duration, String> {
    let given = length(text).ok();
    given
        .filter(|given| (least..=most).contains(&given.as_secs()))
        .ok_or_else(|| format!("use a whole number and a unit, such as 90s or 30m, from {range}"))
}

/// A budget as people write it.
pub(crate) fn budget(text: &str) -> Result<(BudgetKind, u64), String> {
    let kinds: Vec<&str> = BudgetKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let rule = || format!("use KIND=LIMIT with a kind of {}", kinds.join(", "));
    let (kind, limit) = text.split_once('=').ok_or_else(rule)?;
    let kind: BudgetKind = kind.replace('-', "_").parse().map_err(|_| rule())?;
    let most = kind.most();
    let limit = limit
        .parse()
        .ok()
        .filter(|limit| (1..=most).contains(limit));
    let limit = limit.ok_or_else(|| format!("the limit of {kind} is a number from 1 to {most}"))?;
    Ok((kind, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_as_people_write_them() {
        for (text, read) in [
            ("turns=80", (BudgetKind::Turns, 80)),
            ("wall-seconds=3600", (BudgetKind::WallSeconds, 3600)),
            ("spend_cents=1", (BudgetKind::SpendCents, 1)),
        ] {
            assert_eq!(budget(text), Ok(read), "{text}");
        }
        for text in [
            "turns",
            "turns=",
            "turns=0",
            "euros=5",
            "turns=100001",
            "turns=-1",
        ] {
            assert!(budget(text).is_err(), "{text}");
        }
    }
}
