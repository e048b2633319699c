//! The body of a wish as a command: each action takes its own fields, and no others.

use baton_domain::{BudgetKind, PauseMode};
use baton_wire::{ControlCommand, http::ControlRequest};

use crate::{
    note,
    options::ControlOptions,
    problem::{Answer, Kind, Problem},
    text,
};

const ACTIONS: &str = "use 'pause', 'resume', 'takeover', 'hand_back', 'raise_budget', 'cancel', \
                       'redrive' or 'release_lease'";

/// The most seconds that a soft pause waits, or that a takeover lasts.
const DAY: u32 = 86_400;

/// The most seconds after which a run goes on by itself.
const WEEK: u32 = 604_800;

/// The command, checked as far as it can be without the run.
pub(super) fn command(request: &ControlRequest, options: ControlOptions) -> Answer<ControlCommand> {
    let note = note::checked(request.note.as_ref())?;
    let command = match request.action.as_str() {
        "cancel" => ControlCommand::Cancel { note },
        "redrive" => ControlCommand::Redrive { note },
        "release_lease" => ControlCommand::ReleaseLease { note },
        "resume" => ControlCommand::Resume { note },
        "pause" => pause(request, note)?,
        "takeover" => takeover(request, note, options)?,
        "hand_back" => hand_back(request)?,
        "raise_budget" => raise_budget(request, note)?,
        other => {
            let other: String = other.chars().take(100).collect();
            return Err(wrong("action", format!("'{other}' is unknown: {ACTIONS}")));
        }
    };
    own_fields_alone(request)?;
    Ok(command)
}

fn pause(request: &ControlRequest, note: Option<String>) -> Answer<ControlCommand> {
    let mode = match &request.mode {
        None => PauseMode::Soft,
        Some(mode) => mode.parse().map_err(|_| {
            let rule = "must be 'soft' (at the next tool call) or 'hard' (at once)";
            wrong("mode", rule)
        })?,
    };
    let deadline = deadline(request)?;
    if mode == PauseMode::Hard && deadline.is_some() {
        let rule = "belongs to a soft pause: a hard one waits for nothing";
        return Err(wrong("deadlineSeconds", rule));
    }
    Ok(ControlCommand::Pause {
        mode,
        deadline_seconds: deadline,
        resume_after_seconds: within("resumeAfterSeconds", request.resume_after_seconds, 1, WEEK)?,
        note,
    })
}

fn takeover(
    request: &ControlRequest,
    note: Option<String>,
    options: ControlOptions,
) -> Answer<ControlCommand> {
    let field = "expiresAfterSeconds";
    let asked = within(field, request.expires_after_seconds, 60, DAY)?;
    Ok(ControlCommand::Takeover {
        deadline_seconds: deadline(request)?,
        expires_after_seconds: asked.unwrap_or(options.takeover_ttl.as_secs()),
        note,
    })
}

fn hand_back(request: &ControlRequest) -> Answer<ControlCommand> {
    let summary = request.summary.as_deref().ok_or_else(|| {
        let rule = "is missing: tell the agent what was done";
        wrong("summary", rule)
    })?;
    let summary = text::checked("summary", summary, ControlOptions::MOST_CHARS)?;
    Ok(ControlCommand::HandBack { summary })
}

fn raise_budget(request: &ControlRequest, note: Option<String>) -> Answer<ControlCommand> {
    let kinds: Vec<&str> = BudgetKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let rule = || wrong("budget", format!("must be one of {}", kinds.join(", ")));
    let given = request.budget.as_deref().ok_or_else(rule)?;
    let budget: BudgetKind = given.parse().map_err(|_| rule())?;
    let most = budget.most();
    match request.limit {
        Some(limit) if (1..=most).contains(&limit) => Ok(ControlCommand::RaiseBudget {
            budget,
            limit,
            note,
        }),
        _ => {
            let rule = format!("must be a number from 1 to {most}, the new limit");
            Err(wrong("limit", rule))
        }
    }
}

fn deadline(request: &ControlRequest) -> Answer<Option<u64>> {
    within("deadlineSeconds", request.deadline_seconds, 0, DAY)
}

fn within(field: &str, given: Option<u32>, least: u32, most: u32) -> Answer<Option<u64>> {
    match given {
        Some(seconds) if !(least..=most).contains(&seconds) => Err(wrong(
            field,
            format!("must be a number from {least} to {most}"),
        )),
        seconds => Ok(seconds.map(u64::from)),
    }
}

/// Refuses fields that belong to other actions: whoever gives them means something else.
fn own_fields_alone(request: &ControlRequest) -> Answer<()> {
    let fields: [(&str, bool, &[&str]); 8] = [
        ("mode", request.mode.is_some(), &["pause"]),
        (
            "deadlineSeconds",
            request.deadline_seconds.is_some(),
            &["pause", "takeover"],
        ),
        (
            "resumeAfterSeconds",
            request.resume_after_seconds.is_some(),
            &["pause"],
        ),
        (
            "expiresAfterSeconds",
            request.expires_after_seconds.is_some(),
            &["takeover"],
        ),
        ("summary", request.summary.is_some(), &["hand_back"]),
        ("budget", request.budget.is_some(), &["raise_budget"]),
        ("limit", request.limit.is_some(), &["raise_budget"]),
        (
            "note",
            request.note.is_some() && request.action == "hand_back",
            &["any other action; say it in the summary"],
        ),
    ];
    let action = request.action.as_str();
    let foreign = fields
        .iter()
        .find(|(_, given, of)| *given && !of.contains(&action));
    match foreign {
        None => Ok(()),
        Some((field, _, of)) => {
            let rule = format!("belongs to {}, not to {action}", of.join(" and "));
            Err(wrong(field, rule))
        }
    }
}

fn wrong(field: &str, rule: impl Into<String>) -> Problem {
    Problem::field(Kind::InvalidBody, field, rule)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Answer<ControlCommand> {
        let request: ControlRequest = serde_json::from_value(body).unwrap();
        command(&request, ControlOptions::default())
    }

    #[test]
    fn what_is_left_open_is_filled_in() {
        let pause = ControlCommand::Pause {
            mode: PauseMode::Soft,
            deadline_seconds: None,
            resume_after_seconds: None,
            note: None,
        };
        assert_eq!(
            read(json!({"action": "pause", "note": " "})).unwrap(),
            pause
        );
        let takeover = ControlCommand::Takeover {
            deadline_seconds: Some(0),
            expires_after_seconds: 3600,
            note: Some("mine".to_owned()),
        };
        let body = json!({"action": "takeover", "deadlineSeconds": 0, "note": "mine"});
        assert_eq!(read(body).unwrap(), takeover);
    }

    // H-05
    #[test]
    fn what_cannot_be_meant_is_refused_by_the_name_of_its_field() {
        for (body, field) in [
            (json!({"action": "stop"}), "action"),
            (json!({"action": "pause", "mode": "gentle"}), "mode"),
            (
                json!({"action": "pause", "mode": "hard", "deadlineSeconds": 5}),
                "deadlineSeconds",
            ),
            (
                json!({"action": "pause", "deadlineSeconds": 86_401}),
                "deadlineSeconds",
            ),
            (
                json!({"action": "pause", "resumeAfterSeconds": 0}),
                "resumeAfterSeconds",
            ),
            (
                json!({"action": "takeover", "expiresAfterSeconds": 59}),
                "expiresAfterSeconds",
            ),
            (json!({"action": "takeover", "mode": "hard"}), "mode"),
            (json!({"action": "hand_back"}), "summary"),
            (json!({"action": "hand_back", "summary": " "}), "summary"),
            (
                json!({"action": "hand_back", "summary": "done", "note": "x"}),
                "note",
            ),
            (
                json!({"action": "hand_back", "summary": "x".repeat(20_001)}),
                "summary",
            ),
            (json!({"action": "raise_budget", "limit": 5}), "budget"),
            (
                json!({"action": "raise_budget", "budget": "euros", "limit": 5}),
                "budget",
            ),
            (
                json!({"action": "raise_budget", "budget": "turns"}),
                "limit",
            ),
            (
                json!({"action": "raise_budget", "budget": "turns", "limit": 100_001}),
                "limit",
            ),
            (json!({"action": "resume", "limit": 1}), "limit"),
            (json!({"action": "cancel", "summary": "x"}), "summary"),
            (
                json!({"action": "resume", "note": "x".repeat(2001)}),
                "note",
            ),
        ] {
            let refused = read(body.clone()).unwrap_err();
            let named = refused.detail().split(' ').next().unwrap();
            assert_eq!(named, field, "{body} {refused:?}");
        }
    }
}
