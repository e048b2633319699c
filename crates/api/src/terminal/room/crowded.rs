//! What is under a room's lock: the terminal, and a queue for each who watches it. Pure.

use std::{collections::HashMap, sync::Arc, time::Instant};

use baton_domain::{GrantId, TerminalSize};
use baton_wire::{Frame, terminal::Limits};
use bytes::Bytes;
use tokio::sync::Notify;

use crate::terminal::{
    batch::Batch,
    queue::{Item, Queue, Skip},
    shown::{Shown, Told},
};

/// A terminal, and those who watch it.
#[derive(Debug)]
pub(super) struct Crowded {
    pub(super) shown: Shown,
    pub(super) batch: Batch,
    pub(super) next_viewer: u64,
    pub(super) viewers: HashMap<u64, Viewer>,
}

/// Somebody who watches.
#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) queue: Queue,
    pub(super) wake: Arc<Notify>,
    /// The grant under which it types.
    pub(super) grant: Option<GrantId>,
    pub(super) limits: Limits,
}

impl Crowded {
    /// A terminal that nobody watches yet.
    pub(super) fn of(shown: Shown) -> Self {
        Self {
            shown,
            batch: Batch::default(),
            next_viewer: 0,
            viewers: HashMap::new(),
        }
    }

    pub(super) fn tell(&mut self, told: Told, now: Instant) {
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
            Told::Sized(offset, size) => self.resize(offset, size, now),
            Told::Behind => self.skip(Skip::Behind, now),
            Told::Anew => self.skip(Skip::Anew, now),
        }
    }

    /// What was shown in the former size, the other size, and the screen in it.
    fn resize(&mut self, offset: u64, size: TerminalSize, now: Instant) {
        self.flush(now);
        if self.viewers.is_empty() {
            return;
        }
        let told = Item {
            bytes: Frame::Size { offset, size }.encode(),
            through: None,
        };
        let screen = Item {
            bytes: self.shown.screen(),
            through: Some(self.shown.end_offset()),
        };
        self.all(|queue| queue.resize(told.clone(), screen.clone()));
    }

    fn skip(&mut self, why: Skip, now: Instant) {
        self.batch.flush(now);
        self.all(|queue| queue.skip(why));
    }

    pub(super) fn flush(&mut self, now: Instant) {
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
