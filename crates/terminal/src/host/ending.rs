//! Ending everything that an agent has started, while the host goes on listening.

use std::{future::pending, time::Duration};

use baton_domain::EndStep;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::EndHow;
use crate::{
    family::{Family, Gone},
    procfs::Process,
};

/// How long an agent that was asked to stop may take, before it is told to.
const ASKED_WITHIN: Duration = Duration::from_secs(2);
/// How long the agent's calls may take to end once they are told that the run is being ended: long
/// enough for a hook on a busy machine to wake, say no and leave.
const CALLS_WITHIN: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);

/// What an end tells.
pub(super) enum Sweep {
    Step(EndStep),
    Done,
}

/// Ends in progress.
pub(super) struct Endings {
    tasks: JoinSet<Gone>,
    steps: mpsc::UnboundedReceiver<EndStep>,
    tell: mpsc::UnboundedSender<EndStep>,
    begun: bool,
}

impl Endings {
    pub(super) fn new() -> Self {
        let (tell, steps) = mpsc::unbounded_channel();
        Self {
            tasks: JoinSet::new(),
            steps,
            tell,
            begun: false,
        }
    }

    /// Whether an end was wished.
    pub(super) const fn have_begun(&self) -> bool {
        self.begun
    }

    /// Whether all ends are done and told.
    pub(super) fn are_done(&self) -> bool {
        self.tasks.is_empty() && self.steps.is_empty()
    }

    /// Begins to end everything, once; what the agent's `calls` are told reaches them before any
    /// signal does, unless they take too long.
    pub(super) fn begin(
        &mut self,
        family: Family,
        how: EndHow,
        calls: Option<watch::Receiver<usize>>,
    ) {
        if self.begun {
            return;
        }
        self.begun = true;
        let tell = self.tell.clone();
        self.tasks.spawn(async move {
            if let Some(mut calls) = calls {
                // A hook that a signal ends before it has said no lets the agent go on.
                let _ = timeout(CALLS_WITHIN, calls.wait_for(|under_way| *under_way == 0)).await;
            }
            if how == EndHow::Asking {
                ask(&family).await;
            }
            // The host lives longer than this task.
            let told = |step| {
                let _ = tell.send(step);
            };
            family.end(told).await
        });
    }

    /// Kills what an agent that has ended left behind, unless that is being done.
    pub(super) fn sweep(&mut self, family: Family) {
        if self.tasks.is_empty() {
            self.tasks.spawn(async move { family.kill().await });
        }
    }

    /// The next step or end of an end.
    pub(super) async fn next(&mut self) -> Sweep {
        tokio::select! {
            biased;
            Some(step) = self.steps.recv() => Sweep::Step(step),
            Some(done) = self.tasks.join_next() => {
                if !matches!(done, Ok(Gone::All)) {
                    tracing::error!("something that the agent has started cannot be killed");
                }
                Sweep::Done
            }
            else => pending().await,
        }
    }
}

/// Interrupts the agent as a person at its keyboard would, and gives it time to stop.
async fn ask(family: &Family) {
    let Some(group) = family.group else {
        return;
    };
    family.go_on();
    // Gone already is as good.
    let _ = killpg(Pid::from_raw(group), Signal::SIGINT);
    let deadline = Instant::now() + ASKED_WITHIN;
    while Process::of(group).is_some_and(|agent| agent.is_alive()) && Instant::now() < deadline {
        sleep(POLL).await;
    }
}
