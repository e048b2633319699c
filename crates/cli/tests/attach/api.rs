//! The API, as far as `baton attach` asks it: a write grant, and connections to a terminal.

use std::{net::SocketAddr, time::Duration};

use baton_wire::{Frame, terminal::SUBPROTOCOL};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

pub(crate) const RUN: &str = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a";
pub(crate) const GRANT: &str = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b";
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Api {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// One connection to a terminal, from the server's side.
pub(crate) struct Viewer(WebSocketStream<TcpStream>);

impl Api {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { listener, address }
    }

    /// The next connection, which has to be one to a terminal.
    #[expect(clippy::result_large_err, reason = "the WebSocket's crate wants it so")]
    pub(crate) async fn viewer(&self) -> Viewer {
        let stream = self.accept().await;
        let protocol = |request: &Request, mut response: Response| {
            assert_eq!(
                request.uri().path(),
                format!("/api/task-runs/{RUN}/live-session/terminal")
            );
            let value = SUBPROTOCOL.parse().expect("a header");
            response
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", value);
            Ok::<_, ErrorResponse>(response)
        };
        Viewer(
            accept_hdr_async(stream, protocol)
                .await
                .expect("a WebSocket"),
        )
    }

    /// Answers the next connection, which has to be a request; returns its first line and body.
    pub(crate) async fn answer(&self, status: &str, body: &Value) -> (String, Value) {
        let mut stream = self.accept().await;
        let asked = request(&mut stream).await;
        let text = body.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            text.len()
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        stream.write_all(text.as_bytes()).await.expect("written");
        asked
    }

    async fn accept(&self) -> TcpStream {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        accepted
            .expect("a connection in time")
            .expect("a connection")
            .0
    }
}

async fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut read = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.expect("a request");
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        if body.len() >= length {
            let first = head.lines().next().unwrap_or_default().to_owned();
            return (first, serde_json::from_str(body).unwrap_or_default());
        }
    }
}

pub(crate) fn session() -> Value {
    json!({
        "id": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6070", "taskRunId": RUN, "generation": 1,
        "provider": "web", "status": "ready",
    })
}

pub(crate) fn grant() -> Value {
    json!({
        "session": session(), "grantId": GRANT, "fence": 2, "writeKey": "the-key",
        "grantedUntil": "2099-01-01T00:00:00Z", "effective": true,
    })
}

/// The gate with somebody at it.
pub(crate) fn gate(holder: &str, grant: &str, fence: u64) -> Value {
    json!({"fence": fence, "writer": {
        "grant": grant, "holder": holder, "channel": "web", "terminals": ["agent"],
        "leftMs": 119_000, "reason": "a question",
    }})
}

impl Viewer {
    pub(crate) async fn say(&mut self, frame: Frame) {
        let message = Message::Binary(frame.encode());
        self.0.send(message).await.expect("the viewer listens");
    }

    pub(crate) async fn hello(&mut self, gate: Value) {
        let hello = json!({
            "run": RUN, "attempt": 1, "terminal": "agent", "epoch": 7,
            "size": {"cols": 40, "rows": 6}, "gate": gate, "at": "2026-11-21T08:00:00Z",
        });
        let hello = serde_json::from_value(hello).expect("a hello");
        self.say(Frame::Hello(hello)).await;
    }

    pub(crate) async fn snapshot(&mut self, offset: u64, dump: &'static str) {
        let size = serde_json::from_value(json!({"cols": 40, "rows": 6})).expect("a size");
        let dump = Bytes::from_static(dump.as_bytes());
        let snapshot = baton_wire::terminal::Snapshot { size, dump };
        self.say(Frame::Snapshot { offset, snapshot }).await;
    }

    pub(crate) async fn output(&mut self, offset: u64, text: &'static str) {
        let bytes = Bytes::from_static(text.as_bytes());
        self.say(Frame::Output { offset, bytes }).await;
    }

    pub(crate) async fn writer(&mut self, gate: Value) {
        let gate = serde_json::from_value(gate).expect("a gate");
        self.say(Frame::Writer { offset: 0, gate }).await;
    }

    /// The next frame that is no acknowledgement and no ping.
    pub(crate) async fn heard(&mut self) -> Frame {
        loop {
            let message = timeout(PATIENCE, self.0.next())
                .await
                .expect("a frame in time");
            let Some(Ok(Message::Binary(bytes))) = message else {
                panic!("the viewer left: {message:?}");
            };
            match Frame::decode(bytes).expect("a frame") {
                Frame::Ack { .. } | Frame::Ping(_) => {}
                frame => return frame,
            }
        }
    }
}
