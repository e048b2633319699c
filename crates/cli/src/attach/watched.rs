//! What is known of a terminal that is watched. Pure: time is handed in.

use std::time::{Duration, Instant};

use baton_domain::TerminalSize;
use baton_screen::Screen;
use baton_wire::{
    Frame, GateShown,
    terminal::{Exit, RunShown, Subscribe},
};

/// How it stands with the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing was heard yet.
    Connecting,
    /// What is shown is what happens.
    Live,
    /// Some of it is left out; the screen follows.
    Skipping,
    /// It is lost, and comes back.
    Gone(String),
    /// The terminal has ended.
    Ended,
}

/// A terminal, as far as it was told.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) link: Link,
    pub(crate) screen: Screen,
    pub(crate) gate: GateShown,
    pub(crate) run: RunShown,
    pub(crate) exit: Option<Exit>,
    /// The last word to whoever watches.
    pub(crate) said: Option<String>,
    epoch: Option<u64>,
    /// The next byte that is expected; none until a screen was shown.
    offset: Option<u64>,
    acked: u64,
    gate_at: Instant,
}

/// Output went missing unsaid: only a new connection helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

impl Watched {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            link: Link::Connecting,
            screen: Screen::new(TerminalSize::DEFAULT),
            gate: GateShown {
                fence: None,
                writer: None,
                ended: None,
            },
            run: RunShown::default(),
            exit: None,
            said: None,
            epoch: None,
            offset: None,
            acked: 0,
            gate_at: now,
        }
    }

    /// Where to go on.
    pub(crate) fn subscribe(&self) -> Subscribe {
        let known = self.epoch.zip(self.offset);
        Subscribe {
            epoch: known.map(|(epoch, _)| epoch),
            offset: known.map(|(_, offset)| offset),
            ..Subscribe::default()
        }
    }

    /// Takes a frame in.
    pub(crate) fn hear(&mut self, frame: &Frame, now: Instant) -> Result<(), Broken> {
        match frame {
            Frame::Hello(hello) => {
                if self.epoch != Some(hello.epoch) {
                    self.offset = None;
                    self.run = RunShown::default();
                }
                self.link = if self.offset.is_some() {
                    Link::Live
                } else {
                    Link::Connecting
                };
                self.epoch = Some(hello.epoch);
                self.exit = None;
                self.told(&hello.gate, now);
            }
            Frame::Snapshot { offset, snapshot } => {
                self.screen = Screen::new(snapshot.size);
                self.screen.feed(&snapshot.dump);
                self.offset = Some(*offset);
                self.acked = *offset;
                self.onward();
            }
            Frame::Output { offset, bytes } => return self.output(*offset, bytes),
            Frame::Size { size, .. } => self.screen.resize(*size),
            Frame::State(state) => self.state(state),
            Frame::Writer { gate, .. } => self.told(gate, now),
            Frame::Said(said) => self.said = Some(said.text.clone()),
            Frame::Exit { exit, .. } => {
                self.exit = Some(exit.clone());
                self.link = Link::Ended;
            }
            Frame::Gap { .. } => {
                self.offset = None;
                self.link = Link::Skipping;
            }
            _ => {}
        }
        Ok(())
    }

    /// The connection is lost.
    pub(crate) fn lost(&mut self, why: String) {
        if self.link != Link::Ended {
            self.link = Link::Gone(why);
        }
    }

    /// What is to be acknowledged, if there is anything new.
    pub(crate) fn ack(&mut self) -> Option<Frame> {
        let offset = self.offset.filter(|offset| *offset > self.acked)?;
        self.acked = offset;
        Some(Frame::Ack { offset })
    }

    /// How long whoever may type has left; none when nobody may.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        let writer = self.gate.writer.as_ref()?;
        let passed = now.saturating_duration_since(self.gate_at);
        Some(Duration::from_millis(writer.left_ms).saturating_sub(passed))
    }

    fn output(&mut self, from: u64, bytes: &[u8]) -> Result<(), Broken> {
        // Between a gap and its screen nothing can be placed.
        let Some(expected) = self.offset else {
            return Ok(());
        };
        let known = expected
            .checked_sub(from)
            .ok_or(Broken)
            .inspect_err(|_| self.offset = None)?;
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let news = bytes.get(known..).unwrap_or_default();
        self.screen.feed(news);
        self.offset = Some(expected + news.len() as u64);
        self.onward();
        Ok(())
    }

    fn onward(&mut self) {
        self.link = if self.exit.is_some() {
            Link::Ended
        } else {
            Link::Live
        };
    }

    fn told(&mut self, gate: &GateShown, now: Instant) {
        self.gate = gate.clone();
        self.gate_at = now;
    }

    fn state(&mut self, told: &RunShown) {
        let run = &mut self.run;
        run.state = told.state.or(run.state);
        run.session = told.session.or(run.session);
        run.frozen = told.frozen.or(run.frozen);
        run.silent = told.silent.or(run.silent);
    }
}

#[cfg(test)]
mod tests {
    use baton_wire::terminal::{Hello, Snapshot};
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn hello(epoch: u64) -> Frame {
        let hello: Hello = serde_json::from_value(json!({
            "run": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a", "attempt": 1, "terminal": "agent",
            "epoch": epoch, "size": {"cols": 20, "rows": 4}, "gate": {}, "at": "2026-11-21T08:00:00Z",
        }))
        .unwrap();
        Frame::Hello(hello)
    }

    fn snapshot(offset: u64, text: &'static str) -> Frame {
        Frame::Snapshot {
            offset,
            snapshot: Snapshot {
                size: TerminalSize::new(20, 4).unwrap(),
                dump: Bytes::from_static(text.as_bytes()),
            },
        }
    }

    fn output(offset: u64, text: &'static str) -> Frame {
        Frame::Output {
            offset,
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    fn told(frames: &[Frame]) -> Watched {
        let now = Instant::now();
        let mut watched = Watched::new(now);
        for frame in frames {
            watched.hear(frame, now).unwrap();
        }
        watched
    }

    // B-02
    #[test]
    fn after_a_lost_connection_it_goes_on_without_gap_and_repetition() {
        let mut watched = told(&[hello(7), snapshot(5, "abc")]);
        watched.lost("reset".to_owned());
        assert_eq!(watched.link, Link::Gone("reset".to_owned()));
        let wish = watched.subscribe();
        assert_eq!((wish.epoch, wish.offset), (Some(7), Some(5)));
        for frame in [hello(7), output(3, "bcde"), output(7, "f")] {
            watched.hear(&frame, Instant::now()).unwrap();
        }
        assert_eq!(watched.screen.text(), "abcdef");
        assert_eq!(watched.link, Link::Live);
    }

    #[test]
    fn another_life_of_the_terminal_begins_with_its_screen() {
        let mut watched = told(&[hello(7), snapshot(5, "abc"), hello(8), output(5, "x")]);
        assert_eq!(watched.subscribe().offset, None);
        watched.hear(&snapshot(0, "new"), Instant::now()).unwrap();
        assert_eq!(watched.screen.text(), "new");
    }

    #[test]
    fn missing_output_is_noticed_and_left_out_output_is_not_drawn() {
        let mut watched = told(&[hello(7), snapshot(5, "abc")]);
        assert_eq!(watched.hear(&output(6, "x"), Instant::now()), Err(Broken));
        assert_eq!(watched.subscribe().offset, None);
        let gap = Frame::Gap { from: 5, to: 90 };
        let watched = told(&[hello(7), snapshot(5, "abc"), gap, output(90, "x")]);
        assert_eq!(watched.link, Link::Skipping);
        assert_eq!(watched.screen.text(), "abc");
    }

    // B-02
    #[test]
    fn another_size_ends_with_the_cells_that_its_screen_has() {
        let mut host = Screen::new(TerminalSize::new(20, 4).unwrap());
        let wraps = "\x1b[31m0123456789012345678901234\x1b[?1049hother";
        host.feed(wraps.as_bytes());
        let mut watched = told(&[hello(7), snapshot(0, ""), output(0, wraps)]);
        let offset = wraps.len() as u64;
        let size = TerminalSize::new(9, 3).unwrap();
        host.resize(size);
        let drawn = |screen: &Screen| screen.snapshot().dump;
        let snapshot = Snapshot {
            size,
            dump: drawn(&host),
        };
        let sized = Frame::Size { offset, size };
        let screen = Frame::Snapshot { offset, snapshot };
        for frame in [sized, screen] {
            watched.hear(&frame, Instant::now()).unwrap();
            // Both of them, since it draws as the host does.
            assert_eq!(drawn(&watched.screen), drawn(&host));
            assert_eq!(
                (watched.link.clone(), watched.offset),
                (Link::Live, Some(offset))
            );
        }
        host.feed(b"\x1b[?1049l$ ");
        let left = output(offset, "\x1b[?1049l$ ");
        watched.hear(&left, Instant::now()).unwrap();
        assert_eq!(drawn(&watched.screen), drawn(&host));
    }

    #[test]
    fn what_was_drawn_is_acknowledged_once() {
        let mut watched = told(&[hello(7), snapshot(5, "abc")]);
        assert_eq!(watched.ack(), None);
        watched.hear(&output(5, "de"), Instant::now()).unwrap();
        assert_eq!(watched.ack(), Some(Frame::Ack { offset: 7 }));
        assert_eq!(watched.ack(), None);
    }

    #[test]
    fn a_writers_time_runs_down() {
        let mut watched = told(&[hello(7)]);
        let now = Instant::now();
        let gate = serde_json::from_value(json!({"fence": 1, "writer": {
            "grant": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b", "holder": "ada", "channel": "web",
            "terminals": ["agent"], "leftMs": 5000, "reason": "",
        }}))
        .unwrap();
        watched
            .hear(&Frame::Writer { offset: 5, gate }, now)
            .unwrap();
        let later = now + Duration::from_secs(2);
        assert_eq!(watched.left(later), Some(Duration::from_secs(3)));
        assert_eq!(
            watched.left(now + Duration::from_secs(9)),
            Some(Duration::ZERO)
        );
    }
}
