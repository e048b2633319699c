//! Showing a run's terminals through a tmate relay: a tmate client of its own for each session, in
//! whose panes viewers attach to the run's host. The agent never lives in it, so that a relay that
//! is gone, slow or frozen stops nobody but its own viewers.
//!
//! What the client prints holds its links: nothing of it is logged or handed on.

mod client;
mod config;
mod failure;
mod judge;
mod links;
mod panes;
mod provider;
mod reach;
mod remains;
#[cfg(test)]
mod tests;
mod watch;

use std::{net::SocketAddr, path::PathBuf};

use baton_domain::{RunId, SessionHealth};
use baton_keys::PublicKey;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

pub(super) use self::provider::{Tmate, end_left};
use self::{
    client::{Client, Line},
    failure::Failed,
    links::Links,
    panes::Panes,
    remains::end_remains,
};
use super::{News, Told};
use crate::{
    environment::Environment,
    options::{TmateOptions, TmateRelayOptions},
};

/// What is shown, and by what.
#[derive(Debug, Clone)]
struct Showing {
    options: TmateOptions,
    run: RunId,
    /// Where the client lives; made, and removed at the end.
    folder: PathBuf,
    /// The worker's own environment: the client gets its `PATH` alone.
    environment: Environment,
    /// What its processes carry, so that a later worker finds them.
    mark: baton_terminal::Mark,
    panes: Panes,
    /// The API's key for what only it may read.
    seal_to: PublicKey,
}

/// Shows the terminals until `end` is cancelled, and leaves nothing behind.
///
/// # Errors
/// When the relay cannot be used, or was lost for too long. The run has no part in it.
async fn show(showing: &Showing, news: &News, end: &CancellationToken) -> Result<(), Failed> {
    let shown = try_to_show(showing, news, end).await;
    if let Err(failed) = &shown {
        // Whoever ends it meanwhile does not listen any more.
        let _ = news.try_send(Told::Health(
            SessionHealth::Failed,
            Some(failed.to_string()),
        ));
    }
    shown
}

async fn try_to_show(
    showing: &Showing,
    news: &News,
    end: &CancellationToken,
) -> Result<(), Failed> {
    let relay = showing.options.relay.as_ref().ok_or(Failed::NoRelay)?;
    tell(news, Told::Health(SessionHealth::Connecting, None)).await;
    let reached = tokio::select! {
        () = end.cancelled() => return Ok(()),
        reached = reach::reach(&relay.host, relay.port, showing.options.patience.reach) => reached,
    };
    let address = reached.map_err(|unreached| Failed::unreached(relay, unreached))?;
    let shown = match Client::start(showing, &config::text(relay, address)) {
        Ok(mut client) => {
            let shown = tokio::select! {
                () = end.cancelled() => Ok(()),
                shown = attend(showing, relay, address, &mut client, news) => shown,
            };
            client.end().await;
            shown
        }
        Err(failed) => Err(failed),
    };
    end_remains(&showing.folder, &showing.mark).await;
    shown
}

async fn attend(
    showing: &Showing,
    relay: &TmateRelayOptions,
    address: SocketAddr,
    client: &mut Client,
    news: &News,
) -> Result<(), Failed> {
    let links = first_links(showing, relay, client).await?;
    let sealed = links.sealed(showing);
    tell(news, Told::Ready(sealed)).await;
    tell(news, Told::Health(SessionHealth::Ready, None)).await;
    watch::watch(showing, (relay, address), client, links, news).await
}

/// Makes the panes and waits until the relay has given links.
async fn first_links(
    showing: &Showing,
    relay: &TmateRelayOptions,
    client: &mut Client,
) -> Result<Links, Failed> {
    let patience = &showing.options.patience;
    let deadline = Instant::now() + patience.ready;
    let Client {
        questions, lines, ..
    } = client;
    let given = async {
        questions.up().await?;
        panes::split(questions, &showing.panes).await?;
        questions.wait_ready().await?;
        links::ask(questions).await
    };
    let refused = async {
        while let Some(line) = lines.recv().await {
            if let Some(failed) = Failed::for_good(relay, line) {
                return failed;
            }
            if line == Line::Ended {
                break;
            }
        }
        Failed::ClientEnded
    };
    let first = async {
        tokio::select! {
            given = given => given,
            failed = refused => Err(failed),
        }
    };
    let links = timeout_at(deadline, first).await;
    let links = links.unwrap_or_else(|_| Err(Failed::mute(relay)))?;
    links.whole().ok_or_else(|| Failed::mute(relay))
}

/// Nobody listens when the session is over.
async fn tell(news: &News, what: Told) {
    let _ = news.send(what).await;
}
