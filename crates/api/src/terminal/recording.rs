//! A recording out of what the broker keeps of a terminal, for runs that have left none (yet).

use std::{collections::VecDeque, time::Duration};

use baton_bus::{BusError, KeptTerminal};
use baton_domain::{Attempt, TerminalSize, WorkerId};
use baton_screen::cast::{CastEvent, CastHeader, CastWriter};
use baton_wire::{Frame, terminal::Exit};
use bytes::{Buf as _, Bytes};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, stream};

/// About how many bytes are gathered before they are handed on.
const GATHERED: usize = 32 << 10;

/// What resets a terminal, before a whole screen.
const RESET: &[u8] = b"\x1bc";

/// Whose words count.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Under which attempt.
    pub(crate) attempt: Attempt,
    /// By whom.
    pub(crate) worker: WorkerId,
}

/// Something to mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// In a few words.
    pub(crate) label: String,
}

/// A recording being written.
struct Casting {
    writer: CastWriter,
    began: DateTime<Utc>,
    epoch: u64,
    next: u64,
    size: TerminalSize,
    marks: VecDeque<Mark>,
    lines: String,
}

/// The recording of one attempt, in pieces; none if nothing of it is kept. Marks are in order.
///
/// # Errors
/// When the broker does not answer.
pub(crate) async fn of_kept<S>(
    mut kept: S,
    source: Source,
    title: String,
    marks: Vec<Mark>,
) -> Result<Option<impl Stream<Item = Result<Bytes, BusError>> + Send>, BusError>
where
    S: Stream<Item = Result<KeptTerminal, BusError>> + Send + Unpin + 'static,
{
    let first = loop {
        match kept.next().await {
            None => return Ok(None),
            Some(next) => {
                let next = next?;
                if source.said(&next) {
                    break next;
                }
            }
        }
    };
    let mut casting = Casting::begin(&first, title, marks);
    casting.take(first);
    let writing = (kept, source, Some(casting));
    Ok(Some(stream::try_unfold(
        writing,
        |(mut kept, source, casting)| async move {
            let Some(mut casting) = casting else {
                return Ok(None);
            };
            while casting.lines.len() < GATHERED {
                match kept.next().await.transpose()? {
                    Some(next) if source.said(&next) => casting.take(next),
                    Some(_) => {}
                    None => {
                        let rest = casting.end();
                        return Ok(Some((rest, (kept, source, None))));
                    }
                }
            }
            let lines = std::mem::take(&mut casting.lines);
            Ok(Some((Bytes::from(lines), (kept, source, Some(casting)))))
        },
    )))
}

impl Source {
    fn said(&self, kept: &KeptTerminal) -> bool {
        kept.attempt == self.attempt && kept.worker == self.worker
    }
}

impl Casting {
    fn begin(first: &KeptTerminal, title: String, marks: Vec<Mark>) -> Self {
        let size = first.frames.iter().find_map(size_of);
        let size = size.unwrap_or(TerminalSize::DEFAULT);
        let header = CastHeader {
            size,
            began: u64::try_from(first.at.timestamp()).ok(),
            title: Some(title),
            command: None,
        };
        let (writer, lines) = CastWriter::new(&header);
        Self {
            writer,
            began: first.at,
            epoch: first.epoch,
            next: 0,
            size,
            marks: marks.into(),
            lines,
        }
    }

    fn take(&mut self, kept: KeptTerminal) {
        let at = kept.at;
        if kept.epoch < self.epoch {
            return;
        }
        if kept.epoch > self.epoch {
            (self.epoch, self.next) = (kept.epoch, 0);
        }
        while self.marks.front().is_some_and(|mark| mark.at <= at) {
            self.mark();
        }
        for frame in kept.frames {
            self.frame(at, frame);
        }
    }

    fn frame(&mut self, at: DateTime<Utc>, frame: Frame) {
        match frame {
            Frame::Output { offset, bytes } => self.output(at, offset, bytes),
            Frame::Snapshot { offset, snapshot } if offset > self.next => {
                self.next = offset;
                self.resize(at, snapshot.size);
                let screen = [RESET, &snapshot.dump].concat();
                self.event(at, &CastEvent::Output(screen.into()));
            }
            Frame::Size { size, .. } => self.resize(at, size),
            Frame::Exit { exit, .. } => self.event(at, &CastEvent::Exit(status(&exit))),
            _ => {}
        }
    }

    fn output(&mut self, at: DateTime<Utc>, offset: u64, mut bytes: Bytes) {
        if offset > self.next {
            let missing = offset - self.next;
            let label = format!("{missing} bytes before this are not kept");
            self.event(at, &CastEvent::Marker(label));
            self.next = offset;
        }
        let known = usize::try_from(self.next - offset).unwrap_or(usize::MAX);
        if known < bytes.len() {
            bytes.advance(known);
            self.next += bytes.len() as u64;
            self.event(at, &CastEvent::Output(bytes));
        }
    }

    fn resize(&mut self, at: DateTime<Utc>, size: TerminalSize) {
        if size != self.size {
            self.size = size;
            self.event(at, &CastEvent::Resize(size));
        }
    }

    fn mark(&mut self) {
        if let Some(mark) = self.marks.pop_front() {
            self.event(mark.at, &CastEvent::Marker(mark.label));
        }
    }

    fn event(&mut self, at: DateTime<Utc>, event: &CastEvent) {
        let since = (at - self.began).to_std().unwrap_or(Duration::ZERO);
        self.writer.event(since, event, &mut self.lines);
    }

    fn end(mut self) -> Bytes {
        while !self.marks.is_empty() {
            self.mark();
        }
        self.lines.into()
    }
}

fn size_of(frame: &Frame) -> Option<TerminalSize> {
    match frame {
        Frame::Size { size, .. } => Some(*size),
        Frame::Hello(hello) => Some(hello.size),
        Frame::Snapshot { snapshot, .. } => Some(snapshot.size),
        _ => None,
    }
}

/// As a shell tells it.
fn status(exit: &Exit) -> i32 {
    let by_signal = exit.signal.map(|signal| 128 + signal);
    exit.code.or(by_signal).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(worker: &str, seconds: i64, frames: Vec<Frame>) -> Result<KeptTerminal, BusError> {
        Ok(KeptTerminal {
            worker: worker.parse().unwrap(),
            at: DateTime::from_timestamp(seconds, 0).unwrap(),
            attempt: Attempt::FIRST,
            epoch: 7,
            frames,
        })
    }

    fn output(offset: u64, text: &'static str) -> Frame {
        Frame::Output {
            offset,
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    // B-07
    #[tokio::test]
    async fn what_is_kept_becomes_a_recording_with_marks_and_nobody_elses_words() {
        let exit = Exit {
            code: None,
            signal: Some(9),
        };
        let all = vec![
            kept("w2", 99, vec![output(0, "forged")]),
            kept("w1", 100, vec![output(0, "one ")]),
            kept("w1", 101, vec![output(0, "one two ")]),
            kept("w2", 102, vec![output(8, "forged")]),
            kept(
                "w1",
                104,
                vec![output(12, "four"), Frame::Exit { offset: 16, exit }],
            ),
        ];
        let source = Source {
            attempt: Attempt::FIRST,
            worker: "w1".parse().unwrap(),
        };
        let mark = |seconds, label: &str| Mark {
            at: DateTime::from_timestamp(seconds, 0).unwrap(),
            label: label.to_owned(),
        };
        let marks = vec![mark(103, "paused"), mark(200, "late")];
        let cast = of_kept(stream::iter(all), source, "title".to_owned(), marks);
        let cast: Vec<Bytes> = cast
            .await
            .unwrap()
            .unwrap()
            .map(Result::unwrap)
            .collect()
            .await;
        let text = String::from_utf8(cast.concat()).unwrap();
        let (header, lines) = text.split_once('\n').unwrap();
        assert!(
            header.contains(r#""timestamp":100"#) && header.contains("title"),
            "{header}"
        );
        assert_eq!(
            lines,
            "[0.000,\"o\",\"one \"]\n\
             [1.000,\"o\",\"two \"]\n\
             [2.000,\"m\",\"paused\"]\n\
             [1.000,\"m\",\"4 bytes before this are not kept\"]\n\
             [0.000,\"o\",\"four\"]\n\
             [0.000,\"x\",\"137\"]\n\
             [96.000,\"m\",\"late\"]\n"
        );
    }

    #[tokio::test]
    async fn nothing_kept_is_no_recording() {
        let source = Source {
            attempt: Attempt::FIRST,
            worker: "w1".parse().unwrap(),
        };
        let others = stream::iter([kept("w2", 1, vec![output(0, "x")])]);
        let cast = of_kept(others, source, String::new(), Vec::new())
            .await
            .unwrap();
        assert!(cast.is_none());
    }
}
