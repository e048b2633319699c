//! The stages of an attempt: prepare, execute, publish.

use baton_domain::{
    Failure, FailureCode, RunSpec, Stage,
    spec::{Checkout, Publish, Work, auto_branch},
};
use baton_wire::Event;
use tokio::time::Instant;

use super::Attempt;
use crate::{
    checkout::{Start, checkout},
    git::Git,
    handlers::{Execution, codex, command, millis},
    publish::{self, Branch, Patch},
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
        self.stage(Stage::Prepare, self.prepare(spec)).await?;
        let summary = self.stage(Stage::Execute, self.execute(spec)).await?;
        self.stage(Stage::Publish, self.publish(spec)).await?;
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
        // Prepared once in an attempt.
        let _ = self.start.set(start);
        Ok(())
    }

    async fn execute(&self, spec: &RunSpec) -> Result<String, Interrupted> {
        let execution = Execution {
            options: &self.shop.options,
            workspace: &self.workspace,
            state: &self.state,
            reporter: &self.reporter,
            log: &self.log,
            usage: &self.usage,
            stop: &self.stop,
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

    async fn publish(&self, spec: &RunSpec) -> Result<(), Interrupted> {
        let git = self.git(self.stop.clone());
        let patch = match self.start.get() {
            Some(start) => Some((start, self.write_patch(&git, start).await?)),
            None => None,
        };
        // Whoever lost the lease leaves nothing outside.
        self.reporter.confirm().await?;
        self.upload_record().await?;
        if let (Some((start, patch)), Some(wanted)) = (patch, &spec.checkout) {
            self.reporter.confirm().await?;
            self.publish_branch(&git, spec, wanted, start, &patch)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn write_patch(&self, git: &Git, start: &Start) -> Result<Patch, Interrupted> {
        let patch = publish::write(git, &self.workspace, start.commit.as_deref()).await?;
        self.reporter.say(Event::PatchWritten {
            files: patch.files,
            insertions: patch.insertions,
            deletions: patch.deletions,
        });
        Ok(patch)
    }

    async fn publish_branch(
        &self,
        git: &Git,
        spec: &RunSpec,
        wanted: &Checkout,
        start: &Start,
        patch: &Patch,
    ) -> Result<(), Interrupted> {
        let skip = |reason: &str| {
            let reason = reason.to_owned();
            self.reporter.say(Event::PublishSkipped { reason });
        };
        let Publish::Branch {
            branch,
            commit_message,
        } = &spec.publish
        else {
            skip("the run asks for none; the patch is kept");
            return Ok(());
        };
        if patch.files == 0 {
            skip("there are no changes");
            return Ok(());
        }
        let auto = auto_branch(self.offer.run, self.offer.submitted_at);
        let message = commit_message.clone().unwrap_or_else(|| subject(spec));
        let branch = Branch {
            run: self.offer.run,
            repository: &wanted.repository,
            name: branch.as_ref().unwrap_or(&auto),
            message: &message,
            date: self.offer.submitted_at,
            start: start.commit.as_deref(),
        };
        let options = &self.shop.options.git;
        let pushed = publish::push(git, options, &self.workspace, &branch, patch).await?;
        self.reporter.say(Event::BranchPushed {
            branch: pushed.branch,
            commit: pushed.commit,
        });
        Ok(())
    }
}

/// A commit's subject for a run that gives none.
fn subject(spec: &RunSpec) -> String {
    let told = match (&spec.title, &spec.work) {
        (Some(title), _) => title.as_str(),
        (None, Work::Codex { instructions, .. }) => instructions.as_str(),
        (None, Work::Command { argv }) => return format!("Run {}", text::head(argv.program(), 60)),
    };
    let line = told.lines().map(str::trim).find(|line| !line.is_empty());
    text::head(line.unwrap_or("Changes"), 72)
}
