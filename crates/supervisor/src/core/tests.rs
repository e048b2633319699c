//! The promises of the timers, as properties and a few told cases.

use baton_domain::Clock;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

pub(super) const LEASE: Duration = Duration::from_secs(15);
pub(super) const TICK: Duration = Duration::from_millis(250);
pub(super) const PERIODS: Periods = Periods {
    lease: LEASE,
    deaf: Duration::from_secs(2),
    repeat: Duration::from_secs(5),
};

pub(super) fn lease(run: u128, attempt: u64, position: u64) -> LiveLease {
    LiveLease {
        run: RunId::from_uuid(Uuid::from_u128(run)),
        attempt: Attempt::new(attempt).unwrap(),
        position: Position::new(position).unwrap(),
        worker: "w-1".parse().unwrap(),
    }
}

pub(super) fn known<const N: usize>(leases: [LiveLease; N]) -> [Known; N] {
    leases.map(|lease| Known {
        lease,
        release: None,
    })
}

pub(super) fn lost_for_silence(lease: LiveLease) -> Effect {
    Effect::DeclareLost(lease, Why::Silent)
}

fn hearing(now: Duration) -> Timers {
    let mut timers = Timers::new(PERIODS);
    timers.connected(now);
    timers
}

/// Ticks from `from` (inclusive) to `to`, and what they yield with its time.
fn ticks(timers: &mut Timers, from: Duration, to: Duration) -> Vec<(Duration, Effect)> {
    let mut now = from;
    let mut seen = Vec::new();
    while now <= to {
        seen.extend(timers.tick(now).into_iter().map(|effect| (now, effect)));
        now += TICK;
    }
    seen
}

proptest! {
    // W-11
    #[test]
    fn a_holder_that_beats_in_time_is_never_lost(gaps in prop::collection::vec(0_u64..15_000, 1..40)) {
        let mut timers = hearing(Duration::ZERO);
        let held = lease(1, 1, 10);
        timers.leases(Duration::ZERO, known([held.clone()]));
        let mut now = Duration::ZERO;
        for gap in gaps {
            let beat_at = now + Duration::from_millis(gap);
            prop_assert_eq!(ticks(&mut timers, now, beat_at), vec![]);
            timers.beat(beat_at, &held);
            now = beat_at;
        }
    }

    // W-11
    #[test]
    fn a_silent_holder_is_lost_once_its_lease_is_over_and_within_a_tick(
        beats in prop::collection::vec(1_u64..14_000, 0..10), snapshots in 1_u32..5,
    ) {
        let mut timers = hearing(Duration::ZERO);
        let held = lease(1, 1, 10);
        let mut last = Duration::ZERO;
        timers.leases(last, known([held.clone()]));
        for gap in beats {
            let next = last + Duration::from_millis(gap);
            ticks(&mut timers, last, next);
            timers.beat(next, &held);
            last = next;
        }
        for _ in 0..snapshots {
            timers.leases(last, known([held.clone()]));
        }
        let seen = ticks(&mut timers, last, last + LEASE + TICK);
        prop_assert_eq!(seen.len(), 1);
        prop_assert!(seen[0].0 >= last + LEASE);
        prop_assert_eq!(&seen[0].1, &lost_for_silence(held));
    }

    // W-11
    #[test]
    fn nothing_is_lost_while_the_broker_is_away_or_within_a_lease_after(
        before in 0_u64..14_000, away in 0_u64..600_000, after in 0_u64..14_999,
    ) {
        let mut timers = hearing(Duration::ZERO);
        timers.leases(Duration::ZERO, known([lease(1, 1, 10), lease(2, 1, 11)]));
        let down = Duration::from_millis(before);
        prop_assert_eq!(ticks(&mut timers, Duration::ZERO, down), vec![]);
        timers.disconnected();
        let up = down + Duration::from_millis(away);
        prop_assert_eq!(ticks(&mut timers, down, up), vec![]);
        timers.connected(up);
        prop_assert_eq!(ticks(&mut timers, up, up + Duration::from_millis(after)), vec![]);
    }

    #[test]
    fn the_same_snapshot_again_changes_nothing(times in prop::collection::vec(0_u64..14_000, 1..30)) {
        let mut timers = hearing(Duration::ZERO);
        let held = lease(1, 1, 10);
        timers.leases(Duration::ZERO, known([held.clone()]));
        for at in times {
            timers.leases(Duration::from_millis(at), known([held.clone()]));
        }
        let seen = ticks(&mut timers, Duration::ZERO, LEASE);
        prop_assert_eq!(seen, vec![(LEASE, lost_for_silence(held))]);
    }
}

#[test]
fn a_beat_renews_only_the_lease_that_it_names() {
    let held = lease(1, 2, 20);
    let strangers = [
        lease(2, 2, 20),
        lease(1, 1, 20),
        lease(1, 2, 19),
        LiveLease {
            worker: "w-2".parse().unwrap(),
            ..held.clone()
        },
    ];
    for stranger in strangers {
        let mut timers = hearing(Duration::ZERO);
        timers.leases(Duration::ZERO, known([held.clone()]));
        ticks(&mut timers, Duration::ZERO, LEASE - TICK);
        timers.beat(LEASE - TICK, &stranger);
        assert_eq!(timers.tick(LEASE), [lost_for_silence(held.clone())]);
    }
}

#[test]
fn a_new_lease_of_the_same_run_starts_its_own_timer() {
    let mut timers = hearing(Duration::ZERO);
    timers.leases(Duration::ZERO, known([lease(1, 1, 10)]));
    ticks(&mut timers, Duration::ZERO, LEASE - TICK);
    timers.leases(LEASE - TICK, known([lease(1, 2, 20)]));
    assert_eq!(ticks(&mut timers, LEASE, LEASE * 2 - TICK * 2), []);
    assert_eq!(timers.tick(LEASE * 2).len(), 1);
}

#[test]
fn a_lease_that_ended_is_forgotten() {
    let mut timers = hearing(Duration::ZERO);
    timers.leases(Duration::ZERO, known([lease(1, 1, 10)]));
    timers.leases(TICK, known([]));
    assert_eq!(ticks(&mut timers, TICK, LEASE * 2), []);
}

#[test]
fn a_supervisor_that_did_not_run_starts_all_timers_afresh() {
    let mut timers = hearing(Duration::ZERO);
    timers.leases(Duration::ZERO, known([lease(1, 1, 10)]));
    timers.tick(Duration::ZERO);
    let woken = LEASE * 10;
    assert_eq!(ticks(&mut timers, woken, woken + LEASE - TICK), []);
    assert_eq!(timers.tick(woken + LEASE).len(), 1);
}

#[test]
fn a_supervisor_that_could_not_read_the_store_starts_all_timers_afresh() {
    let mut timers = hearing(Duration::ZERO);
    timers.leases(Duration::ZERO, known([lease(1, 1, 10)]));
    timers.forget();
    assert_eq!(ticks(&mut timers, Duration::ZERO, LEASE * 2), []);
    timers.leases(LEASE * 2, known([lease(1, 1, 10)]));
    assert_eq!(ticks(&mut timers, LEASE * 2, LEASE * 3 - TICK), []);
}

#[test]
fn what_was_said_is_said_again_only_after_a_while_or_when_it_failed() {
    let mut timers = hearing(Duration::ZERO);
    let held = lease(1, 1, 10);
    timers.leases(Duration::ZERO, known([held.clone()]));
    ticks(&mut timers, Duration::ZERO, LEASE - TICK);
    let lost = lost_for_silence(held);
    assert_eq!(timers.tick(LEASE).first(), Some(&lost));
    assert_eq!(timers.tick(LEASE + TICK), []);
    timers.undone(&lost);
    assert_eq!(timers.tick(LEASE + TICK * 2).first(), Some(&lost));
    let again = ticks(
        &mut timers,
        LEASE + TICK * 3,
        LEASE + TICK * 2 + PERIODS.repeat,
    );
    assert_eq!(again.len(), 1);
}

// W-12
#[test]
fn a_lease_that_an_operator_wants_taken_away_is_lost_at_once_however_loud_its_holder_is() {
    let held = lease(1, 1, 10);
    let wish = ReleaseWish {
        at: baton_domain::SystemClock.now(),
        by: "ada".to_owned().try_into().unwrap(),
        note: None,
    };
    let wished = || Known {
        lease: held.clone(),
        release: Some(wish.clone()),
    };
    let mut timers = Timers::new(PERIODS);
    timers.leases(Duration::ZERO, [wished()]);
    assert_eq!(timers.tick(Duration::ZERO), [], "the broker is away");
    timers.connected(TICK);
    timers.beat(TICK, &held);
    let lost = Effect::DeclareLost(held.clone(), Why::Wished(wish.clone()));
    assert_eq!(timers.tick(TICK), [lost]);
    timers.leases(TICK * 2, [wished()]);
    assert_eq!(timers.tick(TICK * 2), [], "once");
}

// W-12
#[test]
fn a_due_run_is_offered_once_and_held_while_the_broker_is_away() {
    let run = RunId::from_uuid(Uuid::from_u128(7));
    let attempt = Attempt::new(2).unwrap();
    let mut timers = Timers::new(PERIODS);
    timers.due([(run, attempt)]);
    assert_eq!(timers.tick(Duration::ZERO), []);
    timers.connected(TICK);
    assert_eq!(timers.tick(TICK), [Effect::Offer { run, attempt }]);
    timers.due([(run, attempt)]);
    assert_eq!(timers.tick(TICK * 2), []);
    timers.due([(run, attempt.next())]);
    let attempt = attempt.next();
    assert_eq!(timers.tick(TICK * 3), [Effect::Offer { run, attempt }]);
    timers.due([]);
    assert_eq!(timers.tick(TICK * 100), []);
}
