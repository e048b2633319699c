//! A terminal at its host on this machine, over the host's socket.

use std::path::PathBuf;

use baton_domain::TerminalName;
use baton_terminal::{Seen, Via, WatchWish, Watching};
use baton_wire::Frame;
use tokio::task::JoinSet;

use crate::attach::{FarEnd, Heard, Line, Next, Wish};

/// How a connection ended.
enum End {
    /// What came made no sense: once more.
    Again,
    /// There is no sense in trying again.
    Over(String),
    /// Nobody wants it any more.
    Unwanted,
}

/// Opens a line to a terminal.
pub(super) fn open(
    tasks: &mut JoinSet<()>,
    socket: PathBuf,
    terminal: TerminalName,
    via: Via,
) -> Line {
    let (line, mut far) = Line::new();
    tasks.spawn(async move {
        loop {
            let wish = |from| WatchWish {
                terminal,
                from,
                via,
            };
            match talk(&socket, wish, &mut far).await {
                End::Again => {}
                End::Over(why) => {
                    // Whoever has left needs no reason.
                    let _ = far.say(Heard::Over(why)).await;
                    return;
                }
                End::Unwanted => return,
            }
        }
    });
    line
}

async fn talk(
    socket: &std::path::Path,
    wish: impl FnOnce(Option<Seen>) -> WatchWish,
    far: &mut FarEnd,
) -> End {
    let Some(subscribe) = far.opened().await else {
        return End::Unwanted;
    };
    let from = subscribe.epoch.zip(subscribe.offset);
    let from = from.map(|(epoch, offset)| Seen { epoch, offset });
    let watching = match Watching::connect_socket(socket, wish(from)).await {
        Ok(watching) => watching,
        Err(error) => return End::Over(error.to_string()),
    };
    let hello = Frame::Hello(watching.hello().clone());
    if far.say(Heard::Frame(hello)).await.is_none() {
        return End::Unwanted;
    }
    let (mut sender, mut frames) = watching.split();
    loop {
        match far.next(frames.next()).await {
            Next::Came(Ok(Some(frame))) => {
                if far.hand_on(frame).is_none() {
                    return End::Unwanted;
                }
            }
            Next::Came(Ok(None)) => return End::Over("the agent's host is gone".to_owned()),
            Next::Came(Err(error)) => return End::Over(error.to_string()),
            Next::Wished(Wish::Send(frame)) => {
                if let Err(error) = sender.send(&frame).await {
                    return End::Over(error.to_string());
                }
            }
            Next::Wished(Wish::Again) => return End::Again,
            Next::Left => return End::Unwanted,
        }
    }
}
