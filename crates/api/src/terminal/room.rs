//! A terminal and those who watch it, under one lock: what is taken in, and what each of them gets
//! next. Pure but for the lock and the waking.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use baton_bus::Fed;
use baton_domain::{GrantId, TerminalName};
use baton_wire::{
    Frame, GrantMessage,
    terminal::{Hello, Limits, RunShown, Subscribe},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use super::{
    batch::Batch,
    queue::{Due, Item, Queue, Skip},
    run::RunNow,
    shown::{Shown, Told},
};

/// A terminal that is watched here.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) run: baton_domain::RunId,
    pub(super) terminal: TerminalName,
    inner: Mutex<Inner>,
    /// Whether everything that was kept of it is read.
    begun: watch::Sender<bool>,
    /// What is known of its run.
    now: watch::Sender<RunNow>,
    /// The last step of its run's write grants.
    grant: watch::Sender<Option<GrantMessage>>,
    /// Told when the last viewer leaves or one comes.
    pub(super) crowd: Notify,
}

#[derive(Debug)]
struct Inner {
    shown: Shown,
    batch: Batch,
    next_viewer: u64,
    viewers: HashMap<u64, Viewer>,
}

#[derive(Debug)]
struct Viewer {
    queue: Queue,
    wake: Arc<Notify>,
    /// The grant under which it types.
    grant: Option<GrantId>,
    limits: Limits,
}

/// A viewer's place. Dropping it leaves.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    number: u64,
    wake: Arc<Notify>,
}

impl Room {
    pub(super) fn new(run: baton_domain::RunId, terminal: TerminalName, now: RunNow) -> Self {
        let mut shown = Shown::new(now.attempt(), Instant::now());
        shown.tell(&known(&now));
        Self {
            run,
            terminal,
            inner: Mutex::new(Inner {
                shown,
                batch: Batch::default(),
                next_viewer: 0,
                viewers: HashMap::new(),
            }),
            begun: watch::Sender::new(false),
            now: watch::Sender::new(now),
            grant: watch::Sender::new(None),
            crowd: Notify::new(),
        }
    }

    /// Takes what the terminal shows.
    pub(super) fn take(&self, fed: Fed) {
        let now = Instant::now();
        let mut inner = self.lock();
        let told = inner.shown.take(fed, now);
        for told in told {
            inner.tell(told, now);
        }
    }

    /// Sends the output that is due.
    pub(super) fn flush(&self) {
        let now = Instant::now();
        let mut inner = self.lock();
        if inner.batch.due().is_some_and(|due| due <= now) {
            inner.flush(now);
        }
    }

    /// When output is due that is held back.
    pub(super) fn due(&self) -> Option<Instant> {
        self.lock().batch.due()
    }

    /// Everything that was kept is read.
    pub(super) fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether everything that was kept is read, and when that is so.
    pub(super) fn begun(&self) -> watch::Receiver<bool> {
        self.begun.subscribe()
    }

    /// What is known of the run, and when that changes.
    pub(super) fn now(&self) -> watch::Receiver<RunNow> {
        self.now.subscribe()
    }

    /// The last step of the run's write grants, and when there is another.
    pub(super) fn grant(&self) -> watch::Receiver<Option<GrantMessage>> {
        self.grant.subscribe()
    }

    /// There was another step, or the same one was read again.
    pub(super) fn set_grant(&self, last: Option<GrantMessage>) {
        self.grant.send_if_modified(|known| {
            let fence = |grant: &Option<GrantMessage>| grant.as_ref().map(|grant| grant.fence);
            let is_news = fence(&last) > fence(known);
            if is_news {
                *known = last;
            }
            is_news
        });
    }

    /// Something is known of the run that was not.
    pub(super) fn set_now(&self, now: RunNow) {
        let at = Instant::now();
        {
            let mut inner = self.lock();
            let told = inner.shown.tell(&known(&now));
            let end = now.is_over().then(|| inner.shown.end()).flatten();
            for told in told.into_iter().chain(end) {
                inner.tell(told, at);
            }
        }
        self.now.send_if_modified(|before| {
            let is_news = *before != now;
            *before = now;
            is_news
        });
    }

    /// The worker is silent, or speaks again.
    pub(super) fn set_silent(&self, silent: bool) {
        let news = RunShown {
            silent: Some(silent),
            ..RunShown::default()
        };
        let mut inner = self.lock();
        if let Some(told) = inner.shown.tell(&news) {
            inner.tell(told, Instant::now());
        }
    }

    /// How many watch.
    pub(super) fn viewers(&self) -> usize {
        self.lock().viewers.len()
    }

    /// Takes a place among the viewers, with nothing to show yet.
    pub(super) fn enter(self: &Arc<Self>, limits: Limits) -> Place {
        let wake = Arc::new(Notify::new());
        let mut inner = self.lock();
        let number = inner.next_viewer;
        inner.next_viewer += 1;
        let mut queue = Queue::default();
        queue.skip(Skip::Anew);
        let viewer = Viewer {
            queue,
            wake: Arc::clone(&wake),
            grant: None,
            limits,
        };
        inner.viewers.insert(number, viewer);
        drop(inner);
        self.crowd.notify_one();
        Place {
            room: Arc::clone(self),
            number,
            wake,
        }
    }

    /// A panic elsewhere leaves a screen that is still a screen.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What viewers are told of a run.
fn known(now: &RunNow) -> RunShown {
    RunShown {
        state: Some(now.state),
        session: Some(now.session),
        ..RunShown::default()
    }
}

impl Inner {
    fn tell(&mut self, told: Told, now: Instant) {
        match told {
            Told::Output(offset, bytes) => {
                let pieces = self.batch.push(offset, bytes, now);
                self.send(pieces);
            }
            Told::All(frame) => {
                // A word stands behind the output that was shown before it.
                self.flush(now);
                let item = Item {
                    bytes: frame.encode(),
                    through: None,
                };
                self.all(|queue| queue.push(item.clone()));
            }
            Told::Typist(grant, frame) => {
                self.flush(now);
                if matches!(frame, Frame::Accepted { .. }) {
                    self.batch.typed();
                }
                let bytes = frame.encode();
                let typing = self.viewers.values_mut();
                for viewer in typing.filter(|viewer| viewer.grant == Some(grant)) {
                    viewer.queue.push_own(bytes.clone());
                    viewer.wake.notify_one();
                }
            }
            Told::Behind => self.skip(Skip::Behind, now),
            Told::Anew => self.skip(Skip::Anew, now),
        }
    }

    fn skip(&mut self, why: Skip, now: Instant) {
        self.batch.flush(now);
        self.all(|queue| queue.skip(why));
    }

    fn flush(&mut self, now: Instant) {
        let pieces = self.batch.flush(now);
        self.send(pieces);
    }

    /// Each frame is written once, whoever gets it.
    fn send(&mut self, pieces: Vec<(u64, Bytes)>) {
        for (offset, bytes) in pieces {
            let through = offset + bytes.len() as u64;
            let item = Item {
                bytes: Frame::Output { offset, bytes }.encode(),
                through: Some(through),
            };
            self.all(|queue| queue.push(item.clone()));
        }
    }

    fn all(&mut self, mut tell: impl FnMut(&mut Queue)) {
        for viewer in self.viewers.values_mut() {
            tell(&mut viewer.queue);
            viewer.wake.notify_one();
        }
    }
}

impl Place {
    /// Begins where the viewer wishes to, or with the screen.
    pub(super) fn begin(&self, wish: &Subscribe, at: DateTime<Utc>) {
        let now = Instant::now();
        let mut guard = self.room.lock();
        let inner = &mut *guard;
        inner.flush(now);
        let hello = self.hello(inner, at, now);
        let known = wish.epoch.zip(wish.offset);
        let tail = known.and_then(|(epoch, offset)| inner.shown.tail(epoch, offset));
        let end = inner.shown.end_offset();
        let mut frames = vec![hello];
        match (tail, known) {
            (Some(tail), _) => frames.extend(tail),
            (None, known) => {
                if let Some((_, from)) = known.filter(|(e, _)| *e == inner.shown.epoch()) {
                    let to = end.max(from);
                    frames.push(Frame::Gap { from, to }.encode());
                }
                frames.push(inner.shown.screen());
            }
        }
        frames.extend(inner.shown.present());
        if let Some(viewer) = inner.viewers.get_mut(&self.number) {
            viewer.queue = Queue::after(end);
            viewer.queue.show(frames, end);
            viewer.wake.notify_one();
        }
    }

    /// What the viewer gets next, once everything before has left. None when there is nothing.
    pub(super) fn next(&self, at: DateTime<Utc>) -> Option<Bytes> {
        let now = Instant::now();
        let mut guard = self.room.lock();
        let inner = &mut *guard;
        let viewer = inner.viewers.get_mut(&self.number)?;
        match viewer.queue.next() {
            Due::Nothing => None,
            Due::Frame(item) => Some(item.bytes),
            Due::Screen(why) => {
                let from = viewer.queue.sent();
                // What is held back is in the screen.
                inner.flush(now);
                let end = inner.shown.end_offset();
                let first = match why {
                    Skip::Anew => self.hello(inner, at, now),
                    Skip::Behind => Frame::Gap { from, to: end }.encode(),
                };
                let mut frames = vec![first, inner.shown.screen()];
                if why == Skip::Behind {
                    let gate = inner.shown.gate(now);
                    frames.push(Frame::Writer { offset: end, gate }.encode());
                }
                frames.extend(inner.shown.present());
                let viewer = inner.viewers.get_mut(&self.number)?;
                viewer.queue.show(frames, end);
                match viewer.queue.next() {
                    Due::Frame(item) => Some(item.bytes),
                    _ => None,
                }
            }
        }
    }

    /// Waits until there may be something to send.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The viewer has drawn everything up to an offset.
    pub(super) fn draw(&self, offset: u64) {
        self.with(|viewer| viewer.queue.draw(offset));
        self.wake.notify_one();
    }

    /// A frame for this viewer alone.
    pub(super) fn tell(&self, frame: &Frame) {
        let bytes = frame.encode();
        self.with(|viewer| viewer.queue.push_own(bytes));
        self.wake.notify_one();
    }

    /// Under which grant the viewer types, if it does, and whether it may at all.
    pub(super) fn types_under(&self, grant: Option<GrantId>) {
        self.with(|viewer| {
            viewer.grant = grant;
            viewer.limits.may_type = grant.is_some();
        });
    }

    /// Whether the viewer has been sent everything.
    pub(super) fn is_done(&self) -> bool {
        let inner = self.room.lock();
        let viewer = inner.viewers.get(&self.number);
        viewer.is_none_or(|viewer| viewer.queue.is_done())
    }

    /// The terminal.
    pub(super) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    fn with(&self, change: impl FnOnce(&mut Viewer)) {
        if let Some(viewer) = self.room.lock().viewers.get_mut(&self.number) {
            change(viewer);
        }
    }

    fn hello(&self, inner: &Inner, at: DateTime<Utc>, now: Instant) -> Bytes {
        let limits = inner.viewers.get(&self.number);
        let limits = limits.map(|viewer| viewer.limits.clone());
        let hello = Hello {
            run: self.room.run,
            attempt: inner.shown.attempt(),
            terminal: self.room.terminal,
            epoch: inner.shown.epoch(),
            size: inner.shown.size(),
            gate: inner.shown.gate(now),
            at,
            limits,
        };
        Frame::Hello(hello).encode()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.lock().viewers.remove(&self.number);
        self.room.crowd.notify_one();
    }
}
