//! The recorded rows, read by Postgres' own client, and a form of them in which two undisturbed
//! runs of one job are equal.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use serde_json::Value;

const TABLES: &[&str] = &[
    "task_runs",
    "task_run_events",
    "task_run_artifacts",
    "recorder_position",
    "unreadable_messages",
];

/// The rows of every table, as JSON, in a fixed order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows(BTreeMap<&'static str, Vec<Value>>);

impl Rows {
    pub(crate) fn read(url: &str) -> Self {
        Self(
            TABLES
                .iter()
                .map(|table| (*table, read_table(url, table)))
                .collect(),
        )
    }

    pub(crate) fn table(&self, name: &str) -> &[Value] {
        &self.0[name]
    }

    /// The rows of one run as they would be in any other run of the same job: ids, times, positions,
    /// commits and the cutting of the log into chunks are taken out; so is the attempt's number, with
    /// everything that former attempts left.
    pub(crate) fn outcome(&self, run: &str) -> Value {
        let id = Value::from(run);
        let row = self
            .table("task_runs")
            .iter()
            .find(|row| row["id"] == id)
            .expect("the run's row");
        let last = &row["attempt"];
        let of_run = |table: &str| {
            let rows = self.table(table).iter().filter(|row| row["run_id"] == id);
            rows.filter(|row| row["attempt"] == *last)
                .cloned()
                .collect::<Vec<_>>()
        };
        let events: Vec<Value> = of_run("task_run_events")
            .into_iter()
            .filter(|row| row["effective"] == true && !row["seq"].is_null())
            .filter(|row| !matches!(row["kind"].as_str(), Some("output" | "adopted")))
            .collect();
        // The agent's counts are read in its session's record, beside what it prints: where they
        // stand among the rest is chance, how many there are and what they say is not.
        let (counts, events): (Vec<Value>, Vec<Value>) =
            events.into_iter().partition(|row| row["kind"] == "usage");
        let all = serde_json::json!({
            "run": row, "events": events, "counts": counts, "artifacts": of_run("task_run_artifacts"),
        });
        neutral(all, &run[run.len() - 8..])
    }

    /// What was said in the run's log by effective events of its last attempt.
    pub(crate) fn log(&self, run: &str) -> String {
        let id = Value::from(run);
        let events = self.table("task_run_events").iter();
        let mine = events.filter(|row| {
            row["run_id"] == id && row["effective"] == true && row["kind"] == "output"
        });
        let last = mine.clone().filter_map(|row| row["attempt"].as_u64()).max();
        let mine = mine.filter(|row| row["attempt"].as_u64() == last);
        mine.filter_map(|row| row["data"]["text"].as_str())
            .collect()
    }
}

fn read_table(url: &str, table: &str) -> Vec<Value> {
    let sql = format!("SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text COLLATE \"C\"");
    let mut rows = query(url, &sql);
    if table == "task_run_events" {
        rows.sort_by_key(|row| (row["position"].as_u64(), row["index"].as_u64()));
    }
    rows
}

/// Changes rows behind the recorder's back.
pub(crate) fn execute(url: &str, sql: &str) {
    ask(url, sql);
}

fn ask(url: &str, sql: &str) -> String {
    let answer = Command::new(psql())
        .args([url, "--no-psqlrc", "-At", "-c", sql])
        .output()
        .expect("psql runs");
    assert!(
        answer.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    String::from_utf8(answer.stdout).expect("UTF-8")
}

pub(super) fn query(url: &str, sql: &str) -> Vec<Value> {
    let text = ask(url, sql);
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect()
}

fn psql() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/lib/postgresql/15/bin")]);
    let found = folders
        .map(|folder| folder.join("psql"))
        .find(|file| file.exists());
    found.expect("psql is missing: run scripts/bootstrap test")
}

/// Takes out what differs between two undisturbed runs of one job.
fn neutral(value: Value, short_id: &str) -> Value {
    match value {
        Value::Object(fields) => {
            // The agent's own records hold its own ids and times: they are there, and that is all.
            let name = fields.get("name").and_then(Value::as_str);
            // What holds times of its own: the agent's own files, and recordings.
            let own =
                |name: &str| name.starts_with("logs/codex.") || name.starts_with("recording/");
            let raw = name.is_some_and(own);
            let kept =
                |name: &str| !(is_volatile(name) || (raw && ["size", "sha256"].contains(&name)));
            let fields = fields.into_iter().filter(|(name, _)| kept(name));
            fields
                .map(|(name, value)| (name, neutral(value, short_id)))
                .collect()
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| neutral(item, short_id))
            .collect(),
        Value::String(text) => Value::from(text.replace(short_id, "<run>")),
        other => other,
    }
}

fn is_volatile(name: &str) -> bool {
    let exact = [
        "id",
        "run_id",
        "attempt",
        "failures",
        "seq",
        "index",
        "at",
        "offset",
        "commit",
        "result_commit",
        "step_id",
        "stepId",
    ];
    exact.contains(&name)
        || name.ends_with("_at")
        || name.contains("position")
        || name.to_lowercase().contains("duration")
        || name.contains("lease")
        || name.starts_with("idempotency")
        || name == "request_digest"
}
