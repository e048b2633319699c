//! Why an attempt is to end before its work is done. The strongest reason counts: nothing is
//! reported for an attempt that is over, whatever else was wished.

use baton_domain::{EndStep, Failure};
use tokio::sync::watch;

/// Reasons, the strongest last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopReason {
    /// An operator wants the run ended.
    Cancelled,
    /// The worker leaves; the next one in its folder goes on where this one was.
    Leave,
    /// The worker leaves; the run goes to another.
    HandBack(String),
    /// The lease is somebody else's, or nobody's.
    Fenced,
}

/// One attempt's stop switch.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    reason: watch::Sender<Option<StopReason>>,
    /// What was done about it so far.
    steps: watch::Sender<Vec<EndStep>>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            reason: watch::Sender::new(None),
            steps: watch::Sender::new(Vec::new()),
        }
    }

    /// Asks for the end; a weaker reason than the present one changes nothing.
    pub(crate) fn request(&self, reason: StopReason) {
        self.reason.send_if_modified(|present| {
            let stronger = present.as_ref().is_none_or(|present| *present < reason);
            if stronger {
                *present = Some(reason);
            }
            stronger
        });
    }

    /// The reason, if there is one.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        self.reason.borrow().clone()
    }

    /// Waits for a reason.
    pub(crate) async fn requested(&self) -> StopReason {
        self.when(|_| true).await
    }

    /// Waits for a reason because of which nobody is waited for any longer.
    pub(crate) async fn urgent(&self) -> StopReason {
        self.when(|reason| *reason >= StopReason::Leave).await
    }

    /// Waits for a reason that is stronger than this one.
    pub(crate) async fn requested_beyond(&self, known: Option<&StopReason>) -> StopReason {
        self.when(|reason| known.is_none_or(|known| reason > known))
            .await
    }

    /// Notes a step of ending what the attempt has started.
    pub(crate) fn step(&self, step: EndStep) {
        self.steps.send_modify(|steps| steps.push(step));
    }

    /// The steps so far, now and later.
    pub(crate) fn steps(&self) -> watch::Receiver<Vec<EndStep>> {
        self.steps.subscribe()
    }

    async fn when(&self, wanted: impl Fn(&StopReason) -> bool) -> StopReason {
        let mut watched = self.reason.subscribe();
        let found = watched
            .wait_for(|present| present.as_ref().is_some_and(&wanted))
            .await
            .map(|present| present.clone());
        match found {
            Ok(Some(reason)) => reason,
            // `self` holds the sender, so that the channel cannot close while it is waited for.
            _ => std::future::pending().await,
        }
    }

    /// Goes on only when no end was asked for.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        self.reason()
            .map_or(Ok(()), |reason| Err(Interrupted::Stopped(reason)))
    }
}

/// Why a stage did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// It failed.
    Failed(Failure),
    /// It was told to end.
    Stopped(StopReason),
}

impl From<Failure> for Interrupted {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_reason_counts() {
        let stop = Stop::new();
        assert_eq!(stop.check(), Ok(()));
        stop.request(StopReason::HandBack("leaving".to_owned()));
        stop.request(StopReason::Cancelled);
        assert_eq!(
            stop.reason(),
            Some(StopReason::HandBack("leaving".to_owned()))
        );
        stop.request(StopReason::Fenced);
        assert_eq!(stop.reason(), Some(StopReason::Fenced));
    }
}
