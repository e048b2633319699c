//! Attempts: begun, taken up again, stopped; and whether the worker is fit for them.

use std::panic::AssertUnwindSafe;

use baton_domain::{Position, RunId};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{Doing, Done, Driver, pool_of, slots_of};
use crate::{
    Ending,
    attempt::{self, Attempt},
    dispatcher::Input,
    options::WorkerOptions,
    preflight::{self, PreflightError, PreflightReport},
    recover::{Adopted, Left, settle},
    report::Spool,
    stop::{Stop, StopReason},
    workspace,
};

impl Driver {
    /// Goes on with attempts of a worker before this one, and settles those that cannot go on.
    pub(super) async fn take_over(&mut self, left: Vec<Left>) {
        for left in left {
            match left {
                Left::Adopted(adopted) => {
                    let Adopted {
                        attempt,
                        spool,
                        stop,
                    } = *adopted;
                    let slots = slots_of(attempt.offer());
                    let run = self.carry_out_attempt(attempt, spool, stop);
                    self.handle(Input::Adopted { run, slots }).await;
                }
                Left::Over(workspace, state) => {
                    let shop = self.shop.clone();
                    self.tasks.spawn(async move {
                        settle(&shop, workspace, state).await;
                        Done::Answered
                    });
                }
            }
        }
    }

    /// Looks for everything that runs need: no new one is taken before it is found.
    pub(super) fn check(&mut self, soft: CancellationToken) {
        let options = self.shop.options.clone();
        let scope = self.shop.scope.clone();
        let fit = async move {
            let (fit, ()) = tokio::join!(preflight::fit(options), scope.known());
            fit
        };
        self.tasks.spawn(async move {
            let found = soft.run_until_cancelled(fit).await;
            Done::Checked(found.map(Box::new))
        });
    }

    pub(super) async fn checked(
        &mut self,
        found: Result<(WorkerOptions, PreflightReport), PreflightError>,
    ) {
        match found {
            Ok((options, report)) => {
                let (worker, slots) = (&options.worker, options.slots);
                tracing::info!(%worker, slots, git = report.git, codex = report.codex, "ready");
                if self.scope.run_types != options.run_types {
                    self.scope.run_types.clone_from(&options.run_types);
                    self.renew_source();
                }
                self.heart.options = options;
                self.handle(Input::Started).await;
            }
            Err(lack) => {
                if !self.doing.is_empty() {
                    tracing::error!(error = %lack, "takes no runs, and leaves when those that it has taken up again have ended");
                }
                self.lack = Some(lack);
                self.handle(Input::Unfit).await;
            }
        }
        self.beat().await;
    }

    pub(super) fn start(&mut self, run: RunId, lease: Position) {
        let Some(offer) = self.taking.remove(&run) else {
            return;
        };
        tracing::info!(%run, attempt = %offer.attempt, "began an attempt");
        let stop = Stop::new();
        match Attempt::begin(self.shop.clone(), offer.clone(), lease, stop.clone()) {
            Ok((attempt, spool)) => {
                self.carry_out_attempt(attempt, spool, stop);
            }
            Err(error) => {
                let shop = self.shop.clone();
                let failed = async move {
                    attempt::fail(&shop, &offer, lease, &error).await;
                    Ending::Failed
                };
                self.tasks.spawn(survive(run, failed));
            }
        }
    }

    pub(super) fn carry_out_attempt(
        &mut self,
        attempt: Attempt,
        spool: Spool,
        stop: Stop,
    ) -> RunId {
        let alive = attempt.alive();
        let run = alive.run;
        let doing = Doing {
            alive,
            stop,
            helm: attempt.helm().clone(),
            pool: pool_of(attempt.offer()),
        };
        self.pause_run(&doing);
        self.doing.insert(run, doing);
        self.tasks.spawn(survive(run, attempt.carry_out(spool)));
        run
    }

    pub(super) fn stop(&self, run: RunId, reason: StopReason) {
        if let Some(doing) = self.doing.get(&run) {
            doing.stop.request(reason);
        }
    }

    pub(super) fn prune(&self) {
        let options = &self.shop.options;
        if let Err(error) = workspace::prune(&options.state_dir, options.keep_workspaces) {
            tracing::warn!(%error, "failed to remove an old workspace");
        }
    }
}

/// An attempt's panic is its own: it is not beaten for any more, so that the supervisor misses it.
async fn survive(run: RunId, work: impl Future<Output = Ending>) -> Done {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    let ending = ended.unwrap_or_else(|_| {
        tracing::error!(%run, "an attempt panicked; its lease will be missed");
        Ending::GivenUp
    });
    Done::Ended(run, ending)
}
