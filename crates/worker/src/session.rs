//! The live side of an attempt: its session, from the wish to the end, and the providers by which
//! people come to see its terminals. A session that fails never fails its run.

mod feed;
mod gatekeeper;
mod keeper;
mod kept;
mod keys;
mod live;
mod outbox;
mod provider;
pub(crate) mod recording;
mod shown;
mod tmate;
mod web;
mod wish;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub(crate) use feed::{Feed, When};
pub(crate) use keeper::{Means, keep};
pub(crate) use keys::ApiKeys;
pub(crate) use live::{Live, Over};
pub(crate) use provider::{Broken, News, Place, SessionProvider, Told};
pub(crate) use shown::Shown;
pub(crate) use wish::{SessionCommand, Wish};

use crate::{
    options::WorkerOptions,
    workspace::{State, Workspace},
};

/// The sessions that a worker may have at once; clones share them.
pub(crate) type Seats = Arc<Semaphore>;

/// All the seats of a worker.
pub(crate) fn seats(options: &WorkerOptions) -> Seats {
    let many = usize::try_from(options.session.most).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new(many.min(Semaphore::MAX_PERMITS)))
}

/// Ends what a worker before this one has left of an attempt's session; the next one begins anew.
pub(crate) async fn end_left(workspace: &Workspace, state: &State) {
    tmate::end_left(&workspace.session(), state.run, state.attempt).await;
}
