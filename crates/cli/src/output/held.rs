//! Pauses, takeovers, messages, requests for help and budgets as lines for people.

use baton_domain::{HelpEnd, TakeoverEnd};
use baton_wire::{
    Event,
    event::{HelpNeeded, PausedHow, ResumedHow, TakeoverOver},
    http::EventRecord,
};
use serde_json::Value;
use uuid::Uuid;

use super::words::{self, note};

/// A wish of an operator about a running agent; none for other events.
pub(super) fn wished(event: &EventRecord) -> Option<String> {
    let (who, data) = (&event.source, &event.data);
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let seconds = |name: &str| data.get(name).and_then(Value::as_u64);
    Some(match event.kind.as_str() {
        "pause_requested" => {
            let when = if text("mode") == "hard" {
                "at once"
            } else {
                "at its next tool call"
            };
            let timer = seconds("resumeAfterSeconds");
            let timer = timer.map(|s| format!(", for {}", words::duration(s * 1_000)));
            let timer: String = timer.into_iter().collect();
            format!("{who} wants it to stand still {when}{timer}{}", note(data))
        }
        "resume_requested" => format!("{who} wants it to go on{}", note(data)),
        "takeover_requested" => format!("{who} takes it over{}", note(data)),
        "hand_back_requested" => format!("{who} hands it back: {}", text("summary")),
        "message_sent" => {
            let kind = text("kind");
            format!("message from {who} ({kind}): {}", text("text"))
        }
        "message_cancel_requested" => {
            format!("{who} takes message {} back", text("message"))
        }
        "help_answered" => {
            let answer = text("answer");
            format!("{who} answers {}: {answer}{}", text("help"), note(data))
        }
        "budget_raise_requested" => {
            let limit = seconds("limit").unwrap_or(0);
            let budget = text("budget");
            format!("{who} lets it use up {limit} ({budget}){}", note(data))
        }
        _ => return None,
    })
}

/// What a worker tells of it; none for other events.
pub(super) fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::ControlDelivered(delivered) => match &delivered.refused {
            Some(why) => format!("the worker refuses command {}: {why}", delivered.command),
            None => format!("the worker holds command {}", delivered.command),
        },
        Event::Paused { kind, how } => paused(&kind.to_string(), how),
        Event::Resumed(how) => resumed(how),
        Event::TakeoverBegan(began) => format!(
            "{} has the run's place, for {} at most",
            began.by,
            words::duration(began.expires_in_seconds * 1_000)
        ),
        Event::TakeoverEnded(over) => takeover_over(over),
        Event::MessageDelivered(it) => {
            let what = told_of(it.takeover, it.message);
            format!("the agent was handed {what} ({})", it.via)
        }
        Event::MessageSeen(it) => {
            format!("the model has seen {}", told_of(it.takeover, it.message))
        }
        Event::MessageDropped(it) => {
            let what = told_of(it.takeover, it.message);
            format!("{what} will not reach the agent: {}", it.reason)
        }
        Event::OperatorNeeded(needed) => asked(needed),
        Event::OperatorNotNeeded(closed) => {
            let end = match closed.end {
                HelpEnd::Answered => "was answered",
                HelpEnd::Withdrawn => "is not needed any more",
                HelpEnd::TimedOut => "was not answered in time",
                HelpEnd::RunEnded => "ended with its attempt",
            };
            format!("request for help {} {end}", closed.help)
        }
        Event::BudgetReached(it) => {
            format!(
                "a budget ({}) is used up: {} used, {} allowed",
                it.budget,
                it.budget.amount(it.used),
                it.budget.amount(it.limit)
            )
        }
        Event::BudgetRaised(it) => format!("it may use up {}", it.budget.amount(it.limit)),
        _ => return None,
    })
}

fn paused(kind: &str, how: &PausedHow) -> String {
    let by = how.method.map_or_else(|| kind.to_owned(), String::from);
    let mut text = format!("paused ({by})");
    text.extend(how.before.iter().map(|what| format!(" before {what}")));
    if let Some(cause) = how.cause {
        text.push_str(&format!(", cause: {cause}"));
    }
    if how.escalated {
        text.push_str("; no tool call came in time");
    }
    if let Some(ms) = how.resumes_in_ms {
        text.push_str(&format!("; goes on in {}", words::duration(ms)));
    }
    text
}

fn resumed(how: &ResumedHow) -> String {
    let mut text = "resumed".to_owned();
    if let Some(ms) = how.paused_ms {
        text.push_str(&format!(" after {}", words::duration(ms)));
    }
    text.extend(how.cause.map(|cause| format!(", cause: {cause}")));
    text
}

/// What an agent is told: an operator's message, or what somebody did in its place.
fn told_of(takeover: Option<Uuid>, message: Uuid) -> String {
    match takeover {
        Some(_) => "what was done in its place".to_owned(),
        None => format!("message {message}"),
    }
}

fn takeover_over(over: &TakeoverOver) -> String {
    let head = match over.end {
        TakeoverEnd::HandedBack => "the run was handed back",
        TakeoverEnd::Expired => "the takeover is over: its time was up, and the run stays held",
        TakeoverEnd::RunEnded => "the takeover ended with the run",
    };
    let mut text = format!(
        "{head}; {} files, +{} -{}, {} commands",
        over.files, over.insertions, over.deletions, over.commands
    );
    text.extend(over.artifact.iter().map(|name| format!(", kept as {name}")));
    text.extend(over.summary.iter().map(|words| format!("\n{words}")));
    text
}

fn asked(needed: &HelpNeeded) -> String {
    let mut text = format!("a person is needed ({}): {}", needed.kind, needed.question);
    text.extend(needed.detail.iter().map(|detail| format!("\n{detail}")));
    for (at, option) in needed.options.iter().enumerate() {
        text.push_str(&format!(
            "\n{}) {}: {}",
            at + 1,
            option.answer,
            option.label
        ));
    }
    text.push_str(&format!("\nbaton inbox answer {} …", needed.help));
    text
}

#[cfg(test)]
mod tests;
