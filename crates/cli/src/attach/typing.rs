//! What the holder of a grant has typed, on its way. Pure: pieces in order, each with its number; what
//! was not confirmed is sent again after a lost connection, and the gate types nothing twice.

use std::collections::VecDeque;

use baton_domain::{Fence, GrantId};
use baton_wire::{
    Frame, GateShown,
    terminal::{Input, MAX_INPUT, Subscribe, TypedSeq},
};
use bytes::Bytes;

/// So many pieces may be on their way.
const IN_FLIGHT: usize = 4;
/// So many bytes may wait; more is no typing.
const MOST_WAITING: usize = 1 << 20;

/// The right to type. The key opens the gate and is shown to nobody.
#[derive(Clone)]
pub(crate) struct Right {
    pub(crate) grant: GrantId,
    pub(crate) fence: Fence,
    pub(crate) key: String,
}

impl std::fmt::Debug for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Right")
            .field("grant", &self.grant)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}

/// What was typed under a right.
#[derive(Debug)]
pub(crate) struct Typing {
    right: Right,
    next: u64,
    sent: VecDeque<Input>,
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// Why the last input was not taken.
    pub(crate) refusal: Option<String>,
}

impl Typing {
    pub(crate) const fn new(right: Right) -> Self {
        Self {
            right,
            next: 1,
            sent: VecDeque::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            refusal: None,
        }
    }

    pub(crate) const fn grant(&self) -> GrantId {
        self.right.grant
    }

    /// Shows the right in a subscription.
    pub(crate) fn sign(&self, subscribe: &mut Subscribe) {
        subscribe.grant = Some(self.right.grant);
        subscribe.write_key = Some(self.right.key.clone());
    }

    /// Takes in what was typed; returns what may be sent now.
    pub(crate) fn typed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        if self.waiting_bytes + bytes.len() > MOST_WAITING {
            self.refusal = Some("more than 1 MiB waits to be typed".to_owned());
            return Vec::new();
        }
        self.refusal = None;
        self.waiting_bytes += bytes.len();
        let pieces = bytes.chunks(MAX_INPUT).map(Bytes::copy_from_slice);
        self.waiting.extend(pieces);
        self.due()
    }

    /// Hears what became of inputs; returns what may be sent now.
    pub(crate) fn hear(&mut self, frame: &Frame) -> Vec<Frame> {
        match frame {
            Frame::Accepted { grant, seq, .. } if *grant == self.right.grant => {
                self.sent.retain(|input| input.seq > *seq);
                self.due()
            }
            Frame::Refused(refused) if refused.grant.is_none_or(|id| id == self.right.grant) => {
                // What comes after a lost piece is not to be typed without it.
                if let Some(seq) = refused.seq {
                    self.sent.retain(|input| input.seq < seq);
                }
                self.waiting.clear();
                self.waiting_bytes = 0;
                self.refusal = Some(refused.reason.clone());
                Vec::new()
            }
            // Over a new connection everything unconfirmed is said again.
            Frame::Hello(hello) => {
                self.renew(&hello.gate);
                self.sent.iter().cloned().map(Frame::Input).collect()
            }
            Frame::Writer { gate, .. } => {
                self.renew(gate);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// More time for a grant comes with a higher fence, under which one types from then on.
    fn renew(&mut self, gate: &GateShown) {
        let ours = gate.writer.as_ref().map(|writer| writer.grant) == Some(self.right.grant);
        if let Some(fence) = gate.fence.filter(|fence| ours && *fence > self.right.fence) {
            self.right.fence = fence;
        }
    }

    fn due(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while self.sent.len() < IN_FLIGHT {
            let Some(bytes) = self.waiting.pop_front() else {
                break;
            };
            self.waiting_bytes -= bytes.len();
            let input = Input {
                grant: self.right.grant,
                fence: self.right.fence,
                seq: TypedSeq(self.next),
                bytes,
            };
            self.next += 1;
            self.sent.push_back(input.clone());
            frames.push(Frame::Input(input));
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use baton_wire::terminal::Refused;
    use uuid::Uuid;

    use super::*;

    fn typing() -> Typing {
        Typing::new(Right {
            grant: GrantId::from_uuid(Uuid::from_u128(7)),
            fence: Fence::FIRST,
            key: "secret".to_owned(),
        })
    }

    fn seqs(frames: &[Frame]) -> Vec<u64> {
        let seq = |frame: &Frame| match frame {
            Frame::Input(input) => input.seq.0,
            other => panic!("{other:?}"),
        };
        frames.iter().map(seq).collect()
    }

    // B-05
    #[test]
    fn a_large_paste_goes_in_pieces_as_fast_as_it_is_typed() {
        let mut typing = typing();
        let sent = typing.typed(&vec![b'x'; 6 * MAX_INPUT]);
        assert_eq!(seqs(&sent), [1, 2, 3, 4]);
        let accepted = Frame::Accepted {
            offset: 0,
            grant: typing.grant(),
            seq: TypedSeq(2),
        };
        assert_eq!(seqs(&typing.hear(&accepted)), [5, 6]);
    }

    #[test]
    fn a_refusal_drops_what_waits_and_says_why() {
        let mut typing = typing();
        typing.typed(&vec![b'x'; 6 * MAX_INPUT]);
        typing.hear(&Frame::Refused(Refused {
            seq: Some(TypedSeq(3)),
            grant: None,
            reason: "revoked".to_owned(),
        }));
        assert_eq!(typing.refusal.as_deref(), Some("revoked"));
        assert_eq!(typing.sent.len(), 2);
        assert!(typing.waiting.is_empty() && typing.waiting_bytes == 0);
    }

    #[test]
    fn the_key_is_in_no_message_for_people() {
        assert!(!format!("{:?}", typing()).contains("secret"));
    }
}
