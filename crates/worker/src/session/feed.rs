//! What a terminal shows goes to the broker, and what is typed comes back: one task for each
//! terminal, for as long as its agent's host lives. It never waits for the broker: what that does
//! not take is lost to it, and a whole screen stands for it later. The host's journal has
//! everything.

use std::{path::PathBuf, time::Duration};

use baton_bus::{Bus, Connection, NotSent};
use baton_domain::{Attempt, RunId, TerminalName, WorkerId};
use baton_terminal::{Seen, Via, WatchError, WatchFrames, WatchSender, WatchWish, Watching};
use baton_wire::{
    Subject,
    terminal::{Frame, Hello, TerminalMessage},
};
use tokio::{
    sync::{broadcast, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use tokio_util::sync::CancellationToken;

use super::{Live, outbox::Outbox};

/// How soon a host is looked for again that did not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// One terminal of an agent.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) bus: Bus,
    pub(crate) worker: WorkerId,
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) terminal: TerminalName,
    /// Where the agent's host lives.
    pub(crate) host: PathBuf,
    pub(crate) live: Live,
    /// When it is published.
    pub(crate) when: When,
    /// Cancelled once the agent has ended: there is nothing to wait for any more.
    pub(crate) over: CancellationToken,
}

/// When terminals are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// All the time, so that they are recorded.
    Always,
    /// While a session shows them.
    Shown,
}

/// Why the host is watched no longer.
enum Left {
    /// The terminal has ended.
    Ended,
    /// No session shows it any more.
    Hidden,
}

/// The terminal as its host shows it.
struct Wire {
    sender: WatchSender,
    frames: WatchFrames,
    outbox: Outbox,
    /// Somebody fetches a whole screen.
    fetching: JoinSet<Result<(Hello, u64, Frame), WatchError>>,
    connection: watch::Receiver<Connection>,
}

impl Feed {
    /// Publishes until the terminal has ended.
    pub(crate) async fn run(self) {
        let mut typed = self.live.typed();
        loop {
            if self.when == When::Shown {
                let shown = self.over.run_until_cancelled(self.live.shown()).await;
                if shown.is_none() {
                    return;
                }
            }
            match self.watch(&mut typed).await {
                Ok(Left::Ended) | Err(WatchError::NoTerminal) => return,
                Ok(Left::Hidden) => {}
                Err(error) => {
                    tracing::debug!(run = %self.run, %error, "failed to watch a terminal");
                    if self.over.is_cancelled() {
                        return;
                    }
                    self.over.run_until_cancelled(sleep(AGAIN)).await;
                }
            }
        }
    }

    async fn watch(
        &self,
        typed: &mut broadcast::Receiver<(TerminalName, Frame)>,
    ) -> Result<Left, WatchError> {
        // What was shown before somebody listens is the beginning of what the broker keeps.
        let wish = self.wish(Some(Seen::NOTHING));
        let watching = Watching::connect(&self.host, wish).await?;
        let mut outbox = Outbox::new(self.attempt, watching.hello().epoch);
        outbox.greeted(watching.hello(), Instant::now());
        let (sender, frames) = watching.split();
        let mut wire = Wire {
            sender,
            frames,
            outbox,
            fetching: JoinSet::new(),
            connection: self.bus.connection(),
        };
        wire.connection.mark_unchanged();
        let left = self.pass_on(&mut wire, typed).await;
        // What waits still goes out.
        while self.publish(&mut wire) {}
        left
    }

    async fn pass_on(
        &self,
        wire: &mut Wire,
        typed: &mut broadcast::Receiver<(TerminalName, Frame)>,
    ) -> Result<Left, WatchError> {
        loop {
            let screen_due = self.screen_due(wire);
            tokio::select! {
                biased;
                Ok((terminal, frame)) = typed.recv() => {
                    if terminal == self.terminal {
                        wire.sender.send(&frame).await?;
                    }
                }
                () = at(wire.outbox.due()) => {
                    self.publish(wire);
                }
                Some(fetched) = wire.fetching.join_next() => match fetched {
                    Ok(Ok((hello, offset, screen))) => wire.outbox.take_screen(hello, offset, screen),
                    Ok(Err(_)) | Err(_) => wire.outbox.missed(Instant::now()),
                },
                () = at(screen_due) => self.fetch(wire),
                Ok(()) = wire.connection.changed() => wire.outbox.lost(),
                () = self.live.hidden(), if self.when == When::Shown => return Ok(Left::Hidden),
                frame = wire.frames.next(), if wire.outbox.has_room() => match frame? {
                    Some(frame) => {
                        let ends = matches!(frame, Frame::Exit { .. });
                        wire.outbox.take(frame, Instant::now());
                        if ends && self.terminal == TerminalName::Agent {
                            return Ok(Left::Ended);
                        }
                    }
                    None => return Ok(Left::Ended),
                },
            }
        }
    }

    /// When a whole screen is to be fetched: not while that is done, nor while nobody takes it.
    fn screen_due(&self, wire: &Wire) -> Option<Instant> {
        let up = *wire.connection.borrow() == Connection::Up;
        let due = wire.outbox.screen_due();
        due.filter(|_| up && wire.fetching.is_empty())
    }

    /// Has a screen fetched as anybody who joins gets it: what it covers is known to the byte.
    fn fetch(&self, wire: &mut Wire) {
        let (host, wish) = (self.host.clone(), self.wish(None));
        wire.outbox.asked();
        wire.fetching.spawn(async move {
            let mut watching = Watching::connect(&host, wish).await?;
            let hello = watching.hello().clone();
            match watching.next().await? {
                Some(screen @ Frame::Snapshot { offset, .. }) => Ok((hello, offset, screen)),
                _ => Err(WatchError::NoTerminal),
            }
        });
    }

    /// Publishes the next message, or screen; whether there was one.
    fn publish(&self, wire: &mut Wire) -> bool {
        let now = Instant::now();
        let (run, terminal, worker) = (self.run, self.terminal, self.worker.clone());
        let screen = wire.outbox.screen(now);
        if let Some(screen) = &screen {
            let worker = worker.clone();
            let subject = Subject::TerminalKey {
                run,
                terminal,
                worker,
            };
            self.send(wire, &subject, screen);
        }
        let message = wire.outbox.message(now);
        if let Some(message) = &message {
            let subject = Subject::TerminalOutput {
                run,
                terminal,
                worker,
            };
            self.send(wire, &subject, message);
        }
        screen.is_some() || message.is_some()
    }

    fn send(&self, wire: &mut Wire, subject: &Subject, message: &TerminalMessage) {
        match self.bus.publish_terminal(subject, message.encode()) {
            Ok(()) => {}
            Err(NotSent::Full | NotSent::Away) => wire.outbox.lost(),
            Err(error @ NotSent::Refused) => {
                tracing::debug!(run = %self.run, %error, "failed to publish a terminal");
            }
        }
    }

    const fn wish(&self, from: Option<Seen>) -> WatchWish {
        WatchWish {
            terminal: self.terminal,
            from,
            via: Via::Worker,
        }
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        // Even a sleep that is over before it began lasts a millisecond.
        Some(moment) if moment <= Instant::now() => {}
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
