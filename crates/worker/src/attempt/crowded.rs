//! An attempt whose reports fill the disk while the broker does not take them: its agent is held
//! still until there is room again, so that no report has to be left out.

use crate::{
    holds::{HeldBy, Holds},
    report::Reporter,
};

/// Holds the agent still from the time that `most` bytes wait for the broker until half of them
/// do.
pub(super) async fn watch(holds: Holds, reporter: Reporter, most: u64) {
    let mut progress = reporter.progress();
    loop {
        // The sender of `progress` lives in `reporter`.
        let _ = progress.wait_for(|now| now.waiting >= most).await;
        let reason = format!("{most} bytes of its reports wait for the broker");
        tracing::warn!(reason, "holding an agent still");
        holds.hold(HeldBy::Spool, reason);
        let _ = progress.wait_for(|now| now.waiting <= most / 2).await;
        holds.release(HeldBy::Spool);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use baton_wire::Event;
    use tokio::task::JoinSet;

    use super::*;
    use crate::{point::Point, redact::Redactor, report::Spool, stop::Stop};

    // W-06
    #[tokio::test]
    async fn an_agent_is_held_while_its_reports_find_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path()).unwrap();
        let clock = Arc::new(chrono::DateTime::UNIX_EPOCH);
        let redactor = Redactor::new(&[]);
        let reporter =
            Reporter::new(&spool, clock, Stop::new(), redactor, &Point::start()).unwrap();
        let holds = Holds::default();
        let mut changes = holds.watch();
        let mut watching = JoinSet::new();
        watching.spawn(watch(holds.clone(), reporter.clone(), 10_000));
        let message = "x".repeat(3_000);
        for _ in 0..4 {
            assert_eq!(holds.reason(), None);
            reporter.say(Event::Warning {
                message: message.clone(),
            });
        }
        changes.wait_for(|holds| !holds.is_empty()).await.unwrap();
        // Held or not, what is said is kept.
        reporter.say(Event::Warning { message });
        let batch = spool.next().unwrap().unwrap();
        assert_eq!(batch.events.len(), 5);
        assert_eq!(reporter.waiting(), batch.bytes);
        spool.acked(&batch).unwrap();
        reporter.acked(batch.events[4].seq, batch.bytes);
        changes.wait_for(|holds| holds.is_empty()).await.unwrap();
        assert_eq!(reporter.waiting(), 0);
        assert_eq!(spool.waiting().unwrap(), 0);
    }
}
