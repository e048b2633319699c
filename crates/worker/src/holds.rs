//! Reasons for holding an agent still. It goes on when there is none left.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// Who wants it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HeldBy {
    /// The broker has been away for too long.
    CutOff,
    /// More of its reports wait on the disk than may.
    Spool,
    /// Operators wish it: that is said in words of its own.
    Operator,
}

/// One attempt's reasons; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holds(watch::Sender<BTreeMap<HeldBy, String>>);

impl Holds {
    /// Holds the agent still, for this reason in words.
    pub(crate) fn hold(&self, by: HeldBy, reason: String) {
        self.0
            .send_if_modified(|holds| holds.insert(by, reason.clone()) != Some(reason));
    }

    /// Takes a reason back.
    pub(crate) fn release(&self, by: HeldBy) {
        self.0.send_if_modified(|holds| holds.remove(&by).is_some());
    }

    /// The worker's own first reason, if it has one.
    pub(crate) fn reason(&self) -> Option<String> {
        let holds = self.0.borrow();
        let own = holds.iter().find(|(by, _)| **by != HeldBy::Operator);
        own.map(|(_, reason)| reason.clone())
    }

    /// Tells of every change.
    pub(crate) fn watch(&self) -> watch::Receiver<BTreeMap<HeldBy, String>> {
        self.0.subscribe()
    }
}
