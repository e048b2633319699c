//! Since when a held run's numbers stand still, by this machine's own clock. A run that is heard
//! of for the first time counts as having moved just then.

use std::time::{Duration, Instant};

use baton_domain::{Activity, EventSeq, Stage, activity::Silence};
use baton_wire::beat::HeldRun;
use chrono::{DateTime, Utc};

/// Processor time between two beats below which an agent counts as idle: a program that waits
/// still wakes up now and then.
const IDLE_MS: u64 = 30;

/// What is known of a held run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    words: Words,
    words_at: Instant,
    cpu_ms: u64,
    computed_at: Instant,
    /// What it is called while it is not meant to work.
    pub(super) held: Option<Activity>,
}

/// Whatever changes when a run says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Words {
    stage: Option<Stage>,
    last_seq: Option<EventSeq>,
    output_bytes: Option<u64>,
    last_step_at: Option<DateTime<Utc>>,
}

impl Watched {
    /// What is known once a beat has spoken of the run.
    pub(super) fn after(before: Option<&Self>, held: &HeldRun, at: Instant) -> Self {
        let words = Words::of(held);
        let cpu_ms = held.progress.map_or(0, |progress| progress.child_cpu_ms);
        let same = before.filter(|before| before.words == words);
        let idle = before.filter(|before| cpu_ms.saturating_sub(before.cpu_ms) < IDLE_MS);
        Self {
            words,
            words_at: same.map_or(at, |before| before.words_at),
            cpu_ms,
            computed_at: idle.map_or(at, |before| before.computed_at),
            held: held_as(held),
        }
    }

    /// How long it has been silent, its worker having been heard last at `heard`.
    pub(super) fn silence(&self, heard: Instant, now: Instant) -> Silence {
        let since = |then: Instant| now.checked_duration_since(then).unwrap_or(Duration::ZERO);
        Silence {
            beat: since(heard),
            words: since(self.words_at),
            computing: since(self.computed_at),
        }
    }
}

/// What a run is called that is not meant to work at present.
fn held_as(held: &HeldRun) -> Option<Activity> {
    let standing = held.held.map(|still| Activity::of_standing(still.cause));
    standing.or_else(|| held.asking.then_some(Activity::AwaitingInput))
}

impl Words {
    fn of(held: &HeldRun) -> Self {
        Self {
            stage: held.stage,
            last_seq: held.last_seq,
            output_bytes: held.progress.map(|progress| progress.output_bytes),
            last_step_at: held.progress.and_then(|progress| progress.last_step_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::{Attempt, Position, RunId};
    use baton_wire::beat::HeldProgress;

    use super::*;

    fn held(output_bytes: u64, child_cpu_ms: u64) -> HeldRun {
        HeldRun {
            run: RunId::from_uuid(uuid::Uuid::nil()),
            attempt: Attempt::FIRST,
            lease_position: Position::START,
            stage: Some(Stage::Execute),
            last_seq: None,
            session: None,
            held: None,
            asking: false,
            progress: Some(HeldProgress {
                output_bytes,
                child_cpu_ms,
                last_step_at: None,
            }),
        }
    }

    // W-11
    #[test]
    fn output_and_computing_are_told_apart_and_a_little_of_it_is_idleness() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = Watched::after(None, &held(0, 0), at(0));
        let printed = Watched::after(Some(&first), &held(10, 5), at(10));
        let computed = Watched::after(Some(&printed), &held(10, 500), at(20));
        let neither = Watched::after(Some(&computed), &held(10, 510), at(30));
        let silence = neither.silence(at(30), at(32));
        let seconds = [silence.beat, silence.words, silence.computing].map(|d| d.as_secs());
        assert_eq!(seconds, [2, 22, 12]);
        let first = first.silence(at(0), at(7));
        assert_eq!(first.words, first.computing);
        assert_eq!(first.words.as_secs(), 7);
    }
}
