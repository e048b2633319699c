//! The gate against a model that is too simple to be wrong, and its answers one by one.

use baton_domain::{Actor, Role};
use bytes::Bytes;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const AGENT: TerminalName = TerminalName::Agent;
const SHELL: TerminalName = TerminalName::Shell;
const WORKER: Source = Source {
    via: Via::Worker,
    connection: 1,
};
const TMATE: Source = Source {
    via: Via::Tmate,
    connection: 2,
};
const LOCAL: Source = Source {
    via: Via::Local,
    connection: 3,
};

fn run() -> RunId {
    RunId::from_uuid(Uuid::from_u128(1))
}

fn fence(n: u64) -> Fence {
    Fence::new(n).unwrap()
}

fn grant(n: u8) -> GrantId {
    GrantId::from_uuid(Uuid::from_u128(n.into()))
}

fn writer(n: u8, ttl_ms: u64) -> Writer {
    Writer {
        grant: grant(n),
        holder: Actor::try_from(format!("anna-{n}")).unwrap(),
        role: Role::Operator,
        channel: Channel::Web,
        terminals: vec![AGENT],
        ttl_ms,
        reason: "to look".to_owned(),
        key_sha256: String::new(),
    }
}

fn signed(at: u64, writer: Option<Writer>) -> Signed {
    Signed {
        version: Signed::VERSION,
        run: run(),
        attempt: Attempt::FIRST,
        fence: fence(at),
        writer,
    }
}

fn input(n: u8, at: u64, seq: u64) -> Input {
    Input {
        grant: grant(n),
        fence: fence(at),
        seq: TypedSeq(seq),
        bytes: Bytes::from_static(b"x"),
    }
}

fn gate() -> Gate {
    Gate::new(run(), Attempt::FIRST)
}

/// A gate with this writer, from fence 1 on.
fn open(writer: Writer, now: Instant) -> Gate {
    let mut gate = gate();
    gate.apply(signed(1, Some(writer)), WriteEnd::Revoked, now)
        .unwrap();
    gate
}

fn causes(changes: &[Change]) -> Vec<WriteEnd> {
    let cause = |change: &Change| match change {
        Change::Ended(ended) => Some(ended.cause),
        Change::Moved(_) => None,
    };
    changes.iter().filter_map(cause).collect()
}

fn refused(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refuse(_))
}

// B-05
#[test]
fn only_the_holder_types_by_its_door_into_its_terminals() {
    let now = Instant::now();
    let mut web = open(writer(1, 1000), now);
    assert_eq!(
        web.check(AGENT, WORKER, &input(1, 1, 1), now),
        Verdict::Type
    );
    for (terminal, source, input) in [
        (SHELL, WORKER, input(1, 1, 2)),
        (AGENT, TMATE, input(1, 1, 2)),
        (AGENT, LOCAL, input(1, 1, 2)),
        (AGENT, WORKER, input(2, 1, 2)),
        (AGENT, WORKER, input(1, 2, 2)),
    ] {
        assert!(
            refused(&web.check(terminal, source, &input, now)),
            "{input:?}"
        );
    }
    let mut tmate = Writer {
        channel: Channel::Tmate,
        ..writer(1, 1000)
    };
    tmate.terminals.push(SHELL);
    let mut gate = open(tmate, now);
    assert_eq!(
        gate.check(SHELL, TMATE, &input(1, 1, 1), now),
        Verdict::Type
    );
    assert!(refused(&gate.check(SHELL, WORKER, &input(1, 1, 2), now)));
}

// B-05
#[test]
fn what_is_for_other_terminals_or_was_overtaken_is_not_obeyed() {
    let now = Instant::now();
    let mut gate = gate();
    let other_run = Signed {
        run: RunId::from_uuid(Uuid::from_u128(9)),
        ..signed(1, Some(writer(1, 1000)))
    };
    let other_attempt = Signed {
        attempt: Attempt::FIRST.next(),
        ..signed(1, Some(writer(1, 1000)))
    };
    for elsewhere in [other_run, other_attempt] {
        let told = gate.apply(elsewhere, WriteEnd::Revoked, now);
        assert!(matches!(told, Err(Unfit::Elsewhere(..))));
    }
    let revoked = gate.apply(signed(5, None), WriteEnd::Revoked, now);
    assert_eq!(causes(&revoked.unwrap()), []);
    let late = gate.apply(signed(4, Some(writer(1, 1000))), WriteEnd::Revoked, now);
    assert_eq!(late, Err(Unfit::Old(fence(4), fence(5))));
    assert!(refused(&gate.check(AGENT, WORKER, &input(1, 4, 1), now)));
}

// B-05
#[test]
fn a_grant_ends_by_its_time_and_saying_it_again_gives_no_more_of_it() {
    let start = Instant::now();
    let later = |ms| start + Duration::from_millis(ms);
    let mut gate = open(writer(1, 1000), start);
    let again = gate.apply(
        signed(1, Some(writer(1, 1000))),
        WriteEnd::Revoked,
        later(900),
    );
    assert_eq!(again, Ok(Vec::new()));
    assert_eq!(gate.shown(later(900)).writer.unwrap().left_ms, 100);
    assert_eq!(
        gate.check(AGENT, WORKER, &input(1, 1, 1), later(999)),
        Verdict::Type
    );
    // Even before anybody has noticed.
    assert!(refused(&gate.check(
        AGENT,
        WORKER,
        &input(1, 1, 2),
        later(1000)
    )));
    assert_eq!(gate.expire(later(999)), []);
    assert_eq!(causes(&gate.expire(later(1000))), [WriteEnd::Expired]);
    assert_eq!(gate.expire(later(1000)), []);
    let shown = gate.shown(later(1000));
    assert_eq!((shown.writer, shown.ended), (None, Some(WriteEnd::Expired)));
    let again = gate.apply(
        signed(1, Some(writer(1, 1000))),
        WriteEnd::Revoked,
        later(1001),
    );
    assert_eq!(again, Ok(Vec::new()));
    assert!(gate.writer().is_none());
}

#[test]
fn why_a_grant_ended_is_told() {
    let now = Instant::now();
    for (next, hint, cause) in [
        (None, WriteEnd::Revoked, WriteEnd::Revoked),
        (None, WriteEnd::Released, WriteEnd::Released),
        (Some(writer(2, 10)), WriteEnd::Revoked, WriteEnd::Replaced),
    ] {
        let mut gate = open(writer(1, 1000), now);
        gate.check(AGENT, WORKER, &input(1, 1, 7), now);
        gate.typed(WORKER, TypedSeq(7), 40);
        let changes = gate.apply(signed(2, next), hint, now).unwrap();
        assert_eq!(causes(&changes), [cause]);
        let Change::Ended(ended) = &changes[0] else {
            panic!("{changes:?}");
        };
        assert_eq!((ended.last_seq, ended.fence), (TypedSeq(7), fence(1)));
        assert!(refused(&gate.check(AGENT, WORKER, &input(1, 1, 8), now)));
    }
    let mut gate = open(writer(1, 1000), now);
    assert_eq!(causes(&gate.close(WriteEnd::Ended)), [WriteEnd::Ended]);
    assert_eq!(gate.close(WriteEnd::Ended), []);
}

#[test]
fn a_renewal_keeps_what_was_typed_and_what_is_on_its_way() {
    let now = Instant::now();
    let mut gate = open(writer(1, 1000), now);
    assert_eq!(
        gate.check(AGENT, WORKER, &input(1, 1, 1), now),
        Verdict::Type
    );
    gate.typed(WORKER, TypedSeq(1), 30);
    let renewed = gate.apply(signed(2, Some(writer(1, 5000))), WriteEnd::Revoked, now);
    assert_eq!(causes(&renewed.unwrap()), []);
    assert_eq!(gate.shown(now).writer.unwrap().left_ms, 5000);
    let again = gate.check(AGENT, WORKER, &input(1, 2, 1), now);
    assert_eq!(again, Verdict::TypedBefore(30));
    assert_eq!(
        gate.check(AGENT, WORKER, &input(1, 1, 2), now),
        Verdict::Type
    );
}

#[test]
fn an_input_that_is_sent_again_is_not_typed_again() {
    let now = Instant::now();
    let mut gate = open(writer(1, 1000), now);
    let check = |gate: &mut Gate, seq| gate.check(AGENT, WORKER, &input(1, 1, seq), now);
    assert_eq!(check(&mut gate, 1), Verdict::Type);
    assert_eq!(check(&mut gate, 1), Verdict::BeingTyped);
    gate.typed(WORKER, TypedSeq(1), 10);
    assert_eq!(check(&mut gate, 1), Verdict::TypedBefore(10));
    assert_eq!(check(&mut gate, 5), Verdict::Type);
    assert!(refused(&check(&mut gate, 4)));
    gate.forget(WORKER, TypedSeq(5));
    assert_eq!(check(&mut gate, 5), Verdict::Type);
}

#[test]
fn tmate_connections_count_for_themselves() {
    let now = Instant::now();
    let mut gate = open(
        Writer {
            channel: Channel::Tmate,
            ..writer(1, 1000)
        },
        now,
    );
    for connection in [5, 6] {
        let source = Source {
            connection,
            ..TMATE
        };
        assert_eq!(
            gate.check(AGENT, source, &input(1, 1, 1), now),
            Verdict::Type
        );
        gate.typed(source, TypedSeq(1), 0);
    }
    gate.left(5);
}

#[test]
fn an_input_of_another_size_is_refused_with_the_way_out() {
    let now = Instant::now();
    let mut gate = open(writer(1, 1000), now);
    for length in [0, MAX_INPUT + 1] {
        let wrong = Input {
            bytes: vec![b'x'; length].into(),
            ..input(1, 1, 1)
        };
        let Verdict::Refuse(reason) = gate.check(AGENT, WORKER, &wrong, now) else {
            panic!("{length} bytes were typed");
        };
        assert!(reason.contains("in pieces"), "{reason}");
    }
}

/// What may happen to a gate.
#[derive(Debug, Clone)]
enum Step {
    Signed(u64, Option<(u8, u64)>),
    Wait(u64),
    Type(u8, u64),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let writer = prop::option::of((0..3_u8, 0..50_u64));
    prop_oneof![
        (1..20_u64, writer).prop_map(|(fence, writer)| Step::Signed(fence, writer)),
        (0..30_u64).prop_map(Step::Wait),
        (0..3_u8, 1..20_u64).prop_map(|(grant, fence)| Step::Type(grant, fence)),
        Just(Step::Close),
    ]
}

proptest! {
    /// The last fence counts, for as long as it says: nothing else lets anybody type.
    // B-05
    #[test]
    fn nobody_types_without_the_grant_of_the_highest_fence(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut now = Instant::now();
        let mut gate = gate();
        let mut highest = 0;
        let mut may: Option<(u8, u64, Instant)> = None;
        for (seq, step) in (1..).zip(steps) {
            match step {
                Step::Wait(ms) => now += Duration::from_millis(ms),
                Step::Close => {
                    gate.close(WriteEnd::Ended);
                    may = None;
                }
                Step::Signed(at, next) => {
                    let to = next.map(|(grant, ttl)| writer(grant, ttl));
                    let told = gate.apply(signed(at, to), WriteEnd::Revoked, now);
                    prop_assert_eq!(told.is_err(), at < highest);
                    if at > highest {
                        highest = at;
                        let since = |grant| match may {
                            Some((held, since, until)) if held == grant && now < until => since,
                            _ => at,
                        };
                        may = next.map(|(grant, ttl)| {
                            (grant, since(grant), now + Duration::from_millis(ttl))
                        });
                    }
                }
                Step::Type(grant, at) => {
                    let verdict = gate.check(AGENT, WORKER, &input(grant, at, seq), now);
                    let fits = may.is_some_and(|(held, since, until)| {
                        held == grant && (since..=highest).contains(&at) && now < until
                    });
                    let expected = if fits { Verdict::Type } else { verdict.clone() };
                    prop_assert_eq!(&verdict, &expected);
                    prop_assert_eq!(refused(&verdict), !fits);
                }
            }
            let fence = gate.shown(now).fence.map_or(0, Fence::get);
            prop_assert_eq!(fence, highest);
        }
    }
}
