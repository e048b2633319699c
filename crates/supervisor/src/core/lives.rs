//! Whole lives of a supervisor: whatever workers, broker and machine do, in whatever order, the
//! timers keep their promises. A model beside them says when each lease was last heard by somebody
//! who could hear.

use proptest::prelude::*;

use super::*;
use crate::core::tests::{LEASE, PERIODS, TICK, known, lease, lost_for_silence};

/// What happens between two ticks.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// Nothing but time.
    Nothing,
    /// The worker of this lease beats.
    Beat(u128),
    /// The broker goes away, or is back.
    Broker,
    /// This machine does not run for so many ticks.
    Sleep(u32),
    /// The database could not be read.
    Forget,
    /// Another supervisor takes over.
    TakeOver,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        30 => Just(Happening::Nothing),
        10 => (0_u128..3).prop_map(Happening::Beat),
        1 => Just(Happening::Broker),
        1 => (1_u32..200).prop_map(Happening::Sleep),
        1 => Just(Happening::Forget),
        1 => Just(Happening::TakeOver),
    ]
}

/// A supervisor, and what it may know at most.
struct Life {
    timers: Timers,
    now: Duration,
    connected: bool,
    /// When each lease's full time last began.
    begun: [Duration; 3],
    /// When each lease was last declared lost.
    said: [Option<Duration>; 3],
}

impl Life {
    fn begin() -> Self {
        let mut life = Self {
            timers: Timers::new(PERIODS),
            now: Duration::ZERO,
            connected: true,
            begun: [Duration::ZERO; 3],
            said: [None; 3],
        };
        life.take_over();
        life
    }

    fn all() -> [LiveLease; 3] {
        [0, 1, 2].map(|n| lease(n + 1, 1, 10))
    }

    fn take_over(&mut self) {
        self.timers = Timers::new(PERIODS);
        if self.connected {
            self.timers.connected(self.now);
        }
        self.said = [None; 3];
        self.afresh();
    }

    fn afresh(&mut self) {
        self.begun = [self.now; 3];
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Nothing => {}
            // Nobody hears a beat while the broker is away.
            Happening::Beat(n) if self.connected => {
                let n = usize::try_from(n).unwrap();
                self.timers.beat(self.now, &Self::all()[n]);
                self.begun[n] = self.now;
            }
            Happening::Beat(_) => {}
            Happening::Broker => {
                self.connected = !self.connected;
                if self.connected {
                    self.timers.connected(self.now);
                    self.afresh();
                } else {
                    self.timers.disconnected();
                }
            }
            Happening::Sleep(ticks) => {
                let pause = TICK * ticks;
                self.now += pause;
                // Noticed at the next tick, which is one more away.
                if pause + TICK > PERIODS.deaf {
                    self.begun = [self.now + TICK; 3];
                }
            }
            Happening::Forget => {
                self.timers.forget();
                self.said = [None; 3];
                self.begun = [self.now + TICK; 3];
            }
            Happening::TakeOver => self.take_over(),
        }
    }

    /// The next tick, checked against the model.
    fn tick(&mut self) -> Result<(), TestCaseError> {
        self.now += TICK;
        self.timers.leases(self.now, known(Self::all()));
        let effects = self.timers.tick(self.now);
        for (n, lease) in Self::all().into_iter().enumerate() {
            let silence = self.now.saturating_sub(self.begun[n]);
            let lost = effects.contains(&lost_for_silence(lease));
            let may = self.said[n].is_none_or(|at| self.now - at >= PERIODS.repeat);
            prop_assert!(!lost || self.connected, "while the broker was away");
            prop_assert!(!lost || silence >= LEASE, "after {:?}", silence);
            prop_assert!(!lost || may, "twice within the repeat period");
            // Within a tick of the lease's end, and of what the model cannot place more exactly.
            let due = self.connected && may && silence >= LEASE + TICK * 2;
            prop_assert!(!due || lost, "not lost after {:?}", silence);
            if lost {
                self.said[n] = Some(self.now);
            }
        }
        Ok(())
    }
}

proptest! {
    // W-11
    #[test]
    fn no_holder_is_lost_too_early_and_every_silent_one_is_lost_in_time(
        happenings in prop::collection::vec(happening(), 0..600),
    ) {
        let mut life = Life::begin();
        for happening in happenings {
            life.happens(happening);
            life.tick()?;
        }
    }

    // W-12
    #[test]
    fn each_due_retry_is_offered_once_in_a_repeat_period_while_the_broker_is_there(
        away in prop::collection::vec(any::<bool>(), 1..200),
    ) {
        let run = RunId::from_uuid(uuid::Uuid::from_u128(7));
        let mut timers = Timers::new(PERIODS);
        let mut offered: Option<Duration> = None;
        let mut was_away = true;
        for (n, away) in (0_u32..).zip(away) {
            let now = TICK * n;
            match (was_away, away) {
                (true, false) => timers.connected(now),
                (false, true) => timers.disconnected(),
                _ => {}
            }
            was_away = away;
            timers.due([(run, Attempt::FIRST)]);
            let said = !timers.tick(now).is_empty();
            let due = offered.is_none_or(|at| now - at >= PERIODS.repeat);
            prop_assert_eq!(said, due && !away);
            if said {
                offered = Some(now);
            }
        }
    }
}
