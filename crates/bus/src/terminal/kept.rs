//! What the broker keeps of terminals, read without a consumer: a stream may have too few of
//! those for every terminal that somebody watches.

use std::{collections::VecDeque, time::Duration};

use async_nats::{HeaderMap, StatusCode};
use baton_domain::{Attempt, RunId, TerminalName, WorkerId};
use baton_wire::{Filter, Frame, Subject, TerminalMessage};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, stream};
use serde::Serialize;

use crate::{
    connect::Bus,
    error::BusError,
    topology::{TERM, TERM_KEYS},
};

/// How many messages the broker is asked for at once, and how many bytes of them.
const PAGE: u64 = 256;
const PAGE_BYTES: u64 = 1 << 20;

/// How long the broker may be silent within an answer.
const SILENCE: Duration = Duration::from_secs(5);

/// Something that a terminal showed, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTerminal {
    /// Who said so.
    pub worker: WorkerId,
    /// When the broker took it, by the broker's clock.
    pub at: DateTime<Utc>,
    /// Under which attempt.
    pub attempt: Attempt,
    /// In which life of the terminal.
    pub epoch: u64,
    /// What, in order.
    pub frames: Vec<Frame>,
}

/// A message of one of the streams, unread.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) sequence: u64,
    pub(super) subject: String,
    pub(super) at: DateTime<Utc>,
    pub(super) payload: Bytes,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    Sequence(u64),
    Time(DateTime<Utc>),
}

/// Some messages, and how many there are behind them.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) messages: Vec<Stored>,
    pub(super) pending: u64,
}

impl Page {
    /// Where the next page begins; `None` behind the last.
    pub(super) fn next(&self) -> Option<Begin> {
        let last = self.messages.last()?;
        (self.pending > 0).then_some(Begin::Sequence(last.sequence + 1))
    }
}

#[derive(Serialize, Default)]
struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_by_subj: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_by_subj: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<u64>,
}

struct Recording {
    bus: Bus,
    filter: String,
    from: Option<Begin>,
    ready: VecDeque<KeptTerminal>,
}

impl Bus {
    /// Everything that is kept of what a terminal showed, whoever said so, in the order in which
    /// the broker took it; it ends with what was kept when the end was reached. A worker can speak
    /// of runs that it does not hold: the reader chooses whom to believe.
    pub fn recording(
        &self,
        run: RunId,
        terminal: TerminalName,
    ) -> impl Stream<Item = Result<KeptTerminal, BusError>> + Send + Unpin + use<> {
        let reading = Recording {
            bus: self.clone(),
            filter: Filter::TerminalOutput(run, terminal).to_string(),
            from: Some(Begin::Sequence(1)),
            ready: VecDeque::new(),
        };
        Box::pin(stream::try_unfold(reading, |mut reading| async move {
            let next = reading.next().await?;
            Ok(next.map(|next| (next, reading)))
        }))
    }

    /// A page of what is kept of a terminal's output. Nothing where there is no such stream.
    pub(super) async fn term_page(&self, filter: &str, from: Begin) -> Result<Page, BusError> {
        let (seq, start_time) = match from {
            Begin::Sequence(sequence) => (Some(sequence), None),
            Begin::Time(at) => (None, Some(at)),
        };
        let request = Request {
            next_by_subj: Some(filter),
            seq,
            start_time,
            batch: Some(PAGE),
            max_bytes: Some(PAGE_BYTES),
            ..Request::default()
        };
        self.stored(TERM, &request).await
    }

    /// The last screen that is kept of a terminal. None where there is no such stream.
    pub(super) async fn last_screen(&self, subject: &Subject) -> Result<Option<Stored>, BusError> {
        let subject = subject.to_string();
        let request = Request {
            last_by_subj: Some(&subject),
            ..Request::default()
        };
        Ok(self.stored(TERM_KEYS, &request).await?.messages.pop())
    }

    async fn stored(&self, stream: &str, request: &Request<'_>) -> Result<Page, BusError> {
        let body = serde_json::to_vec(request).map_err(BusError::unavailable)?;
        let inbox = self.client().new_inbox();
        let mut answers = self
            .client()
            .subscribe(inbox.clone())
            .await
            .map_err(BusError::unavailable)?;
        self.client()
            .publish_with_reply(format!("$JS.API.DIRECT.GET.{stream}"), inbox, body.into())
            .await
            .map_err(BusError::unavailable)?;
        let mut page = Page::default();
        loop {
            let next = tokio::time::timeout(SILENCE, answers.next()).await;
            let answer = next
                .ok()
                .flatten()
                .ok_or_else(|| BusError::unavailable("the answer broke off"))?;
            if let Some(status) = answer.status {
                return ended(page, status, answer.headers.as_ref());
            }
            let headers = answer.headers.unwrap_or_default();
            let stored = stored(&headers, answer.payload)
                .ok_or_else(|| BusError::unavailable("the answer has no place in its stream"))?;
            page.messages.push(stored);
            if request.batch.is_none() {
                return Ok(page);
            }
        }
    }
}

/// What the last word of an answer means.
fn ended(
    mut page: Page,
    status: StatusCode,
    headers: Option<&HeaderMap>,
) -> Result<Page, BusError> {
    match status.as_u16() {
        204 => {
            let pending = headers.and_then(|headers| number(headers, "Nats-Num-Pending"));
            page.pending = pending.unwrap_or_default();
            Ok(page)
        }
        // Nothing is there; there is no such stream.
        404 | 503 => Ok(page),
        status => Err(BusError::unavailable(format!(
            "the broker answers with status {status}"
        ))),
    }
}

fn stored(headers: &HeaderMap, payload: Bytes) -> Option<Stored> {
    Some(Stored {
        sequence: number(headers, "Nats-Sequence")?,
        subject: headers.get("Nats-Subject")?.as_str().to_owned(),
        at: headers.get("Nats-Time-Stamp")?.as_str().parse().ok()?,
        payload,
    })
}

fn number(headers: &HeaderMap, name: &'static str) -> Option<u64> {
    headers.get(name)?.as_str().parse().ok()
}

impl Recording {
    async fn next(&mut self) -> Result<Option<KeptTerminal>, BusError> {
        loop {
            if let Some(kept) = self.ready.pop_front() {
                return Ok(Some(kept));
            }
            let Some(from) = self.from.take() else {
                return Ok(None);
            };
            let page = self.bus.term_page(&self.filter, from).await?;
            self.from = page.next();
            self.ready
                .extend(page.messages.into_iter().filter_map(read));
        }
    }
}

fn read(stored: Stored) -> Option<KeptTerminal> {
    let Ok(Subject::TerminalOutput { worker, .. }) = stored.subject.parse() else {
        return None;
    };
    let message = TerminalMessage::decode(stored.payload)
        .inspect_err(|error| tracing::debug!(%error, %worker, "a terminal's words cannot be read"))
        .ok()?;
    Some(KeptTerminal {
        worker,
        at: stored.at,
        attempt: message.attempt,
        epoch: message.epoch,
        frames: message.frames,
    })
}
