//! What this worker's token allows, as the API says it: asked at the start, every so often, and
//! whenever the broker was away, since a worker whose token was exchanged comes back then. Runs for
//! other repositories are left to other workers.

use std::{convert::Infallible, sync::Arc, time::Duration};

use baton_bus::{Bus, Connection};
use baton_domain::identity::{RepositoryPattern, WorkerPattern, WorkerScope};
use baton_wire::http::Me;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::api::{Api, ApiError};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(60);
/// How soon it is asked again when nobody answers.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the first answer is waited for before runs are looked for.
const FIRST_WITHIN: Duration = Duration::from_secs(5);

/// What the token allows; clones know the same.
#[derive(Debug, Clone)]
pub(crate) struct Scope(Arc<watch::Sender<Option<WorkerScope>>>);

/// Whether a run may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It may.
    Given,
    /// The token is for other repositories.
    Refused,
    /// Nobody has said yet what the token allows.
    Unknown,
}

impl Scope {
    /// Nothing is known yet. A worker without a token may do everything.
    pub(crate) fn new(has_token: bool) -> Self {
        let known = (!has_token).then(everything);
        Self(Arc::new(watch::Sender::new(known)))
    }

    /// Whether a run for this repository may be taken.
    pub(crate) fn leave(&self, repository: Option<&str>) -> Leave {
        match &*self.0.borrow() {
            None if repository.is_none() => Leave::Given,
            None => Leave::Unknown,
            Some(scope) if scope.allows_repository(repository) => Leave::Given,
            Some(_) => Leave::Refused,
        }
    }

    /// Waits a while for the first answer.
    pub(crate) async fn known(&self) {
        let mut scope = self.0.subscribe();
        // Without one, runs for repositories are handed back until there is one.
        let _ = timeout(FIRST_WITHIN, scope.wait_for(Option::is_some)).await;
    }

    /// Asks, for as long as it is polled.
    pub(crate) async fn attend(&self, api: &Api, bus: &Bus) -> Infallible {
        let mut connection = bus.connection();
        let mut told = false;
        loop {
            let pause = match api.me().await {
                Ok(me) => {
                    told = false;
                    self.learn(&me);
                    EVERY
                }
                // An API that cannot say it has no such tokens.
                Err(ApiError::Unknown(_)) => {
                    self.0.send_if_modified(|scope| {
                        let news = scope.is_none();
                        *scope = Some(scope.take().unwrap_or_else(everything));
                        news
                    });
                    EVERY
                }
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "the API does not say what this worker's token allows: what was known holds, and runs for repositories wait when nothing was");
                    }
                    AGAIN
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = is_back(&mut connection) => {}
            }
        }
    }

    fn learn(&self, me: &Me) {
        let Some(scope) = read(me) else {
            tracing::error!(
                "the API says what this worker's token allows in words of a later version: upgrade the worker; what was known holds"
            );
            return;
        };
        let changed = self.0.send_if_modified(|known| {
            let changed = known.as_ref() != Some(&scope);
            *known = Some(scope.clone());
            changed
        });
        if changed && !scope.repositories.is_empty() {
            tracing::info!(repositories = ?me.repositories, "takes runs of these repositories alone");
        }
    }
}

/// What the API says of a worker's token; everything is allowed to whoever is no worker there.
fn read(me: &Me) -> Option<WorkerScope> {
    if me.kind != "worker" {
        return Some(everything());
    }
    let repositories = me.repositories.iter().map(|text| text.parse());
    let repositories = repositories.collect::<Result<Vec<RepositoryPattern>, _>>();
    Some(WorkerScope {
        repositories: repositories.ok()?,
        // The rest is held at the broker.
        ..everything()
    })
}

const fn is_up(connection: Connection) -> bool {
    matches!(connection, Connection::Up)
}

/// Waits until the broker is there again.
async fn is_back(connection: &mut watch::Receiver<Connection>) {
    while connection.changed().await.is_ok() {
        if is_up(*connection.borrow_and_update()) {
            return;
        }
    }
    std::future::pending().await
}

fn everything() -> WorkerScope {
    WorkerScope::everything(WorkerPattern::any())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(kind: &str, repositories: &[&str]) -> Me {
        serde_json::from_value(serde_json::json!({
            "name": "w", "kind": kind, "by": "token", "repositories": repositories,
        }))
        .unwrap()
    }

    #[test]
    fn what_the_token_allows_is_taken_and_nothing_for_a_repository_before_that_is_known() {
        let scope = Scope::new(true);
        assert_eq!(scope.leave(None), Leave::Given);
        assert_eq!(scope.leave(Some("/srv/a.git")), Leave::Unknown);
        scope.learn(&me("worker", &["/srv/*"]));
        assert_eq!(scope.leave(Some("/srv/a.git")), Leave::Given);
        assert_eq!(scope.leave(Some("/home/a.git")), Leave::Refused);
        assert_eq!(scope.leave(None), Leave::Given);
        scope.learn(&me("worker", &[]));
        assert_eq!(scope.leave(Some("/home/a.git")), Leave::Given);
        assert_eq!(Scope::new(false).leave(Some("/a")), Leave::Given);
        let operator = me("operator", &["/srv/*"]);
        assert_eq!(read(&operator), Some(everything()));
    }
}
