//! Stage publish: what an attempt leaves outside. Nothing goes out without the lease.

use baton_domain::{
    Failure, FailureCode, RunSpec,
    spec::{Checkout, NewBranch, Publish, PullRequest, Work, auto_branch},
};
use baton_wire::Event;

use super::Attempt;
use crate::{
    git::Git,
    publish::{self, Branch, Desk, Patch, Request, Witness},
    start::{Reference, Start},
    stop::Interrupted,
    text,
};

/// The most of an instruction that a pull request quotes, in characters.
const LONGEST_QUOTE: usize = 2000;

impl Attempt {
    /// Keeps the record, and publishes what was asked for.
    pub(super) async fn publish(&self, spec: &RunSpec, summary: &str) -> Result<(), Interrupted> {
        let git = self.git(self.stop.clone());
        let patch = match self.start.get() {
            Some(start) => Some((start, self.write_patch(&git, start).await?)),
            None => None,
        };
        // Whoever lost the lease leaves nothing outside.
        self.reporter.confirm().await?;
        self.upload_record().await?;
        let (Some((start, patch)), Some(wanted)) = (patch, &spec.checkout) else {
            return Ok(());
        };
        let Some(asked) = spec.publish.branch() else {
            self.skip("the run asks for none; the patch is kept");
            return Ok(());
        };
        if patch.files == 0 {
            self.skip("there are no changes");
            return Ok(());
        }
        refuse_secrets(&patch)?;
        let work = Delivery {
            spec,
            wanted,
            start,
            patch: &patch,
        };
        let head = self.push(&git, &work, asked).await?;
        if let Publish::PullRequest(_, request) = &spec.publish {
            self.open_pull_request(&work, request, &head, summary)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn write_patch(&self, git: &Git, start: &Start) -> Result<Patch, Interrupted> {
        let redactor = self.reporter.redactor();
        let commit = start.commit.as_deref();
        let patch = publish::write(git, redactor, &self.workspace, commit).await?;
        self.reporter.say(Event::PatchWritten {
            files: patch.files,
            insertions: patch.insertions,
            deletions: patch.deletions,
        });
        for message in &patch.complaints {
            self.tell(message.clone());
        }
        Ok(patch)
    }

    fn skip(&self, reason: &str) {
        let reason = reason.to_owned();
        self.reporter.say(Event::PublishSkipped { reason });
    }

    async fn push(
        &self,
        git: &Git,
        work: &Delivery<'_>,
        asked: &NewBranch,
    ) -> Result<String, Interrupted> {
        let auto = auto_branch(self.offer.run, self.offer.submitted_at);
        let message = asked.commit_message.clone();
        let message = message.unwrap_or_else(|| subject(work.spec));
        let branch = Branch {
            run: self.offer.run,
            repository: &work.wanted.repository,
            name: asked.name.as_ref().unwrap_or(&auto),
            message: &self.reporter.redactor().text(&message),
            date: self.offer.submitted_at,
            start: work.start.commit.as_deref(),
        };
        let options = &self.shop.options;
        let git = git.trusted(&options.github, &work.wanted.repository);
        self.confirm().await?;
        let pushed =
            publish::push(&git, &options.git, &self.workspace, &branch, work.patch).await?;
        self.reporter.say(Event::BranchPushed {
            branch: pushed.branch.clone(),
            commit: pushed.commit,
        });
        Ok(pushed.branch)
    }

    async fn open_pull_request(
        &self,
        work: &Delivery<'_>,
        asked: &PullRequest,
        head: &str,
        summary: &str,
    ) -> Result<(), Interrupted> {
        let options = &self.shop.options.github;
        let desk = Desk::find(options, &work.wanted.repository)?;
        let redactor = self.reporter.redactor();
        let request = Request {
            head,
            base: base(asked, work.start),
            title: redactor.text(&self.title(work.spec, asked)),
            body: redactor.text(&self.body(work.spec, asked, summary)),
        };
        let opened = desk
            .open(&request, &self.shop.clock, &self.stop, self)
            .await?;
        self.reporter.say(Event::PullRequestOpened {
            url: opened.url,
            number: opened.number,
            updated: opened.updated,
        });
        Ok(())
    }

    fn title(&self, spec: &RunSpec, asked: &PullRequest) -> String {
        let given = asked.title.as_ref().or(spec.title.as_ref());
        given.map_or_else(|| subject(spec), |title| title.as_str().to_owned())
    }

    fn body(&self, spec: &RunSpec, asked: &PullRequest, summary: &str) -> String {
        if let Some(body) = &asked.body {
            return body.as_str().to_owned();
        }
        let mut body = summary.trim().to_owned();
        if let Some(instructions) = spec.work.instructions() {
            let told = text::head(instructions.as_str().trim(), LONGEST_QUOTE);
            let quoted: Vec<String> = told.lines().map(|line| format!("> {line}")).collect();
            body += &format!("\n\nAsked for:\n\n{}", quoted.join("\n"));
        }
        format!("{}\n\nBaton run {}\n", body.trim_start(), self.offer.run)
    }
}

/// What is to be published.
struct Delivery<'a> {
    spec: &'a RunSpec,
    wanted: &'a Checkout,
    start: &'a Start,
    patch: &'a Patch,
}

impl Witness for Attempt {
    async fn confirm(&self) -> Result<(), Interrupted> {
        self.reporter.confirm().await?;
        // Nothing may have been said for a while: somebody has to be asked.
        let standings = &self.shop.standings;
        standings.confirm(self.offer.run, &self.stop).await
    }

    fn tell(&self, message: String) {
        self.reporter.say(Event::Warning { message });
    }
}

/// Says before the work what would be in the way of its pull request after it.
pub(super) fn check_pull_request(attempt: &Attempt, spec: &RunSpec) -> Result<(), Failure> {
    let (Publish::PullRequest(..), Some(wanted)) = (&spec.publish, &spec.checkout) else {
        return Ok(());
    };
    Desk::find(&attempt.shop.options.github, &wanted.repository).map(|_| ())
}

/// Says before the work that a branch cannot be pulled into itself.
pub(super) fn check_branches(spec: &RunSpec, start: &Start) -> Result<(), Failure> {
    let Publish::PullRequest(branch, asked) = &spec.publish else {
        return Ok(());
    };
    let head = branch.name.as_ref().map(|name| name.as_str());
    match base(asked, start) {
        Some(base) if head == Some(base) => Err(Failure::new(
            FailureCode::PullRequestRefused,
            format!(
                "branch '{base}' cannot be pulled into itself: set task.git.newBranch or task.publish.prBaseBranch to another one"
            ),
        )),
        _ => Ok(()),
    }
}

/// The branch that the changes are for, as far as it is known without asking.
fn base<'a>(asked: &'a PullRequest, start: &'a Start) -> Option<&'a str> {
    let given = asked.base.as_ref().map(|base| base.as_str());
    given.or(match &start.reference {
        Some(Reference::Branch(name)) => Some(name),
        _ => None,
    })
}

fn refuse_secrets(patch: &Patch) -> Result<(), Failure> {
    let Some((path, secret)) = patch.findings.added.first() else {
        return Ok(());
    };
    let others = match patch.findings.added.len() {
        1 => String::new(),
        all => format!(" and {} more files", all - 1),
    };
    let message = format!(
        "'{path}'{others} would be published with the secret '{secret}': nothing was pushed; let the task read it from its place instead of writing it down"
    );
    Err(Failure::new(FailureCode::SecretFound, message))
}

/// A commit's subject for a run that gives none.
fn subject(spec: &RunSpec) -> String {
    let told = match (&spec.title, &spec.work) {
        (Some(title), _) => title.as_str(),
        (None, Work::Codex { instructions, .. } | Work::Claude { instructions, .. }) => {
            instructions.as_str()
        }
        (None, Work::Command { argv }) => return format!("Run {}", text::head(argv.program(), 60)),
    };
    let line = told.lines().map(str::trim).find(|line| !line.is_empty());
    text::head(line.unwrap_or("Changes"), 72)
}
