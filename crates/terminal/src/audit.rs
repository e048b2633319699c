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
    fn link(
        &mut self,
        typed: &Typed,
        last_seq: TypedSeq,
        clean: impl FnOnce(&[u8]) -> String,
    ) -> InputTyped {
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
            // A database keeps no NUL: what it gives back must be what was hashed.
            text: typed
                .echo
                .then(|| clean(&typed.bytes).replace('\0', "\u{2400}")),
            mac: (!typed.echo).then(|| self.mac(&typed.bytes)),
            previous: self.previous.clone(),
            hash: String::new(),
        };
        record.hash = audit::hash_of(&record);
        self.previous.clone_from(&record.hash);
        record
    }

    fn mac(&self, bytes: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is one");
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

#[cfg(test)]
mod tests {
    use baton_domain::session::ChainLink;
    use uuid::Uuid;

    use super::*;

    fn run() -> RunId {
        RunId::from_uuid(Uuid::from_u128(1))
    }

    fn typed(seq: u64, echo: bool, bytes: &[u8]) -> Typed {
        Typed {
            terminal: TerminalName::Agent,
            grant: GrantId::from_uuid(Uuid::from_u128(2)),
            holder: "anna".to_owned().try_into().unwrap(),
            channel: Channel::Web,
            fence: Fence::FIRST,
            seq: TypedSeq(seq),
            offset: 40,
            echo,
            bytes: bytes.to_vec(),
        }
    }

    fn plain(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    // B-06
    #[test]
    fn records_are_a_chain_and_what_is_not_shown_is_not_on_record() {
        let mut chain = Chain::new(run(), Attempt::FIRST, [7; 32]);
        let mut batch = Batch::default();
        let now = Instant::now();
        let mut records = Vec::new();
        for (seq, echo, bytes) in [(1, true, "l"), (2, true, "s\r"), (3, false, "hunter2\r")] {
            records.extend(batch.add(typed(seq, echo, bytes.as_bytes()), now, &mut chain, plain));
        }
        assert_eq!(batch.until(), Some(now + LONGEST));
        records.extend(batch.cut(&mut chain, plain));
        assert_eq!(batch.until(), None);
        let [shown, hidden] = &records[..] else {
            panic!("{records:?}");
        };
        assert_eq!(shown.text.as_deref(), Some("ls\r"));
        assert_eq!(
            (shown.first_seq, shown.last_seq),
            (TypedSeq(1), TypedSeq(2))
        );
        assert_eq!((hidden.text.as_deref(), hidden.length), (None, 8));
        assert!(hidden.mac.as_ref().is_some_and(|mac| mac.len() == 64));
        assert!(!serde_json::to_string(&records).unwrap().contains("hunter2"));
        let mut head = audit::genesis(run(), Attempt::FIRST);
        for (count, record) in (0..).zip(&records) {
            assert_eq!(audit::judge(&head, count, record), ChainLink::Continues);
            head.clone_from(&record.hash);
        }
    }

    #[test]
    fn a_record_is_about_four_kibibytes_at_most() {
        let mut chain = Chain::new(run(), Attempt::FIRST, [7; 32]);
        let mut batch = Batch::default();
        let now = Instant::now();
        let piece = [b'x'; MOST / 2 + 1];
        assert!(
            batch
                .add(typed(1, true, &piece), now, &mut chain, plain)
                .is_none()
        );
        let full = batch.add(typed(2, true, &piece), now, &mut chain, plain);
        assert_eq!(full.unwrap().length, piece.len() as u64);
    }
}
