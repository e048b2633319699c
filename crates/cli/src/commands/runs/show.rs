//! `baton runs show`.

use baton_domain::Activity;
use baton_wire::http::{LeaseInfo, LiveSessionSummary, TaskRun};

use super::held::{agent, asking, budgets, handed_back, paused, pending, taken_over};
use crate::{
    args::ShowArgs,
    client::Client,
    exit::Exit,
    output::{self, table::sheet, words},
};

pub(super) async fn run(args: ShowArgs) -> anyhow::Result<Exit> {
    let run = Client::new(&args.client)?.run(args.run).await?;
    if args.client.json {
        output::print_json(&run)?;
    } else {
        output::print(&as_sheet(&run))?;
    }
    Ok(Exit::Done)
}

fn session(session: &LiveSessionSummary) -> String {
    let writer = session
        .writer
        .iter()
        .map(|name| format!(", {name} may type"));
    let writer: String = writer.collect();
    format!("{} by {}{writer}", session.status, session.provider)
}

fn as_sheet(run: &TaskRun) -> String {
    let result = run.result.clone().unwrap_or_default();
    let changes = result.files_changed.map(|files| {
        let (plus, minus) = (
            result.insertions.unwrap_or(0),
            result.deletions.unwrap_or(0),
        );
        format!("{files} files, +{plus} -{minus}")
    });
    let error = run.error.as_ref().map(|error| {
        let outlook = if error.retryable {
            "\nanother attempt may succeed"
        } else {
            ""
        };
        format!("{} ({}){outlook}", error.message, error.code)
    });
    let usage = result.usage.map(|usage| {
        format!(
            "{} read, {} written",
            usage.input_tokens, usage.output_tokens
        )
    });
    sheet(&[
        ("run", Some(run.id.to_string())),
        ("title", Some(run.title.clone())),
        ("state", Some(state(run))),
        ("type", Some(run.run_type.to_string())),
        ("repository", run.request.repository.clone()),
        ("slots", (run.slots > 1).then(|| run.slots.to_string())),
        ("attempt", Some(attempts(run))),
        ("held by", run.lease.as_ref().map(holder)),
        (
            "submitted",
            Some(format!(
                "{} by {}",
                run.submitted_at.to_rfc3339(),
                run.submitted_by
            )),
        ),
        ("started", run.started_at.map(|at| at.to_rfc3339())),
        ("finished", run.finished_at.map(|at| at.to_rfc3339())),
        ("next attempt", run.due_at.map(|at| at.to_rfc3339())),
        (
            "cancel wanted",
            run.cancel_requested_at.map(|at| at.to_rfc3339()),
        ),
        ("stands still", run.control.pause.as_ref().map(paused)),
        ("taken over", run.control.takeover.as_ref().map(taken_over)),
        (
            "handed back",
            run.control.hand_back.as_ref().map(handed_back),
        ),
        ("messages", pending(run.control.pending_messages)),
        ("waits for help", asking(run)),
        ("agent", run.control.agent.as_ref().map(agent)),
        ("budgets", budgets(&run.control.budgets)),
        ("live session", run.live_session.as_ref().map(session)),
        ("error", error),
        ("summary", result.summary),
        ("branch", result.branch),
        ("commit", result.commit),
        (
            "pull request",
            result
                .pull_request
                .map(|request| format!("#{} {}", request.number, request.url)),
        ),
        ("changes", changes),
        ("tokens", usage),
    ])
}

fn state(run: &TaskRun) -> String {
    match run.stage {
        Some(stage) => format!("{} ({stage})", run.state),
        None => run.state.to_string(),
    }
}

fn attempts(run: &TaskRun) -> String {
    format!(
        "{} ({} of {} failures)",
        run.attempt, run.failures, run.max_attempts
    )
}

/// The evidence for "running".
fn holder(lease: &LeaseInfo) -> String {
    let worker = &lease.worker;
    let mut text = match lease.beat_age_ms {
        Some(age) => format!(
            "{worker}, heard {} ago, {}",
            words::duration(age),
            words::activity(lease.activity)
        ),
        None => format!("{worker}, not heard yet"),
    };
    if let Some(quiet) = lease
        .quiet_for_ms
        .filter(|_| lease.activity != Activity::Working && !lease.activity.is_held())
    {
        text.push_str(&format!("; nothing new for {}", words::duration(quiet)));
    }
    if lease.release_requested_at.is_some() {
        text.push_str("; it is being taken away");
    }
    text
}
