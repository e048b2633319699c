//! What a provider is: something by which people come to see a run's terminals.

use std::{path::PathBuf, sync::Arc};

use baton_domain::{Attempt, Generation, Provider, RunId, SessionHealth};
use baton_wire::event::SessionLinks;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{tmate::Tmate, web::Web};
use crate::{attempt::Shop, environment::Environment};

/// Where a session's terminals are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) generation: Generation,
    /// Where the agent's host lives: what `baton attach --socket` connects to is in it.
    pub(crate) host: PathBuf,
    /// A folder for the provider alone; it is there, and others of the machine may not look into
    /// it. A provider that finds something of a worker before this one in it ends or adopts that.
    pub(crate) folder: PathBuf,
    /// The log that people read.
    pub(crate) log: PathBuf,
    /// What programs of the provider see of the worker's environment.
    pub(crate) environment: Environment,
    /// The worker's settings, and the keys that secrets are sealed to.
    pub(crate) shop: Arc<Shop>,
}

/// What a provider tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// The terminals can be seen. Told again, the links are others from now on.
    Ready(SessionLinks),
    /// How well it works, and why not better.
    Health(SessionHealth, Option<String>),
}

/// To whom it tells it.
pub(crate) type News = mpsc::Sender<Told>;

/// Why a provider gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// A word for machines, such as `relay_unreachable`.
    pub(crate) code: &'static str,
    /// What happened and what to do, for a person.
    pub(crate) reason: String,
}

/// By what means people come to see a run's terminals.
pub(crate) trait SessionProvider: Send {
    /// Shows them until `stop` is cancelled: takes everything down before it returns, within a few
    /// seconds. It returns early only when it gives up.
    fn show(
        self: Box<Self>,
        place: Place,
        news: News,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Result<(), Broken>>;
}

/// The provider of this kind.
pub(super) fn provider(kind: Provider) -> Box<dyn SessionProvider> {
    match kind {
        Provider::Web => Box::new(Web),
        Provider::Tmate => Box::new(Tmate),
    }
}
