//! A run's events as lines for people.

use baton_domain::RunType;
use baton_wire::{Event, http::EventRecord};
use serde_json::Value;

use super::{
    held,
    words::{self, note},
};

/// Prints a run's events one after the other, as lines for people.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// Whether the agent's steps are told one by one, so that its raw log says nothing new.
    tells_steps: bool,
}

impl Timeline {
    /// The event as a line, unless its matter was shown already.
    pub(crate) fn line(&mut self, event: &EventRecord) -> Option<String> {
        if event.kind == "agent_started" {
            let agent = event.data.get("agent").and_then(Value::as_str);
            self.tells_steps = agent.is_some_and(|agent| agent != RunType::Command.as_str());
        }
        let is_repeated = self.tells_steps && event.kind == "output";
        (!is_repeated).then(|| line(event))
    }
}

/// One event, ready to print: `12:03:44.123  a line`, further lines indented below.
fn line(event: &EventRecord) -> String {
    let at = event.at.format("%H:%M:%S%.3f");
    let mut text = words_of(event).trim_end().replace('\n', "\n              ");
    if event.effective == Some(false) {
        let why = event.refusal.as_deref().unwrap_or("refused");
        text.push_str(&format!("  [changes nothing: {why}]"));
    }
    format!("{at}  {text}")
}

fn words_of(event: &EventRecord) -> String {
    let attempt = event.attempt.unwrap_or(1);
    match event.kind.as_str() {
        "submitted" => format!("submitted by {}", event.source),
        "offered" => format!("offered again, as attempt {attempt}"),
        "lease_taken" => format!("attempt {attempt} taken by {}", event.source),
        "lease_released" => format!("attempt {attempt} given back by {}", event.source),
        "lease_lost" => match event.data.get("reason").and_then(Value::as_str) {
            Some(reason) => format!("attempt {attempt} lost: {reason}"),
            None => format!("attempt {attempt} lost: its worker was not heard of"),
        },
        "redriven" => format!("{} wants it tried again{}", event.source, note(&event.data)),
        "release_requested" => format!(
            "{} takes it away from its worker{}",
            event.source,
            note(&event.data)
        ),
        "cancel_requested" => format!("{} wants it ended{}", event.source, note(&event.data)),
        kind => held::wished(event).unwrap_or_else(|| reported(kind, &event.data)),
    }
}

/// An event of a worker; one that this version does not know is shown as it came.
fn reported(kind: &str, data: &Value) -> String {
    let mut whole = data.clone();
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("type".to_owned(), kind.into());
    }
    match serde_json::from_value(whole) {
        Ok(Event::Unknown) | Err(_) => format!("{kind} {data}"),
        Ok(event) => worker_event(&event),
    }
}

fn worker_event(event: &Event) -> String {
    agent_event(event)
        .or_else(|| result_event(event))
        .or_else(|| held::told(event))
        .unwrap_or_else(|| match event {
            Event::StageStarted { stage } => format!("{stage}"),
            Event::StageFinished { stage, duration_ms } => {
                format!("{stage} done in {}", words::duration(*duration_ms))
            }
            Event::CheckedOut {
                commit,
                reference,
                carried_from,
            } => {
                let named = reference.iter().map(|name| format!("{name} at "));
                let carried = carried_from
                    .iter()
                    .map(|attempt| format!(", with the changes of attempt {attempt}"));
                let (named, carried): (String, String) = (named.collect(), carried.collect());
                format!("checked out {named}{}{carried}", short(commit))
            }
            Event::Warning { message } => format!("warning: {message}"),
            Event::Output { text, .. } => quoted(text),
            Event::OutputTruncated { .. } => {
                "the log is too long to show; the file logs/agent.log has all of it".to_owned()
            }
            Event::Adopted { version } => {
                format!("taken up again by the restarted worker (version {version})")
            }
            Event::AgentFrozen { reason } => format!("the agent is held still: {reason}"),
            Event::AgentThawed { frozen_ms } => {
                format!("the agent goes on after {}", words::duration(*frozen_ms))
            }
            Event::CancelStep { step } => format!("cancelling: {step}"),
            _ => String::new(),
        })
}

fn agent_event(event: &Event) -> Option<String> {
    Some(match event {
        Event::AgentStarted {
            agent,
            model,
            effort,
            ..
        } => {
            let details: Vec<&str> = [model, effort]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            if details.is_empty() {
                format!("{agent} started")
            } else {
                format!("{agent} started ({})", details.join(", "))
            }
        }
        Event::AgentExited {
            exit_code,
            signal,
            duration_ms,
        } => {
            format!(
                "{} after {}",
                ended(*exit_code, *signal),
                words::duration(*duration_ms)
            )
        }
        Event::CommandStarted { command, .. } => format!("$ {command}"),
        Event::CommandFinished {
            exit_code,
            duration_ms,
            output_tail,
            ..
        } => {
            let ended = ended(*exit_code, None);
            let head = format!("  {ended} after {}", words::duration(*duration_ms));
            if output_tail.trim().is_empty() {
                head
            } else {
                format!("{head}\n{}", quoted(output_tail))
            }
        }
        Event::AgentMessage { text, .. } => format!("agent: {text}"),
        Event::FilesChanged { paths, .. } => format!("changed {}", paths.join(", ")),
        Event::Usage {
            input_tokens,
            cached_input_tokens,
            output_tokens,
            ..
        } => format!(
            "tokens: {input_tokens} read ({cached_input_tokens} from a cache), {output_tokens} written"
        ),
        _ => return None,
    })
}

fn result_event(event: &Event) -> Option<String> {
    Some(match event {
        Event::PatchWritten {
            files,
            insertions,
            deletions,
        } => {
            format!("patch of {files} files, +{insertions} -{deletions}")
        }
        Event::ArtifactStored { name, size, .. } => {
            format!("kept {name} ({})", words::size(*size))
        }
        Event::BranchPushed { branch, commit } => format!("pushed {branch} at {}", short(commit)),
        Event::PullRequestOpened {
            url,
            number,
            updated,
        } => {
            let done = if *updated {
                "brought up to date"
            } else {
                "opened"
            };
            format!("{done} pull request #{number}: {url}")
        }
        Event::PublishSkipped { reason } => format!("nothing published: {reason}"),
        Event::Succeeded { summary } if summary.is_empty() => "succeeded".to_owned(),
        Event::Succeeded { summary } => format!("succeeded: {summary}"),
        Event::Failed {
            code,
            message,
            retryable,
        } => {
            let outlook = if *retryable {
                " (may be tried again)"
            } else {
                ""
            };
            format!("failed with {code}: {message}{outlook}")
        }
        Event::Cancelled => "cancelled".to_owned(),
        _ => return None,
    })
}

fn ended(exit_code: Option<i32>, signal: Option<i32>) -> String {
    match (exit_code, signal) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| format!("| {line}"));
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use baton_domain::RunId;
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn record(kind: &str, data: Value) -> EventRecord {
        EventRecord {
            position: 7,
            index: 0,
            run_id: RunId::from_uuid(uuid::Uuid::nil()),
            attempt: Some(2),
            seq: Some(1),
            source: "w-1".to_owned(),
            kind: kind.to_owned(),
            at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            effective: Some(true),
            refusal: None,
            data,
        }
    }

    #[test]
    fn events_read_as_sentences() {
        let records = [
            record("submitted", json!({})),
            record("lease_taken", json!({})),
            record("stage_started", json!({"stage": "execute"})),
            record(
                "agent_started",
                json!({"agent": "codex_exec", "model": "m", "effort": "high"}),
            ),
            record(
                "command_started",
                json!({"stepId": "1", "command": "make test"}),
            ),
            record(
                "command_finished",
                json!({"stepId": "1", "command": "make test", "exitCode": 2, "durationMs": 1500, "outputTail": "a\nb\n"}),
            ),
            record("agent_exited", json!({"signal": 9, "durationMs": 10})),
            record(
                "patch_written",
                json!({"files": 1, "insertions": 2, "deletions": 3}),
            ),
            record(
                "branch_pushed",
                json!({"branch": "task/x", "commit": "0123456789abcdef"}),
            ),
            record(
                "pull_request_opened",
                json!({"url": "https://github.com/a/b/pull/7", "number": 7, "updated": true}),
            ),
            record(
                "failed",
                json!({"code": "push_refused", "message": "no right", "retryable": false}),
            ),
            record("cancel_requested", json!({"note": "wrong one"})),
            record("redriven", json!({"note": "the model is back"})),
            record("release_requested", json!({"note": "it hangs"})),
            record(
                "lease_lost",
                json!({"worker": "w-1", "reason": "released by ada: it hangs"}),
            ),
            record("of_tomorrow", json!({"a": 1})),
        ];
        let lines: Vec<String> = records.iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn the_raw_log_is_shown_where_no_steps_are_told() {
        let output = record("output", json!({"offset": 0, "text": "a\nb\n\n"}));
        let mut timeline = Timeline::default();
        timeline.line(&record("agent_started", json!({"agent": "command"})));
        let shown = timeline.line(&output).unwrap();
        assert!(shown.ends_with("| a\n              | b"), "{shown}");
        timeline.line(&record("agent_started", json!({"agent": "codex_exec"})));
        assert_eq!(timeline.line(&output), None);
    }

    #[test]
    fn a_late_report_says_that_it_changes_nothing() {
        let mut late = record("succeeded", json!({"summary": "done"}));
        late.effective = Some(false);
        late.refusal = Some("other_attempt".to_owned());
        assert!(line(&late).ends_with("succeeded: done  [changes nothing: other_attempt]"));
    }
}
