//! What becomes of the result.

use baton_domain::spec::{
    BranchName, Checkout, Line, NewBranch, Publish, PullRequest, PullRequestBody,
};

use super::Checker;
use crate::spec::{PublishBody, TaskRunRequest};

impl Checker {
    pub(super) fn publish(
        &mut self,
        body: &TaskRunRequest,
        checkout: Option<&Checkout>,
    ) -> Publish {
        let given = body.task.publish.clone().unwrap_or_default();
        let branch = self.new_branch(body, &given);
        match given.mode.as_deref().unwrap_or("none") {
            "none" => {
                self.only_with_pr(&given);
                Publish::None
            }
            "branch" => {
                self.only_with_pr(&given);
                self.needs_repository(body, "branch");
                Publish::Branch(branch)
            }
            "pr" => {
                self.needs_repository(body, "pr");
                let request = self.pull_request(&given);
                if let Some(checkout) = checkout {
                    self.can_have_pull_requests(checkout, &branch, &request);
                }
                Publish::PullRequest(branch, request)
            }
            other => {
                let message = format!("'{other}' is unknown: use 'none', 'branch' or 'pr'");
                self.note("task.publish.mode", message);
                Publish::None
            }
        }
    }

    fn new_branch(&mut self, body: &TaskRunRequest, given: &PublishBody) -> NewBranch {
        let git = body.task.git.as_ref();
        let name = git.and_then(|git| git.new_branch.as_deref());
        let name = name.filter(|name| *name != "auto");
        NewBranch {
            name: self.optional("task.git.newBranch", name, BranchName::parse),
            commit_message: self.optional(
                "task.publish.commitMessage",
                given.commit_message.as_deref(),
                commit_message,
            ),
        }
    }

    fn pull_request(&mut self, given: &PublishBody) -> PullRequest {
        let (base, title) = (given.pr_base_branch.as_deref(), given.pr_title.as_deref());
        let body = given.pr_body.as_deref();
        PullRequest {
            base: self.optional("task.publish.prBaseBranch", base, BranchName::parse),
            title: self.optional("task.publish.prTitle", title, Line::parse),
            body: self.optional("task.publish.prBody", body, PullRequestBody::parse),
        }
    }

    fn can_have_pull_requests(
        &mut self,
        checkout: &Checkout,
        branch: &NewBranch,
        request: &PullRequest,
    ) {
        if checkout.repository.hosted_path().is_none() {
            self.note(
                "repository",
                "has no owner and name for a pull request: it must end in 'owner/name', as 'https://github.com/owner/name.git' does",
            );
        }
        if branch.name.is_some() && branch.name == request.base {
            self.note(
                "task.publish.prBaseBranch",
                "is the branch that is pushed: a pull request needs two",
            );
        }
    }

    fn needs_repository(&mut self, body: &TaskRunRequest, mode: &str) {
        if body.repository.is_none() {
            self.note("task.publish.mode", format!("'{mode}' needs a repository"));
        }
    }

    fn only_with_pr(&mut self, given: &PublishBody) {
        let fields = [
            (given.pr_base_branch.is_some(), "task.publish.prBaseBranch"),
            (given.pr_title.is_some(), "task.publish.prTitle"),
            (given.pr_body.is_some(), "task.publish.prBody"),
        ];
        for (_, field) in fields.iter().filter(|(present, _)| *present) {
            self.note(field, "belongs to publish mode 'pr'");
        }
    }
}

fn commit_message(text: &str) -> Result<String, &'static str> {
    let good = !text.trim().is_empty() && text.chars().count() <= 10_000 && !text.contains('\0');
    if good {
        Ok(text.to_owned())
    } else {
        Err("must have 1 to 10,000 characters")
    }
}
