//! A viewer of a run's terminal, as any program could be one: a WebSocket and its frames.

use std::time::Duration;

use baton_domain::{Fence, GrantId, TerminalSize};
use baton_screen::Screen;
use baton_wire::{
    Frame,
    terminal::{Hello, Input, SUBPROTOCOL, Subscribe, TypedSeq},
};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::Client;

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A grant, as its answer told it.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) grant: GrantId,
    pub(crate) fence: Fence,
    pub(crate) key: String,
}

impl Granted {
    pub(crate) fn read(answer: &Value) -> Self {
        Self {
            grant: answer["grantId"]
                .as_str()
                .expect("a grant")
                .parse()
                .expect("an id"),
            fence: Fence::new(answer["fence"].as_u64().expect("a fence")).expect("a fence"),
            key: answer["writeKey"].as_str().expect("a key").to_owned(),
        }
    }
}

/// A connection to a terminal.
pub(crate) struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) hello: Hello,
    /// What it shows. Programs draw as they like: what is read on a screen stands nowhere in a row
    /// among the bytes that drew it.
    screen: Screen,
    granted: Option<Granted>,
    seq: u64,
}

impl Viewer {
    /// Joins, and waits for the first frame. With a grant it may type.
    pub(crate) async fn join(
        client: &Client,
        run: &str,
        terminal: &str,
        granted: Option<Granted>,
    ) -> Self {
        let url = client.url(&format!(
            "/api/task-runs/{run}/live-session/terminal?terminal={terminal}"
        ));
        let url = url.replacen("http://", "ws://", 1);
        let mut request = url.into_client_request().expect("a request");
        let bearer = format!("Bearer {}", client.token().expect("a token"));
        let headers = request.headers_mut();
        headers.insert("authorization", bearer.parse().expect("a header"));
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        let (mut socket, _) = connect_async(request)
            .await
            .unwrap_or_else(|error| panic!("no terminal: {}", told(&error)));
        let subscribe = Subscribe {
            grant: granted.as_ref().map(|granted| granted.grant),
            write_key: granted.as_ref().map(|granted| granted.key.clone()),
            ..Subscribe::default()
        };
        send(&mut socket, &Frame::Subscribe(subscribe)).await;
        let Frame::Hello(hello) = next(&mut socket).await else {
            panic!("the first frame is no hello");
        };
        Self {
            socket,
            screen: Screen::new(hello.size),
            hello,
            granted,
            seq: 0,
        }
    }

    /// The next frame; what it shows is kept and acknowledged.
    pub(crate) async fn next(&mut self) -> Frame {
        let frame = next(&mut self.socket).await;
        let offset = match &frame {
            Frame::Output { offset, bytes } => {
                self.screen.feed(bytes);
                offset + bytes.len() as u64
            }
            Frame::Snapshot { offset, snapshot } => {
                self.screen = Screen::new(snapshot.size);
                self.screen.feed(&snapshot.dump);
                *offset
            }
            Frame::Size { size, .. } => {
                self.screen.resize(*size);
                return frame;
            }
            // Another life of the terminal begins, or the first does.
            Frame::Hello(hello) => {
                self.hello = hello.clone();
                return frame;
            }
            _ => return frame,
        };
        send(&mut self.socket, &Frame::Ack { offset }).await;
        frame
    }

    /// Waits until this text is shown.
    pub(crate) async fn sees(&mut self, text: &str) {
        let seen = timeout(PATIENCE, async {
            while !self.screen.text().contains(text) {
                self.next().await;
            }
        });
        if seen.await.is_err() {
            panic!("no '{text}' in:\n{}", self.screen.text());
        }
    }

    /// Wishes another size, and waits until the terminal is shown with it.
    pub(crate) async fn resizes(&mut self, size: TerminalSize) {
        let granted = self.granted.clone().expect("a grant");
        let resize = Frame::Resize {
            grant: granted.grant,
            fence: granted.fence,
            size,
        };
        send(&mut self.socket, &resize).await;
        loop {
            match self.next().await {
                Frame::Snapshot { snapshot, .. } if snapshot.size == size => return,
                Frame::Refused(refused) => panic!("no other size: {}", refused.reason),
                _ => {}
            }
        }
    }

    /// Sends input; says which one it is.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> TypedSeq {
        let granted = self.granted.clone().expect("a grant");
        self.seq += 1;
        let seq = TypedSeq(self.seq);
        let input = Input {
            grant: granted.grant,
            fence: granted.fence,
            seq,
            bytes: Bytes::copy_from_slice(bytes),
        };
        send(&mut self.socket, &Frame::Input(input)).await;
        seq
    }

    /// Types, and waits for what the gate says: whether it was taken.
    pub(crate) async fn types(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = self.send(bytes).await;
        loop {
            match self.next().await {
                Frame::Accepted { seq, .. } if seq == sent => return Ok(()),
                Frame::Refused(refused) if refused.seq.is_none_or(|seq| seq == sent) => {
                    return Err(refused.reason);
                }
                _ => {}
            }
        }
    }
}

async fn send(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>, frame: &Frame) {
    let message = Message::Binary(frame.encode());
    socket.send(message).await.expect("the terminal listens");
}

async fn next(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Frame {
    loop {
        let message = timeout(PATIENCE, socket.next()).await;
        let message = message.expect("the terminal says something");
        match message.expect("the terminal is there") {
            Ok(Message::Binary(bytes)) => return Frame::decode(bytes).expect("a frame"),
            Ok(Message::Close(why)) => panic!("the terminal has closed: {why:?}"),
            Ok(_) => {}
            Err(error) => panic!("the terminal is lost: {}", told(&error)),
        }
    }
}

fn told(error: &Error) -> String {
    match error {
        Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            format!("{}: {}", answer.status(), String::from_utf8_lossy(body))
        }
        error => error.to_string(),
    }
}
