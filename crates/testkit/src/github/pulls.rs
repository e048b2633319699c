//! The endpoints: a repository, its pull requests.

use std::{path::Path as FilePath, process::Command, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, lock, problem};
use crate::tools;

const OWNER: &str = "octo";
const NAME: &str = "hello";

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    head: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Draft {
    title: String,
    head: String,
    base: String,
    #[serde(default)]
    body: Option<String>,
}

pub(super) async fn repository(
    State(shared): State<Arc<Shared>>,
    Path((owner, name)): Path<(String, String)>,
) -> Response {
    if (owner.as_str(), name.as_str()) != (OWNER, NAME) {
        return missing();
    }
    let head = git(&shared.repository, &["symbolic-ref", "--short", "HEAD"]);
    let full_name = format!("{OWNER}/{NAME}");
    Json(json!({"id": 1, "name": NAME, "full_name": full_name, "default_branch": head}))
        .into_response()
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path((owner, name)): Path<(String, String)>,
    Query(filter): Query<Filter>,
) -> Response {
    if (owner.as_str(), name.as_str()) != (OWNER, NAME) {
        return missing();
    }
    let state = filter.state.unwrap_or_else(|| "open".to_owned());
    let fits = |pull: &&Value| {
        let head = filter.head.as_deref();
        (state == "all" || pull["state"] == state)
            && head.is_none_or(|head| pull["head"]["label"] == head)
    };
    let pulls = lock(&shared.pulls);
    let found: Vec<&Value> = pulls.iter().filter(fits).collect();
    Json(found).into_response()
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path((owner, name)): Path<(String, String)>,
    Json(draft): Json<Draft>,
) -> Response {
    if (owner.as_str(), name.as_str()) != (OWNER, NAME) {
        return missing();
    }
    let mut pulls = lock(&shared.pulls);
    let label = format!("{OWNER}:{}", draft.head);
    let errors = wrong(&shared, &draft, &label, &pulls);
    if errors != json!([]) {
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Validation Failed",
            &errors,
        );
    }
    let number = pulls.len() + 1;
    let address = shared.address;
    let pull = json!({
        "id": 1000 + number,
        "number": number,
        "state": "open",
        "html_url": format!("http://{address}/{OWNER}/{NAME}/pull/{number}"),
        "title": draft.title,
        "body": draft.body,
        "head": {"label": label, "ref": draft.head},
        "base": {"label": format!("{OWNER}:{}", draft.base), "ref": draft.base},
    });
    pulls.push(pull.clone());
    (StatusCode::CREATED, Json(pull)).into_response()
}

/// What GitHub finds wrong with a new pull request.
fn wrong(shared: &Shared, draft: &Draft, label: &str, pulls: &[Value]) -> Value {
    let custom = |message: String| json!([{"resource": "PullRequest", "code": "custom", "message": message}]);
    let invalid =
        |field: &str| json!([{"resource": "PullRequest", "field": field, "code": "invalid"}]);
    let tip = |branch: &str| {
        git(
            &shared.repository,
            &[
                "rev-parse",
                "-q",
                "--verify",
                &format!("refs/heads/{branch}"),
            ],
        )
    };
    let (head, base) = (tip(&draft.head), tip(&draft.base));
    let same = |pull: &Value| {
        pull["state"] == "open"
            && pull["head"]["label"] == label
            && pull["base"]["ref"] == *draft.base
    };
    if base.is_empty() {
        invalid("base")
    } else if head.is_empty() {
        invalid("head")
    } else if pulls.iter().any(same) {
        custom(format!("A pull request already exists for {label}."))
    } else if git(
        &shared.repository,
        &["rev-list", "--count", &format!("{base}..{head}")],
    ) == "0"
    {
        custom(format!(
            "No commits between {} and {}",
            draft.base, draft.head
        ))
    } else {
        json!([])
    }
}

pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((_, _, number)): Path<(String, String, usize)>,
    Json(change): Json<Value>,
) -> Response {
    let mut pulls = lock(&shared.pulls);
    let Some(pull) = number.checked_sub(1).and_then(|at| pulls.get_mut(at)) else {
        return missing();
    };
    for field in ["title", "body", "state"] {
        if let Some(value) = change.get(field) {
            pull[field] = value.clone();
        }
    }
    if let Some(base) = change.get("base") {
        pull["base"]["ref"] = base.clone();
    }
    Json(pull.clone()).into_response()
}

fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "Not Found", &json!([]))
}

/// What git prints about the repository; nothing when it fails.
fn git(repository: &FilePath, words: &[&str]) -> String {
    let said = Command::new(tools::program("git"))
        .args(words)
        .current_dir(repository)
        .output()
        .expect("git runs");
    let found = if said.status.success() {
        said.stdout
    } else {
        Vec::new()
    };
    String::from_utf8_lossy(&found).trim().to_owned()
}
