//! The runs that are known in memory: those that a batch speaks of, and live ones from before, so
//! that a busy run is not read again for every batch.

use std::collections::{HashMap, HashSet};

use baton_domain::RunId;
use baton_store::RunRecord;

/// More live runs than this are not remembered from one batch to the next.
const REMEMBERED: usize = 8192;

/// Runs by id, with marks on those that have changed since they were last taken.
#[derive(Debug, Default)]
pub(crate) struct Known {
    runs: HashMap<RunId, RunRecord>,
    changed: HashSet<RunId>,
    new: HashSet<RunId>,
}

impl Known {
    pub(crate) fn has(&self, run: RunId) -> bool {
        self.runs.contains_key(&run)
    }

    pub(crate) fn get(&self, run: RunId) -> Option<&RunRecord> {
        self.runs.get(&run)
    }

    /// A run as it was recorded.
    pub(crate) fn insert(&mut self, record: RunRecord) {
        self.runs.insert(record.run.id, record);
    }

    /// A run that nobody has recorded.
    pub(crate) fn insert_new(&mut self, record: RunRecord) {
        self.new.insert(record.run.id);
        self.insert(record);
    }

    /// A run that is going to change.
    pub(crate) fn change(&mut self, run: RunId) -> Option<&mut RunRecord> {
        let record = self.runs.get_mut(&run)?;
        if !self.new.contains(&run) {
            self.changed.insert(run);
        }
        Some(record)
    }

    /// The recorded runs that changed, by the position that changed them; the marks are gone.
    pub(crate) fn take_changed(&mut self) -> Vec<RunRecord> {
        self.new.clear();
        let changed = std::mem::take(&mut self.changed);
        let mut records: Vec<RunRecord> = changed
            .iter()
            .filter_map(|run| self.runs.get(run))
            .cloned()
            .collect();
        records.sort_unstable_by_key(|record| (record.run.position, record.run.id));
        records
    }

    /// Forgets runs that hardly anybody will speak of again.
    pub(crate) fn shrink(&mut self) {
        self.runs
            .retain(|_, record| !record.run.state.name().is_terminal());
        if self.runs.len() > REMEMBERED {
            self.runs.clear();
        }
    }

    /// Forgets everything: what was folded was not kept.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Those of the runs that are not known.
    pub(crate) fn missing(&self, runs: impl Iterator<Item = RunId>) -> Vec<RunId> {
        let missing: HashSet<RunId> = runs.filter(|run| !self.has(*run)).collect();
        missing.into_iter().collect()
    }
}
