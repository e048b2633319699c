//! The roles of `baton dev` as tasks: their deaths are noticed, their stops are ordered.

use std::future::Future;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Tasks that run until they are told to stop.
#[derive(Debug, Default)]
pub(super) struct Parts {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    soft: CancellationToken,
}

impl Parts {
    /// The token that asks these parts to stop.
    pub(super) fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Starts a part.
    pub(super) fn start(
        &mut self,
        name: &'static str,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, work.await) });
    }

    /// Waits until a part has ended that should not have; says which and why.
    pub(super) async fn died(&mut self) -> String {
        match self.running.join_next().await {
            Some(Ok((name, Ok(())))) => format!("the {name} ended"),
            Some(Ok((name, Err(error)))) => format!("the {name} failed: {error:#}"),
            Some(Err(error)) => format!("a part failed: {error}"),
            None => std::future::pending().await,
        }
    }

    /// Asks all parts to stop and waits until they have.
    pub(super) async fn stop(&mut self) {
        self.soft.cancel();
        while let Some(ended) = self.running.join_next().await {
            tell(ended);
        }
    }
}

fn tell(ended: Result<(&'static str, anyhow::Result<()>), JoinError>) {
    match ended {
        Ok((_, Ok(()))) => {}
        Ok((name, Err(error))) => tracing::warn!("the {name} did not stop well: {error:#}"),
        Err(error) => tracing::warn!("a part did not stop well: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_death_is_told_with_its_reason() {
        let mut parts = Parts::default();
        parts.start("recorder", async { anyhow::bail!("disk full") });
        assert_eq!(parts.died().await, "the recorder failed: disk full");
    }

    #[tokio::test]
    async fn parts_stop_when_asked_and_are_waited_for() {
        let mut parts = Parts::default();
        let soft = parts.soft();
        parts.start("api", async move {
            soft.cancelled().await;
            Ok(())
        });
        parts.stop().await;
        assert!(parts.running.is_empty());
    }
}
