//! What holds a run, who has its place, and what waits, as `baton runs show` tells it.

use baton_domain::{Clock, MessageState, SystemClock};
use baton_wire::http::{AgentInfo, BudgetInfo, HandBackInfo, PauseInfo, TakeoverInfo, TaskRun};

use crate::output::words;

/// How far a pause has come, why and by whom.
pub(super) fn paused(pause: &PauseInfo) -> String {
    let now = SystemClock.now();
    let wished = words::age(now - pause.requested_at);
    let mut text = match (pause.phase.as_str(), pause.effective_at) {
        ("resuming", _) => "it is told to go on".to_owned(),
        (_, Some(since)) => {
            let method = pause.method.map(|method| format!(" by {method}"));
            let before = pause.before.iter().map(|what| format!(", before {what}"));
            let since = words::age(now - since);
            let (method, before): (String, String) =
                (method.into_iter().collect(), before.collect());
            format!("for {since}{method}{before}")
        }
        ("delivered", None) => {
            format!(
                "not yet: wished {wished} ago ({}), its worker knows",
                pause.mode
            )
        }
        (_, None) => format!("not yet: wished {wished} ago ({})", pause.mode),
    };
    if pause.escalated {
        text.push_str("; by force, since no tool call came in time");
    }
    text.push_str(&format!("\nwhy: {}", pause.cause));
    text.extend(pause.by.iter().map(|name| format!(", {name}")));
    text.extend(pause.note.iter().map(|note| format!(": {note}")));
    if let Some(at) = pause.resumes_at {
        text.push_str(&format!("\ngoes on in {}", words::age(at - now)));
    }
    text
}

/// Who has the run's place.
pub(super) fn taken_over(takeover: &TakeoverInfo) -> String {
    let now = SystemClock.now();
    let mut text = match takeover.began_at {
        Some(since) => format!("by {} for {}", takeover.by, words::age(now - since)),
        None => format!("by {}, once it stands still", takeover.by),
    };
    if let Some(end) = takeover.expires_at {
        text.push_str(&format!(", {} left", words::age(end - now)));
    }
    text.extend(takeover.note.iter().map(|note| format!(": {note}")));
    text
}

/// Who had the run's place last, and whether its agent knows what they did.
pub(super) fn handed_back(back: &HandBackInfo) -> String {
    let now = SystemClock.now();
    let ago = |at: Option<_>| at.map_or_else(String::new, |at| words::age(now - at));
    let told = match back.state {
        MessageState::Queued => "its agent is not told yet what was done".to_owned(),
        MessageState::Delivered => {
            let ago = ago(back.delivered_at);
            format!("its agent was told {ago} ago what was done")
        }
        MessageState::Seen => {
            let ago = ago(back.seen_at);
            format!("the model has seen what was done, {ago} ago")
        }
        MessageState::Cancelled | MessageState::Undelivered => {
            let why = back.reason.iter().map(|reason| format!(": {reason}"));
            let why: String = why.collect();
            format!("its agent was not told what was done{why}")
        }
    };
    let since = words::age(now - back.handed_back_at);
    format!("by {} {since} ago; {told}", back.by)
}

/// Messages that the agent was not handed yet.
pub(super) fn pending(count: u32) -> Option<String> {
    (count > 0).then(|| format!("{count} not handed to the agent yet"))
}

/// Requests for help that nobody has answered.
pub(super) fn asking(run: &TaskRun) -> Option<String> {
    let open = run.control.open_help_requests;
    (open > 0).then(|| format!("{open} open: baton inbox --run {}", run.id))
}

/// The agent as it was started, and what can be done with it.
pub(super) fn agent(agent: &AgentInfo) -> String {
    let named = [
        ("mode", &agent.mode),
        ("model", &agent.model),
        ("effort", &agent.effort),
        ("sandbox", &agent.sandbox),
        ("approvals", &agent.approvals),
    ];
    let named = named
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    let named: Vec<String> = named.collect();
    let can = agent.capabilities;
    let can = [
        (can.checkpoints, "pause between tool calls"),
        (can.steering, "be told something in its turn"),
        (can.queued, "be told something after its turn"),
        (can.permissions, "ask for permission"),
        (can.interactive, "be typed to"),
    ];
    let can: Vec<&str> = can
        .iter()
        .filter(|(it_can, _)| *it_can)
        .map(|(_, what)| *what)
        .collect();
    let can = if can.is_empty() {
        "can be held by force alone".to_owned()
    } else {
        format!("can {}", can.join(", "))
    };
    if named.is_empty() {
        can
    } else {
        format!("{}\n{can}", named.join(", "))
    }
}

/// What is used of what it may use up, a line each.
pub(super) fn budgets(budgets: &[BudgetInfo]) -> Option<String> {
    let line = |it: &BudgetInfo| {
        let reached = if it.reached { ", used up" } else { "" };
        format!("{}: {} of {}{reached}", it.budget, it.used, it.limit)
    };
    let lines: Vec<String> = budgets.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_held_run_tells_why_how_and_for_how_long() {
        let ago = |seconds: i64| {
            SystemClock.now() - chrono::TimeDelta::milliseconds(seconds * 1000 + 500)
        };
        let pause: PauseInfo = serde_json::from_value(json!({
            "phase": "effective", "by": "ada", "cause": "operator", "mode": "soft",
            "note": "let me look", "requestedAt": ago(70), "deliveredAt": ago(70),
            "effectiveAt": ago(65), "method": "cgroup", "escalated": true,
            "resumesAt": ago(-125),
        }))
        .unwrap();
        let wished: PauseInfo = serde_json::from_value(json!({
            "phase": "delivered", "by": "ada", "cause": "takeover", "mode": "soft",
            "requestedAt": ago(3), "deliveredAt": ago(3), "escalated": false,
        }))
        .unwrap();
        let takeover: TakeoverInfo = serde_json::from_value(json!({
            "command": uuid::Uuid::nil(), "by": "ada", "note": "mine", "requestedAt": ago(70),
            "beganAt": ago(65), "expiresAt": ago(-3601),
        }))
        .unwrap();
        let hand_back = |state: &str| -> HandBackInfo {
            serde_json::from_value(json!({
                "command": uuid::Uuid::nil(), "takeover": uuid::Uuid::nil(), "by": "ada",
                "handedBackAt": ago(65), "state": state, "deliveredAt": ago(64), "seenAt": ago(3),
                "reason": (state == "undelivered").then_some("the attempt ended"),
            }))
            .unwrap()
        };
        let told: AgentInfo = serde_json::from_value(json!({
            "mode": "exec", "sandbox": "workspace-write", "approvals": "never",
            "capabilities": {"checkpoints": true, "steering": true},
        }))
        .unwrap();
        let used: BudgetInfo = serde_json::from_value(json!({
            "budget": "turns", "limit": 5, "used": 5, "reached": true,
        }))
        .unwrap();
        let text = [
            paused(&pause),
            paused(&wished),
            taken_over(&takeover),
            handed_back(&hand_back("queued")),
            handed_back(&hand_back("delivered")),
            handed_back(&hand_back("seen")),
            handed_back(&hand_back("undelivered")),
            agent(&told),
            budgets(&[used]).unwrap(),
        ];
        insta::assert_snapshot!(text.join("\n--\n"));
    }
}
