//! What was said of runs and changed nothing: kept as evidence, and a sign that something is wrong
//! wherever a journey is not about that.

use std::fmt;

use serde_json::Value;

use super::rows::query;

/// Something that was said in vain.
pub(crate) struct Refused {
    /// Why it changed nothing.
    pub(crate) refusal: String,
    /// All that is known of it.
    row: Value,
}

/// All of it, in the order in which it was said.
pub(super) fn read(url: &str) -> Vec<Refused> {
    let sql = "SELECT to_jsonb(e) FROM task_run_events e WHERE NOT effective \
               ORDER BY position, index";
    let rows = query(url, sql).into_iter();
    rows.map(|row| {
        let refusal = row["refusal"].as_str().unwrap_or_default().to_owned();
        Refused { refusal, row }
    })
    .collect()
}

impl Refused {
    /// Whether a former holder said it, who has not heard yet that the run is another's.
    pub(crate) fn is_late(&self) -> bool {
        ["other_attempt", "not_holder"].contains(&self.refusal.as_str())
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.row)
    }
}
