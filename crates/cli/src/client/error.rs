//! What can go wrong between us and the API, by what a caller can do about it.

use baton_wire::http::Problem;
use reqwest::Response;

/// A request that was not answered as hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody answers there.
    #[error("failed to reach the API at {url} (is it running? `baton dev` starts one)")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The API answers, but cannot do its work at present.
    #[error("{}", words(.problem))]
    Unavailable {
        /// What it says.
        problem: Box<Problem>,
    },
    /// The API will not do it.
    #[error("{}", words(.problem))]
    Refused {
        /// What it says.
        problem: Box<Problem>,
    },
    /// The answer is not what the API promises: another program, or another version.
    #[error("failed to read the API's answer: is it a Baton of this version?")]
    Garbled {
        /// What the parser says.
        source: serde_json::Error,
    },
}

impl ClientError {
    /// Whether the same request may succeed a little later.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. })
    }

    /// Reads the problem out of an answer that is none of success.
    pub(crate) async fn of_answer(response: Response) -> Self {
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        let problem = serde_json::from_slice(&body).unwrap_or_else(|_| Problem {
            kind: "about:blank".to_owned(),
            title: format!("the answer was {status}"),
            status: status.as_u16(),
            detail: String::new(),
            errors: Vec::new(),
        });
        let problem = Box::new(problem);
        if status.is_server_error() {
            Self::Unavailable { problem }
        } else {
            Self::Refused { problem }
        }
    }

    #[cfg(test)]
    pub(crate) fn refused_for_tests() -> Self {
        Self::Refused {
            problem: Box::new(Problem {
                kind: "urn:baton:problem:invalid-body".to_owned(),
                title: "the request's body breaks rules".to_owned(),
                status: 422,
                detail: "2 fields are wrong".to_owned(),
                errors: vec![baton_wire::FieldError {
                    field: "repository".to_owned(),
                    message: "is missing".to_owned(),
                }],
            }),
        }
    }
}

/// A problem for people: what, why, and each wrong field on its line.
fn words(problem: &Problem) -> String {
    let mut text = problem.title.clone();
    // The detail of a bad body repeats its fields, which read better one a line.
    if problem.errors.is_empty() && !problem.detail.is_empty() && problem.detail != problem.title {
        text = format!("{text}: {}", problem.detail);
    }
    for error in &problem.errors {
        text.push_str(&format!("\n  {} {}", error.field, error.message));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_lists_its_fields() {
        let text = ClientError::refused_for_tests().to_string();
        assert_eq!(
            text,
            "the request's body breaks rules\n  repository is missing"
        );
    }
}
