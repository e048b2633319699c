//! A terminal at its host on this machine, over the host's socket.

use std::path::PathBuf;

use baton_domain::TerminalName;
use baton_terminal::{Seen, Via, WatchWish, Watching};
use baton_wire::{Frame, terminal::Subscribe};
use tokio::{sync::mpsc, task::JoinSet};

use crate::attach::{Heard, Line, Wish};

/// Frames that wait to be drawn, or to be sent.
const QUEUE: usize = 64;

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
    let (heard_in, heard) = mpsc::channel(QUEUE);
    let (wishes, mut wishes_out) = mpsc::channel(QUEUE);
    tasks.spawn(async move {
        loop {
            let wish = |from| WatchWish {
                terminal,
                from,
                via,
            };
            match talk(&socket, wish, &heard_in, &mut wishes_out).await {
                End::Again => {}
                End::Over(why) => {
                    // Whoever has left needs no reason.
                    let _ = heard_in.send(Heard::Over(why)).await;
                    return;
                }
                End::Unwanted => return,
            }
        }
    });
    Line { heard, wishes }
}

async fn talk(
    socket: &std::path::Path,
    wish: impl FnOnce(Option<Seen>) -> WatchWish,
    heard: &mpsc::Sender<Heard>,
    wishes: &mut mpsc::Receiver<Wish>,
) -> End {
    if heard.send(Heard::Opened).await.is_err() {
        return End::Unwanted;
    }
    let Some(subscribe) = subscription(wishes).await else {
        return End::Unwanted;
    };
    let from = subscribe.epoch.zip(subscribe.offset);
    let from = from.map(|(epoch, offset)| Seen { epoch, offset });
    let watching = match Watching::connect_socket(socket, wish(from)).await {
        Ok(watching) => watching,
        Err(error) => return End::Over(error.to_string()),
    };
    let hello = Frame::Hello(watching.hello().clone());
    if heard.send(Heard::Frame(hello)).await.is_err() {
        return End::Unwanted;
    }
    let (mut sender, mut frames) = watching.split();
    loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Ok(Some(frame)) => {
                    if heard.send(Heard::Frame(frame)).await.is_err() {
                        return End::Unwanted;
                    }
                }
                Ok(None) => return End::Over("the agent's host is gone".to_owned()),
                Err(error) => return End::Over(error.to_string()),
            },
            wish = wishes.recv() => match wish {
                Some(Wish::Send(frame)) => {
                    if let Err(error) = sender.send(&frame).await {
                        return End::Over(error.to_string());
                    }
                }
                Some(Wish::Again) => return End::Again,
                None => return End::Unwanted,
            },
        }
    }
}

/// From where whoever watches wants to go on.
async fn subscription(wishes: &mut mpsc::Receiver<Wish>) -> Option<Subscribe> {
    loop {
        // What was for the connection before is of no use in this one.
        if let Wish::Send(frame) = wishes.recv().await?
            && let Frame::Subscribe(subscribe) = *frame
        {
            return Some(subscribe);
        }
    }
}
