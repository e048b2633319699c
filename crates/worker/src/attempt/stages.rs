//! The stages of an attempt: prepare, execute, publish.

use std::{io, sync::Mutex, time::Duration};

use baton_domain::{
    Attempt as AttemptNumber, Failure, FailureCode, RunSpec, Stage, retry::RetryWorkspace,
    spec::Work,
};
use baton_wire::Event;
use tokio::time::Instant;

use super::{Attempt, deliver, secrets};
use crate::{
    carry::{Carried, carry},
    checkout::checkout,
    environment::Environment,
    git::Git,
    handlers::{Execution, Order, claude, codex, command, millis},
    start::Start,
    stop::Interrupted,
    text,
    workspace::Kept,
};

impl Attempt {
    /// Does the run; returns what was done, in words.
    pub(super) async fn stages(&self, spec: &RunSpec) -> Result<String, Interrupted> {
        let served = &self.shop.options.run_types;
        let run_type = spec.work.run_type();
        if !self.has_agent() && !served.contains(&run_type) {
            let message = format!("this worker does not do runs of type '{run_type}'");
            return Err(Failure::new(FailureCode::WorkerFault, message).into());
        }
        let secrets = if self.has_agent() {
            // It has them.
            Environment::new()
        } else {
            secrets::of_task(&self.shop.options, spec)?
        };
        deliver::check_pull_request(self, spec)?;
        if !self.point.is_past(Stage::Prepare) {
            self.stage(Stage::Prepare, self.prepare(spec)).await?;
        }
        let summary = if self.point.is_past(Stage::Execute) {
            self.summary.clone().unwrap_or_default()
        } else {
            // All that an agent is followed with is in it.
            let execute = Box::pin(self.execute(spec, &secrets));
            self.stage(Stage::Execute, execute).await?
        };
        if !self.point.is_past(Stage::Publish) {
            self.stage(Stage::Publish, self.publish(spec, &summary))
                .await?;
        }
        Ok(text::head(&summary, 4000))
    }

    async fn stage<T>(
        &self,
        stage: Stage,
        work: impl Future<Output = Result<T, Interrupted>>,
    ) -> Result<T, Interrupted> {
        if !self.has_agent() {
            self.stop.check()?;
        }
        let before = self.begun_before(stage);
        if before.is_none() {
            self.may_begin(stage).await?;
            self.reporter.say(Event::StageStarted { stage });
        }
        let began = Instant::now();
        let done = work.await?;
        let duration_ms = millis(began.elapsed() + before.unwrap_or_default());
        self.reporter
            .say(Event::StageFinished { stage, duration_ms });
        Ok(done)
    }

    /// Waits for as long as somebody wishes that the stage does not begin.
    async fn may_begin(&self, stage: Stage) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            reason = self.stop.requested() => Err(Interrupted::Stopped(reason)),
            () = self.helm.gate(stage) => Ok(()),
        }
    }

    /// How long ago a worker before this one began the stage, if it did.
    fn begun_before(&self, stage: Stage) -> Option<Duration> {
        let began = self
            .point
            .began
            .filter(|_| self.point.next == Some(stage))?;
        let ago = self.adopted_at.signed_duration_since(began).to_std();
        // Clocks may have been set back meanwhile.
        Some(ago.unwrap_or_default())
    }

    async fn prepare(&self, spec: &RunSpec) -> Result<(), Interrupted> {
        let Some(wanted) = &spec.checkout else {
            return Ok(());
        };
        let options = &self.shop.options;
        let git = self.git(self.stop.clone());
        let git = git.trusted(&options.github, &wanted.repository);
        self.workspace
            .clear_checkout()
            .map_err(|error| disk_fault(&error))?;
        let start = checkout(&git, &options.git, &self.workspace, wanted).await?;
        let carried_from = self.carry(&git, spec, &start).await?;
        self.reporter.say(match &start.commit {
            Some(commit) => Event::CheckedOut {
                commit: commit.clone(),
                reference: start.reference.as_ref().map(|r| r.name().to_owned()),
                carried_from,
            },
            None => Event::Warning {
                message: "the repository has no commit: the work starts from nothing".to_owned(),
            },
        });
        deliver::check_branches(spec, &start)?;
        self.keep(&Kept {
            start: Some(start.clone()),
            summary: None,
        })?;
        // Prepared once in an attempt.
        let _ = self.start.set(start);
        Ok(())
    }

    /// Goes on from the files of the attempt before, unless the run asks for a fresh start.
    async fn carry(
        &self,
        git: &Git,
        spec: &RunSpec,
        start: &Start,
    ) -> Result<Option<AttemptNumber>, Interrupted> {
        if spec.retry_workspace == RetryWorkspace::Fresh {
            return Ok(None);
        }
        match carry(git, &self.workspace, start).await? {
            Carried::Nothing => Ok(None),
            Carried::From(attempt) => Ok(Some(attempt)),
            Carried::Lost(attempt, why) => {
                let message = format!(
                    "the changes of attempt {attempt} could not be carried over, the work starts afresh: {why}"
                );
                self.reporter.say(Event::Warning { message });
                // Half of them would be worse than none.
                self.workspace
                    .clear_checkout()
                    .map_err(|error| disk_fault(&error))?;
                let wanted = spec.checkout.as_ref();
                if let Some(wanted) = wanted {
                    checkout(git, &self.shop.options.git, &self.workspace, wanted).await?;
                }
                Ok(None)
            }
        }
    }

    async fn execute(&self, spec: &RunSpec, secrets: &Environment) -> Result<String, Interrupted> {
        let execution = Execution {
            shop: &self.shop,
            options: &self.shop.options,
            workspace: &self.workspace,
            state: &self.state,
            reporter: &self.reporter,
            log: &self.log,
            usage: &self.usage,
            holds: &self.holds,
            stop: &self.stop,
            live: &self.live,
            helm: &self.helm,
            secrets,
            timeout: spec.timeout,
            found: Mutex::new(self.found.lock().ok().and_then(|mut found| found.take())),
            held: self.point.held,
        };
        let summary = match &spec.work {
            Work::Command { argv } => command::execute(&execution, argv).await,
            Work::Codex {
                instructions,
                model,
                effort,
                mode,
            } => {
                let worker = &self.shop.options.codex;
                let order = Order {
                    instructions,
                    model: model.as_ref().or(worker.model.as_ref()),
                    effort: effort.or(worker.effort),
                    mode: *mode,
                };
                Box::pin(codex::execute(&execution, &order)).await
            }
            Work::Claude {
                instructions,
                model,
                effort,
                mode,
            } => {
                let worker = &self.shop.options.claude;
                let order = Order {
                    instructions,
                    model: model.as_ref().or(worker.model.as_ref()),
                    effort: effort.or(worker.effort),
                    mode: *mode,
                };
                claude::execute(&execution, &order).await
            }
        }?;
        self.keep(&Kept {
            start: self.start.get().cloned(),
            summary: Some(summary.clone()),
        })?;
        Ok(summary)
    }

    /// Keeps what a worker started again needs of the stages that are done.
    fn keep(&self, kept: &Kept) -> Result<(), Interrupted> {
        self.workspace
            .write_kept(kept)
            .map_err(|error| disk_fault(&error))
    }
}

fn disk_fault(error: &io::Error) -> Interrupted {
    let message = format!("the attempt's folder cannot be written: {error}");
    Failure::new(FailureCode::WorkerFault, message).into()
}
