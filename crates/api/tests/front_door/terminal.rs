//! A run whose terminal a scripted worker shows, and viewers that keep a screen of their own.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use baton_bus::Bus;
use baton_domain::{Attempt, Generation, Provider, RunId, TerminalName, TerminalSize, WorkerId};
use baton_screen::{Console, Screen};
use baton_wire::{
    Event, Frame, Subject, TerminalMessage,
    event::{SessionLinks, SessionReady, SessionStarting},
    http::TaskRun,
    terminal::{MAX_OUTPUT, SUBPROTOCOL, Snapshot, Subscribe},
};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use reqwest::header;
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest as _, http},
};

use crate::{
    worker::Holder,
    world::{World, bus, command},
};

/// A run with a session that can be joined, and the worker that shows its terminal.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) run: TaskRun,
    pub(crate) holder: Holder,
    pub(crate) speaker: Speaker,
}

/// The terminal's host and the worker's way to the broker.
pub(crate) struct Speaker {
    pub(crate) bus: Bus,
    pub(crate) run: RunId,
    pub(crate) worker: WorkerId,
    pub(crate) attempt: Attempt,
    pub(crate) epoch: u64,
    pub(crate) offset: u64,
    console: Console,
    said: Mutex<Said>,
}

/// What was said last.
#[derive(Default)]
struct Said {
    word: Option<Frame>,
    /// Where the last screen stands.
    screen: Option<u64>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::in_world(World::start().await).await
    }

    pub(crate) async fn in_world(world: World) -> Self {
        let mut body = command();
        body["liveSession"] = json!({"enabled": true});
        let answer = world.post("/api/task-runs", &body).send().await.unwrap();
        let run: TaskRun = answer.json().await.unwrap();
        let mut holder = Holder::take(&world.bus, &run).await;
        let position = holder.say(ready(Generation::FIRST)).await;
        world.recorded(position).await;
        let speaker = Speaker::new(bus(&world.broker).await, &run, "w-1", Attempt::FIRST, 7);
        Self {
            world,
            run,
            holder,
            speaker,
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("/api/task-runs/{}/live-session/terminal", self.run.id)
    }

    /// A viewer with the admin's token, that has seen nothing yet.
    pub(crate) async fn viewer(&self) -> Viewer {
        self.viewer_at(self.world.address, &Subscribe::default())
            .await
    }

    pub(crate) async fn viewer_at(
        &self,
        address: std::net::SocketAddr,
        wish: &Subscribe,
    ) -> Viewer {
        let request = request(address, &self.path());
        let request = with(request, header::AUTHORIZATION.as_str(), &self.world.admin());
        let mut viewer = Viewer::open(request).await.unwrap();
        viewer.send(Frame::Subscribe(wish.clone())).await;
        viewer
    }
}

/// What a worker says once a session can be joined.
pub(crate) fn ready(generation: Generation) -> [Event; 2] {
    [
        Event::SessionStarting(SessionStarting {
            generation,
            provider: Provider::Web,
            ttl_seconds: None,
        }),
        Event::SessionReady(SessionReady {
            generation,
            provider: Provider::Web,
            hostname: "host".to_owned(),
            size: TerminalSize::DEFAULT,
            links: SessionLinks::default(),
        }),
    ]
}

impl Speaker {
    pub(crate) fn new(bus: Bus, run: &TaskRun, who: &str, attempt: Attempt, epoch: u64) -> Self {
        Self {
            bus,
            run: run.id,
            worker: who.parse().unwrap(),
            attempt,
            epoch,
            offset: 0,
            console: Console::new(TerminalSize::DEFAULT),
            said: Mutex::default(),
        }
    }

    /// The program writes.
    pub(crate) async fn show(&mut self, text: &str) {
        let bytes = self.console.feed(text.as_bytes()).output;
        for chunk in bytes.chunks(MAX_OUTPUT) {
            let offset = self.offset;
            self.offset += chunk.len() as u64;
            let bytes = Bytes::copy_from_slice(chunk);
            self.say(Frame::Output { offset, bytes }).await;
        }
    }

    /// The terminal gets another size.
    pub(crate) async fn resize(&mut self, size: TerminalSize) {
        self.console.resize(size);
        let offset = self.offset;
        self.say(Frame::Size { offset, size }).await;
    }

    /// Says a frame.
    pub(crate) async fn say(&self, frame: Frame) {
        let (run, terminal, worker) = (self.run, TerminalName::Agent, self.worker.clone());
        let subject = Subject::TerminalOutput {
            run,
            terminal,
            worker,
        };
        self.publish(&subject, frame).await;
    }

    /// Says the whole screen.
    pub(crate) async fn key(&self) {
        let (run, terminal, worker) = (self.run, TerminalName::Agent, self.worker.clone());
        let subject = Subject::TerminalKey {
            run,
            terminal,
            worker,
        };
        let snapshot = self.console.snapshot();
        let snapshot = Snapshot {
            size: snapshot.size,
            dump: snapshot.dump,
        };
        let offset = self.offset;
        self.publish(&subject, Frame::Snapshot { offset, snapshot })
            .await;
    }

    async fn publish(&self, subject: &Subject, frame: Frame) {
        match &frame {
            Frame::Snapshot { offset, .. } => self.said().screen = Some(*offset),
            word => self.said().word = Some(word.clone()),
        }
        let message = TerminalMessage {
            attempt: self.attempt,
            epoch: self.epoch,
            frames: vec![frame],
        };
        let bytes = message.encode();
        while self.bus.publish_terminal(subject, bytes.clone()).is_err() {
            tokio::task::yield_now().await;
        }
    }

    /// All that can be seen of the terminal, as what draws it anew.
    pub(crate) fn drawn(&self) -> Bytes {
        self.console.snapshot().dump
    }

    /// What the terminal shows, as text.
    pub(crate) fn text(&self) -> String {
        self.console.screen().text()
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap()
    }

    /// The broker has read everything that was said.
    pub(crate) async fn settle(&self) {
        self.bus.last_position().await.unwrap();
    }

    /// The broker keeps everything that was said: its streams take what it has read a moment later.
    pub(crate) async fn is_kept(&self) {
        self.settle().await;
        let (word, screen) = {
            let said = self.said();
            (said.word.clone(), said.screen)
        };
        let kept = async {
            while !self.keeps_word(word.as_ref()).await || !self.keeps_screen(screen).await {}
        };
        let kept = tokio::time::timeout(Duration::from_secs(60), kept).await;
        kept.expect("it is kept within a minute");
    }

    async fn keeps_word(&self, word: Option<&Frame>) -> bool {
        let Some(word) = word else { return true };
        let kept = self.bus.recording(self.run, TerminalName::Agent);
        let kept: Vec<_> = kept.map(Result::unwrap).collect().await;
        let own = kept.iter().filter(|kept| kept.worker == self.worker);
        own.flat_map(|kept| &kept.frames).any(|kept| kept == word)
    }

    async fn keeps_screen(&self, screen: Option<u64>) -> bool {
        let Some(screen) = screen else { return true };
        let feed = self
            .bus
            .terminal_feed(self.run, TerminalName::Agent, &self.worker);
        let first = feed.await.unwrap().next().await.unwrap().frame;
        matches!(first, Frame::Snapshot { offset, .. } if offset == screen)
    }
}

/// A request for the WebSocket, that shows nobody's token.
pub(crate) fn request(address: std::net::SocketAddr, path: &str) -> http::Request<()> {
    let request = format!("ws://{address}{path}")
        .into_client_request()
        .unwrap();
    with(request, "Sec-WebSocket-Protocol", SUBPROTOCOL)
}

pub(crate) fn with(mut request: http::Request<()>, name: &str, value: &str) -> http::Request<()> {
    let name: http::HeaderName = name.parse().unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

/// Somebody who watches.
pub(crate) struct Viewer {
    socket: WebSocketStream<TcpStream>,
    pub(crate) screen: Screen,
    pub(crate) epoch: u64,
    pub(crate) offset: u64,
    /// Frames other than output, as they came.
    pub(crate) heard: Vec<Frame>,
    pub(crate) snapshots: usize,
    acks: bool,
    draws: bool,
}

impl Viewer {
    /// Opens a connection; the answer's status and body if it is refused.
    pub(crate) async fn open(request: http::Request<()>) -> Result<Self, (u16, String)> {
        let authority = request.uri().authority().unwrap().as_str().to_owned();
        // A socket that holds little: whoever does not read is noticed soon.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(32 << 10).unwrap();
        let stream = socket.connect(authority.parse().unwrap()).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], SUBPROTOCOL);
                Ok(Self {
                    socket,
                    screen: Screen::new(TerminalSize::DEFAULT),
                    epoch: 0,
                    offset: 0,
                    heard: Vec::new(),
                    snapshots: 0,
                    acks: true,
                    draws: true,
                })
            }
            Err(tungstenite::Error::Http(answer)) => {
                let status = answer.status().as_u16();
                let body = answer.into_body().unwrap_or_default();
                Err((status, String::from_utf8_lossy(&body).into_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.send_raw(Message::Binary(frame.encode())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// The next frame, taken into account; the closing word when the connection ends.
    pub(crate) async fn next(&mut self) -> Result<Frame, (u16, String)> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), self.socket.next());
            let message = match next.await.expect("something within a minute") {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err((0, error.to_string())),
                None => return Err((0, String::new())),
            };
            match message {
                Message::Binary(bytes) => {
                    let frame = Frame::decode(bytes).unwrap();
                    self.take(&frame).await;
                    return Ok(frame);
                }
                Message::Close(Some(word)) => {
                    return Err((word.code.into(), word.reason.to_string()));
                }
                Message::Close(None) => return Err((1005, String::new())),
                _ => {}
            }
        }
    }

    async fn take(&mut self, frame: &Frame) {
        match frame {
            Frame::Output { offset, bytes } => {
                assert_eq!(*offset, self.offset, "a hole that was not told");
                self.offset += bytes.len() as u64;
                if self.draws {
                    self.screen.feed(bytes);
                }
                if self.acks {
                    let offset = self.offset;
                    self.send(Frame::Ack { offset }).await;
                }
            }
            Frame::Snapshot { offset, snapshot } => {
                self.offset = *offset;
                self.screen = Screen::new(snapshot.size);
                self.screen.feed(&snapshot.dump);
                self.snapshots += 1;
            }
            Frame::Hello(hello) => {
                if hello.epoch != self.epoch {
                    self.epoch = hello.epoch;
                    self.screen = Screen::new(hello.size);
                }
                self.heard.push(frame.clone());
            }
            other => self.heard.push(other.clone()),
        }
    }

    /// Reads until what was shown reaches an offset of an epoch.
    pub(crate) async fn reach(&mut self, epoch: u64, offset: u64) {
        while (self.epoch, self.offset) != (epoch, offset) {
            self.next().await.unwrap();
        }
    }

    /// Reads until a frame is such.
    pub(crate) async fn until(&mut self, is: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.next().await.unwrap();
            if is(&frame) {
                return frame;
            }
        }
    }

    /// Reads until the connection ends; how it did.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        loop {
            if let Err(end) = self.next().await {
                return end;
            }
        }
    }

    /// From now on it draws whole screens only.
    pub(crate) fn blindly(mut self) -> Self {
        self.draws = false;
        self
    }

    /// From now on it does not say what it has drawn.
    pub(crate) fn silently(mut self) -> Self {
        self.acks = false;
        self
    }
}
