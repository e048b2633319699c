//! The record of what is typed: batches, each a link of the attempt's chain. What a terminal does
//! not show is on record by its length and a keyed hash alone. Pure.

use std::time::{Duration, Instant};

use baton_domain::{Actor, Attempt, Channel, Fence, GrantId, RunId, TerminalName};
use baton_wire::{audit, event::InputTyped, terminal::TypedSeq};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The most that one record is about, in bytes.
const MOST: usize = 4 << 10;
/// The longest time that one record is about.
const LONGEST: Duration = Duration::from_millis(250);

/// Something that was typed.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) terminal: TerminalName,
    pub(crate) grant: GrantId,
    pub(crate) holder: Actor,
    pub(crate) channel: Channel,
    pub(crate) fence: Fence,
    pub(crate) seq: TypedSeq,
    /// What the terminal had shown when it was typed, in bytes.
    pub(crate) offset: u64,
    /// Whether the terminal showed what was typed.
    pub(crate) echo: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The attempt's chain.
pub(crate) struct Chain {
    key: [u8; 32],
    number: u64,
    previous: String,
}

/// What was typed into one terminal and is not on record yet.
#[derive(Debug, Default)]
pub(crate) struct Batch(Option<(Typed, TypedSeq, Instant)>);

impl Chain {
    /// The chain of an attempt, before its first link. `key` is for this chain alone, and kept
    /// nowhere.
    pub(crate) fn new(run: RunId, attempt: Attempt, key: [u8; 32]) -> Self {
        Self {
            key,
            number: 0,
            previous: audit::genesis(run, attempt),
        }
    }

    /// The next link. `text` is what was typed, without secrets.
    fn link(&mut self, typed: &Typed, last_seq: TypedSeq, clean: impl FnOnce(&[u8]) -> String) -> InputTyped {
        self.number += 1;
        let mut record = InputTyped {
            number: self.number,
            terminal: typed.terminal,
            grant: typed.grant,
            holder: typed.holder.clone(),
            channel: typed.channel,
            fence: typed.fence,
            first_seq: typed.seq,
            last_seq,
            offset: typed.offset,
            length: typed.bytes.len() as u64,
            echo: typed.echo,
            text: typed.echo.then(|| clean(&typed.bytes)),
            mac: (!typed.echo).then(|| self.mac(&typed.bytes)),
            previous: self.previous.clone(),
            hash: String::new(),
        };
        record.hash = audit::hash_of(&record);
        self.previous.clone_from(&record.hash);
        record
    }

    fn mac(&self, bytes: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is one");
        mac.update(bytes);
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

impl Batch {
    /// Adds what was typed; the record that it does not fit into any more, if there is one.
    pub(crate) fn add(
        &mut self,
        typed: Typed,
        now: Instant,
        chain: &mut Chain,
        clean: impl FnOnce(&[u8]) -> String,
    ) -> Option<InputTyped> {
        if let Some((batch, last_seq, _)) = &mut self.0
            && batch.is_continued_by(&typed)
        {
            *last_seq = typed.seq;
            batch.bytes.extend(typed.bytes);
            return None;
        }
        let full = self.cut(chain, clean);
        let (seq, until) = (typed.seq, now + LONGEST);
        self.0 = Some((typed, seq, until));
        full
    }

    /// Puts on record what there is.
    pub(crate) fn cut(
        &mut self,
        chain: &mut Chain,
        clean: impl FnOnce(&[u8]) -> String,
    ) -> Option<InputTyped> {
        let (typed, last_seq, _) = self.0.take()?;
        Some(chain.link(&typed, last_seq, clean))
    }

    /// When it is to be put on record.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.0.as_ref().map(|(.., until)| *until)
    }
}

impl Typed {
    fn is_continued_by(&self, next: &Self) -> bool {
        let whose = |typed: &Self| (typed.grant, typed.fence, typed.echo);
        whose(self) == whose(next)
            && next.seq >= self.seq
            && self.bytes.len() + next.bytes.len() <= MOST
    }
}
