//! The feed of a terminal: live, begun with its last screen, mended out of the stream.

use std::time::Duration;

use async_nats::Subscriber;
use baton_domain::{RunId, TerminalName, WorkerId};
use baton_wire::{Filter, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    kept::Begin,
    splice::{Fed, Heard, Holes, Splice, Verdict},
};
use crate::{connect::Bus, connection::Connection, error::BusError, retry::Pauses};

/// How much before a screen the output may have been kept that follows it: two streams take their
/// messages one beside the other.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// How far back the output is looked for that is missing before a screen.
const BACK: TimeDelta = TimeDelta::seconds(30);

/// A hole of more bytes is not filled: a screen stands for it.
const MOST_FILLED: u64 = 256 << 10;

/// How often a hole is looked into before it is told: a message that is heard may be kept a moment
/// later.
const LOOKS: u32 = 3;

/// How often what is kept is read again after messages went by unheard, before the feed began or
/// since they were dropped: the last of them may be kept only after it went by, and perhaps nothing
/// is said any more that would show the hole.
const AGAIN: u32 = 4;

/// The first pause before reading again; each is four times longer.
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// What a terminal shows, as one worker says it: its last screen first, then everything after it.
/// Dropping it ends the subscription.
#[derive(Debug)]
pub struct TerminalFeed {
    bus: Bus,
    output: Subject,
    screen: Subject,
    live: Subscriber,
    connection: watch::Receiver<Connection>,
    drops: watch::Receiver<u64>,
    splice: Splice,
    /// Whether what is kept has to be read (again).
    behind: bool,
    /// What was heard behind a hole.
    held: Option<(Heard, Kind)>,
    /// How often the present hole was looked into.
    looks: u32,
    /// How often what is kept was read since messages went by unheard, and when it is read again.
    again: Option<(u32, Instant)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Output,
    Screen,
}

impl Bus {
    /// What a terminal shows, as a worker says it. It begins with the last screen that is kept, if
    /// there is one, and with what was shown since; then it goes on live, without a hole where one
    /// can be filled. It goes on after a lost connection and never ends; while the worker is away
    /// it is silent.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn terminal_feed(
        &self,
        run: RunId,
        terminal: TerminalName,
        worker: &WorkerId,
    ) -> Result<TerminalFeed, BusError> {
        let output = Subject::TerminalOutput {
            run,
            terminal,
            worker: worker.clone(),
        };
        let screen = Subject::TerminalKey {
            run,
            terminal,
            worker: worker.clone(),
        };
        let mut connection = self.connection();
        connection.mark_unchanged();
        let mut drops = self.drops();
        drops.mark_unchanged();
        // Both by one subscription, so that they come in the order in which they were said.
        let both = Filter::Terminal(run, terminal, worker.clone()).to_string();
        let live = self
            .client()
            .subscribe(both)
            .await
            .map_err(BusError::unavailable)?;
        self.flush().await?;
        Ok(TerminalFeed {
            bus: self.clone(),
            output,
            screen,
            live,
            connection,
            drops,
            splice: Splice::default(),
            behind: true,
            held: None,
            looks: 0,
            again: again(0),
        })
    }
}

/// When what is kept is read again; never once that was done often enough.
fn again(times: u32) -> Option<(u32, Instant)> {
    (times < AGAIN).then(|| (times, Instant::now() + AGAIN_AFTER * 4u32.pow(times)))
}

async fn at(due: Option<(u32, Instant)>) {
    match due {
        Some((_, due)) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl TerminalFeed {
    /// The next frame; none when the client was closed. May be cancelled at any time.
    pub async fn next(&mut self) -> Option<Fed> {
        loop {
            if let Some(fed) = self.splice.pop() {
                return Some(fed);
            }
            if self.behind {
                self.catch_up().await;
                continue;
            }
            tokio::select! {
                biased;
                changed = self.connection.changed() => {
                    changed.ok()?;
                    // What was said while the broker could not be heard is looked for.
                    if *self.connection.borrow() == Connection::Up {
                        self.behind = true;
                        self.again = again(0);
                    }
                }
                changed = self.drops.changed() => {
                    changed.ok()?;
                    self.behind = true;
                    self.again = again(0);
                }
                () = at(self.again) => {
                    self.behind = true;
                    self.again = self.again.and_then(|(times, _)| again(times + 1));
                }
                message = self.live.next() => self.hear(message?),
            }
        }
    }

    /// Waits until what is kept has been read; [`ready`](Self::ready) has it then. May be cancelled
    /// at any time.
    pub async fn catch_up(&mut self) {
        if self.behind {
            self.read_somehow().await;
            self.behind = false;
            self.retry_held();
        }
    }

    /// The next frame, if it is there already.
    pub fn ready(&mut self) -> Option<Fed> {
        self.splice.pop()
    }

    fn hear(&mut self, message: async_nats::Message) {
        let kind = match message.subject.parse() {
            Ok(Subject::TerminalOutput { .. }) => Kind::Output,
            Ok(Subject::TerminalKey { .. }) => Kind::Screen,
            _ => return,
        };
        if let Some(heard) = Heard::read(message.payload, None) {
            self.looks = 0;
            self.take_live(heard, kind, Holes::Wait);
        }
    }

    fn take_live(&mut self, heard: Heard, kind: Kind, holes: Holes) {
        let verdict = match kind {
            Kind::Output => self.splice.output(heard.clone(), holes),
            Kind::Screen => self.splice.screen(&heard, holes),
        };
        if verdict == Verdict::Missing {
            self.held = Some((heard, kind));
            self.behind = true;
        }
    }

    /// What was held behind a hole, now that the hole was looked into.
    fn retry_held(&mut self) {
        let Some((heard, kind)) = self.held.take() else {
            return;
        };
        self.looks += 1;
        let holes = if self.looks < LOOKS {
            Holes::Wait
        } else {
            Holes::Tell
        };
        self.take_live(heard, kind, holes);
    }

    async fn read_somehow(&mut self) {
        let mut pauses = Pauses::new();
        if self.looks > 0 {
            pauses.pause().await;
        }
        loop {
            self.bus.up().await;
            match self.read().await {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, "reading what is kept of a terminal again"),
            }
            pauses.pause().await;
        }
    }

    /// Reads the last screen and the output around it.
    async fn read(&mut self) -> Result<(), BusError> {
        let screen = self.bus.last_screen(&self.screen).await?;
        let screen = screen.and_then(|stored| Heard::read(stored.payload, Some(stored.at)));
        self.splice.overlap();
        let mut from = match &screen {
            None => Some(Begin::Sequence(1)),
            Some(screen) => Some(Begin::Time(self.begin_at(screen))),
        };
        let filter = self.output.to_string();
        while let Some(at) = from {
            let page = self.bus.term_page(&filter, at).await?;
            from = page.next();
            for stored in page.messages {
                if let Some(heard) = Heard::read(stored.payload, Some(stored.at)) {
                    self.splice.output(heard, Holes::Tell);
                }
            }
        }
        // Behind the last of what is kept, if that ended before the screen.
        if let Some(screen) = &screen {
            self.splice.screen(screen, Holes::Tell);
        }
        Ok(())
    }

    /// Begins with the screen, or fills a hole before it; returns from when on the output is read.
    fn begin_at(&mut self, screen: &Heard) -> DateTime<Utc> {
        let at = screen.kept_at.unwrap_or_default();
        let offset = screen.screen_offset().unwrap_or_default();
        let missing = match self.splice.place() {
            Some((epoch, next)) if epoch == screen.message.epoch => offset.saturating_sub(next),
            _ => u64::MAX,
        };
        if (1..=MOST_FILLED).contains(&missing) {
            return at - BACK;
        }
        self.splice.screen(screen, Holes::Tell);
        at - SLACK
    }
}
