//! The provider `tmate`: from where a session's terminals are to what the client needs.

use std::time::Duration;

use baton_domain::{Attempt, RunId};
use baton_keys::PublicKey;
use baton_terminal::{Mark, left_behind};
use futures::future::BoxFuture;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Failed, Panes, Showing, end_remains, show};
use crate::{
    api::Api,
    attempt::Shop,
    process,
    session::{Broken, News, Place, SessionProvider},
};

/// The folder of the client in the provider's.
const FOLDER: &str = "tmate";
/// The file beside the log in which operators' messages to the agent are.
const INBOX: &str = "operator_inbox.jsonl";
/// The socket in the host's folder.
const HOST_SOCKET: &str = "socket";
/// How often the API is asked for its keys before the session is given up.
const KEYS_TRIED: u32 = 5;
const KEYS_EVERY: Duration = Duration::from_secs(1);

/// A tmate client for each session.
#[derive(Debug)]
pub(in crate::session) struct Tmate;

impl SessionProvider for Tmate {
    fn show(
        self: Box<Self>,
        place: Place,
        news: News,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Result<(), Broken>> {
        Box::pin(async move {
            let shown = stop.run_until_cancelled(showing(&place)).await;
            let shown = match shown {
                Some(Ok(showing)) => show(&showing, &news, &stop).await,
                Some(Err(failed)) => Err(failed),
                None => Ok(()),
            };
            shown.map_err(|failed| Broken {
                code: failed.code(),
                reason: failed.to_string(),
            })
        })
    }
}

/// Ends what a worker before this one has left of an attempt's session.
pub(in crate::session) async fn end_left(folder: &std::path::Path, run: RunId, attempt: Attempt) {
    end_remains(&folder.join(FOLDER), &mark(run, attempt)).await;
}

async fn showing(place: &Place) -> Result<Showing, Failed> {
    let options = place.shop.options.tmate.clone();
    if options.relay.is_none() {
        return Err(Failed::NoRelay);
    }
    let mark = mark(place.run, place.attempt);
    let folder = place.folder.join(FOLDER);
    end_remains(&folder, &mark).await;
    let host = left_behind(&place.host, process::mark(place.run, place.attempt));
    Ok(Showing {
        options,
        run: place.run,
        folder,
        environment: place.environment.clone(),
        mark,
        panes: Panes {
            program: own_program(&place.shop)?,
            socket: place.host.join(HOST_SOCKET),
            log: place.log.clone(),
            inbox: place.log.with_file_name(INBOX),
            alive: host.group,
        },
        seal_to: key(&place.shop.api).await?,
    })
}

/// By which the session's processes are known. It is not the agent's: whoever holds the agent still
/// does not mean those who look on.
fn mark(run: RunId, attempt: Attempt) -> Mark {
    Mark::new([
        ("BATON_SESSION_RUN", run.to_string()),
        ("BATON_SESSION_ATTEMPT", attempt.to_string()),
    ])
}

fn own_program(shop: &Shop) -> Result<std::path::PathBuf, Failed> {
    match &shop.options.leash_program {
        Some(program) => Ok(program.clone()),
        None => std::env::current_exe().map_err(|error| Failed::Start(error.to_string())),
    }
}

/// The key that the API seals to now.
async fn key(api: &Api) -> Result<PublicKey, Failed> {
    let mut tried = 1;
    loop {
        let why = match api.keys().await {
            Ok(sent) => match sent.keys.first().map(PublicKey::from_wire) {
                Some(Ok(key)) => return Ok(key),
                Some(Err(error)) => return Err(Failed::NoKey(error.to_string())),
                None => return Err(Failed::NoKey("it has none".to_owned())),
            },
            Err(error) => error.to_string(),
        };
        if tried == KEYS_TRIED {
            return Err(Failed::NoKey(why));
        }
        tried += 1;
        sleep(KEYS_EVERY).await;
    }
}
