//! Who may type. Pure: it is told what was signed, what was typed and what time it is, and says
//! what follows. Whether a signature is good is seen before.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use baton_domain::{Attempt, Channel, Fence, GrantId, RunId, TerminalName, WriteEnd};
use baton_wire::{
    event::{GateMoved, WriteEnded},
    grant::{Gate as Signed, GateShown, Writer, WriterShown},
    terminal::{Input, MAX_INPUT, TypedSeq},
};

use crate::protocol::Via;

/// How many of the last inputs are known by where they were typed.
const REMEMBERED: usize = 256;

/// The gate of a run's terminals.
#[derive(Debug)]
pub(crate) struct Gate {
    run: RunId,
    attempt: Attempt,
    fence: Option<Fence>,
    open: Option<Open>,
    last_end: Option<WriteEnd>,
}

/// Somebody may type.
#[derive(Debug)]
struct Open {
    writer: Writer,
    /// The first fence of this grant; inputs on their way while it is renewed still count.
    since: Fence,
    fence: Fence,
    until: Instant,
    /// What came through each connection that counts for itself.
    typed: BTreeMap<Door, Typed>,
    last_seq: TypedSeq,
}

/// Inputs are counted anew behind each: tmate connections count for themselves, everybody else
/// counts for the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    Web,
    Tmate(u64),
}

#[derive(Debug, Default)]
struct Typed {
    /// The last inputs, and where they were typed once they are.
    seqs: BTreeMap<TypedSeq, Option<u64>>,
}

/// Where an input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// Through which door.
    pub(crate) via: Via,
    /// Which connection.
    pub(crate) connection: u64,
}

/// What has changed, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Somebody may type no more.
    Ended(WriteEnded),
    /// The gate stands differently.
    Moved(GateMoved),
}

/// Something signed that is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is about other terminals.
    #[error("it is for attempt {1} of run {0}")]
    Elsewhere(RunId, Attempt),
    /// It was overtaken.
    #[error("its fence is {0}, and {1} was heard of before")]
    Old(Fence, Fence),
}

/// What becomes of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is to be typed.
    Type,
    /// It came before and was typed where the terminal had shown so many bytes.
    TypedBefore(u64),
    /// It came before and is being typed.
    BeingTyped,
    /// It is not typed; why, for a person.
    Refuse(String),
}

impl Gate {
    /// The gate of an attempt's terminals: nobody may type.
    #[must_use]
    pub(crate) const fn new(run: RunId, attempt: Attempt) -> Self {
        Self {
            run,
            attempt,
            fence: None,
            open: None,
            last_end: None,
        }
    }

    /// Obeys what the API has signed. `hint` says how the grant before ended, if it was ended:
    /// taken away, unless it says that it was given back. Said again, nothing changes, and nobody
    /// gets more time.
    ///
    /// # Errors
    /// When it is about other terminals, or was overtaken.
    pub(crate) fn apply(
        &mut self,
        signed: Signed,
        hint: WriteEnd,
        now: Instant,
    ) -> Result<Vec<Change>, Unfit> {
        if (signed.run, signed.attempt) != (self.run, self.attempt) {
            return Err(Unfit::Elsewhere(signed.run, signed.attempt));
        }
        match self.fence {
            Some(known) if known == signed.fence => return Ok(Vec::new()),
            Some(known) if known > signed.fence => return Err(Unfit::Old(signed.fence, known)),
            _ => {}
        }
        let mut changes = self.expire(now);
        let before = self.open.take();
        let renewed = match (&before, &signed.writer) {
            (Some(open), Some(writer)) => open.writer.grant == writer.grant,
            _ => false,
        };
        let (since, typed, last_seq) = match before {
            Some(open) if renewed => (open.since, open.typed, open.last_seq),
            Some(open) => {
                let cause = match signed.writer {
                    Some(_) => WriteEnd::Replaced,
                    None => hint,
                };
                changes.push(self.ended(&open, cause));
                (signed.fence, BTreeMap::new(), TypedSeq(0))
            }
            None => (signed.fence, BTreeMap::new(), TypedSeq(0)),
        };
        self.fence = Some(signed.fence);
        self.open = signed.writer.map(|writer| Open {
            until: now + Duration::from_millis(writer.ttl_ms),
            writer,
            since,
            fence: signed.fence,
            typed,
            last_seq,
        });
        if self.open.is_some() {
            self.last_end = None;
        }
        changes.extend(self.moved());
        Ok(changes)
    }

    /// Lets nobody type any more, until something with a higher fence is signed.
    pub(crate) fn close(&mut self, cause: WriteEnd) -> Vec<Change> {
        let Some(open) = self.open.take() else {
            return Vec::new();
        };
        let ended = self.ended(&open, cause);
        [ended].into_iter().chain(self.moved()).collect()
    }

    /// Ends a grant whose time is over.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        if self.until().is_some_and(|until| until <= now) {
            return self.close(WriteEnd::Expired);
        }
        Vec::new()
    }

    /// When the grant is over, if there is one.
    #[must_use]
    pub(crate) fn until(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.until)
    }

    /// Who may type, if anybody may.
    #[must_use]
    pub(crate) fn writer(&self) -> Option<&Writer> {
        self.open.as_ref().map(|open| &open.writer)
    }

    /// Whether an input may be typed. The caller says by [`Gate::typed`] when it is, and by
    /// [`Gate::forget`] when it cannot be.
    pub(crate) fn check(
        &mut self,
        terminal: TerminalName,
        source: Source,
        input: &Input,
        now: Instant,
    ) -> Verdict {
        if let Err(why) = self.may(terminal, source.via, input.grant, input.fence, now) {
            return Verdict::Refuse(why);
        }
        if input.bytes.is_empty() || input.bytes.len() > MAX_INPUT {
            let length = input.bytes.len();
            return Verdict::Refuse(format!(
                "an input holds 1 to {MAX_INPUT} bytes, this one {length}: send it in pieces"
            ));
        }
        let Some(open) = &mut self.open else {
            return Verdict::Refuse(NOBODY.to_owned());
        };
        open.typed.entry(source.door()).or_default().take(input.seq)
    }

    /// Whether the holder speaks, and may change this terminal.
    ///
    /// # Errors
    /// Why not, for a person.
    pub(crate) fn may(
        &self,
        terminal: TerminalName,
        via: Via,
        grant: GrantId,
        fence: Fence,
        now: Instant,
    ) -> Result<(), String> {
        let open = self.open.as_ref().filter(|open| now < open.until);
        let Some(open) = open else {
            return Err(NOBODY.to_owned());
        };
        if open.writer.grant != grant || fence < open.since || fence > open.fence {
            let holder = &open.writer.holder;
            return Err(format!(
                "{holder} may type now: your grant is over, ask for a new one"
            ));
        }
        let channel = open.writer.channel;
        let fits = match via {
            Via::Worker => channel == Channel::Web,
            Via::Tmate => channel == Channel::Tmate,
            Via::Local => false,
        };
        if !fits {
            return Err(format!("the grant is for typing through '{channel}' alone"));
        }
        if !open.writer.terminals.contains(&terminal) {
            return Err(format!("the grant is not for the terminal '{terminal}'"));
        }
        Ok(())
    }

    /// An input was typed where the terminal had shown so many bytes.
    pub(crate) fn typed(&mut self, source: Source, seq: TypedSeq, offset: u64) {
        if let Some(open) = &mut self.open {
            open.last_seq = open.last_seq.max(seq);
            let typed = open.typed.entry(source.door()).or_default();
            typed.seqs.insert(seq, Some(offset));
        }
    }

    /// An input that was to be typed could not be.
    pub(crate) fn forget(&mut self, source: Source, seq: TypedSeq) {
        if let Some(open) = &mut self.open
            && let Some(typed) = open.typed.get_mut(&source.door())
        {
            typed.seqs.remove(&seq);
        }
    }

    /// A connection is gone.
    pub(crate) fn left(&mut self, connection: u64) {
        if let Some(open) = &mut self.open {
            open.typed.remove(&Door::Tmate(connection));
        }
    }

    /// How it stands, for everybody who watches.
    #[must_use]
    pub(crate) fn shown(&self, now: Instant) -> GateShown {
        GateShown {
            fence: self.fence,
            writer: self.open.as_ref().map(|open| WriterShown {
                grant: open.writer.grant,
                holder: open.writer.holder.clone(),
                channel: open.writer.channel,
                terminals: open.writer.terminals.clone(),
                left_ms: millis(open.until.saturating_duration_since(now)),
                reason: open.writer.reason.clone(),
            }),
            ended: self.last_end,
        }
    }

    fn ended(&mut self, open: &Open, cause: WriteEnd) -> Change {
        self.last_end = Some(cause);
        Change::Ended(WriteEnded {
            grant: open.writer.grant,
            holder: open.writer.holder.clone(),
            fence: open.fence,
            cause,
            last_seq: open.last_seq,
        })
    }

    /// How it stands, for the record.
    fn moved(&self) -> Option<Change> {
        let writer = self.writer();
        self.fence.map(|fence| {
            Change::Moved(GateMoved {
                fence,
                grant: writer.map(|writer| writer.grant),
                holder: writer.map(|writer| writer.holder.clone()),
                channel: writer.map(|writer| writer.channel),
                ttl_ms: writer.map(|writer| writer.ttl_ms),
            })
        })
    }
}

const NOBODY: &str = "nobody may type at the moment: ask for a grant";

impl Source {
    const fn door(self) -> Door {
        match self.via {
            Via::Tmate => Door::Tmate(self.connection),
            Via::Worker | Via::Local => Door::Web,
        }
    }
}

impl Typed {
    fn take(&mut self, seq: TypedSeq) -> Verdict {
        match self.seqs.get(&seq) {
            Some(Some(offset)) => return Verdict::TypedBefore(*offset),
            Some(None) => return Verdict::BeingTyped,
            None => {}
        }
        if self
            .seqs
            .last_key_value()
            .is_some_and(|(last, _)| *last > seq)
        {
            return Verdict::Refuse(format!(
                "input {} came after later ones: it is out of order",
                seq.0
            ));
        }
        self.seqs.insert(seq, None);
        while self.seqs.len() > REMEMBERED {
            self.seqs.pop_first();
        }
        Verdict::Type
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
