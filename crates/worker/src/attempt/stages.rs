//! The stages of an attempt: prepare, execute, publish.

use baton_domain::{Failure, FailureCode, RunSpec, Stage, spec::Work};
use baton_wire::Event;
use tokio::time::Instant;

use super::{Attempt, deliver, secrets};
use crate::{
    checkout::checkout,
    environment::Environment,
    handlers::{Execution, codex, command, millis},
    stop::Interrupted,
    text,
};

impl Attempt {
    /// Does the run; returns what was done, in words.
    pub(super) async fn stages(&self, spec: &RunSpec) -> Result<String, Interrupted> {
        let served = &self.shop.options.run_types;
        let run_type = spec.work.run_type();
        if !served.contains(&run_type) {
            let message = format!("this worker does not do runs of type '{run_type}'");
            return Err(Failure::new(FailureCode::WorkerFault, message).into());
        }
        let secrets = secrets::of_task(&self.shop.options, spec)?;
        deliver::check_pull_request(self, spec)?;
        self.stage(Stage::Prepare, self.prepare(spec)).await?;
        let summary = self
            .stage(Stage::Execute, self.execute(spec, &secrets))
            .await?;
        self.stage(Stage::Publish, self.publish(spec, &summary))
            .await?;
        Ok(text::head(&summary, 4000))
    }

    async fn stage<T>(
        &self,
        stage: Stage,
        work: impl Future<Output = Result<T, Interrupted>>,
    ) -> Result<T, Interrupted> {
        self.stop.check()?;
        self.reporter.say(Event::StageStarted { stage });
        let began = Instant::now();
        let done = work.await?;
        let duration_ms = millis(began.elapsed());
        self.reporter
            .say(Event::StageFinished { stage, duration_ms });
        Ok(done)
    }

    async fn prepare(&self, spec: &RunSpec) -> Result<(), Interrupted> {
        let Some(wanted) = &spec.checkout else {
            return Ok(());
        };
        let options = &self.shop.options;
        let git = self.git(self.stop.clone());
        let git = git.trusted(&options.github, &wanted.repository);
        let start = checkout(&git, &options.git, &self.workspace, wanted).await?;
        self.reporter.say(match &start.commit {
            Some(commit) => Event::CheckedOut {
                commit: commit.clone(),
                reference: start.reference.as_ref().map(|r| r.name().to_owned()),
            },
            None => Event::Warning {
                message: "the repository has no commit: the work starts from nothing".to_owned(),
            },
        });
        deliver::check_branches(spec, &start)?;
        // Prepared once in an attempt.
        let _ = self.start.set(start);
        Ok(())
    }

    async fn execute(&self, spec: &RunSpec, secrets: &Environment) -> Result<String, Interrupted> {
        let execution = Execution {
            options: &self.shop.options,
            workspace: &self.workspace,
            state: &self.state,
            reporter: &self.reporter,
            log: &self.log,
            usage: &self.usage,
            stop: &self.stop,
            secrets,
            timeout: spec.timeout,
        };
        match &spec.work {
            Work::Command { argv } => command::execute(&execution, argv).await,
            Work::Codex {
                instructions,
                model,
                effort,
            } => {
                let worker = &self.shop.options.codex;
                let order = codex::Order {
                    instructions,
                    model: model.as_ref().or(worker.model.as_ref()),
                    effort: effort.or(worker.effort),
                };
                codex::execute(&execution, &order).await
            }
        }
    }
}
