//! One viewer's WebSocket: begun where the viewer wishes to, fed from its place, ended with a
//! reason.

mod listen;
mod speak;
mod viewer;

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use baton_domain::{Role, RunId, TerminalName};
use baton_wire::terminal::{Limits, MAX_INPUT};
use futures::StreamExt as _;
use tokio::time::timeout;

use self::viewer::Viewer;
use super::{
    driver,
    hub::{Counted, Terminals},
    room::Room,
    run::RunNow,
};
use crate::{
    identity::{Need, Pass},
    problem::Kind,
    state::App,
};

/// The most bytes of input in a second.
const INPUT_PER_SECOND: u32 = 64 << 10;

/// How long a viewer may take to say where to begin.
const BEGINNING: Duration = Duration::from_secs(10);

/// How long what was kept of a terminal may take to be read, before it is shown without.
const READING: Duration = Duration::from_secs(5);

/// How long a closing word may take to leave.
const CLOSING: Duration = Duration::from_secs(1);

/// What a connection begins with.
#[derive(Debug)]
pub(crate) struct Opening {
    /// The application.
    pub(crate) app: App,
    /// Who watches; it ends with the right to ask.
    pub(crate) pass: Pass,
    /// That it counts.
    pub(crate) counted: Counted,
    /// The run.
    pub(crate) run: RunId,
    /// Which of its terminals.
    pub(crate) terminal: TerminalName,
    /// What is known of the run.
    pub(crate) now: RunNow,
}

/// Why a connection ends. Codes from 4400 to 4499 say that trying again makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// The viewer left, or cannot be reached.
    Left,
    /// Everything was shown, and nothing follows.
    Over,
    /// The server stops.
    Stopping,
    /// The viewer sent what is no wish.
    Protocol(String),
    /// The token is no longer good.
    Token(String),
    /// It may not watch any more.
    Forbidden(String),
    /// The session is over.
    Session(&'static str),
}

impl End {
    fn told(&self) -> Option<(u16, String)> {
        Some(match self {
            Self::Left => return None,
            Self::Over => (1000, "the run is over".to_owned()),
            Self::Stopping => (1012, "the server stops: come back in a moment".to_owned()),
            Self::Protocol(why) => (4400, why.clone()),
            Self::Token(why) => (4401, why.clone()),
            Self::Forbidden(why) => (4403, why.clone()),
            Self::Session(why) => (4409, (*why).to_owned()),
        })
    }
}

/// Serves a connection until it ends.
pub(crate) fn serve(
    socket: WebSocket,
    opening: Opening,
) -> impl Future<Output = ()> + Send + 'static {
    let terminals: Terminals = opening.app.terminals().clone();
    terminals.track(Box::pin(converse(socket, opening)))
}

async fn converse(mut socket: WebSocket, opening: Opening) {
    let (run, name) = (opening.run, opening.pass.identity.name.clone());
    tracing::debug!(%run, %name, "a viewer came");
    let stop = opening.app.stopping().clone();
    let end = tokio::select! {
        biased;
        () = stop.cancelled() => End::Stopping,
        end = watch(&mut socket, opening) => end,
    };
    tracing::debug!(%run, %name, ?end, "a viewer left");
    let Some((code, reason)) = end.told() else {
        return;
    };
    let farewell = CloseFrame {
        code,
        reason: fitting(reason).into(),
    };
    let _ = timeout(CLOSING, socket.send(Message::Close(Some(farewell)))).await;
}

/// A closing word has 123 bytes at most.
fn fitting(mut reason: String) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.truncate(end);
    reason
}

async fn watch(socket: &mut WebSocket, opening: Opening) -> End {
    let limits = Limits {
        name: opening.pass.identity.name.as_str().to_owned(),
        may_type: false,
        max_input: MAX_INPUT,
        input_per_second: INPUT_PER_SECOND as usize,
    };
    let Opening {
        app,
        pass,
        counted: _counted,
        run,
        terminal,
        now,
    } = opening;
    let drive = |room| driver::drive(room, app.clone());
    let place = app.terminals().enter((run, terminal), now, limits, drive);
    let viewer = Viewer::new(app, Arc::clone(&pass.identity), place);
    let wish = match timeout(BEGINNING, listen::first(socket)).await {
        Ok(Ok(wish)) => wish,
        Ok(Err(end)) => return end,
        Err(_) => return End::Protocol("the first frame did not come: send Subscribe".to_owned()),
    };
    begun(viewer.room()).await;
    viewer.begin(&wish).await;
    let (sink, stream) = socket.split();
    tokio::select! {
        end = listen::listen(stream, &viewer) => end,
        end = speak::speak(sink, &viewer) => end,
        end = stay_allowed(&viewer, pass) => end,
        end = stay_open(&viewer) => end,
    }
}

/// Waits until what was kept of the terminal is read, within reason.
async fn begun(room: &Arc<Room>) {
    let mut begun = room.begun();
    let _ = timeout(READING, begun.wait_for(|begun| *begun)).await;
}

/// Ends with the right to watch. Whoever may do less than before goes on with that.
async fn stay_allowed(viewer: &Viewer, mut pass: Pass) -> End {
    let accounts = viewer.app().accounts();
    let watching = Need::Role(Role::Viewer);
    loop {
        pass.ended().await;
        let problem = match accounts.hold_again(&pass.identity, watching).await {
            Ok(again) => {
                pass = again;
                viewer.is_now(Arc::clone(&pass.identity));
                continue;
            }
            Err(problem) => problem,
        };
        match problem.kind() {
            Kind::Unauthenticated => return End::Token(problem.detail().to_owned()),
            Kind::Forbidden => return End::Forbidden(problem.detail().to_owned()),
            // Nobody can say; the token may be good, and what is not known is not allowed.
            _ => {
                return End::Token(
                    "the token has changed, and what it allows now cannot be looked up".to_owned(),
                );
            }
        }
    }
}

/// Ends with the session.
async fn stay_open(viewer: &Viewer) -> End {
    let mut now = viewer.room().now();
    let mut grant = viewer.room().grant();
    loop {
        let shut = now.borrow_and_update().shut();
        if let Some(why) = shut {
            return End::Session(why);
        }
        tokio::select! {
            changed = now.changed() => if changed.is_err() {
                return End::Stopping;
            },
            changed = grant.changed() => if changed.is_err() {
                return End::Stopping;
            },
        }
        viewer.look_at_right();
    }
}
