//! A viewer's place in a room: where it begins, what it gets next.

use std::{sync::Arc, time::Instant};

use baton_domain::GrantId;
use baton_wire::{
    Frame,
    terminal::{Hello, Limits, Subscribe},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::{
    Room,
    crowded::{Crowded, Viewer},
};
use crate::terminal::queue::{Due, Queue, Skip};

/// A viewer's place. Dropping it leaves.
#[derive(Debug)]
pub(in crate::terminal) struct Place {
    room: Arc<Room>,
    number: u64,
    wake: Arc<Notify>,
}

impl Room {
    /// Takes a place among the viewers, with nothing to show yet.
    pub(in crate::terminal) fn enter(self: &Arc<Self>, limits: Limits) -> Place {
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
}

impl Place {
    /// Begins where the viewer wishes to, or with the screen.
    pub(in crate::terminal) fn begin(&self, wish: &Subscribe, at: DateTime<Utc>) {
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

    /// What the viewer gets next, at least so many bytes of it if there are, once everything before
    /// has left.
    pub(in crate::terminal) fn take(&self, at: DateTime<Utc>, enough: usize) -> Vec<Bytes> {
        let now = Instant::now();
        let mut inner = self.room.lock();
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while bytes < enough
            && let Some(frame) = self.next(&mut inner, at, now)
        {
            bytes += frame.len();
            frames.push(frame);
        }
        frames
    }

    fn next(&self, inner: &mut Crowded, at: DateTime<Utc>, now: Instant) -> Option<Bytes> {
        let viewer = inner.viewers.get_mut(&self.number)?;
        let why = match viewer.queue.next() {
            Due::Nothing => return None,
            Due::Frame(item) => return Some(item.bytes),
            Due::Screen(why) => why,
        };
        let from = viewer.queue.sent();
        // What is held back is in the screen.
        inner.flush(now);
        let (frames, end) = self.screen(inner, (why, from), at, now);
        let viewer = inner.viewers.get_mut(&self.number)?;
        viewer.queue.show(frames, end);
        match viewer.queue.next() {
            Due::Frame(item) => Some(item.bytes),
            _ => None,
        }
    }

    /// The screen as it is for a viewer that was skipped, and up to where it shows everything.
    fn screen(
        &self,
        inner: &mut Crowded,
        (why, from): (Skip, u64),
        at: DateTime<Utc>,
        now: Instant,
    ) -> (Vec<Bytes>, u64) {
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
        (frames, end)
    }

    /// Waits until there may be something to send.
    pub(in crate::terminal) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The viewer has drawn everything up to an offset.
    pub(in crate::terminal) fn draw(&self, offset: u64) {
        self.with(|viewer| viewer.queue.draw(offset));
        self.wake.notify_one();
    }

    /// A frame for this viewer alone.
    pub(in crate::terminal) fn tell(&self, frame: &Frame) {
        let bytes = frame.encode();
        self.with(|viewer| viewer.queue.push_own(bytes));
        self.wake.notify_one();
    }

    /// Under which grant the viewer types, if it does, and whether it may at all.
    pub(in crate::terminal) fn types_under(&self, grant: Option<GrantId>) {
        self.with(|viewer| {
            viewer.grant = grant;
            viewer.limits.may_type = grant.is_some();
        });
    }

    /// Whether the viewer has been sent everything.
    pub(in crate::terminal) fn is_done(&self) -> bool {
        let inner = self.room.lock();
        let viewer = inner.viewers.get(&self.number);
        viewer.is_none_or(|viewer| viewer.queue.is_done())
    }

    /// The terminal.
    pub(in crate::terminal) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    fn with(&self, change: impl FnOnce(&mut Viewer)) {
        if let Some(viewer) = self.room.lock().viewers.get_mut(&self.number) {
            change(viewer);
        }
    }

    fn hello(&self, inner: &Crowded, at: DateTime<Utc>, now: Instant) -> Bytes {
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
