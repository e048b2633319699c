//! Every row of every table.

use baton_testkit::TestDatabase;
use sqlx::{Connection, PgConnection};

/// The tables, each as its rows in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tables(Vec<(&'static str, Vec<String>)>);

impl Tables {
    pub(crate) async fn read(database: &TestDatabase) -> Self {
        let mut connection = PgConnection::connect(&database.url())
            .await
            .expect("the database answers");
        let mut tables = Vec::new();
        for (table, sql) in [
            (
                "runs",
                "SELECT to_jsonb(t)::text FROM task_runs t ORDER BY id",
            ),
            (
                "events",
                "SELECT to_jsonb(t)::text FROM task_run_events t ORDER BY position, index",
            ),
            (
                "artifacts",
                "SELECT to_jsonb(t)::text FROM task_run_artifacts t ORDER BY run_id, attempt, name",
            ),
            (
                "sessions",
                "SELECT to_jsonb(t)::text FROM task_run_live_sessions t ORDER BY run_id",
            ),
            (
                "controls",
                "SELECT to_jsonb(t)::text FROM task_run_control t ORDER BY run_id",
            ),
            (
                "messages",
                "SELECT to_jsonb(t)::text FROM task_run_messages t ORDER BY run_id, position",
            ),
            (
                "help",
                "SELECT to_jsonb(t)::text FROM task_run_help_requests t ORDER BY position, index",
            ),
            (
                "deeds",
                "SELECT to_jsonb(t)::text FROM task_run_control_events t ORDER BY position, index",
            ),
            (
                "inputs",
                "SELECT to_jsonb(t)::text FROM task_run_inputs t ORDER BY position, index",
            ),
            (
                "drains",
                "SELECT to_jsonb(t)::text FROM drains t ORDER BY scope",
            ),
            (
                "position",
                "SELECT to_jsonb(t)::text FROM recorder_position t",
            ),
            (
                "unreadable",
                "SELECT to_jsonb(t)::text FROM unreadable_messages t ORDER BY position",
            ),
        ] {
            let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await;
            tables.push((table, rows.expect("the table can be read")));
        }
        Self(tables)
    }

    pub(crate) fn count(&self, table: &str) -> usize {
        let found = self.0.iter().find(|(name, _)| *name == table);
        found.expect("a table").1.len()
    }
}
