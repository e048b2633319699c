//! Somebody who watches a terminal at its host, and remembers.

use baton_domain::TerminalName;
use baton_screen::Screen;
use baton_terminal::{Seen, Via, WatchWish, Watching};
use baton_wire::terminal::{Frame, Input, TypedSeq};
use bytes::Bytes;
use tokio::time::timeout;

use crate::{
    bench::{Bench, PATIENCE},
    grants::Grant,
};

pub(crate) struct Viewer {
    watching: Watching,
    /// What came since the last snapshot, with it.
    pub(crate) shown: Vec<u8>,
    /// What is drawn by that.
    pub(crate) screen: Screen,
    /// Up to where, once that is known.
    pub(crate) offset: Option<u64>,
    pub(crate) snapshots: usize,
    /// Everything but output and snapshots.
    pub(crate) frames: Vec<Frame>,
}

impl Viewer {
    pub(crate) async fn join(bench: &Bench, terminal: TerminalName, via: Via) -> Self {
        Self::resume(bench, terminal, via, None).await
    }

    /// From what was seen on.
    pub(crate) async fn resume(
        bench: &Bench,
        terminal: TerminalName,
        via: Via,
        from: Option<Seen>,
    ) -> Self {
        let wish = WatchWish {
            terminal,
            from,
            via,
        };
        let watching = Watching::connect(&bench.host(), wish).await.unwrap();
        assert_eq!(watching.hello().terminal, terminal);
        Self {
            screen: Screen::new(watching.hello().size),
            watching,
            shown: Vec::new(),
            offset: from.map(|seen| seen.offset),
            snapshots: 0,
            frames: Vec::new(),
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.watching.hello().epoch
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            epoch: self.epoch(),
            offset: self.offset.unwrap(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Watches on until enough was seen.
    pub(crate) async fn until(&mut self, enough: impl Fn(&Self) -> bool) {
        let watch = async {
            while !enough(self) {
                let frame = self.watching.next().await.unwrap();
                self.note(frame.expect("it ended before"));
            }
        };
        if timeout(PATIENCE, watch).await.is_err() {
            panic!("not seen in time: {:?} {:?}", self.text(), self.frames);
        }
    }

    /// Watches until a text is shown.
    pub(crate) async fn until_shown(&mut self, text: &str) {
        self.until(|viewer| viewer.text().contains(text)).await;
    }

    /// Watches to the end.
    pub(crate) async fn watch_out(&mut self) {
        let watch = async {
            while let Some(frame) = self.watching.next().await.unwrap() {
                self.note(frame);
            }
        };
        timeout(PATIENCE, watch).await.expect("an end in time");
    }

    fn note(&mut self, frame: Frame) {
        match frame {
            Frame::Snapshot { offset, snapshot } => {
                self.shown = snapshot.dump.to_vec();
                self.screen = Screen::new(snapshot.size);
                self.screen.feed(&snapshot.dump);
                self.offset = Some(offset);
                self.snapshots += 1;
            }
            Frame::Output { offset, bytes } => {
                // No byte is missing, none comes twice.
                assert_eq!(self.offset, Some(offset));
                self.offset = Some(offset + bytes.len() as u64);
                self.shown.extend_from_slice(&bytes);
                assert!(self.screen.feed(&bytes).is_empty(), "a viewer was asked");
            }
            other => self.frames.push(other),
        }
    }

    /// Types something under a grant.
    pub(crate) async fn input(&mut self, grant: &Grant, seq: u64, bytes: &[u8]) {
        let input = Frame::Input(Input {
            grant: grant.id,
            fence: grant.fence,
            seq: TypedSeq(seq),
            bytes: Bytes::copy_from_slice(bytes),
        });
        self.send(&input).await;
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        self.watching.send(frame).await.unwrap();
    }

    /// Whether a frame that fits was seen.
    pub(crate) fn saw(&self, fits: impl Fn(&Frame) -> bool) -> bool {
        self.frames.iter().any(fits)
    }

    /// Waits until the gate stands at this fence.
    pub(crate) async fn until_fence(&mut self, fence: u64) {
        self.until(|viewer| {
            viewer.saw(|frame| match frame {
                Frame::Writer { gate, .. } => gate.fence.is_some_and(|at| at.get() >= fence),
                _ => false,
            })
        })
        .await;
    }

    /// The inputs that were accepted, in order.
    pub(crate) fn accepted(&self) -> Vec<u64> {
        let seq = |frame: &Frame| match frame {
            Frame::Accepted { seq, .. } => Some(seq.0),
            _ => None,
        };
        self.frames.iter().filter_map(seq).collect()
    }

    /// The inputs that were refused, in order.
    pub(crate) fn refused(&self) -> Vec<(u64, String)> {
        let seq = |frame: &Frame| match frame {
            Frame::Refused(refused) => Some((refused.seq?.0, refused.reason.clone())),
            _ => None,
        };
        self.frames.iter().filter_map(seq).collect()
    }
}
