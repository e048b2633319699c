//! The loop: frames, keys, the window's size, signals.

use std::time::{Duration, Instant};

use baton_domain::{Channel, TerminalName};
use baton_wire::Frame;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::{
    draw::{Painter, Status, fits},
    keys::{DetachKey, Keys},
    line::{Heard, Line, Wish},
    tty::Tty,
    typing::{Right, Typing},
    watched::{Link, Watched},
};

/// How often the time that is left is drawn.
const TICK: Duration = Duration::from_secs(1);
/// The most that is read of the keyboard at once, in bytes.
const READ: usize = 16 << 10;

/// Who watches what.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// What is watched, for the line at the bottom.
    pub(crate) title: String,
    /// Under what one types.
    pub(crate) typist: Typist,
    pub(crate) detach: DetachKey,
}

/// Under what somebody types.
#[derive(Debug)]
pub(crate) enum Typist {
    /// Under nothing: to watch only.
    Nobody,
    /// Under a grant of their own.
    Holder(Right),
    /// Under every grant for typing through this channel into this terminal: who types there is
    /// not known here.
    Through(Channel, TerminalName),
}

/// Why the watching is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Whoever watched left, or the window is gone, or a signal came.
    Detached,
    /// The terminal has ended: with this exit code, if it has one.
    Ended(Option<i32>),
    /// It cannot be watched any more.
    Over(String),
}

/// Watches until it is over.
pub(crate) async fn follow(tty: &Tty, line: Line, watcher: Watcher) -> anyhow::Result<Left> {
    let mut resized = signal(SignalKind::window_change())?;
    let mut ends = Ends::listen()?;
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut buffer = vec![0; READ];
    let mut desk = Desk::new(line, watcher);
    loop {
        let left = tokio::select! {
            heard = desk.line.heard.recv() => desk.hear_all(heard).await,
            read = tty.read(&mut buffer) => match read {
                Ok(0) | Err(_) => Some(Left::Detached),
                Ok(count) => desk.press(&buffer[..count]).await,
            },
            _ = resized.recv() => {
                desk.painter.forget();
                None
            }
            () = ends.next() => Some(Left::Detached),
            _ = tick.tick() => None,
        };
        if let Some(left) = left {
            return Ok(left);
        }
        let drawn = desk.draw(tty.size());
        if tty.write(&drawn).await.is_err() {
            return Ok(Left::Detached);
        }
    }
}

struct Desk {
    line: Line,
    title: String,
    detach: Option<DetachKey>,
    keys: Keys,
    typing: Option<Typing>,
    through: Option<(Channel, TerminalName)>,
    watched: Watched,
    painter: Painter,
    /// Whether keys were pressed that nobody gets.
    unheard: bool,
    /// Whether the connection has greeted: what was typed before is said after that, in order.
    greeted: bool,
}

impl Desk {
    fn new(line: Line, watcher: Watcher) -> Self {
        let (typing, through) = match watcher.typist {
            Typist::Nobody => (None, None),
            Typist::Holder(right) => (Some(Typing::new(right)), None),
            Typist::Through(channel, terminal) => (None, Some((channel, terminal))),
        };
        // The pane of a tmate session is everybody's: who left it would take it from the others.
        let detach = through.is_none().then_some(watcher.detach);
        Self {
            line,
            title: watcher.title,
            detach,
            keys: Keys::new(detach),
            typing,
            through,
            watched: Watched::new(Instant::now()),
            painter: Painter::default(),
            unheard: false,
            greeted: false,
        }
    }

    /// Takes in all that has come: it is drawn once.
    async fn hear_all(&mut self, first: Option<Heard>) -> Option<Left> {
        let mut next = first;
        loop {
            let Some(heard) = next else {
                return Some(Left::Over("the connection is gone".to_owned()));
            };
            if let Some(left) = self.hear(heard).await {
                return Some(left);
            }
            match self.line.heard.try_recv() {
                Ok(heard) => next = Some(heard),
                Err(_) => break,
            }
        }
        if let Some(ack) = self.watched.ack() {
            self.send(ack).await;
        }
        None
    }

    async fn hear(&mut self, heard: Heard) -> Option<Left> {
        match heard {
            Heard::Opened => {
                self.greeted = false;
                let mut subscribe = self.watched.subscribe();
                if let Some(typing) = &self.typing {
                    typing.sign(&mut subscribe);
                }
                self.send(Frame::Subscribe(subscribe)).await;
            }
            Heard::Frame(frame) => {
                if self.watched.hear(&frame, Instant::now()).is_err() {
                    // Nobody listens only when all is over.
                    let _ = self.line.wishes.send(Wish::Again).await;
                }
                self.greeted |= matches!(frame, Frame::Hello(_));
                self.take_right();
                let due = self.typing.as_mut().map(|typing| typing.hear(&frame));
                for frame in due.unwrap_or_default() {
                    self.send(frame).await;
                }
                if let Frame::Exit { exit, .. } = frame {
                    return Some(Left::Ended(exit.code));
                }
            }
            Heard::Lost(why) => {
                self.greeted = false;
                self.watched.lost(why);
            }
            Heard::Over(why) => return Some(Left::Over(why)),
        }
        None
    }

    /// Takes the right that is given to whoever types here, or drops the one that is over.
    fn take_right(&mut self) {
        let Some((channel, terminal)) = self.through else {
            return;
        };
        let gate = &self.watched.gate;
        let writer = gate.writer.as_ref().zip(gate.fence).filter(|(writer, _)| {
            writer.channel == channel && writer.terminals.contains(&terminal)
        });
        match (writer, &mut self.typing) {
            (None, typing) => *typing = None,
            (Some((writer, _)), Some(typing)) if typing.grant() == writer.grant => {}
            (Some((writer, fence)), typing) => {
                *typing = Some(Typing::new(Right {
                    grant: writer.grant,
                    fence,
                    // The gate knows by the connection where one types.
                    key: String::new(),
                }));
            }
        }
    }

    /// Takes in keys. Without a grant that is in force none of them leaves.
    async fn press(&mut self, bytes: &[u8]) -> Option<Left> {
        let pressed = self.keys.read(bytes);
        self.unheard = !self.may_type() && (self.unheard || !pressed.keys.is_empty());
        if self.may_type() && !pressed.keys.is_empty() {
            let due = self
                .typing
                .as_mut()
                .map(|typing| typing.typed(&pressed.keys));
            for frame in due.unwrap_or_default() {
                self.send_typed(frame).await;
            }
        }
        pressed.detach.then_some(Left::Detached)
    }

    fn may_type(&self) -> bool {
        let writer = self.watched.gate.writer.as_ref();
        let holder = self.typing.as_ref().map(Typing::grant);
        let left = self.watched.left(Instant::now());
        holder.is_some()
            && writer.map(|writer| writer.grant) == holder
            && left.is_some_and(|left| !left.is_zero())
    }

    /// What is typed while nobody greets waits for the greeting, after which it is said again.
    async fn send_typed(&self, frame: Frame) {
        if self.greeted {
            self.send(frame).await;
        }
    }

    async fn send(&self, frame: Frame) {
        // Nobody listens only when all is over, which is heard.
        let _ = self.line.wishes.send(Wish::Send(Box::new(frame))).await;
    }

    fn draw(&mut self, window: (u16, u16)) -> Vec<u8> {
        let status = self.status(window);
        self.painter.paint(window, &self.watched.screen, &status)
    }

    fn status(&self, window: (u16, u16)) -> Status {
        let typing = self.may_type();
        let mut words = vec![format!(" {}", self.title)];
        let mut loud = false;
        match &self.watched.link {
            Link::Live => {}
            Link::Connecting => words.push("connecting".to_owned()),
            Link::Skipping => words.push("too much at once: skipping ahead".to_owned()),
            Link::Gone(why) => {
                loud = true;
                words.push(format!(
                    "connection lost ({why}), trying again; this is the last known"
                ));
            }
            Link::Ended => words.push("ended".to_owned()),
        }
        if let Some(refusal) = self
            .typing
            .as_ref()
            .and_then(|typing| typing.refusal.as_ref())
        {
            loud = true;
            words.push(format!("not typed: {refusal}"));
        }
        words.push(self.role(typing));
        if self.unheard && !typing {
            words.push("your keys go nowhere".to_owned());
        }
        if self.watched.run.silent == Some(true) {
            words.push("its worker is silent".to_owned());
        }
        if self.watched.run.frozen == Some(true) {
            words.push("the agent is held still".to_owned());
        }
        if let Some(key) = self.detach {
            words.push(format!("{key} leaves"));
        }
        // Last: a small window cuts the line.
        if !fits(window, &self.watched.screen) {
            let size = self.watched.screen.size();
            words.push(format!("{size} is more than fits here"));
        }
        Status {
            text: words.join(" · "),
            loud,
            typing,
        }
    }

    /// Who may type, and for how long.
    fn role(&self, typing: bool) -> String {
        let left = self.watched.left(Instant::now()).unwrap_or_default();
        let left = format!("{}:{:02}", left.as_secs() / 60, left.as_secs() % 60);
        match &self.watched.gate.writer {
            Some(writer) if typing && self.through.is_some() => {
                format!("{} types here, {left} left", writer.holder)
            }
            Some(_) if typing => format!("you type, {left} left"),
            Some(writer) => format!("{} types, {left} left: {}", writer.holder, writer.reason),
            None => match self.watched.gate.ended.filter(|_| self.typing.is_some()) {
                Some(cause) => format!("you only watch: the right to type was {cause}"),
                None => "watching".to_owned(),
            },
        }
    }
}

/// The signals that end it.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    quit: Signal,
}

impl Ends {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}
