//! Life and death of a process: the first signal asks it to finish, the second to leave now.

use std::{future::Future, io, pin::pin, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// How long parts may take to leave at once before they are dropped.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// The two steps of a stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown {
    /// Take no more, finish or hand back, then leave.
    pub(crate) soft: CancellationToken,
    /// Leave now.
    pub(crate) hard: CancellationToken,
}

/// Runs `work` until it ends, passing signals (SIGTERM, SIGINT) on as the steps of a stop.
pub(crate) async fn supervised<F>(work: impl FnOnce(Shutdown) -> F) -> anyhow::Result<Exit>
where
    F: Future<Output = anyhow::Result<Exit>>,
{
    let mut signals = Signals::listen()?;
    let shutdown = Shutdown::default();
    let mut work = pin!(work(shutdown.clone()));
    tokio::select! {
        ended = &mut work => return ended,
        () = signals.next() => {
            tracing::info!("stopping; a second signal leaves at once");
            shutdown.soft.cancel();
        }
    }
    tokio::select! {
        ended = &mut work => return ended,
        () = signals.next() => {
            tracing::warn!("leaving at once");
            shutdown.hard.cancel();
        }
    }
    // What does not leave in time is dropped with its future.
    tokio::select! {
        ended = tokio::time::timeout(LEAVE_WITHIN, &mut work) => {
            if let Ok(Err(error)) = ended {
                return Err(error);
            }
        }
        () = signals.next() => {}
    }
    Ok(Exit::Interrupted)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::{Signal, raise};

    use super::*;

    #[tokio::test]
    async fn the_first_signal_lets_work_finish() {
        let ended = supervised(|shutdown| async move {
            raise(Signal::SIGTERM)?;
            shutdown.soft.cancelled().await;
            assert!(!shutdown.hard.is_cancelled());
            Ok(Exit::Done)
        });
        assert_eq!(ended.await.unwrap(), Exit::Done);
    }

    #[tokio::test]
    async fn the_second_signal_ends_what_does_not_finish() {
        let ended = supervised(|shutdown| async move {
            raise(Signal::SIGINT)?;
            shutdown.soft.cancelled().await;
            raise(Signal::SIGTERM)?;
            shutdown.hard.cancelled().await;
            Ok(Exit::Done)
        });
        assert_eq!(ended.await.unwrap(), Exit::Interrupted);
    }
}
