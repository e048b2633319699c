//! Connections: accepted, bounded in number, headers and time, and ended in two steps.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections at once; the next ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;

/// How long a request's head may take to arrive.
const HEAD_ARRIVAL: Duration = Duration::from_secs(15);

/// The most bytes of a request's head, and of what is buffered of its body.
const MAX_BUFFER: usize = 64 * 1024;

/// Accepts and answers until the soft token; then waits for the connections it has.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    soft: CancellationToken,
    hard: CancellationToken,
) {
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some((stream, place)) = accept(&listener, &places, &soft).await {
        let connection = Connection {
            router: router.clone(),
            soft: soft.clone(),
            hard: hard.clone(),
            _place: place,
        };
        connections.spawn(connection.answer(stream));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection and its place; none once no more are taken.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    soft: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let next = async {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, place)),
                Err(error) => {
                    // Out of file descriptors, or a peer that left: neither is worth dying for.
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    soft.run_until_cancelled(next).await.flatten()
}

struct Connection {
    router: Router,
    soft: CancellationToken,
    hard: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn answer(self, stream: TcpStream) {
        // A delayed small write would delay every event of a stream.
        let _ = stream.set_nodelay(true);
        let service =
            TowerToHyperService::new(tower::ServiceExt::<axum::extract::Request>::map_err(
                self.router,
                |never: Infallible| match never {},
            ));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_ARRIVAL)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.soft.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = self.hard.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}
