//! A WebSocket to a terminal that comes back when it is lost.

use std::time::Duration;

use baton_domain::{RunId, TerminalName};
use baton_wire::Frame;
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    task::JoinSet,
    time::{Instant, Interval, interval_at, sleep},
};
use tokio_tungstenite::tungstenite::{self, Message, protocol::frame::coding::CloseCode};
use uuid::Uuid;

use crate::{
    attach::{FarEnd, Heard, Line, Next, Wish},
    client::{Client, ClientError, TerminalSocket},
};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(15);
/// A connection over which nothing came for so long is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(15);
/// And is given up when it stays silent.
const SILENT_FOR: Duration = Duration::from_secs(40);
/// Codes by which the server says that trying again makes no sense.
const FINAL: std::ops::Range<u16> = 4_400..4_500;

/// How a connection ended.
enum End {
    /// It is worth trying again.
    Lost(String),
    /// It is not.
    Over(String),
    /// Nobody wants it any more.
    Unwanted,
}

/// Makes a line of a connection to a terminal of a run, and of those that replace it.
pub(super) fn open(
    tasks: &mut JoinSet<()>,
    client: Client,
    place: (RunId, TerminalName),
    first: TerminalSocket,
) -> Line {
    let (line, far) = Line::new();
    tasks.spawn(keep(client, place, first, far));
    line
}

async fn keep(
    client: Client,
    (run, terminal): (RunId, TerminalName),
    first: TerminalSocket,
    mut far: FarEnd,
) {
    let mut failures = 0;
    let mut socket: Result<_, ClientError> = Ok(first);
    loop {
        let end = match socket {
            Ok(socket) => {
                failures = 0;
                talk(socket, &mut far).await
            }
            Err(error) if error.may_pass() => End::Lost("no answer".to_owned()),
            Err(error) => End::Over(error.to_string()),
        };
        let told = match end {
            End::Lost(why) => far.say(Heard::Lost(why)).await,
            End::Over(why) => {
                let _ = far.say(Heard::Over(why)).await;
                return;
            }
            End::Unwanted => return,
        };
        if told.is_none() {
            return;
        }
        sleep(pause(failures, &Uuid::now_v7())).await;
        failures += 1;
        socket = client.terminal(run, terminal).await;
    }
}

/// Half a second, doubled each time up to 15; between half of it and all of it.
fn pause(failures: u32, chance: &Uuid) -> Duration {
    let most = FIRST_PAUSE
        .saturating_mul(1 << failures.min(10))
        .min(LAST_PAUSE);
    let share = f64::from(chance.as_bytes()[15]) / 255.0;
    most.mul_f64(0.5 + share / 2.0)
}

async fn talk(mut socket: TerminalSocket, far: &mut FarEnd) -> End {
    // Nothing may be said before it.
    let Some(subscribe) = far.opened().await else {
        return End::Unwanted;
    };
    if let Err(error) = send(&mut socket, Frame::Subscribe(subscribe)).await {
        return End::Lost(error.to_string());
    }
    let mut ask = interval_at(Instant::now() + ASK_EVERY, ASK_EVERY);
    let mut last = Instant::now();
    loop {
        let frame = match far.next(come(&mut socket, &mut ask)).await {
            Next::Came(Came::Message(message)) => {
                last = Instant::now();
                match read(message).map(|frame| frame.map(|frame| far.hand_on(frame))) {
                    Ok(Some(None)) => return End::Unwanted,
                    Ok(_) => continue,
                    Err(end) => return end,
                }
            }
            Next::Came(Came::TimeToAsk) if last.elapsed() > SILENT_FOR => {
                return End::Lost("it is silent".to_owned());
            }
            Next::Came(Came::TimeToAsk) => Frame::Ping(Bytes::new()),
            Next::Wished(Wish::Send(frame)) => *frame,
            Next::Wished(Wish::Again) => return End::Lost("some output went missing".to_owned()),
            Next::Left => return End::Unwanted,
        };
        if let Err(error) = send(&mut socket, frame).await {
            return End::Lost(error.to_string());
        }
    }
}

/// What comes of itself.
enum Came {
    Message(Received),
    TimeToAsk,
}

async fn come(socket: &mut TerminalSocket, ask: &mut Interval) -> Came {
    tokio::select! {
        // What has come counts before its silence does.
        biased;
        message = socket.next() => Came::Message(message),
        _ = ask.tick() => Came::TimeToAsk,
    }
}

async fn send(socket: &mut TerminalSocket, frame: Frame) -> Result<(), tungstenite::Error> {
    socket.send(Message::Binary(frame.encode())).await
}

type Received = Option<Result<Message, tungstenite::Error>>;

fn read(message: Received) -> Result<Option<Frame>, End> {
    match message {
        Some(Ok(Message::Binary(bytes))) => match Frame::decode(bytes) {
            Ok(frame) => Ok(Some(frame)),
            Err(error) => Err(End::Lost(error.to_string())),
        },
        Some(Ok(Message::Close(Some(close)))) => {
            let reason = close.reason.to_string();
            match u16::from(close.code) {
                code if FINAL.contains(&code) => Err(End::Over(reason)),
                _ if close.code == CloseCode::Normal => {
                    Err(End::Lost("the server ended it".to_owned()))
                }
                _ => Err(End::Lost(reason)),
            }
        }
        Some(Ok(Message::Close(None))) | None => Err(End::Lost("it was closed".to_owned())),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(End::Lost(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_later_and_later_spread_by_chance() {
        let (none, all) = (Uuid::from_u128(0), Uuid::from_u128(u128::MAX));
        let pauses = [0, 1, 2, 9, 40].map(|failures| pause(failures, &all).as_millis());
        assert_eq!(pauses, [500, 1_000, 2_000, 15_000, 15_000]);
        assert_eq!(pause(40, &none).as_millis(), 7_500);
    }
}
