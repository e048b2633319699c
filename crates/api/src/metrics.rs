//! What the server counts of itself, for `/metrics`.

mod waits;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

pub(crate) use self::waits::Waits;

use crate::problem::Answer;

/// Wishes about runs since the server started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// By action and by what became of them.
    requests: Arc<Mutex<BTreeMap<(&'static str, Outcome), u64>>>,
    waits: Waits,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The broker keeps it.
    Kept,
    /// The run's state, or who asked, forbids it; or it asks for what cannot be.
    Refused,
    /// Something that the server stands on was away.
    Failed,
}

impl Metrics {
    /// How long wishes take.
    pub(crate) const fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Counts what becomes of a wish.
    pub(crate) async fn counted(
        &self,
        action: &'static str,
        answering: impl Future<Output = Answer<Response>>,
    ) -> Answer<Response> {
        let answer = answering.await;
        let outcome = Outcome::of(&answer);
        let counts = self.requests.lock();
        let mut counts = counts.unwrap_or_else(PoisonError::into_inner);
        *counts.entry((action, outcome)).or_default() += 1;
        answer
    }

    /// The counts as Prometheus reads them.
    pub(crate) fn text(&self) -> String {
        let mut text = "# HELP baton_control_requests_total Wishes about runs that were asked for \
                        here, by action and outcome.\n\
                        # TYPE baton_control_requests_total counter\n"
            .to_owned();
        let counts = self.requests.lock();
        let counts = counts.unwrap_or_else(PoisonError::into_inner);
        for ((action, outcome), count) in counts.iter() {
            let outcome = outcome.as_str();
            let _ = writeln!(
                text,
                "baton_control_requests_total{{action=\"{action}\",outcome=\"{outcome}\"}} {count}"
            );
        }
        self.waits.write(&mut text);
        text
    }
}

impl Outcome {
    fn of(answer: &Answer<Response>) -> Self {
        let status = match answer {
            Ok(response) => response.status(),
            Err(problem) => problem.clone().into_response().status(),
        };
        match status {
            status if status.is_success() => Self::Kept,
            status if status < StatusCode::INTERNAL_SERVER_ERROR => Self::Refused,
            _ => Self::Failed,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}
