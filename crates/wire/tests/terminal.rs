//! Frames of terminals: what is written is read back, from any cut, and nothing else is a frame.

use baton_domain::{Attempt, Fence, GrantId, TerminalSize};
use baton_wire::{
    Frame, GateShown, TerminalMessage,
    terminal::{Exit, Framed, Input, MAX_INPUT, Refused, RunShown, Snapshot, Subscribe, TypedSeq},
};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use uuid::Uuid;

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn size() -> impl Strategy<Value = TerminalSize> {
    (2u16..=400, 2u16..=120).prop_map(|(cols, rows)| TerminalSize::new(cols, rows).expect("a size"))
}

fn grant() -> impl Strategy<Value = GrantId> {
    any::<u128>().prop_map(|n| GrantId::from_uuid(Uuid::from_u128(n)))
}

fn fence() -> impl Strategy<Value = Fence> {
    (1..u64::MAX / 4).prop_map(|n| Fence::new(n).expect("a fence"))
}

fn frame() -> impl Strategy<Value = Frame> {
    let right = (grant(), fence());
    prop_oneof![
        (any::<u64>(), size(), bytes(300)).prop_map(|(offset, size, dump)| Frame::Snapshot {
            offset,
            snapshot: Snapshot { size, dump },
        }),
        (any::<u64>(), bytes(300)).prop_map(|(offset, bytes)| Frame::Output { offset, bytes }),
        (any::<u64>(), size()).prop_map(|(offset, size)| Frame::Size { offset, size }),
        any::<u64>().prop_map(|offset| Frame::Writer {
            offset,
            gate: GateShown {
                fence: None,
                writer: None,
                ended: None,
            },
        }),
        (any::<u64>(), any::<Option<i32>>()).prop_map(|(offset, code)| Frame::Exit {
            offset,
            exit: Exit { code, signal: None },
        }),
        any::<(u64, u64)>().prop_map(|(from, to)| Frame::Gap { from, to }),
        (any::<u64>(), grant(), any::<u64>()).prop_map(|(offset, grant, seq)| Frame::Accepted {
            offset,
            grant,
            seq: TypedSeq(seq),
        }),
        ".*".prop_map(|reason| Frame::Refused(Refused {
            seq: None,
            grant: None,
            reason,
        })),
        any::<Option<bool>>().prop_map(|frozen| Frame::State(RunShown {
            frozen,
            ..RunShown::default()
        })),
        any::<Option<u64>>().prop_map(|offset| Frame::Subscribe(Subscribe {
            offset,
            ..Subscribe::default()
        })),
        any::<u64>().prop_map(|offset| Frame::Ack { offset }),
        (right, any::<u64>(), bytes(MAX_INPUT)).prop_map(|((grant, fence), seq, bytes)| {
            Frame::Input(Input {
                grant,
                fence,
                seq: TypedSeq(seq),
                bytes,
            })
        }),
        (grant(), fence(), size()).prop_map(|(grant, fence, size)| Frame::Resize {
            grant,
            fence,
            size
        }),
        bytes(64).prop_map(Frame::Ping),
        bytes(64).prop_map(Frame::Pong),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(frame in frame()) {
        prop_assert_eq!(Frame::decode(frame.encode()).unwrap(), frame);
    }

    #[test]
    fn messages_are_read_back(frames in prop::collection::vec(frame(), 0..8), epoch: u64) {
        let message = TerminalMessage { attempt: Attempt::FIRST, epoch, frames };
        prop_assert_eq!(TerminalMessage::decode(message.encode()).unwrap(), message);
    }

    #[test]
    fn frames_are_read_from_pieces(frames in prop::collection::vec(frame(), 0..5), cut in 1usize..50) {
        let mut out = BytesMut::new();
        for frame in &frames {
            Framed::put(&mut out, frame);
        }
        let mut framed = Framed::default();
        let mut read = Vec::new();
        for piece in out.chunks(cut) {
            framed.push(piece);
            while let Some(frame) = framed.next_frame().unwrap() {
                read.push(frame);
            }
        }
        prop_assert_eq!(read, frames);
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in bytes(200)) {
        let _ = Frame::decode(bytes.clone());
        let _ = TerminalMessage::decode(bytes);
    }
}

#[test]
fn a_frame_of_a_later_version_is_passed_over() {
    let mut bytes = BytesMut::from(&Frame::Ack { offset: 7 }.encode()[..]);
    bytes[0] = 200;
    assert_eq!(Frame::decode(bytes.freeze()).unwrap(), Frame::Unknown(200));
}

#[test]
fn too_much_input_is_refused_with_the_limit() {
    let input = |length: usize| {
        Frame::Input(Input {
            grant: GrantId::from_uuid(Uuid::nil()),
            fence: Fence::FIRST,
            seq: TypedSeq(1),
            bytes: vec![b'x'; length].into(),
        })
    };
    assert!(Frame::decode(input(MAX_INPUT).encode()).is_ok());
    let error = Frame::decode(input(MAX_INPUT + 1).encode()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("4097 bytes of input: at most 4096"),
        "{error}"
    );
}
