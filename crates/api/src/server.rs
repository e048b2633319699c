//! The API as an object: made, bound (so that its port is known), served, stopped.

mod connection;

use std::net::SocketAddr;

use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    grants,
    options::{ApiDeps, ApiError, ApiOptions},
    router,
    state::App,
    terminal,
};

/// The API before it listens.
#[derive(Debug)]
pub struct ApiServer {
    options: ApiOptions,
    deps: ApiDeps,
}

/// The API at its address.
#[derive(Debug)]
pub struct BoundApi {
    listener: TcpListener,
    address: SocketAddr,
    options: ApiOptions,
    deps: ApiDeps,
}

impl ApiServer {
    /// Checks the options.
    ///
    /// # Errors
    /// When the address is open to others and that was not allowed, or nobody would have to prove
    /// who they are.
    pub fn new(options: ApiOptions, deps: ApiDeps) -> Result<Self, ApiError> {
        let is_open = !options.listen.ip().is_loopback();
        if is_open && options.default_identity.is_some() {
            return Err(ApiError::DefaultIdentity(options.listen));
        }
        if is_open && !options.allow_remote {
            return Err(ApiError::Remote(options.listen));
        }
        Ok(Self { options, deps })
    }

    /// Takes the address. Clients can connect from now on; they are answered once it serves.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(self) -> Result<BoundApi, ApiError> {
        let address = self.options.listen;
        let failed = |source| ApiError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        Ok(BoundApi {
            address: listener.local_addr().map_err(failed)?,
            listener,
            options: self.options,
            deps: self.deps,
        })
    }
}

impl BoundApi {
    /// Where it listens, with the port that it got.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until the soft token: then it takes no more connections, ends the streams
    /// and finishes the requests it has. The hard token ends those as well.
    ///
    /// # Errors
    /// When the artifact store or the broker cannot be used, or a part of it dies.
    pub async fn serve(
        self,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Result<(), ApiError> {
        let last = self.deps.bus.last_position().await?;
        let (lost, losers) = mpsc::unbounded_channel();
        let app = App::open(self.options, self.deps, last, lost, soft.clone())?;
        app.history().warm_up().await;
        let stop = soft.child_token();
        let mut listening = JoinSet::new();
        listening.spawn(app.hub().clone().run(app.bus().clone(), stop.clone()));
        listening.spawn(app.beats().clone().run(app.bus().clone(), stop.clone()));
        let accounts = app.accounts().clone();
        listening.spawn(accounts.run(stop.clone()));
        listening.spawn(terminal::keep_streams(app.bus().clone(), stop.clone()));
        let terminals = app.terminals().clone();
        listening.spawn(grants::take_from_those_who_lost_it(
            app.clone(),
            losers,
            stop.clone(),
        ));
        tracing::info!(address = %self.address, "the API listens");
        let serving = connection::serve(self.listener, router::build(app), soft.clone(), hard);
        let serving = async {
            serving.await;
            // Connections that have become WebSockets are theirs.
            terminals.finish().await;
        };
        let ended = tokio::select! {
            () = serving => Ok(()),
            died = part_died(&mut listening, &soft) => Err(died),
        };
        stop.cancel();
        while listening.join_next().await.is_some() {}
        ended
    }
}

/// Waits for a listener to end although nobody stopped it.
async fn part_died(listening: &mut JoinSet<&'static str>, soft: &CancellationToken) -> ApiError {
    loop {
        let ended = listening.join_next().await;
        if soft.is_cancelled() || ended.is_none() {
            std::future::pending::<()>().await;
        }
        if let Some(ended) = ended {
            return ApiError::PartEnded(ended.unwrap_or("listener, by a panic,"));
        }
    }
}
